"""Brand problem or market trend, as HTML: the answer, its three figures, the weeks, the accounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from pipeline.i18n.texts import Texts
from ui.elements.element import Markup, el, join
from ui.elements.pieces import icon
from ui.market.view_model import AccountView, ChangeView, MarketView, WeekView

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 26
OWN_COLOR, RIVALS_COLOR, LINE_COLOR, INK = "#0f5f6e", "#a35a00", "#e1e5eb", "#566070"


def market_markup(view: MarketView, texts: Texts) -> Markup:
    """The whole page below its controls."""
    answer = el(
        "section",
        el("h2", icon(view.icon), " ", view.title),
        el("p", view.text),
        el("dl", (_change(change) for change in view.changes), class_="ts-market-changes") if view.changes else None,
        (el("p", note, class_="ts-second") for note in view.notes),
        class_=f"ts-card ts-market ts-{view.icon}",
        role="status",
    )
    return el(
        "article",
        answer,
        _chart(view, texts) if any(week.own is not None or week.rivals is not None for week in view.weeks) else None,
        _accounts(view.accounts, texts) if view.accounts else None,
        class_="ts-market-page",
        lang=texts.language,
    )


def _change(change: ChangeView) -> Markup:
    return el(
        "div",
        el("dt", change.name),
        el("dd", el("span", change.value, class_="ts-figure"), el("span", change.detail, class_="ts-second")),
    )


def _chart(view: MarketView, texts: Texts) -> Markup:
    image = el("img", class_="ts-market-chart", alt=view.chart_label, src=chart_source(view.weeks))
    legend = el(
        "p",
        el("span", "●", class_="ts-market-own", aria_hidden="true"),
        " ",
        texts.text("market.own"),
        "   ",
        el("span", "■", class_="ts-market-rivals", aria_hidden="true"),
        " ",
        texts.text("market.rivals"),
        class_="ts-second",
    )
    heads = [el("th", texts.text(key), scope="col") for key in ("market.week", "market.own", "market.rivals")]
    rows = (
        el("tr", el("th", week.label, scope="row"), el("td", week.own_text), el("td", week.rivals_text))
        for week in view.weeks
    )
    table = el(
        "details",
        el("summary", texts.text("market.table")),
        el("table", el("thead", el("tr", heads)), el("tbody", rows), class_="ts-plain"),
    )
    note = el("p", texts.text("market.chart_note"), class_="ts-second")
    return el("section", el("h2", texts.text("market.chart_title")), legend, image, note, table, class_="ts-card")


def chart_source(weeks: Sequence[WeekView]) -> str:
    """Two lines over the weeks, the brand's with dots and its competitors' dashed with squares; recent weeks shaded.

    An image, because the page's sanitiser takes inline SVG away; the table below it has the numbers.
    """
    values = [value for week in weeks for value in (week.own, week.rivals) if value is not None]
    top = max(2.0, *values) if values else 2.0
    step = (WIDTH - LEFT - RIGHT) / max(1, len(weeks))

    def x(place: int) -> float:
        return LEFT + step * (place + 0.5)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)

    first = next((place for place, week in enumerate(weeks) if week.recent), len(weeks))
    shade = LEFT + step * first
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' "
        "font-family='sans-serif' font-size='12'>",
        f"<rect x='{shade:.1f}' y='{TOP}' width='{WIDTH - RIGHT - shade:.1f}' height='{HEIGHT - TOP - BOTTOM}' "
        "fill='#e4f0f2'/>",
        *(_grid(value, y(value)) for value in (0.0, 1.0, top)),
        _line([week.own for week in weeks], x, y, OWN_COLOR, "", _dot),
        _line([week.rivals for week in weeks], x, y, RIVALS_COLOR, " stroke-dasharray='6 4'", _square),
        *(_tick(week.label.rsplit(" ", 1)[0], x(place)) for place, week in enumerate(weeks)),
        "</svg>",
    ]
    return "data:image/svg+xml," + quote("".join(parts), safe="/:=,' ")


def _tick(label: str, at: float) -> str:
    return f"<text x='{at:.1f}' y='{HEIGHT - 8}' text-anchor='middle' fill='{INK}'>{label}</text>"


def _grid(value: float, at: float) -> str:
    label = f"{value:.0f}" if value == round(value) else f"{value:.1f}"
    return (
        f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{at:.1f}' y2='{at:.1f}' stroke='{LINE_COLOR}'/>"
        f"<text x='{LEFT - 8}' y='{at + 4:.1f}' text-anchor='end' fill='{INK}'>{label}×</text>"
    )


def _line(
    values: Sequence[float | None],
    x: Callable[[int], float],
    y: Callable[[float], float],
    color: str,
    dashes: str,
    mark: Callable[[float, float, str], str],
) -> str:
    """The known points, joined across what is missing."""
    points = [(x(place), y(value)) for place, value in enumerate(values) if value is not None]
    path = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
    line = f"<polyline points='{path}' fill='none' stroke='{color}' stroke-width='2'{dashes}/>"
    return line + "".join(mark(across, down, color) for across, down in points)


def _dot(across: float, down: float, color: str) -> str:
    return f"<circle cx='{across:.1f}' cy='{down:.1f}' r='4' fill='{color}'/>"


def _square(across: float, down: float, color: str) -> str:
    return f"<rect x='{across - 4:.1f}' y='{down - 4:.1f}' width='8' height='8' fill='{color}'/>"


def _accounts(accounts: Sequence[AccountView], texts: Texts) -> Markup:
    keys = ("market.account", "market.before", "market.now", "market.account_change")
    heads = [el("th", texts.text(key), scope="col") for key in keys]
    rows = (
        el(
            "tr",
            el("th", join(el("span", account.name, dir="auto"), " ", _own(account, texts)), scope="row"),
            el("td", account.before),
            el("td", account.now),
            el("td", account.change),
        )
        for account in accounts
    )
    table = el("table", el("thead", el("tr", heads)), el("tbody", rows), class_="ts-plain")
    return el("section", el("h2", texts.text("market.accounts")), table, class_="ts-card")


def _own(account: AccountView, texts: Texts) -> Markup | None:
    return el("span", texts.text("voices.own"), class_="ts-tag") if account.own else None
