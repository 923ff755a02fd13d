"""Topics, and everything measured about one at a moment."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from pipeline.types.scores import Score
from pipeline.types.signals import Controversy, Creator, Dialogue, Exposure, Hazard, Poles, Saturation, SolemnDay

TopicId = str
"""``"t"`` + a number that never changes and is never used again within a shard."""


class Stage(StrEnum):
    """Where in its life a topic is."""

    EMERGING = "emerging"
    RISING = "rising"
    PEAK = "peak"
    FADING = "fading"


class Redirect(msgspec.Struct, frozen=True):
    """``old_id`` was merged into ``new_id``; links to the old one keep working."""

    old_id: TopicId
    new_id: TopicId
    at: datetime


class Burst(msgspec.Struct, frozen=True):
    """A stretch in which a topic ran far above its own baseline."""

    onset: datetime
    peak: datetime


class Momentum(msgspec.Struct, frozen=True):
    """How fast a topic moves now against its own past.

    ``rate_per_h``: posts an hour in the last full bin; ``baseline_per_h``: the moving
    average before it; ``significance``: their difference in moving standard deviations.
    ``series``: posts per bin, oldest first, ``bin_s`` seconds each, ending at ``as_of``.
    """

    rate_per_h: float
    baseline_per_h: float
    significance: float
    series: tuple[int, ...]
    bin_s: int


class Window(msgspec.Struct, frozen=True):
    """Hours from now in which joining still makes sense, learned from finished topics."""

    low_h: float
    high_h: float
    hit_rate: float
    n: int


class Nuance(msgspec.Struct, frozen=True):
    """A sub-conversation of a topic."""

    label: str
    keywords: tuple[str, ...]
    share: float
    n_posts: int
    post_ids: tuple[str, ...]


PrecedentEnd = Literal["grave", "quarrel", "short", "faded"]
"""How a topic of the past ended: something hazardous was spoken of, a quarrel, over within hours, or it just faded."""


class Precedent(msgspec.Struct, frozen=True):
    """A finished topic that this one is like, in whatever language, and what became of it.

    ``standing``: how far its cosine ``similarity`` stands above what the topic has with everything else, in robust
    standard deviations. ``verdicts`` are (brand id, kind) as last told; ``hazards`` those of high tier or worse.
    """

    topic_id: TopicId
    label: str
    standing: float
    similarity: float
    first_seen: datetime
    lasted_h: float
    n_posts: int
    languages: tuple[str, ...]
    hazards: tuple[str, ...]
    verdicts: tuple[tuple[str, str], ...]
    ended: PrecedentEnd


class TopicReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything measured about a topic at one moment, for people and for verdicts."""

    topic_id: TopicId
    as_of: datetime
    label: str
    keywords: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime
    n_posts: int
    n_copies: int
    n_authors: int
    languages: tuple[tuple[str, int], ...]
    sources: tuple[tuple[str, int], ...]
    stage: Stage
    momentum: Momentum
    bursts: tuple[Burst, ...] = ()
    window: Window | None = None
    heat: Score | None = None
    division: Score | None = None
    poles: Poles | None = None
    hazards: tuple[Hazard, ...] = ()
    near_hazards: tuple[Hazard, ...] = ()
    """Those that do not count, although the interval of their share reaches what would make them count."""
    exposure: Exposure | None = None
    saturation: Saturation | None = None
    dialogue: Dialogue | None = None
    nuances: tuple[Nuance, ...] = ()
    creators: tuple[Creator, ...] = ()
    measures: tuple[tuple[str, Score], ...] = ()
    """Every polarization measure that had enough evidence, by name (heat and division among them)."""
    mood: tuple[tuple[str, Score], ...] = ()
    """Share of the posts that each emotion prevails in, the strongest first."""
    controversy: Controversy | None = None
    solemn_days: tuple[SolemnDay, ...] = ()
    """What the calendar of its markets remembers on the day of the report, whatever the topic is about."""
    representatives: tuple[str, ...] = ()
    """Post ids that stand for the topic, closest to its centre first."""
    hot_posts: tuple[str, ...] = ()
    """Post ids that carry most of the heat, hottest first."""
    parent: TopicId | None = None
    """The topic this one split from."""
    precedents: tuple[Precedent, ...] = ()
    """Finished topics that it is like, the nearest first, as of the last time its posts were read."""
