"""What a profile would have said of the past: verdicts before and after, compared topic by topic. Pure.

Source of the idea: a backtest replays a decision rule on what was known at the time; here that is what was measured of
a topic when it was looked at last, and only "grew" and "lasted" look at how it went on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from pipeline.types import Reason, Stage, TopicId, TopicReport, VerdictKind

JOINED = (VerdictKind.RIDE, VerdictKind.NUANCE)
"""Verdicts that tell a team to take part."""

LASTED = timedelta(hours=6)
"""A conversation that went on at least so long left a team the time to answer it. A definition, not a measurement."""

GREW_TIMES = 4
"""So many times the posts needed to judge a topic is growth, as it is for what tempts a team; so is a burst."""


class BacktestTopic(msgspec.Struct, frozen=True, kw_only=True):
    """One topic under two verdicts. ``before`` is ``None`` where the brand had none.

    ``grew`` and ``lasted`` are hindsight. ``unchecked``: its posts end with hashtags, and nobody read it without them
    because no brand was near; ``after`` may be too friendly.
    """

    topic_id: TopicId
    label: str
    n_posts: int
    first_seen: datetime
    last_seen: datetime
    stage: Stage
    before: VerdictKind | None
    after: VerdictKind
    percentile_before: float | None
    percentile_after: float | None
    reasons_before: tuple[Reason, ...] = ()
    reasons_after: tuple[Reason, ...] = ()
    nuance_after: str | None = None
    grew: bool = False
    lasted: bool = False
    unchecked: bool = False


class KindCount(msgspec.Struct, frozen=True):
    """How many topics got a verdict before and after; a topic without one before counts only after."""

    kind: VerdictKind
    before: int
    after: int


class BacktestReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a backtest found; lists are largest topic first.

    ``newly_ridden``, ``no_longer_ridden`` and ``flipped`` (any other change of kind) are what the profile changes.
    ``missed`` are topics the profile only watches although, with hindsight, joining was right: they came near the
    brand, nothing spoke against them, they grew and they lasted. ``differs_anyway`` would be judged otherwise today
    also without the change: an earlier profile, other thresholds or another release judged them; they are in no other
    list.
    ``unjudged`` topics have no centres of this encoder.
    """

    brand_id: str
    brand_name: str
    since: datetime
    until: datetime
    against: str
    """``"stored"``, or the number of the version it was compared with."""
    n_topics: int
    n_unchanged: int
    n_unjudged: int
    n_unchecked: int
    kinds: tuple[KindCount, ...]
    newly_ridden: tuple[BacktestTopic, ...]
    no_longer_ridden: tuple[BacktestTopic, ...]
    flipped: tuple[BacktestTopic, ...]
    missed: tuple[BacktestTopic, ...]
    ridden: tuple[BacktestTopic, ...]
    """All that the profile would have ridden, changed or not."""
    differs_anyway: tuple[BacktestTopic, ...]
    n_missed_before: int
    """How many were missed by what it is compared with."""


class Compared(msgspec.Struct, frozen=True):
    """One topic for :func:`compare`. ``near``: joining was thinkable, close to the brand and nothing against it."""

    topic: BacktestTopic
    anyway: bool
    near_before: bool
    near_after: bool


class Span(msgspec.Struct, frozen=True):
    """What was looked at: from when to when, against what, and how many topics could not be judged."""

    since: datetime
    until: datetime
    against: str
    n_unjudged: int


def grew(report: TopicReport, evidence_posts: int) -> bool:
    """Whether a topic became large, or burst, by what is known of it last.

    Parameters
    ----------
    report
        The last one.
    evidence_posts
        Distinct posts needed to judge a topic.
    """
    return bool(report.bursts) or report.n_posts - report.n_copies >= GREW_TIMES * evidence_posts


def lasted(report: TopicReport) -> bool:
    """Whether it went on for :data:`LASTED` after it took off: its first burst, or its first post without one."""
    start = min((burst.onset for burst in report.bursts), default=report.first_seen)
    return report.last_seen - start >= LASTED


def missed(topic: BacktestTopic, kind: VerdictKind | None, near: bool) -> bool:
    """Whether ``kind`` was too careful, with hindsight: near, nothing against it, it grew and it lasted."""
    return kind not in (*JOINED, None) and near and topic.grew and topic.lasted


def compare(brand_id: str, brand_name: str, span: Span, compared: Sequence[Compared]) -> BacktestReport:
    """Sort topics into the lists of a report."""
    ordered = sorted(compared, key=lambda some: (-some.topic.n_posts, some.topic.topic_id))
    fair = [some for some in ordered if not some.anyway]
    topics = [some.topic for some in fair]
    changed = [topic for topic in topics if topic.before is not None and topic.before != topic.after]
    new = [topic for topic in topics if topic.before is None and topic.after in JOINED]
    gained = [topic for topic in changed if topic.after in JOINED and topic.before not in JOINED]
    lost = [topic for topic in changed if topic.before in JOINED and topic.after not in JOINED]
    named = {topic.topic_id for topic in (*gained, *lost)}
    before, after = Counter(topic.before for topic in topics), Counter(topic.after for topic in topics)
    return BacktestReport(
        brand_id=brand_id,
        brand_name=brand_name,
        since=span.since,
        until=span.until,
        against=span.against,
        n_topics=len(ordered),
        n_unchanged=sum(topic.before == topic.after for topic in topics),
        n_unjudged=span.n_unjudged,
        n_unchecked=sum(topic.unchecked for topic in topics),
        kinds=tuple(KindCount(kind, before[kind], after[kind]) for kind in VerdictKind),
        newly_ridden=tuple(sorted((*gained, *new), key=lambda topic: (-topic.n_posts, topic.topic_id))),
        no_longer_ridden=tuple(lost),
        flipped=tuple(topic for topic in changed if topic.topic_id not in named),
        missed=tuple(some.topic for some in fair if missed(some.topic, some.topic.after, some.near_after)),
        ridden=tuple(topic for topic in topics if topic.after in JOINED),
        differs_anyway=tuple(some.topic for some in ordered if some.anyway),
        n_missed_before=sum(missed(some.topic, some.topic.before, some.near_before) for some in fair),
    )
