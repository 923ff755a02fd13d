"""Bandwagons a brand let pass, and what became of them: also the ones that turned out fine. Pure, but for
:func:`read_skips`.

A bandwagon is a topic that tempted: it burst, moved fast or grew large. It was skipped when no verdict in its history
invited. What became of it is read off the last report; where that is not the end yet, nothing is said of the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from pipeline.signals.intervals import wilson
from pipeline.store.contract import StoreReader
from pipeline.store.records import ArchivedTopic
from pipeline.types import Reason, Score, Stage, TopicReport, Verdict, VerdictKind
from pipeline.types.reason_codes import ReasonCode

Outcome = Literal["grave", "quarrel", "short", "fine", "missed", "open"]
"""``grave``: something hazardous was spoken of · ``quarrel``: heated, or two camps · ``short``: over within
:data:`SHORT_H` hours of the first refusal · ``missed``: lasted, stayed calm, and was near the brand: a missed chance ·
``fine``: the same, far from the brand · ``open``: not over yet."""
OUTCOMES: Final[tuple[Outcome, ...]] = ("grave", "quarrel", "short", "missed", "fine", "open")
BORNE_OUT: Final = frozenset({"grave", "quarrel", "short"})
"""Ends that say afterwards that skipping cost nothing."""

SHORT_H: Final = 6.0
"""A post that is thought over, made and approved takes about so long: what is over sooner could not be joined."""
QUIET_H: Final = 24.0
"""Without a post for so long a topic is over."""
MIN_POSTS: Final = 20
"""Smaller topics were never judged, so never skipped."""
TEMPTING_SIGNIFICANCE: Final = 1.0
TEMPTING_POSTS: Final = 80
"""As the verdict: four times the posts needed to judge a topic at all."""
METHOD: Final = "skips-wilson/1"

History = Sequence[tuple[datetime, str]]
_INVITING = frozenset({VerdictKind.RIDE.value, VerdictKind.NUANCE.value})
_GRAVE_TIERS = frozenset({"floor", "high"})


class SkipEntry(msgspec.Struct, frozen=True):
    """One bandwagon that was let pass.

    ``refused_at`` is the first warning (RISKY) or, without one, the first verdict, ``kind_then`` its kind, ``kind`` the
    last one, ``reason`` the first reason of that. ``lasted_h`` is from its first to its last post, ``after_h`` from the
    refusal to its last post.
    """

    brand_id: str
    topic_id: str
    label: str
    refused_at: datetime
    kind_then: VerdictKind
    kind: VerdictKind
    reason: Reason | None
    n_posts: int
    lasted_h: float
    after_h: float
    percentile: float | None
    hazards: tuple[str, ...]
    outcome: Outcome
    is_over: bool


class SkipLog(msgspec.Struct, frozen=True):
    """All of one brand's, newest first. ``borne_out``: of those that are over, the share that cost nothing to skip;
    ``None`` while none is over."""

    brand_id: str
    since: datetime
    as_of: datetime | None
    entries: tuple[SkipEntry, ...]
    counts: tuple[tuple[Outcome, int], ...]
    borne_out: Score | None


def read_skips(
    store: StoreReader,
    brand_id: str,
    span: timedelta,
    now: datetime,
    watch_percentile: float,
    min_posts: int = MIN_POSTS,
) -> SkipLog:
    """The skip log of a brand over the last ``span`` of event time.

    Parameters
    ----------
    now
        The wall clock: where an empty store begins to count.
    watch_percentile
        Fit from which a topic is near the brand.
    """
    as_of = store.data_as_of()
    since = (as_of or now) - span
    topics = [
        topic
        for topic in store.archive(since, min_posts)
        if any(verdict.brand_id == brand_id and tempted(topic.report, verdict) for verdict in topic.verdicts)
    ]
    ids = [topic.report.topic_id for topic in topics]
    histories = {topic_id: store.verdict_history(brand_id, topic_id) for topic_id in ids}
    return skip_log(brand_id, topics, histories, since, as_of, watch_percentile)


def skip_log(
    brand_id: str,
    topics: Sequence[ArchivedTopic],
    histories: Mapping[str, History],
    since: datetime,
    as_of: datetime | None,
    watch_percentile: float,
) -> SkipLog:
    """What a brand let pass.

    Parameters
    ----------
    topics
        Everything archived since ``since``.
    histories
        By topic id, (as of, kind) of every change of the brand's verdict, oldest first; a topic may be missing.
    as_of
        Event time of the newest report in the store: what is over is told by it, never by the wall clock.
    watch_percentile
        Fit from which a topic is near the brand.
    """
    found = []
    for topic in topics:
        verdict = next((known for known in topic.verdicts if known.brand_id == brand_id), None)
        if verdict is not None:
            entry = _entry(topic.report, verdict, histories.get(topic.report.topic_id, ()), as_of, watch_percentile)
            if entry is not None:
                found.append(entry)
    found.sort(key=lambda entry: (entry.refused_at, entry.topic_id), reverse=True)
    counted = Counter(entry.outcome for entry in found)
    # what is grave already but not over would otherwise count, and what may yet turn out fine would not
    over = [entry for entry in found if entry.is_over]
    n_right = sum(entry.outcome in BORNE_OUT for entry in over)
    borne_out = Score(n_right / len(over), len(over), *wilson(n_right / len(over), len(over)), METHOD) if over else None
    counts = tuple((outcome, counted[outcome]) for outcome in OUTCOMES)
    return SkipLog(brand_id, since, as_of, tuple(found), counts, borne_out)


def tempted(report: TopicReport, verdict: Verdict) -> bool:
    """Whether a team would have been drawn into joining: as the verdict sees it, or as it said when it was judged."""
    return (
        bool(report.bursts)
        or report.momentum.significance >= TEMPTING_SIGNIFICANCE
        or report.n_posts - report.n_copies >= TEMPTING_POSTS
        or any(reason.code == ReasonCode.BANDWAGON for reason in verdict.reasons)
    )


def is_over(report: TopicReport, as_of: datetime | None) -> bool:
    """Whether nothing more was heard of a topic: quiet for :data:`QUIET_H` of event time, and fading when last seen."""
    quiet_h = ((as_of or report.as_of) - report.last_seen).total_seconds() / 3600
    return quiet_h >= QUIET_H or (report.stage is Stage.FADING and quiet_h >= SHORT_H)


def _entry(
    report: TopicReport, verdict: Verdict, history: History, as_of: datetime | None, watch_percentile: float
) -> SkipEntry | None:
    kinds = [kind for _, kind in history] or [verdict.kind.value]
    if _INVITING.intersection([*kinds, verdict.kind.value]) or not tempted(report, verdict):
        return None
    warned = [(at, kind) for at, kind in history if kind == VerdictKind.RISKY.value]
    refused_at, kind_then = next(iter([*warned, *history]), (verdict.as_of, verdict.kind.value))
    after_h = max(0.0, (report.last_seen - refused_at).total_seconds() / 3600)
    percentile = verdict.fit.percentile if verdict.fit is not None else None
    near = percentile is not None and percentile >= watch_percentile
    return SkipEntry(
        brand_id=verdict.brand_id,
        topic_id=report.topic_id,
        label=report.label,
        refused_at=refused_at,
        kind_then=VerdictKind(kind_then),
        kind=verdict.kind,
        reason=verdict.reasons[0] if verdict.reasons else None,
        n_posts=report.n_posts,
        lasted_h=(report.last_seen - report.first_seen).total_seconds() / 3600,
        after_h=after_h,
        percentile=percentile,
        hazards=tuple(hazard.name for hazard in report.hazards if hazard.tier in _GRAVE_TIERS),
        outcome=_outcome(report, verdict, after_h, near, as_of),
        is_over=is_over(report, as_of),
    )


def _outcome(report: TopicReport, verdict: Verdict, after_h: float, near: bool, as_of: datetime | None) -> Outcome:
    """The gravest thing first: what is grave or quarrelsome already needs no end to be told."""
    if any(hazard.tier in _GRAVE_TIERS for hazard in report.hazards):
        return "grave"
    if any(reason.code in (ReasonCode.HOT, ReasonCode.CONTESTED) for reason in verdict.reasons):
        return "quarrel"
    if not is_over(report, as_of):
        return "open"
    if after_h <= SHORT_H:
        return "short"
    return "missed" if near else "fine"
