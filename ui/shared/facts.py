"""Numbers, each with what it rests on; those without evidence are named once, in one line."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.types import Momentum, Score, TopicReport
from ui.shared.parts import interval


class FactView(msgspec.Struct, frozen=True):
    """One number: what it is, its value, what it rests on, and the same in full words for whoever points at it."""

    name: str
    value: str
    detail: str
    hint: str = ""


class FactsView(msgspec.Struct, frozen=True):
    """Numbers that belong together. ``unknown`` says which others there is not enough evidence for."""

    known: tuple[FactView, ...]
    unknown: str | None = None


def group_of(facts: Iterable[tuple[str, FactView | None]], locale: Locale) -> FactsView:
    """Known numbers in reading order; the unknown ones become one line, however many they are.

    Parameters
    ----------
    facts
        (key of the name, the number or ``None``).

    Examples
    --------
    >>> from pipeline.i18n.numbers import make_locale
    >>> group_of([("fact.posts", None), ("fact.rate", None)], make_locale("en")).unknown
    'Not enough evidence yet.'
    """
    listed = list(facts)
    known = tuple(fact for _, fact in listed if fact is not None)
    missing = [locale.text(key) for key, fact in listed if fact is None]
    if not missing:
        return FactsView(known)
    if not known:
        return FactsView((), locale.text("fact.all_unknown"))
    return FactsView(known, unknown_text(missing, locale))


def unknown_text(names: Iterable[str], locale: Locale) -> str:
    """One line for everything there is not enough evidence for."""
    return locale.text("fact.unknown", names=", ".join(name[:1].lower() + name[1:] for name in names))


def share_fact(key: str, share: Score | None, locale: Locale) -> tuple[str, FactView | None]:
    """A share in [0, 1] as a percentage with its range and n."""
    if share is None:
        return key, None
    value = locale.percent(share.value)
    return key, FactView(locale.text(key), value, share_range(share, locale), interval(share, locale))


def share_range(share: Score, locale: Locale) -> str:
    """The 90 % interval of a share in percent, and its n, in short."""
    low, high = locale.number(100 * share.low), locale.number(100 * share.high)
    return locale.text("fact.range", low=low, high=f"{high}%", n=locale.number(share.n))


def number_range(score: Score, digits: int, locale: Locale) -> str:
    """The 90 % interval of a number, and its n, in short."""
    low, high = locale.number(score.low, digits), locale.number(score.high, digits)
    key = "fact.range_to" if score.low < 0 else "fact.range"  # a dash beside a minus is hard to read
    return locale.text(key, low=low, high=high, n=locale.number(score.n))


def fact_views(report: TopicReport, locale: Locale, unknown_cards: Iterable[str] = ()) -> FactsView:
    """Size, pace and window of a topic; what its posts say has cards of its own.

    Parameters
    ----------
    unknown_cards
        Keys of the titles of cards that nothing is known for: named in one line here instead of an empty box each.
    """
    copies = locale.count("fact.copies", report.n_copies, n=locale.number(report.n_copies))
    posts = FactView(locale.text("fact.posts"), locale.number(report.n_posts), copies)
    # a stream without authors knows none: that is unknown, not zero
    authors = FactView(locale.text("fact.authors"), locale.number(report.n_authors), "") if report.n_authors else None
    facts = (
        ("fact.posts", posts),
        ("fact.authors", authors),
        ("fact.rate", _pace(report.momentum, locale)),
        ("fact.window", _window(report, locale)),
        *((key, None) for key in unknown_cards),
    )
    return group_of(facts, locale)


def _pace(momentum: Momentum, locale: Locale) -> FactView:
    side = "fact.significance" if momentum.significance >= 0 else "fact.significance_below"
    baseline = locale.text("fact.baseline", baseline=locale.short(momentum.baseline_per_h))
    significance = locale.text(side, z=locale.number(abs(momentum.significance), 1))
    return FactView(locale.text("fact.rate"), locale.short(momentum.rate_per_h), f"{baseline} · {significance}")


def _window(report: TopicReport, locale: Locale) -> FactView | None:
    window = report.window
    if window is None:
        return None
    return FactView(
        name=locale.text("fact.window"),
        value=locale.text("fact.window_value", low=locale.short(window.low_h), high=locale.short(window.high_h)),
        detail=locale.text("fact.window_detail", hit=locale.percent(window.hit_rate), n=locale.number(window.n)),
    )
