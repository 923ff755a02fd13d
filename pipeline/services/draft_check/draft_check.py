"""What speaks against publishing a draft, each with its reason. Pure.

It advises and never clears: no finding means that these checks found nothing, not that the post is right. What a draft
says was read before (:mod:`pipeline.services.draft_check.reader`); here it is held against the topic it would join,
the day, and the brand. The slips are those of documented failures: selling or joking beside somebody's misfortune, a
hashtag whose subject was not looked at, a stereotype, a cause that sells, borrowed slang, a private person shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from pipeline.services.draft_check.draft_words import PersonalData
from pipeline.types import BrandFit, Hazard, Score

Severity = Literal["stop", "caution", "note"]
Code = Literal[
    "crisis_promo",
    "grief_joke",
    "self_centred",
    "topic_hazard",
    "hazard_in_copy",
    "touchy_subject",
    "mood_clash",
    "solemn_day",
    "solemn_today",
    "stereotype",
    "contempt",
    "cause_washing",
    "cause",
    "personal_data",
    "tone_offensive",
    "tone_shouting",
    "stale_slang",
    "no_go",
    "off_brand",
    "contested_topic",
    "same_hashtag",
]
"""What can be found; the board has words for each."""
Outcome = Literal["stop", "caution", "nothing_found"]

SEVERITIES: Final[tuple[Severity, ...]] = ("stop", "caution", "note")
STRONG: Final = 0.5
"""Strength from which a head counts, as for posts (:data:`pipeline.enrich.hazards.heads.POST_THRESHOLD`)."""
FITS_PERCENTILE: Final = 95.0
"""From here a draft speaks of what the brand is about."""
FOREIGN_PERCENTILE: Final = 75.0
"""Below, it speaks of nothing that the brand is about."""
MIN_MOOD_SHARE: Final = 0.2
"""An emotion that fewer posts carry is not the mood of a topic."""
GRAVE: Final = frozenset({"floor", "high"})
COPY_RISKS: Final[tuple[tuple[Code, Severity, str], ...]] = (
    ("stereotype", "stop", "it sounds like a stereotype about a group of people"),
    ("contempt", "caution", "it sounds contemptuous of the people it speaks of"),
)
LIMITS: Final = (
    "These checks find some slips, not all. They know neither pictures nor irony, nor what happened an hour ago: "
    "have it read by somebody who knows the topic and the people in it."
)


class SpokenHazard(msgspec.Struct, frozen=True):
    """A hazard that the draft itself speaks of (from ``STRONG`` on) or hints at: ``strength`` in [0, 1]."""

    name: str
    tier: Literal["floor", "high", "medium", "low"]
    strength: float
    is_named: bool = False
    """A cue word of it is in the text, in no figure of speech."""


class DraftReading(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft says, read without knowing what for.

    Probabilities and strengths are in [0, 1]; ``risks`` are those of ``configs/draft_risks.toml``.
    """

    text: str
    language: str | None
    joy: float
    negative: float
    offensive: float
    is_promotion: bool
    is_joking: bool
    is_shouting: bool
    hazards: tuple[SpokenHazard, ...] = ()
    risks: tuple[tuple[str, float], ...] = ()
    slang: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    personal: tuple[PersonalData, ...] = ()
    fit: BrandFit | None = None


class DraftTopic(msgspec.Struct, frozen=True):
    """The topic a draft would join, as far as the check needs it; of a report in the store."""

    label: str
    hazards: tuple[Hazard, ...] = ()
    mood: tuple[tuple[str, Score], ...] = ()
    is_contested: bool = False
    hashtag: str = ""
    """The hashtag of the draft it was found by; empty where somebody named the topic."""


class DraftDay(msgspec.Struct, frozen=True):
    """A solemn day that the draft would appear on; ``grieves``: mourning or remembrance, not only awareness."""

    english: str
    italian: str
    grieves: bool


class DraftBrand(msgspec.Struct, frozen=True):
    """What the check needs of a profile."""

    brand_id: str
    tone: tuple[str, ...] = ()


class DraftFinding(msgspec.Struct, frozen=True):
    """Something that speaks against a draft.

    ``code`` is stable and translated by the board; ``text`` is the English sentence, ``params`` the names in it,
    ``quotes`` the words of the draft, or ids of posts of the topic, that it rests on.
    """

    code: Code
    severity: Severity
    text: str
    params: tuple[tuple[str, str], ...] = ()
    quotes: tuple[str, ...] = ()


class DraftAdvice(msgspec.Struct, frozen=True):
    """Everything found, the gravest first. ``outcome`` ``nothing_found`` is no clearance; ``limits`` says so."""

    brand_id: str
    outcome: Outcome
    findings: tuple[DraftFinding, ...]
    language: str | None
    fit: BrandFit | None
    topic: str | None
    limits: str = LIMITS


def check_draft(
    draft: DraftReading, brand: DraftBrand, topic: DraftTopic | None = None, days: tuple[DraftDay, ...] = ()
) -> DraftAdvice:
    """Hold a draft against its topic, its day and the brand.

    Parameters
    ----------
    draft, brand
        What was read, and for whom.
    topic
        What it would join; ``None``: nothing in particular.
    days
        Solemn days on the date it would appear.

    Examples
    --------
    >>> draft = DraftReading(text="-20%", language="it", joy=0.2, negative=0.1, offensive=0.0,
    ...                      is_promotion=True, is_joking=False, is_shouting=False)
    >>> advice = check_draft(draft, DraftBrand("forno-aurora"), days=(DraftDay("Memory", "Memoria", True),))
    >>> advice.outcome, [finding.code for finding in advice.findings]
    ('stop', ['solemn_day'])
    """
    found = [
        *_about_misfortune(draft, topic),
        *_about_days(draft, days),
        *_about_copy(draft),
        *_about_words(draft, brand),
        *_about_fit(draft, topic),
    ]
    found.sort(key=lambda finding: SEVERITIES.index(finding.severity))  # stable: the order of the checks inside
    grave = [finding.severity for finding in found if finding.severity != "note"]
    outcome: Outcome = "nothing_found" if not grave else "stop" if "stop" in grave else "caution"
    label = None if topic is None else topic.label
    return DraftAdvice(brand.brand_id, outcome, tuple(found), draft.language, draft.fit, label)


def _about_misfortune(draft: DraftReading, topic: DraftTopic | None) -> list[DraftFinding]:
    """Selling, joking or cheering beside what hurts people, be it in the topic or in the copy."""
    around = [hazard for hazard in topic.hazards if hazard.tier in GRAVE] if topic is not None else []
    around.sort(key=lambda hazard: hazard.tier != "floor")
    spoken = [hazard for hazard in draft.hazards if hazard.tier in GRAVE]
    loud = [hazard for hazard in spoken if hazard.strength >= STRONG]
    name = around[0].name if around else spoken[0].name if spoken else ""
    quotes = around[0].evidence if around else ()
    beside = f"({_plain(name)} {'in the topic' if around else 'in the draft itself'})"
    found: list[DraftFinding] = []
    sells = _beside_grief(draft, draft.is_promotion, "crisis_promo", bool(around or loud), spoken)
    if sells is not None:
        found.append(_finding("crisis_promo", sells, f"it sells beside a misfortune {beside}", quotes, hazard=name))
    jokes = _beside_grief(draft, draft.is_joking, "grief_joke", bool(around or loud), spoken)
    if jokes is not None:
        found.append(_finding("grief_joke", jokes, f"it jokes beside a misfortune {beside}", quotes, hazard=name))
    if around:
        ours = draft.fit is not None and draft.fit.percentile >= FITS_PERCENTILE
        if around[0].tier == "floor" and ours and not found:
            text = f"people speak of {_plain(name)}, the draft speaks of the brand's own subject"
            found.append(_finding("self_centred", "stop", text, quotes, hazard=name))
        text = f"the topic speaks of {_plain(name)}: read its posts before writing anything"
        found.append(_finding("topic_hazard", "caution", text, quotes, hazard=name))
    elif loud and not found:
        text = f"the draft itself speaks of {_plain(name)}"
        found.append(_finding("hazard_in_copy", "caution", text, hazard=name))
    found += _mood_clash(draft, topic)
    milder = [hazard for hazard in draft.hazards if hazard.tier == "medium" and hazard.strength >= STRONG]
    if milder:
        text = f"the draft takes the brand into {_plain(milder[0].name)}"
        found.append(_finding("touchy_subject", "caution", text, hazard=milder[0].name))
    return found


def _beside_grief(
    draft: DraftReading, plainly: bool, risk: str, grave: bool, hints: Sequence[SpokenHazard]
) -> Severity | None:
    """``stop``: said plainly beside something grave, or heard by a head where something grave is at least hinted at;
    ``caution``: said plainly beside the mere name of something grave."""
    heard = dict(draft.risks).get(risk, 0.0) >= STRONG
    if (plainly and grave) or (heard and (grave or hints)):
        return "stop"
    return "caution" if plainly and any(hazard.is_named for hazard in hints) else None


def _mood_clash(draft: DraftReading, topic: DraftTopic | None) -> list[DraftFinding]:
    if topic is None or not topic.mood:
        return []
    mood, share = topic.mood[0]
    if share.value < MIN_MOOD_SHARE:
        return []
    cheers = draft.is_joking or draft.joy >= STRONG
    if mood not in ("sadness", "anger") or not (cheers or _sells(draft)):
        return []
    doing = "jokes" if draft.is_joking else "is cheerful" if cheers else "sells"
    text = f"it {doing} where {mood} prevails ({share.value:.0%} of {share.n} posts)"
    return [_finding("mood_clash", "caution", text, mood=mood, share=f"{share.value:.2f}", n=share.n)]


def _about_days(draft: DraftReading, days: tuple[DraftDay, ...]) -> list[DraftFinding]:
    found = []
    for day in days:
        names: dict[str, object] = {"day_en": day.english, "day_it": day.italian}
        if _sells(draft) or (day.grieves and draft.is_joking):
            severity: Severity = "stop" if day.grieves else "caution"
            doing = "a promotion" if _sells(draft) else "a joke"
            found.append(_finding("solemn_day", severity, f"{doing} may offend that day: {day.english}", (), **names))
        else:
            found.append(_finding("solemn_today", "note", f"that day is {day.english}", (), **names))
    return found


def _about_copy(draft: DraftReading) -> list[DraftFinding]:
    risks = dict(draft.risks)
    found = [_finding(code, severity, text) for code, severity, text in COPY_RISKS if risks.get(code, 0.0) >= STRONG]
    if risks.get("cause_washing", 0.0) >= STRONG or (draft.causes and draft.is_promotion):
        named = ", ".join(draft.causes)
        text = f"it sells with a cause ({named or 'by its wording'}): what has the brand done for it?"
        found.append(_finding("cause_washing", "caution", text, draft.causes, cause=named))
    elif draft.causes:
        named = ", ".join(draft.causes)
        text = f"it speaks of a cause ({named}): say what the brand has done, not what it feels"
        found.append(_finding("cause", "note", text, draft.causes, cause=named))
    return found


def _about_words(draft: DraftReading, brand: DraftBrand) -> list[DraftFinding]:
    found = []
    if draft.personal:
        shown = tuple(data.text for data in draft.personal)
        kinds = ", ".join(dict.fromkeys(data.kind for data in draft.personal))
        private = any(data.kind != "handle" for data in draft.personal)
        text = f"it shows who somebody is or how to reach them ({kinds}): have they agreed?"
        found.append(_finding("personal_data", "stop" if private else "caution", text, shown, kinds=kinds))
    if draft.offensive >= STRONG or draft.is_shouting:
        what = "it sounds offensive" if draft.offensive >= STRONG else "it shouts"
        tone = ", ".join(brand.tone)
        text = f"{what}; the brand's tone is: {tone}" if tone else what
        code: Code = "tone_offensive" if draft.offensive >= STRONG else "tone_shouting"
        found.append(_finding(code, "caution", text, tone=tone))
    if draft.slang:
        words = ", ".join(draft.slang)
        text = f"slang that is stale or not the brand's own ({words})"
        found.append(_finding("stale_slang", "caution", text, draft.slang, words=words))
    return found


def _about_fit(draft: DraftReading, topic: DraftTopic | None) -> list[DraftFinding]:
    found = []
    fit = draft.fit
    if topic is not None and topic.hashtag:
        text = f"#{topic.hashtag} belongs to the topic “{topic.label}”: look at what people say there"
        found.append(_finding("same_hashtag", "note", text, hashtag=topic.hashtag))
    if fit is not None and fit.no_go:
        theme = fit.no_go[0]
        text = f"it comes near a theme the brand stays away from: “{theme.theme}”"
        found.append(_finding("no_go", "caution", text, theme=theme.theme, percentile=f"{theme.percentile:.0f}"))
    if fit is not None and fit.percentile < FOREIGN_PERCENTILE:
        text = f"it speaks of none of the brand's facets (percentile {fit.percentile:.0f})"
        found.append(_finding("off_brand", "note", text, percentile=f"{fit.percentile:.0f}"))
    if topic is not None and topic.is_contested:
        text = "people quarrel in this topic: both sides will read it"
        found.append(_finding("contested_topic", "caution", text))
    return found


def _sells(draft: DraftReading) -> bool:
    return draft.is_promotion or dict(draft.risks).get("crisis_promo", 0.0) >= STRONG


def _plain(hazard: str) -> str:
    return hazard.replace("_", " ")


def _finding(code: Code, severity: Severity, text: str, quotes: tuple[str, ...] = (), **params: object) -> DraftFinding:
    return DraftFinding(code, severity, text, tuple((key, str(value)) for key, value in params.items()), quotes)
