"""Who speaks about a topic, seen from one brand: its audience, its experts, its rivals. Unknown is ``None``."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

from pipeline.types.scores import Score


class AudienceShare(msgspec.Struct, frozen=True):
    """How much of a topic's voices are the brand's own audience.

    ``share`` of the authors that are remembered of the topic; ``n_members`` of them are on the brand's list. ``chance``
    is the same share among the remembered authors of the whole stream; ``lift`` is share over chance (1: no more than
    anywhere), ``None`` where the stream is too short or shows nobody of the audience.
    """

    share: Score
    n_members: int
    chance: Score | None = None
    lift: Score | None = None


class ExpertMatch(msgspec.Struct, frozen=True):
    """Somebody inside who could credibly speak, on which field of theirs, and on which question people ask.

    ``percentile`` (0–100): the share of ``n`` everyday subjects that are further from the expert's fields than this
    topic. ``question`` is the post that asks, with the field it is in; ``None``: no question is near enough.
    """

    name: str
    role: str
    field: str
    percentile: float
    n: int
    question: str | None = None
    question_field: str | None = None


class RivalPresence(msgspec.Struct, frozen=True, kw_only=True):
    """The brand (``own``) or one competitor in a topic: whether it joined, how that went, how much it is talked about.

    ``n_posts`` posts of its accounts, from ``first_at`` on. ``standing`` is the share of the accounts' other posts
    that found less response than those here; ``None`` where no response is known or too few others are. ``voice`` is
    its share of the ``n`` namings of the brand or any competitor. ``doubtful`` posts carry its name and may mean
    something else; they are not counted.
    """

    name: str
    own: bool = False
    n_posts: int = 0
    first_at: datetime | None = None
    post_ids: tuple[str, ...] = ()
    standing: Score | None = None
    n_named: int = 0
    voice: Score | None = None
    named_in: tuple[str, ...] = ()
    doubtful: int = 0


class BrandContext(msgspec.Struct, frozen=True):
    """What a brand should know about the voices of a topic; ``rivals`` has the brand itself first, if it is there."""

    audience: AudienceShare | None = None
    expert: ExpertMatch | None = None
    rivals: tuple[RivalPresence, ...] = ()


class MarketKind(StrEnum):
    """What moved: the brand, its rivals, or both."""

    BRAND_PROBLEM = "brand_problem"
    MARKET_TREND = "market_trend"
    RIVALS_PROBLEM = "rivals_problem"
    BRAND_AHEAD = "brand_ahead"
    RIVALS_AHEAD = "rivals_ahead"
    STEADY = "steady"
    NOT_KNOWN = "not_known"


class RivalChange(msgspec.Struct, frozen=True):
    """One account's response now and before. ``change`` is the ratio of the two (1: the same)."""

    name: str
    own: bool
    n_before: int
    n_now: int
    change: float | None


class MarketDay(msgspec.Struct, frozen=True):
    """Response on one day (UTC) as a multiple of each account's own baseline; ``None`` without posts."""

    day: date
    own: float | None
    rivals: float | None


class MarketReading(msgspec.Struct, frozen=True, kw_only=True):
    """Brand problem or market trend? Own and rivals' response to their posts, each against its own baseline.

    Changes are ratios (0.7: a third less) of the ``recent_days`` to the ``baseline_days`` before them, with 90 %
    intervals; ``difference`` is the own change over the rivals': the difference in differences. ``why`` is the code of
    what is missing while the kind is ``not_known``.
    """

    brand_id: str
    as_of: datetime
    kind: MarketKind
    why: str = ""
    own: Score | None = None
    rivals: Score | None = None
    difference: Score | None = None
    accounts: tuple[RivalChange, ...] = ()
    days: tuple[MarketDay, ...] = ()
    recent_days: int = 0
    baseline_days: int = 0
