"""What opinions ask for, as a strategist reads it: each change with its bounds, each opinion with its effect."""

from __future__ import annotations

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.i18n.sentences import percentile
from pipeline.services.feedback.opinions import OpinionEffect
from pipeline.services.feedback.proposal import FacetChange, ProposedChange, RulePrecision, ThresholdChange
from ui.shared.parts import badge, interval

SHOWN_EFFECTS = 50


class ChangeView(msgspec.Struct, frozen=True):
    """One number of the profile: what it is about, now, afterwards, as the strategist wrote it, and what for."""

    name: str
    before: str
    after: str
    base: str
    evidence: str
    moves: bool


class EffectView(msgspec.Struct, frozen=True):
    """One opinion and what it does."""

    at: str
    by: str
    topic: str
    said: str
    does: str


class RuleView(msgspec.Struct, frozen=True):
    """How often verdicts that rest on one rule were called right."""

    rule: str
    share: str
    detail: str


class ProposalView(msgspec.Struct, frozen=True):
    """The whole section. ``digest`` is empty when there is nothing to apply."""

    summary: str
    digest: str
    changes: tuple[ChangeView, ...]
    effects: tuple[EffectView, ...]
    more: str
    rules: tuple[RuleView, ...]


def proposal_view(proposal: ProposedChange, locale: Locale) -> ProposalView:
    """The proposal in the viewer's language."""
    text, number = locale.text, locale.number
    counted, opinions = number(proposal.n_counted), number(proposal.n_opinions)
    outcome = "proposed" if proposal.changes else "enough" if proposal.n_counted else "few"
    hidden = len(proposal.effects) - SHOWN_EFFECTS
    return ProposalView(
        summary=text(f"feedback.summary_{outcome}", counted=counted, opinions=opinions),
        digest=proposal.digest if proposal.changes else "",
        changes=(
            *(_weight(change, locale) for change in proposal.facets),
            *(_threshold(change, locale) for change in proposal.thresholds),
        ),
        effects=tuple(_effect(effect, locale) for effect in proposal.effects[:SHOWN_EFFECTS]),
        more=text("feedback.more", n=number(hidden)) if hidden > 0 else "",
        rules=tuple(_rule(rule, locale) for rule in proposal.precision),
    )


def _weight(change: FacetChange, locale: Locale) -> ChangeView:
    def shown(value: float) -> str:
        return locale.number(value, 2)

    name = locale.text("feedback.weight", facet=change.name)
    moves = abs(change.after - change.before) >= 0.005
    before, after, base = shown(change.before), shown(change.after), shown(change.base)
    return ChangeView(name, before, after, base, _signed(change.evidence, locale), moves)


def _threshold(change: ThresholdChange, locale: Locale) -> ChangeView:
    name = locale.text(f"feedback.threshold_{change.name}")
    moves = abs(change.after - change.before) >= 0.005
    before, after, base = (locale.number(value, 1) for value in (change.before, change.after, change.base))
    return ChangeView(name, before, after, base, _signed(change.evidence, locale), moves)


def _signed(value: float, locale: Locale) -> str:
    shown = locale.number(value, 1)
    return f"+{shown}" if value > 0 and shown.strip("0.,") else shown


def _effect(effect: OpinionEffect, locale: Locale) -> EffectView:
    text = locale.text
    kind = badge(effect.kind, locale).word
    wanted = badge(effect.wanted, locale).word if effect.wanted is not None else None
    said = "right" if effect.right else "wrong" if wanted is None else "wanted"
    does = effect.direction if effect.direction == "none" else f"{effect.direction}_{effect.threshold}"
    return EffectView(
        at=locale.moment(effect.at),
        by=effect.by,
        topic=effect.label,
        said=text(f"feedback.said_{said}", kind=kind, wanted=wanted or ""),
        does=text(f"feedback.does_{does}", weight=locale.number(effect.weight, 2)),
    )


def _rule(rule: RulePrecision, locale: Locale) -> RuleView:
    words = locale.texts.known(f"reason_plain.{rule.rule}") or rule.rule.replace("_", " ")
    kind = badge(rule.kind, locale).word
    share = percentile(100 * rule.share.value, locale)
    return RuleView(f"{kind}: {words}", f"{share}%", interval(rule.share, locale))
