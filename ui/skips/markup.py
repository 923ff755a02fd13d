"""The skip log as HTML."""

from __future__ import annotations

from pipeline.i18n.texts import Texts
from ui.elements.element import Markup, el
from ui.elements.pieces import badge_markup
from ui.shared.card import nothing
from ui.skips.view_model import SkipRow, SkipsView


def skips_markup(view: SkipsView, texts: Texts) -> Markup:
    """What came of it in one line, then every bandwagon."""
    counts = (
        el("span", el("span", word, class_=f"ts-tier ts-tier-{tone}"), " ", n, class_="ts-count")
        for tone, word, n in view.counts
    )
    return el(
        "section",
        el("h1", texts.text("skips.title")),
        el("p", texts.text("skips.lead"), class_="ts-second"),
        el("p", el("strong", view.summary), " ", view.borne_out),
        el("p", counts, class_="ts-counts") if view.counts else None,
        _rows(view.rows, texts),
        el("p", view.more, class_="ts-second") if view.more else None,
        class_="ts-card ts-skips",
        lang=texts.language,
    )


def _rows(rows: tuple[SkipRow, ...], texts: Texts) -> Markup:
    if not rows:
        return nothing(texts, "skips.none")
    names = ("topic", "verdict", "fit", "size", "outcome")
    head = el("tr", (el("th", texts.text(f"skips.column_{name}"), scope="col") for name in names))
    return el(
        "div",
        el("table", el("thead", head), el("tbody", (_row(row) for row in rows)), class_="ts-plain"),
        class_="ts-wide",
    )


def _row(row: SkipRow) -> Markup:
    return el(
        "tr",
        el(
            "th",
            el("a", row.label, href=row.href, dir="auto"),
            el("span", row.at, class_="ts-second"),
            scope="row",
        ),
        el("td", badge_markup(row.badge), el("span", row.why, class_="ts-second")),
        el("td", row.fit),
        el("td", row.size, el("span", row.lasted, class_="ts-second")),
        el(
            "td",
            el("span", row.outcome, class_=f"ts-tier ts-tier-{row.tone}"),
            el("span", row.hazards, class_="ts-second") if row.hazards else None,
        ),
    )
