"""The board as HTML: header, status line, verdict filter, table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from pipeline.i18n.texts import LANGUAGE_NAMES, LANGUAGES, Texts
from ui.board.markers import MarkerView
from ui.board.pace import PaceView
from ui.board.view_model import BoardView, RowView, TileView
from ui.elements.element import Markup, el, join
from ui.elements.pieces import badge_markup, empty_markup, hidden, icon, meter, solemn_markup, sparkline
from ui.query import BoardQuery, PageName, href
from ui.shared.freshness import StatusView

NAMING = "topic"
"""The column that names its row."""
Cell = tuple[Markup | None, ...]
ARROWS = {"up": "↑", "down": "↓", "same": "→", "new": ""}


def header_markup(query: BoardQuery, texts: Texts, pages: Sequence[PageName] = ()) -> Markup:
    """Name of the product, links to ``pages`` where there are several, and the language switch."""
    home = el(
        "a",
        el("span", class_="ts-logo", aria_hidden="true"),
        el("span", texts.text("app.name"), class_="ts-name"),
        href=href(query, topic=None, page="board"),
        class_="ts-home",
    )
    links = [
        el(
            "a",
            texts.text(f"nav.{page}"),
            href=href(query, topic=None, page=page),
            data_key=f"page-{page}",
            aria_current="page" if page == query.page else None,
        )
        for page in pages
    ]
    switch = [
        el(
            "a",
            el("abbr", language.upper(), title=LANGUAGE_NAMES[language]),
            href=href(query, language=language),
            lang=language,
            hreflang=language,
            data_key=f"language-{language}",
            aria_current="true" if language == texts.language else None,
        )
        for language in LANGUAGES
    ]
    return el(
        "header",
        home,
        el("span", texts.text("app.tagline"), class_="ts-tagline"),
        el("nav", links, class_="ts-pages", aria_label=texts.text("app.pages")) if len(links) > 1 else None,
        el("nav", switch, class_="ts-languages", aria_label=texts.text("app.language")),
        class_="ts-header",
        lang=texts.language,
    )


def alarm_markup(status: StatusView) -> Markup:
    """The banner of a silent feed; nothing while it is alive."""
    if status.alarm is None:
        return Markup("")
    title, text = status.alarm
    return el("div", icon("risky"), el("span", el("strong", title), " ", text), class_="ts-alarm", role="alert")


def status_markup(status: StatusView, shown: str | None = None) -> Markup:
    """How fresh the data is, and how much of it is shown."""
    return el(
        "div",
        el("span", el("span", class_="ts-dot", aria_hidden="true"), status.word, class_=f"ts-state ts-{status.state}"),
        el("span", status.as_of) if status.as_of else None,
        el("span", shown, class_="ts-muted") if shown is not None else None,
        class_="ts-status",
    )


def tiles_markup(view: BoardView, status: StatusView, texts: Texts) -> Markup:
    """The verdict filter with its counts, and the status line beside it."""
    tiles = el("nav", (_tile(tile) for tile in view.tiles), class_="ts-tiles", aria_label=texts.text("filter.verdicts"))
    return el("div", tiles, status_markup(status, view.shown), class_="ts-summary", lang=texts.language)


def table_markup(view: BoardView, texts: Texts) -> Markup:
    """The ranked list, or what to do when it is empty."""
    if view.empty is not None:
        return el("section", empty_markup(view.empty), lang=texts.language)
    heads = [_head(name, texts) for name in COLUMNS]
    table = el(
        "table",
        el("caption", view.caption, class_="ts-hidden"),
        el("thead", el("tr", heads)),
        el("tbody", (_row(row, texts) for row in view.rows)),
        class_="ts-board",
    )
    title = el("h1", view.caption, class_="ts-hidden")
    note = el("p", view.note, class_="ts-note") if view.note else None
    scroll = el(
        "section", title, note, table, lang=texts.language, class_="ts-scroll", aria_label=view.caption, tabindex="0"
    )
    return join(el("div", solemn_markup(view.solemn_days), lang=texts.language), scroll) if view.solemn_days else scroll


def _head(name: str, texts: Texts) -> Markup:
    explained = texts.known(f"column.{name}_help")
    return el(
        "th",
        texts.text(f"column.{name}"),
        hidden(f". {explained}") if explained else None,
        scope="col",
        class_=f"ts-col-{name}",
        title=explained,
    )


def _tile(tile: TileView) -> Markup:
    return el(
        "a",
        icon(tile.badge.icon),
        el("span", tile.badge.word, class_="ts-tile-word"),
        el("span", tile.count, class_="ts-tile-count"),
        href=tile.href,
        title=tile.badge.hint or None,
        data_key=f"tile-{tile.badge.icon}",
        class_=f"ts-tile ts-{tile.badge.icon}",
        aria_current="true" if tile.pressed else None,
    )


def _rank(row: RowView, _texts: Texts) -> Cell:
    movement = row.movement
    return (
        el("span", row.rank, class_="ts-rank"),
        el("span", movement.text, aria_hidden="true", class_=f"ts-move ts-{movement.direction}"),
        hidden(movement.spoken),
    )


def _topic(row: RowView, _texts: Texts) -> Cell:
    return (
        el(
            "span",
            el("a", row.label, href=row.href, class_="ts-label", dir="auto", data_key=f"row-{row.topic_id}"),
            el("span", row.keywords, class_="ts-keywords", dir="auto") if row.keywords else None,
            class_="ts-title",
        ),
        el("span", row.why, class_="ts-why", title=row.why) if row.why else None,
        el("span", row.nuance, class_="ts-own-nuance", dir="auto") if row.nuance else None,
    )


def _verdict(row: RowView, _texts: Texts) -> Cell:
    markers = el("span", (_marker(marker) for marker in row.markers), class_="ts-markers") if row.markers else None
    return (badge_markup(row.badge), markers)


def _fit(row: RowView, _texts: Texts) -> Cell:
    return (meter(row.fit, "fit"),)


def _heat(row: RowView, texts: Texts) -> Cell:
    heated = el("span", icon("heat"), texts.text("board.heated"), class_="ts-heated") if row.heated else None
    return (meter(row.heat, "hot" if row.heated else "heat"), heated)


def _momentum(row: RowView, _texts: Texts) -> Cell:
    return (_pace(row.pace),)


def _volume(row: RowView, _texts: Texts) -> Cell:
    return (el("span", row.posts, class_="ts-figure"), _second(row.authors))


def _stage(row: RowView, _texts: Texts) -> Cell:
    word = el("span", row.stage_word, class_=f"ts-stage ts-stage-{row.stage}")
    return (word, _second(row.window) if row.window else None)


def _seen(row: RowView, _texts: Texts) -> Cell:
    return (el("span", row.seen, title=row.seen_at), _second(" · ".join(row.languages)))


COLUMNS: Mapping[str, Callable[[RowView, Texts], Cell]] = MappingProxyType(
    {
        "rank": _rank,
        "topic": _topic,
        "verdict": _verdict,
        "fit": _fit,
        "heat": _heat,
        "momentum": _momentum,
        "volume": _volume,
        "stage": _stage,
        "seen": _seen,
    }
)
"""What stands in each column, from the left. A head's words are ``column.<name>``, and ``column.<name>_help`` where the
catalogue has it."""


def _row(row: RowView, texts: Texts) -> Markup:
    cells = [
        el("th", cell(row, texts), scope="row", class_=f"ts-col-{name}")
        if name == NAMING
        else el("td", cell(row, texts), class_=f"ts-col-{name}")
        for name, cell in COLUMNS.items()
    ]
    return el("tr", cells, class_=f"ts-row ts-{row.badge.icon}")


def _marker(marker: MarkerView) -> Markup:
    return el("span", marker.text, hidden(f" ({marker.hint})"), class_="ts-marker", title=marker.hint)


def _second(text: str) -> Markup:
    return el("span", text, class_="ts-second")


def _pace(pace: PaceView) -> Markup:
    words = el(
        "span",
        el("span", pace.rate, class_="ts-figure"),
        el(
            "span", join(ARROWS[pace.direction], " " if ARROWS[pace.direction] else "", pace.versus), class_="ts-second"
        ),
        class_=f"ts-pace ts-{pace.direction}",
    )
    return el("span", sparkline(pace.series, pace.spoken), words, class_="ts-momentum")
