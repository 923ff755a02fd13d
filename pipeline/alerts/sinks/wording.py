"""What an alert says, in sentences every sink can use. Pure.

Text from posts may ping, link or reorder: :func:`harmless` takes that power away; a sink adds what its markup needs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from pipeline.i18n.numbers import Locale
from pipeline.i18n.sentences import change_line, confidence_word, fit_text, hazard_name, reason_text, score_text
from pipeline.types import Alert, VerdictKind
from pipeline.verdict.alert import MAX_QUOTES

HAZARDS = 5
ICONS: Mapping[VerdictKind, str] = MappingProxyType(
    {
        VerdictKind.RIDE: "🟢",
        VerdictKind.NUANCE: "🔎",
        VerdictKind.WATCH: "👀",
        VerdictKind.RISKY: "⚠️",
        VerdictKind.IGNORE: "⚪",
    }
)
"""Always beside the verdict's word, never instead of it."""
_JOINER = "\u2060"
"""Word joiner: invisible, and enough to stop ``@channel``, ``<!here>`` and ``https://`` from acting."""
_ACTING = re.compile(r"@(?=[^\s\u2060])|<(?=[!@#a-zA-Z])|:(?=//)")
_BIDI_CONTROLS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def harmless(text: str) -> str:
    """One line of foreign text that cannot ping, link, reorder or control anything.

    Examples
    --------
    >>> ascii(harmless("hi @here,\\n<!channel> https://x.example"))
    "'hi @\\\\u2060here, <\\\\u2060!channel> https:\\\\u2060//x.example'"
    """
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").translate(_BIDI_CONTROLS)
    text = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
    return _ACTING.sub(lambda found: found[0] + _JOINER, " ".join(text.split()))


def topic_url(board_url: str, brand_id: str, topic_id: str) -> str:
    """Address of a topic's page on the board.

    Examples
    --------
    >>> topic_url("https://trends.example/", "forno-aurora", "t7")
    'https://trends.example/?topic=t7&brand=forno-aurora'
    """
    query = urlencode({"topic": topic_id, "brand": brand_id}, errors="replace")
    return f"{board_url.rstrip('/')}/?{query}"


def title(alert: Alert) -> str:
    """The verdict and the name of the topic."""
    label = harmless(alert.report.label) or alert.topic_id
    return f"{ICONS[alert.verdict.kind]} {alert.verdict.kind.value} · {label}"


def why(alert: Alert, locale: Locale) -> str:
    """The first reason, or what such a verdict means."""
    reasons = alert.verdict.reasons
    told = reason_text(reasons[0], locale) if reasons else None
    return harmless(told or "") or locale.text(f"verdict_hint.{alert.verdict.kind}")


def sure(alert: Alert, locale: Locale) -> list[str]:
    """How sure the verdict is, where it says so."""
    sure = alert.verdict.confidence
    return [] if sure is None else [locale.text("alert.confidence", word=confidence_word(sure, locale).lower())]


def first_change(alert: Alert, locale: Locale) -> list[str]:
    """The nearest thing that would change the verdict, if there is one."""
    told = [change_line(change, locale) for change in alert.verdict.changes[:1]]
    return [text for text in told if text]


def facts(alert: Alert, locale: Locale) -> tuple[tuple[str, str], ...]:
    """(name, value) of fit, heat and volume."""
    report = alert.report
    posts = locale.count("board.posts", report.n_posts, n=locale.number(report.n_posts))
    authors = locale.count("board.authors", report.n_authors, n=locale.number(report.n_authors))
    rate, usual = (
        locale.text("board.per_hour", rate=locale.short(per_h))
        for per_h in (report.momentum.rate_per_h, report.momentum.baseline_per_h)
    )
    return (
        (locale.text("column.fit"), fit_text(alert.verdict.fit, locale)),
        (locale.text("column.heat"), score_text(report.heat, locale)),
        (
            locale.text("column.volume"),
            f"{posts} · {authors} · {rate} ({locale.text('fact.baseline', baseline=usual)})",
        ),
    )


def hazards(alert: Alert, locale: Locale) -> str:
    """The first hazards with their shares, and how many more there are; nothing without any."""
    shown = alert.report.hazards[:HAZARDS]
    more = len(alert.report.hazards) - len(shown)
    parts = [
        f"{hazard_name(hazard.name, locale)} "
        f"{locale.text('topic.hazard_share', share=locale.percent(hazard.share.value))}"
        for hazard in shown
    ]
    return " · ".join(parts) + (f" · +{more}" if more else "")


def quotes(alert: Alert, locale: Locale) -> Iterator[tuple[str, str]]:
    """(caption, text) of the posts that still have a text."""
    poles = alert.report.poles
    for post_id, text in alert.quotes[:MAX_QUOTES]:
        caption = "alert.quote"
        if poles is not None and post_id in poles.one:
            caption = "topic.pole_one"
        elif poles is not None and post_id in poles.other:
            caption = "topic.pole_other"
        if harmless(text):
            yield locale.text(caption), text
