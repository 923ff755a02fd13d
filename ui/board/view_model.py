"""The trend board of one brand: ranked rows, the verdict filter, and how fresh it all is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from configs.settings import VerdictSettings
from pipeline.i18n.numbers import Locale
from pipeline.store.records import BoardRow, StoredBrand
from pipeline.types import SolemnDay, Stage, VerdictKind
from pipeline.types.reason_codes import ReasonCode
from ui.board.markers import MarkerView, marker_views
from ui.board.pace import MovementView, PaceView, movement_view, pace_view
from ui.query import BoardQuery, href, toggled
from ui.shared.parts import BadgeView, EmptyView, ScoreView, badge, fit_view, reason_line, score_view
from ui.shared.solemn_days import SolemnView, day_view, shared_by_all

MAX_LANGUAGES = 3
_DEFAULTS = VerdictSettings()


class BoardData(msgspec.Struct, frozen=True):
    """What one read of the store gave the board."""

    brands: tuple[StoredBrand, ...]
    brand_id: str | None
    rows: tuple[BoardRow, ...]
    as_of: datetime | None
    written_at: datetime | None


class TileView(msgspec.Struct, frozen=True):
    """One verdict as a filter: how many trends have it, and where a click leads."""

    badge: BadgeView
    count: str
    href: str
    pressed: bool


class RowView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the board."""

    topic_id: str
    href: str
    rank: str
    movement: MovementView
    label: str
    keywords: str
    why: str
    nuance: str | None
    badge: BadgeView
    markers: tuple[MarkerView, ...]
    fit: ScoreView
    heat: ScoreView
    heated: bool
    pace: PaceView
    posts: str
    authors: str
    stage: Stage
    stage_word: str
    window: str | None
    seen: str
    seen_at: str
    languages: tuple[str, ...]


class BoardView(msgspec.Struct, frozen=True):
    """The whole list. ``note`` says what is missing although there are rows, ``solemn_days`` what day it is for all."""

    caption: str
    tiles: tuple[TileView, ...]
    rows: tuple[RowView, ...]
    shown: str
    empty: EmptyView | None
    note: str | None = None
    solemn_days: tuple[SolemnView, ...] = ()


def row_view(
    row: BoardRow,
    query: BoardQuery,
    locale: Locale,
    now: datetime,
    rules: VerdictSettings,
    said_above: Sequence[SolemnDay] = (),
) -> RowView:
    """One row in words.

    ``rules`` has the thresholds from which it is marked; ``said_above`` the solemn days that the board announces.
    """
    report, verdict = row.report, row.verdict
    nuance = verdict.nuance if verdict is not None and verdict.kind is VerdictKind.NUANCE else None
    if verdict is not None and verdict.reasons and verdict.reasons[0].code == ReasonCode.NUANCE_FITS:
        nuance = None  # the reason names it already
    window = report.window
    return RowView(
        topic_id=report.topic_id,
        href=href(query, topic=report.topic_id),
        rank=locale.number(row.rank),
        movement=movement_view(row.rank, row.previous_rank, locale),
        label=report.label or report.topic_id,
        keywords=" · ".join(report.keywords[:4]),
        why=reason_line(verdict.reasons[0], locale) if verdict is not None and verdict.reasons else "",
        nuance=locale.text("board.nuance", label=nuance.label) if nuance is not None else None,
        badge=badge(verdict.kind if verdict is not None else None, locale),
        markers=marker_views(report, said_above, rules, locale, now, verdict),
        fit=fit_view(verdict.fit if verdict is not None else None, locale),
        heat=score_view(report.heat, locale),
        heated=report.heat is not None and report.heat.value >= rules.hot,
        pace=pace_view(report.momentum, locale),
        posts=locale.count("board.posts", report.n_posts, n=locale.number(report.n_posts)),
        authors=locale.count("board.authors", report.n_authors, n=locale.number(report.n_authors)),
        stage=report.stage,
        stage_word=locale.text(f"stage.{report.stage}"),
        window=locale.text("board.window", low=locale.short(window.low_h), high=locale.short(window.high_h))
        if window is not None
        else None,
        seen=locale.ago(report.first_seen, now),
        seen_at=locale.moment(report.first_seen),
        languages=tuple(
            code.upper() for code, _ in sorted(report.languages, key=lambda item: -item[1])[:MAX_LANGUAGES]
        ),
    )


def board_view(
    data: BoardData, query: BoardQuery, locale: Locale, now: datetime, rules: VerdictSettings = _DEFAULTS
) -> BoardView:
    """Everything the board shows for a query, in the order of the store's ranks.

    Parameters
    ----------
    data
        One read of the store.
    query
        Filters and selection, as in the URL.
    locale
        Language and time zone of the viewer.
    now
        Moment that ages are told against, aware UTC: the data's own, so that a replay of last month reads as it did.
    rules
        Thresholds from which a row is marked, the same as a verdict's.
    """
    ordered = sorted(data.rows, key=lambda row: row.rank)
    if data.brand_id is None:  # ordered by size, not ranked: nothing can have moved
        ordered = [msgspec.structs.replace(row, previous_rank=row.rank) for row in ordered]
    matching = [row for row in ordered if _matches(row, query, locale)]
    shown = [row for row in matching if not query.verdicts or _kind(row) in query.verdicts]
    solemn = shared_by_all(row.report for row in shown)
    brand = next((brand.name for brand in data.brands if brand.brand_id == data.brand_id), "")
    return BoardView(
        caption=locale.text("board.caption", brand=brand),
        tiles=_tiles(matching, query, locale),
        rows=tuple(row_view(row, query, locale, now, rules, solemn) for row in shown),
        shown=locale.text("status.shown", shown=locale.number(len(shown)), total=locale.number(len(ordered))),
        empty=_empty(data, len(shown), query, locale),
        note=locale.text("empty.no_brands_text") if shown and not data.brands else None,
        solemn_days=tuple(day_view(day, shown[0].report.as_of, locale, now) for day in solemn),
    )


def _kind(row: BoardRow) -> VerdictKind | None:
    return row.verdict.kind if row.verdict is not None else None


def _matches(row: BoardRow, query: BoardQuery, locale: Locale) -> bool:
    report = row.report
    if report.n_posts < query.min_posts or (query.stages and report.stage not in query.stages):
        return False
    words = query.search.casefold().split()
    if not words:
        return True
    parts = [report.label, *report.keywords]
    if row.verdict is not None:
        parts += [reason_line(reason, locale) for reason in row.verdict.reasons[:1]]
        parts += [row.verdict.nuance.label] if row.verdict.nuance is not None else []
    haystack = " ".join(parts).casefold()
    return all(word in haystack for word in words)


def _tiles(matching: Sequence[BoardRow], query: BoardQuery, locale: Locale) -> tuple[TileView, ...]:
    everything = TileView(
        badge=BadgeView(icon="all", word=locale.text("filter.all"), hint=""),
        count=locale.number(len(matching)),
        href=href(query, verdicts=(), topic=None),
        pressed=not query.verdicts,
    )
    kinds = [
        TileView(
            badge=badge(kind, locale),
            count=locale.number(sum(_kind(row) is kind for row in matching)),
            href=href(query, verdicts=toggled(query, kind), topic=None),
            pressed=kind in query.verdicts,
        )
        for kind in VerdictKind
    ]
    return (everything, *kinds)


def _empty(data: BoardData, shown: int, query: BoardQuery, locale: Locale) -> EmptyView | None:
    if shown:
        return None
    if not data.brands:
        return EmptyView(title=locale.text("empty.no_brands_title"), text=locale.text("empty.no_brands_text"))
    if not data.rows:
        return EmptyView(title=locale.text("empty.no_topics_title"), text=locale.text("empty.no_topics_text"))
    hidden = len(data.rows)
    return EmptyView(
        title=locale.text("empty.no_match_title"),
        text=locale.count("empty.no_match_text", hidden, n=locale.number(hidden)),
        action=locale.text("filter.clear"),
        href=href(query, verdicts=(), stages=(), min_posts=0, search="", topic=None),
    )
