"""Small pieces both pages use: badges, meters, sparklines, quotes."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from pipeline.i18n.texts import Texts
from ui.elements.element import Markup, el, join
from ui.shared.parts import BadgeView, EmptyView, QuoteView, ScoreView
from ui.shared.solemn_days import SolemnView

SPARK_WIDTH, SPARK_HEIGHT = 120, 28
SPARK_COLOR = "#0f5f6e"


NOTHING = Markup('<span class="ts-nothing"></span>')
"""A place on the page that is empty for now, so that what follows keeps its own place."""


def icon(name: str) -> Markup:
    """A decorative sign; the word beside it carries the meaning."""
    return el("span", class_=f"ts-icon ts-icon-{name}", aria_hidden="true")


def hidden(text: str) -> Markup:
    """Text for screen readers only."""
    return el("span", text, class_="ts-hidden")


def badge_markup(badge: BadgeView, large: bool = False) -> Markup:
    """A verdict: sign and word on its colour."""
    size = " ts-badge-large" if large else ""
    return el("span", icon(badge.icon), badge.word, class_=f"ts-badge ts-{badge.icon}{size}", title=badge.hint)


def meter(score: ScoreView, tone: str) -> Markup:
    """A score as number and bar; an unknown score has words and no bar."""
    if score.share is None:
        return el("span", score.text, hidden(f" ({score.detail})"), class_="ts-unknown", title=score.detail)
    bar = el("span", el("span", class_="ts-fill", style=f"width:{score.share:.1f}%"), class_=f"ts-meter ts-{tone}")
    number = el("span", score.text, class_="ts-figure")
    return el("span", number, bar, hidden(score.detail), class_="ts-score", title=score.detail)


def sparkline(series: Sequence[int], label: str) -> Markup:
    """A series as a small filled line. It is an image, so ``label`` says it in words."""
    if len(series) < 2:
        return Markup("")
    top = max(*series, 1)
    step = SPARK_WIDTH / (len(series) - 1)
    points = [(index * step, SPARK_HEIGHT - 3 - (SPARK_HEIGHT - 6) * value / top) for index, value in enumerate(series)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    image = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {SPARK_WIDTH + 4} {SPARK_HEIGHT}'>"
        f"<polygon points='0,{SPARK_HEIGHT} {line} {SPARK_WIDTH},{SPARK_HEIGHT}' fill='{SPARK_COLOR}' opacity='.1'/>"
        f"<polyline points='{line}' fill='none' stroke='{SPARK_COLOR}' stroke-width='1.8' stroke-linejoin='round'/>"
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='2.6' fill='{SPARK_COLOR}'/></svg>"
    )
    # an image, because the page's sanitiser takes inline SVG away
    return el("img", class_="ts-spark", alt=label, title=label, src="data:image/svg+xml," + quote(image, safe="/:=,' "))


def share_bar(share: float, tone: str) -> Markup:
    """A bar without a number of its own; the text beside it has the number."""
    fill = el("span", class_="ts-fill", style=f"width:{min(100.0, max(0.0, share)):.1f}%")
    return el("span", fill, class_=f"ts-meter ts-{tone}", aria_hidden="true")


def quote_markup(post: QuoteView, texts: Texts) -> Markup:
    """A post with who, when, where, and a way to the original where there is one."""
    link = None
    if post.href is not None:
        link = el(
            "a", texts.text("topic.open_post"), hidden(f" ({post.author}, {post.at})"), href=post.href, target="_blank"
        )
    facts = [
        el("span", post.author, class_="ts-author"),
        el("span", post.ago, title=post.at),
        el("span", post.source),
        *(el("span", tag, class_="ts-tag") for tag in post.tags),
        *([link] if link is not None else []),
    ]
    return el(
        "figure",
        el("blockquote", el("p", post.text, lang=post.language, dir="auto")),
        el("figcaption", facts),
        class_="ts-quote",
    )


def quotes_markup(posts: Sequence[QuoteView], texts: Texts, when_none: str = "topic.no_quote") -> Markup:
    """Several posts, or a line saying that there are none."""
    if not posts:
        return el("p", texts.text(when_none), class_="ts-muted")
    return join(quote_markup(post, texts) for post in posts)


def empty_markup(view: EmptyView) -> Markup:
    """A page or list with nothing in it, and the way out."""
    action = el("a", view.action, href=view.href, class_="ts-button") if view.action and view.href else None
    return el("div", el("h2", view.title), el("p", view.text), action, class_="ts-empty", role="status")


def solemn_markup(days: Sequence[SolemnView]) -> Markup:
    """What day it is, in one banner; nothing on an ordinary day."""
    if not days:
        return Markup("")
    lines = (el("p", el("strong", day.text), " — ", day.advice) for day in days)
    return el("div", icon("watch"), el("div", lines), class_="ts-solemn")
