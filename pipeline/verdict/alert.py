"""When a verdict is told, and which posts are quoted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain, islice

from pipeline.types import Alert, TopicReport, Verdict, VerdictKind
from pipeline.types.reason_codes import ReasonCode

THIN_CODES = frozenset({ReasonCode.THIN_POSTS, ReasonCode.THIN_AUTHORS})
"""Reasons of :mod:`pipeline.verdict.judge` that say "we do not know yet": such a verdict is no news."""
MAX_QUOTES = 2


def alerts_for(
    previous: Verdict | None,
    verdict: Verdict,
    report: TopicReport,
    kinds: frozenset[VerdictKind],
    quotes: tuple[tuple[str, str], ...],
    now: datetime,
) -> Alert | None:
    """The alert for a verdict that just became one of ``kinds``; ``None`` when there is nothing new to tell.

    A state is new when the kind before was another, or the same but on thin evidence, hence never told.

    Parameters
    ----------
    previous
        The verdict before, of the same brand and topic; ``None`` for the first one.
    kinds
        Verdicts that are told: the setting ``alerts.kinds``.
    quotes
        (post id, text) of :func:`quoted_ids`.
    now
        Aware UTC; stamped on the alert.

    Notes
    -----
    ``dedup_key`` is ``brand:topic:kind``: the outbox tells one state of one topic once,
    also when the verdict leaves that state and comes back.
    """
    if verdict.kind not in kinds or is_thin(verdict):
        return None
    if previous is not None and previous.kind == verdict.kind and not is_thin(previous):
        return None
    return Alert(
        dedup_key=f"{verdict.brand_id}:{verdict.topic_id}:{verdict.kind.value}",
        brand_id=verdict.brand_id,
        topic_id=verdict.topic_id,
        created_at=now,
        report=report,
        verdict=verdict,
        quotes=quotes,
    )


def is_thin(verdict: Verdict) -> bool:
    """Whether the verdict says that evidence is missing."""
    return any(reason.code in THIN_CODES for reason in verdict.reasons)


def quoted_ids(verdict: Verdict, report: TopicReport) -> tuple[str, ...]:
    """Ids of the posts to quote, at most two: one a pole where both are known, else the clearest evidence."""
    poles = report.poles
    if poles is not None and poles.one and poles.other:
        return _distinct((poles.one[0], poles.other[0]))
    of_reasons = chain.from_iterable(reason.evidence for reason in verdict.reasons)
    of_nuance = verdict.nuance.post_ids if verdict.nuance is not None and verdict.kind is VerdictKind.NUANCE else ()
    return _distinct(chain(of_reasons, of_nuance, report.representatives))


def _distinct(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(dict.fromkeys(ids), MAX_QUOTES))
