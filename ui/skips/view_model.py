"""The skip log as a team reads it: what was let pass, how it ended, and whether letting it pass was right."""

from __future__ import annotations

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.i18n.sentences import hazard_name, percentile
from pipeline.services.skip_log import SkipEntry, SkipLog
from ui.query import BoardQuery, href
from ui.shared.parts import BadgeView, badge, reason_line

MAX_ROWS = 200
TONE_OF = {"grave": "floor", "quarrel": "high", "short": "low", "missed": "medium", "fine": "low", "open": "low"}


class SkipRow(msgspec.Struct, frozen=True):
    """One bandwagon."""

    href: str
    label: str
    at: str
    badge: BadgeView
    why: str
    size: str
    lasted: str
    fit: str
    tone: str
    outcome: str
    hazards: str


class SkipsView(msgspec.Struct, frozen=True):
    """The page."""

    summary: str
    borne_out: str
    counts: tuple[tuple[str, str, str], ...]
    """(tone, word, how many) of each end."""
    rows: tuple[SkipRow, ...]
    more: str


def skips_view(log: SkipLog, query: BoardQuery, locale: Locale) -> SkipsView:
    """The log in the viewer's language."""
    text, number = locale.text, locale.number
    share = log.borne_out
    hidden, n_entries = len(log.entries) - MAX_ROWS, len(log.entries)
    return SkipsView(
        summary=locale.count("skips.summary", n_entries, n=number(n_entries), since=locale.day(log.since)),
        borne_out=""
        if share is None
        else text(
            "skips.borne_out",
            share=locale.percent(share.value),
            low=locale.percent(share.low),
            high=locale.percent(share.high),
            n=number(share.n),
        ),
        counts=tuple((TONE_OF[outcome], text(f"skips.outcome_{outcome}"), number(n)) for outcome, n in log.counts if n),
        rows=tuple(_row(entry, query, locale) for entry in log.entries[:MAX_ROWS]),
        more=text("skips.more", n=number(hidden)) if hidden > 0 else "",
    )


def _row(entry: SkipEntry, query: BoardQuery, locale: Locale) -> SkipRow:
    known = entry.percentile is not None
    return SkipRow(
        href=href(query, topic=entry.topic_id, brand=entry.brand_id),
        label=entry.label,
        at=locale.moment(entry.refused_at),
        badge=badge(entry.kind, locale),
        why=reason_line(entry.reason, locale) if entry.reason is not None else "",
        size=locale.text("skips.posts", n=locale.number(entry.n_posts)),
        lasted=locale.text("skips.lasted", span=locale.span(3600 * entry.lasted_h)),
        fit=percentile(entry.percentile, locale) if known and entry.percentile is not None else "–",
        tone=TONE_OF[entry.outcome],
        outcome=locale.text(f"skips.outcome_{entry.outcome}"),
        hazards=", ".join(hazard_name(name, locale).lower() for name in entry.hazards),
    )
