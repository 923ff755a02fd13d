"""What a source promises. ``tests/contracts/test_source_contract.py`` runs every one.

A source is one file with one class and one line in :data:`ingest.sources.SOURCES`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

from ingest.position import Position
from ingest.post import Post


class DeadLetter(msgspec.Struct, frozen=True):
    """Input that could not become a post: why, where, and the bytes as received.

    ``locator`` is a place a person can go to, e.g. ``"posts.jsonl:17 @ byte 2048"``;
    ``raw`` is cut to 64 KiB.
    """

    source: str
    reason: str
    detail: str
    locator: str
    raw: bytes


class Deletion(msgspec.Struct, frozen=True):
    """A post (``post_id``) or a whole account (``account_id``) has to disappear everywhere."""

    post_id: str | None = None
    account_id: str | None = None


class SourceBatch(msgspec.Struct, frozen=True):
    """What one read gave: posts in order, what must go, what was unusable, where to resume.

    ``position`` means "after the last item of this batch". ``end`` is true when a finite
    source has nothing more; live sources never set it and yield empty batches as heartbeats.
    """

    posts: tuple[Post, ...]
    position: Position
    deletions: tuple[Deletion, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    end: bool = False


class Source(Protocol):
    """Yields batches from a position, forever or to the end."""

    name: str

    def fetch(self, position: Position) -> Iterator[SourceBatch]:
        """Yield batches starting after ``position``; resuming repeats or skips nothing the origin still has.

        Raises
        ------
        SourceUnavailable
            After its own reconnects failed; the collector waits and calls again.
        """
