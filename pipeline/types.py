"""What flows through the pipeline: ``Post → EnrichedPost → Assignment → Topic →
TopicReport → Verdict → Alert``. Frozen structs; batches are columns beside arrays.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.post import Post

FloatArray = NDArray[np.float32]
"""float32 array; the docstring beside it gives the shape and the norm."""


# --- scores ---------------------------------------------------------------------


class Score(msgspec.Struct, frozen=True):
    """A measured value with what it rests on. Never made up: no evidence means no Score.

    ``n`` counts the items behind it; ``low``/``high`` bound a 90 % interval;
    ``method`` names the measure and its version.
    """

    value: float
    n: int
    low: float
    high: float
    method: str


# --- enrichment -----------------------------------------------------------------


class Signals(msgspec.Struct, frozen=True):
    """Per-post probabilities in [0, 1] from the linear heads."""

    negative: float
    positive: float
    offensive: float
    disaster: float


class EnrichedPost(msgspec.Struct, frozen=True):
    """A post with what one stateless look at it can tell.

    ``clean_text`` has links, mentions and markup removed; ``text_hash`` is equal for
    texts equal after normalisation; ``tokens`` are lower-case words and ``#tags``.
    """

    post: Post
    clean_text: str
    text_hash: int
    language: str | None
    tokens: tuple[str, ...]
    signals: Signals
    hazards: tuple[tuple[str, float], ...] = ()
    """(hazard name, strength in [0, 1]) for hazards this post speaks of."""


class EnrichedBatch(msgspec.Struct, frozen=True):
    """Columns: ``posts[i]`` belongs to ``embeddings[i]``.

    ``embeddings`` is ``(n, d) float32``, L2-normalised, made by ``encoder_id``.
    """

    posts: tuple[EnrichedPost, ...]
    embeddings: FloatArray
    encoder_id: str


# --- topics ---------------------------------------------------------------------

TopicId = str
"""``"t"`` + a number that never changes and is never used again within a shard."""


class Stage(StrEnum):
    """Where in its life a topic is."""

    EMERGING = "emerging"
    RISING = "rising"
    PEAK = "peak"
    FADING = "fading"


class Assignment(msgspec.Struct, frozen=True):
    """Which topic a post went to, and how close it was (``None``: it started the topic)."""

    post_id: str
    topic_id: TopicId
    similarity: float | None


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


class Hazard(msgspec.Struct, frozen=True):
    """A risk spoken of in a topic. ``share`` of its posts, with the clearest as evidence."""

    name: str
    tier: Literal["floor", "high", "medium", "low"]
    share: Score
    evidence: tuple[str, ...]


class Poles(msgspec.Struct, frozen=True):
    """Post ids of the two camps of a topic and of the middle between them."""

    one: tuple[str, ...]
    other: tuple[str, ...]
    middle: tuple[str, ...]


class Exposure(msgspec.Struct, frozen=True):
    """How narrow the origin of a topic is: shares in [0, 1]; ``None`` where unknown."""

    copy_share: float | None
    top_author_share: float | None
    single_platform_share: float | None
    link_domains: int | None
    n: int


class Dialogue(msgspec.Struct, frozen=True):
    """Whether people talk with each other: shares in [0, 1]."""

    reply_share: float | None
    question_share: float | None
    questions: tuple[str, ...]
    n: int


class Saturation(msgspec.Struct, frozen=True):
    """How many brand or promotional accounts already jumped on the topic."""

    n_brands: int
    share: Score


class Nuance(msgspec.Struct, frozen=True):
    """A sub-conversation of a topic."""

    label: str
    keywords: tuple[str, ...]
    share: float
    n_posts: int
    post_ids: tuple[str, ...]


class Creator(msgspec.Struct, frozen=True):
    """A top voice of a topic, by author id, with how much of the topic is theirs."""

    author_id: str
    n_posts: int
    share: float


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
    exposure: Exposure | None = None
    saturation: Saturation | None = None
    dialogue: Dialogue | None = None
    nuances: tuple[Nuance, ...] = ()
    creators: tuple[Creator, ...] = ()
    measures: tuple[tuple[str, Score], ...] = ()
    """Every polarization measure that had enough evidence, by name (heat and division among them)."""
    representatives: tuple[str, ...] = ()
    """Post ids that stand for the topic, closest to its centre first."""
    hot_posts: tuple[str, ...] = ()
    """Post ids that carry most of the heat, hottest first."""
    parent: TopicId | None = None
    """The topic this one split from."""


# --- brand ----------------------------------------------------------------------


class FacetFit(msgspec.Struct, frozen=True):
    """How well one facet of a brand meets a topic, against background topics."""

    name: str
    z: float
    evidence: tuple[str, ...]


class BrandFit(msgspec.Struct, frozen=True):
    """Fit of a topic to a brand. ``percentile`` is against background topics, 0–100."""

    value: float
    percentile: float
    n: int
    facets: tuple[FacetFit, ...]


class BrandNuance(msgspec.Struct, frozen=True):
    """The one sub-conversation that belongs to a brand, and the facet it speaks to."""

    label: str
    facet: str
    z: float
    percentile: float
    post_ids: tuple[str, ...]
    hazards: tuple[str, ...] = ()
    """Names of its own hazards of medium tier or worse; floor ones never get this far."""


class VerdictKind(StrEnum):
    """What a team should do with a trend; :data:`pipeline.verdict.FRIENDLINESS` orders them."""

    RIDE = "RIDE"
    NUANCE = "NUANCE"
    WATCH = "WATCH"
    RISKY = "RISKY"
    IGNORE = "IGNORE"


class Reason(msgspec.Struct, frozen=True):
    """One reason for a verdict.

    ``code`` is stable and translated by the board; ``text`` is the English sentence;
    ``params`` are the numbers and names in it; ``evidence`` quotes post ids.
    """

    code: str
    text: str
    evidence: tuple[str, ...] = ()
    params: tuple[tuple[str, str], ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """The answer for one brand and one topic; ``reasons`` are most important first."""

    brand_id: str
    topic_id: TopicId
    kind: VerdictKind
    fit: BrandFit | None
    nuance: BrandNuance | None
    reasons: tuple[Reason, ...]
    as_of: datetime


class Alert(msgspec.Struct, frozen=True):
    """A message to send once. ``dedup_key`` is the same for the same state of the same topic."""

    dedup_key: str
    brand_id: str
    topic_id: TopicId
    created_at: datetime
    report: TopicReport
    verdict: Verdict
    quotes: tuple[tuple[str, str], ...] = ()
    """(post id, text) of the posts quoted in the message."""
