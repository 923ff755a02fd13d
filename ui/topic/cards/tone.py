"""How a topic sounds: its heat, and which emotions prevail in its posts."""

from __future__ import annotations

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.types import TopicReport
from ui.shared.facts import share_range, unknown_text
from ui.shared.parts import ScoreView, interval, score_view
from ui.topic.cards.division import controversy_text


class EmotionView(msgspec.Struct, frozen=True):
    """One emotion as word, percentage and range; ``share`` (0–100) draws its bar."""

    name: str
    value: str
    detail: str
    share: float


class ToneView(msgspec.Struct, frozen=True):
    """``heat`` is ``None`` where it is unknown; ``missing`` then says so. ``controversy`` is told here where no two
    camps are quoted."""

    heat: ScoreView | None
    heat_detail: str
    emotions: tuple[EmotionView, ...]
    missing: str | None
    controversy: str | None


def tone_view(report: TopicReport, locale: Locale) -> ToneView | None:
    """Heat and emotions, the strongest first; ``None`` where nothing is known."""
    emotions = tuple(
        EmotionView(
            name=locale.texts.known(f"emotion.{name}") or name,
            value=locale.percent(share.value),
            detail=share_range(share, locale),
            share=100 * share.value,
        )
        for name, share in report.mood
    )
    no_camps = report.division is None and report.poles is None
    unknown = (("fact.heat", report.heat is None), ("tone.mood", not emotions), ("division.name", no_camps))
    lacking = [locale.text(key) for key, is_unknown in unknown if is_unknown]
    if report.heat is None and not emotions and report.controversy is None:
        return None
    return ToneView(
        heat=None if report.heat is None else score_view(report.heat, locale),
        heat_detail="" if report.heat is None else interval(report.heat, locale),
        emotions=emotions,
        missing=unknown_text(lacking, locale) if lacking else None,
        controversy=controversy_text(report.controversy, locale) if no_camps else None,
    )
