"""Topics to measure hazards on: neighbouring posts of one event, hashtag, label or minute of the lab data.

Crises must raise a floor hazard, everyday topics must not. Nothing here is fitted on any of them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.errors import InputError
from pipeline.text.words import clean
from pipeline.types import FloatArray

MOST_POSTS = 400
"""Posts taken of one event and language, hashtag or label."""
SMALLEST = 8
"""Groups of fewer posts are left out."""

Row = dict[str, Any]
Key = Callable[[Row], str | None]


@dataclass(frozen=True)
class Group:
    """Cleaned posts of one event, hashtag, label or minute, in stream order."""

    name: str
    language: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A file of the lab and how its rows are grouped; ``None`` leaves a row out."""

    file: str
    key: Key
    language: str | None = None
    """Of all rows; ``None``: as each row says."""


EVERYDAY = (
    Source("streams/fifa_2022_day1", lambda r: f"fifa minute {r['created_at'][:15]}", "en"),
    Source("streams/airline_2015", lambda r: f"airline {r['label'] or r['brand']}", "en"),
    Source("risk/en_topic_tweettopicxl", lambda r: f"tweettopic {r['label'][0]}", "en"),
    Source("risk/en_topic_sib200", lambda r: f"sib {r['label']}", "en"),
    Source("risk/it_topic_sib200", lambda r: f"sib {r['label']}", "it"),
    # the posts that SENTIPOLC did not collect for politics: the only ordinary Italian posts of the lab
    Source("risk/it_politics_sentipolc16", lambda r: "sentipolc generic" if r["label"] == "generic" else None, "it"),
    # the one everyday hashtag that is a disaster by name is left out
    Source(
        "polarization/troll_topics_en",
        lambda r: None if r["group"] == "polarized" or "hurricane" in r["target"] else f"hashtag {r['target']}",
        "en",
    ),
)
CRISES = (
    Source("clustering/crisislex_2012", lambda r: r["label"]),
    Source("risk/en_crisis_crisislext6", lambda r: r["event"] if r["label"] == "on-topic" else None, "en"),
)


def read_groups(data: Path, sources: Sequence[Source], most: int = MOST_POSTS) -> tuple[Group, ...]:
    """Groups of the lab data; those of fewer than :data:`SMALLEST` posts are dropped.

    Raises
    ------
    InputError
        A file is not there.
    """
    texts: dict[tuple[str, str], list[str]] = {}
    for source in sources:
        for row in rows_of(data, source.file):
            name = source.key(row)
            language = source.language or row["lang"]
            if name is not None and language and len(found := texts.setdefault((name, language), [])) < most:
                found.append(clean(row["text"]))
    return tuple(Group(*key, tuple(found)) for key, found in texts.items() if len(found) >= SMALLEST)


def rows_of(data: Path, file: str) -> list[Row]:
    """Rows of one file of the lab data, named without its endings."""
    path = data / f"{file}.jsonl.gz"
    if not path.is_file():
        raise InputError(f"{path}: is not there; name the folder of the lab data with --data")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def bags(rows: FloatArray, size: int) -> list[FloatArray]:
    """Neighbouring posts, ``size`` at a time; the rest is left over.

    Examples
    --------
    >>> import numpy as np
    >>> [len(bag) for bag in bags(np.zeros((7, 2), np.float32), 3)]
    [3, 3]
    """
    return [rows[start : start + size] for start in range(0, len(rows) - size + 1, size)]


def by_language(groups: Sequence[Group]) -> Mapping[str, tuple[Group, ...]]:
    """The same groups by language."""
    languages = dict.fromkeys(group.language for group in groups)
    return {language: tuple(g for g in groups if g.language == language) for language in languages}


def _label(field: str, value: str) -> Callable[[Row], str | None]:
    return lambda row: value if row[field] == value else None


def _flag(category: str, value: int) -> Callable[[Row], str | None]:
    return lambda row: str(value) if row["cats"].get(category) == value else None


_MODERATION = "risk/en_brandsafety_openai_mod"
_CALM_TWEETS = Source(
    "risk/en_topic_tweettopicxl", lambda r: None if "News & Social Concern" in r["label"] else "calm", "en"
)
_GENERIC = Source("risk/it_politics_sentipolc16", _label("label", "generic"), "it")
SUBJECTS: tuple[tuple[str, str, Source, Source], ...] = (
    ("politics", "it, SENTIPOLC", Source("risk/it_politics_sentipolc16", _label("label", "political"), "it"), _GENERIC),
    ("politics", "it, referendum", Source("polarization/conref_stance_it", lambda r: "referendum", "it"), _GENERIC),
    ("politics", "it, election 2022", Source("streams/it_election_2022_sample", lambda r: "election", "it"), _GENERIC),
    *(
        ("politics", f"en, {target}", Source("polarization/pstance_en", _label("target", target), "en"), _CALM_TWEETS)
        for target in ("Donald Trump", "Joe Biden", "Bernie Sanders")
    ),
    (
        "religion",
        "en, atheism",
        Source("polarization/tweeteval_stance_en", _label("target", "atheism"), "en"),
        _CALM_TWEETS,
    ),
    *(
        (hazard, "en", Source(_MODERATION, _flag(flag, 1), "en"), Source(_MODERATION, _flag(flag, 0), "en"))
        for hazard, flag in (("sexual", "S"), ("self_harm", "SH"), ("hate", "H"), ("violence", "V"))
    ),
)
"""Hazard, theme, posts that speak of it, posts that do not."""
