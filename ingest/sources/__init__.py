"""The sources there are: one file and one line each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from configs.errors import ConfigError
from configs.settings import Settings
from ingest.sources.bluesky.source import BlueskySource
from ingest.sources.contract import Source
from ingest.sources.jsonl.source import JsonlSource

Clock = Callable[[], datetime]
"""The current time, aware UTC."""


def _jsonl(settings: Settings, clock: Clock) -> Source:
    if not settings.source.path:
        raise ConfigError("settings", "source.path", "is empty", "name a .jsonl or .jsonl.gz file")
    ingest = settings.ingest
    return JsonlSource(
        Path(settings.source.path), clock, ingest.max_line_bytes, ingest.max_text_chars, ingest.batch_posts
    )


def _bluesky(settings: Settings, clock: Clock) -> Source:
    return BlueskySource(
        settings.source.urls,
        clock,
        settings.source.languages,
        batch_posts=settings.ingest.batch_posts,
        max_text_chars=settings.ingest.max_text_chars,
    )


SOURCES: dict[str, Callable[[Settings, Clock], Source]] = {
    "jsonl": _jsonl,
    "bluesky": _bluesky,
}


def build_source(settings: Settings, clock: Clock) -> Source:
    """The source that ``settings.source.kind`` names.

    Raises
    ------
    ConfigError
        There is no such source, or its settings are unusable.
    """
    build = SOURCES.get(settings.source.kind)
    if build is None:
        known = ", ".join(sorted(SOURCES))
        raise ConfigError("settings", "source.kind", f"is {settings.source.kind!r}", f"choose one of: {known}")
    return build(settings, clock)
