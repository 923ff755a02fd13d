"""The numbers of a topic, each with what it rests on; an unknown one says so."""

from __future__ import annotations

import msgspec

from pipeline.types import Momentum, Score, TopicReport
from ui.i18n.locale import Locale
from ui.view_models.parts import interval


class FactView(msgspec.Struct, frozen=True):
    """One number: what it is, its value, what it rests on. ``known`` is false without evidence."""

    name: str
    value: str
    detail: str
    known: bool = True


def fact_views(report: TopicReport, locale: Locale) -> tuple[FactView, ...]:
    """All numbers of a report, in reading order."""
    copies = locale.count("fact.copies", report.n_copies, n=locale.number(report.n_copies))
    return (
        FactView(name=locale.text("fact.posts"), value=locale.number(report.n_posts), detail=copies),
        FactView(name=locale.text("fact.authors"), value=locale.number(report.n_authors), detail=""),
        _pace(report.momentum, locale),
        _window(report, locale),
        _score("fact.heat", report.heat, locale),
        _score("fact.division", report.division, locale),
        *_dialogue(report, locale),
        *_exposure(report, locale),
        _saturation(report, locale),
    )


def _missing(key: str, locale: Locale) -> FactView:
    return FactView(name=locale.text(key), value=locale.text("board.unknown"), detail="", known=False)


def _score(key: str, score: Score | None, locale: Locale) -> FactView:
    if score is None:
        return _missing(key, locale)
    return FactView(name=locale.text(key), value=locale.number(100 * score.value), detail=interval(score, locale))


def _share(key: str, share: float | None, n: int, locale: Locale) -> FactView:
    if share is None:
        return _missing(key, locale)
    return FactView(name=locale.text(key), value=locale.percent(share), detail=_of(n, locale))


def _of(n: int, locale: Locale) -> str:
    return locale.text("fact.of_n", n=locale.number(n))


def _pace(momentum: Momentum, locale: Locale) -> FactView:
    side = "fact.significance" if momentum.significance >= 0 else "fact.significance_below"
    baseline = locale.text("fact.baseline", baseline=locale.short(momentum.baseline_per_h))
    significance = locale.text(side, z=locale.number(abs(momentum.significance), 1))
    return FactView(
        name=locale.text("fact.rate"), value=locale.short(momentum.rate_per_h), detail=f"{baseline} · {significance}"
    )


def _window(report: TopicReport, locale: Locale) -> FactView:
    window = report.window
    if window is None:
        return _missing("fact.window", locale)
    return FactView(
        name=locale.text("fact.window"),
        value=locale.text("fact.window_value", low=locale.short(window.low_h), high=locale.short(window.high_h)),
        detail=locale.text("fact.window_detail", hit=locale.percent(window.hit_rate), n=locale.number(window.n)),
    )


def _dialogue(report: TopicReport, locale: Locale) -> tuple[FactView, ...]:
    dialogue = report.dialogue
    if dialogue is None:
        return (_missing("fact.replies", locale), _missing("fact.questions", locale))
    return (
        _share("fact.replies", dialogue.reply_share, dialogue.n, locale),
        _share("fact.questions", dialogue.question_share, dialogue.n, locale),
    )


def _exposure(report: TopicReport, locale: Locale) -> tuple[FactView, ...]:
    exposure = report.exposure
    keys = ("fact.copy_share", "fact.top_author", "fact.one_platform")
    if exposure is None:
        return tuple(_missing(key, locale) for key in (*keys, "fact.link_domains"))
    shares = (exposure.copy_share, exposure.top_author_share, exposure.single_platform_share)
    domains = exposure.link_domains
    return (
        *(_share(key, share, exposure.n, locale) for key, share in zip(keys, shares, strict=True)),
        _missing("fact.link_domains", locale)
        if domains is None
        else FactView(
            name=locale.text("fact.link_domains"), value=locale.number(domains), detail=_of(exposure.n, locale)
        ),
    )


def _saturation(report: TopicReport, locale: Locale) -> FactView:
    saturation = report.saturation
    if saturation is None:
        return _missing("fact.saturation", locale)
    share = locale.percent(saturation.share.value)
    return FactView(
        name=locale.text("fact.saturation"),
        value=locale.number(saturation.n_brands),
        detail=f"{locale.text('topic.hazard_share', share=share)}, {_of(saturation.share.n, locale)}",
    )
