"""How sure a verdict is and what would change it, in words."""

from __future__ import annotations

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.i18n.sentences import change_text, confidence_word, hazard_name
from pipeline.types import Confidence, Verdict, VerdictKind
from pipeline.types.reason_codes import DoubtCode, ReasonCode, finding_of
from pipeline.verdict.decision import friendlier
from ui.shared.parts import BadgeView, badge

MAX_DOUBTS = 3


class ConfidenceView(msgspec.Struct, frozen=True):
    """The word, what it means, and why it is not firmer. ``level`` is the stable code of the word."""

    level: str
    word: str
    hint: str


class ChangeView(msgspec.Struct, frozen=True):
    """One finding that would change the verdict, and into what."""

    text: str
    becomes: str
    badge: BadgeView


class ChangesView(msgspec.Struct, frozen=True):
    """All that are told; ``final`` says that a gate holds, or that no single change would help."""

    changes: tuple[ChangeView, ...]
    final: str | None


def confidence_view(verdict: Verdict, locale: Locale) -> ConfidenceView | None:
    """The confidence of a verdict in words; ``None`` where it has none."""
    if verdict.confidence is None:
        return None
    level = verdict.confidence.value
    hint = locale.text(f"confidence.{level}_hint")
    known = [locale.texts.known(f"doubt.{finding_of(code)}") for code in verdict.doubts]
    doubts = list(dict.fromkeys(doubt for doubt in known if doubt is not None))[:MAX_DOUBTS]
    if doubts:
        hint = locale.text("confidence.because", hint=hint, doubts=", ".join(doubts))
    return ConfidenceView(level, confidence_word(verdict.confidence, locale), hint)


def is_worth_marking(verdict: Verdict) -> bool:
    """Whether a row of the board says that its verdict is tentative: not where little evidence says it already."""
    tentative = verdict.confidence is Confidence.TENTATIVE and verdict.kind is not VerdictKind.IGNORE
    return tentative and DoubtCode.THIN not in verdict.doubts


def changes_view(verdict: Verdict, locale: Locale) -> ChangesView | None:
    """What would change a verdict; ``None`` where nothing was asked, or there is nothing to say."""
    if verdict.confidence is None:
        return None
    floor = [reason for reason in verdict.reasons if reason.code == ReasonCode.HAZARD_FLOOR]
    gates = [dict(reason.params).get("hazard", "") for reason in floor]
    views = tuple(
        ChangeView(
            change_text(change, locale) or change.text,
            locale.text("change.becomes", verdict=locale.text(f"verdict.{change.kind}")),
            badge(change.kind, locale),
        )
        for change in verdict.changes
    )
    final = None
    if gates:
        names = ", ".join(dict.fromkeys(hazard_name(name, locale).lower() for name in gates if name))
        ride, nuance = (locale.text(f"verdict.{kind}") for kind in (VerdictKind.RIDE, VerdictKind.NUANCE))
        final = locale.text("change.final", hazards=names, ride=ride, nuance=nuance)
    elif not any(friendlier(change.kind, verdict.kind) for change in verdict.changes):
        final = locale.text("change.none") if verdict.kind is not VerdictKind.RIDE else None
    return ChangesView(views, final) if views or final is not None else None
