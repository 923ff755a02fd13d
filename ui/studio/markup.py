"""The studio as HTML: differences, history, and what a backtest found. The form itself is Streamlit's."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.i18n.texts import Texts
from ui.elements.element import Markup, el, join
from ui.elements.pieces import badge_markup, hidden
from ui.shared.card import card, nothing
from ui.studio.view_model import FlipView, GroupView, HistoryRow, PreviewView


def changes_markup(changes: Sequence[str], texts: Texts, when_none: str = "studio.no_changes") -> Markup:
    """Differences as a list, or a line saying that there are none."""
    if not changes:
        return nothing(texts, when_none)
    return el("ul", (el("li", change, dir="auto") for change in changes), class_="ts-profile-changes")


def history_markup(rows: Sequence[HistoryRow], texts: Texts) -> Markup:
    """Versions, newest first."""
    if not rows:
        return nothing(texts, "studio.no_history")
    return el("ol", (_version(row, texts) for row in rows), class_="ts-versions")


def preview_markup(view: PreviewView, texts: Texts) -> Markup:
    """Verdicts before and after in one table, then the topics, list by list."""
    heads = ("studio.verdict", "studio.before", "studio.after")
    table = el(
        "table",
        el("thead", el("tr", (el("th", texts.text(key), scope="col") for key in heads))),
        el(
            "tbody",
            (
                el("tr", el("th", badge_markup(kind), scope="row"), el("td", before), el("td", after))
                for kind, before, after in view.kinds
            ),
        ),
        class_="ts-plain ts-kinds",
    )
    groups = view.groups and join(_group(group, texts) for group in view.groups)
    return card(
        texts.text("studio.preview_title"),
        el("p", view.summary),
        (el("p", note, class_="ts-second") for note in view.notes),
        table,
        groups or nothing(texts, "studio.no_flips"),
        class_="ts-preview",
    )


def _version(row: HistoryRow, texts: Texts) -> Markup:
    head = el(
        "div",
        el("span", texts.text("studio.version", n=str(row.version)), class_="ts-figure"),
        el("span", texts.text("studio.in_force"), class_="ts-tag") if row.newest else None,
        el("span", row.saved_at, class_="ts-muted"),
        el("span", row.author, dir="auto"),
        class_="ts-version-head",
    )
    return el(
        "li",
        head,
        el("p", row.note, dir="auto") if row.note else None,
        changes_markup(row.changes, texts, "studio.nothing_changed") if row.changes else None,
        value=str(row.version),
    )


def _group(group: GroupView, texts: Texts) -> Markup:
    return el(
        "section",
        el("h3", group.title, " ", el("span", group.count, class_="ts-tag")),
        el("p", group.hint, class_="ts-second"),
        (_flip(flip, texts) for flip in group.topics),
        el("p", group.more, class_="ts-muted") if group.more else None,
        class_="ts-flips",
    )


def _flip(flip: FlipView, texts: Texts) -> Markup:
    sides = (("studio.before", flip.reasons_before), ("studio.after", flip.reasons_after))
    reasons = (
        el("div", el("h4", texts.text(key)), el("ul", (el("li", reason) for reason in found)))
        for key, found in sides
        if found
    )
    return el(
        "details",
        el(
            "summary",
            el("a", flip.label, href=flip.href, class_="ts-label", dir="auto"),
            el(
                "span",
                badge_markup(flip.before),
                el("span", "→", aria_hidden="true"),
                hidden(texts.text("studio.becomes")),
                badge_markup(flip.after),
                class_="ts-turn",
            ),
        ),
        el("p", flip.facts, class_="ts-second"),
        el("div", reasons, class_="ts-duo"),
        class_="ts-flip",
    )
