"""The words of an alert in English and Italian, and numbers the way each language writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from pipeline.types import Confidence, Reason, VerdictKind

Language = Literal["en", "it"]

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

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


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """Every fixed phrase of an alert in one language."""

    meaning: Mapping[VerdictKind, str]
    brand: str
    confidence: str
    sure: Mapping[Confidence, str]
    change: str
    fit: str
    percentile: str
    background: str
    heat: str
    volume: str
    posts: str
    authors: str
    baseline: str
    hazards: str
    of_posts: str
    not_enough: str
    one_side: str
    other_side: str
    quote: str
    open: str


_ENGLISH = Wording(
    meaning={
        VerdictKind.RIDE: "It fits the brand and is safe to join.",
        VerdictKind.NUANCE: "Not the whole topic, but one conversation in it fits the brand.",
        VerdictKind.WATCH: "Too little evidence or a medium risk: wait.",
        VerdictKind.RISKY: "A bandwagon: hot, but off-brand, contested or hazardous.",
        VerdictKind.IGNORE: "It neither fits nor tempts.",
    },
    brand="Brand",
    confidence="Confidence",
    sure={Confidence.FIRM: "firm", Confidence.FAIR: "fair", Confidence.TENTATIVE: "tentative"},
    change="What would change it",
    fit="Fit",
    percentile="percentile",
    background="background topics",
    heat="Heat",
    volume="Volume",
    posts="posts",
    authors="authors",
    baseline="baseline",
    hazards="Hazards",
    of_posts="of posts",
    not_enough="not enough evidence",
    one_side="One side",
    other_side="The other side",
    quote="A post",
    open="Open",
)

_ITALIAN = Wording(
    meaning={
        VerdictKind.RIDE: "È nelle corde del brand e si può cavalcare.",
        VerdictKind.NUANCE: "Non tutto il tema, ma una sua conversazione è nelle corde del brand.",
        VerdictKind.WATCH: "Prove insufficienti o rischio medio: meglio aspettare.",
        VerdictKind.RISKY: "Un carro affollato: caldo, ma lontano dal brand, divisivo o pericoloso.",
        VerdictKind.IGNORE: "Non è affine e non tenta.",
    },
    brand="Brand",
    confidence="Verdetto",
    sure={Confidence.FIRM: "solido", Confidence.FAIR: "discreto", Confidence.TENTATIVE: "incerto"},
    change="Che cosa lo cambierebbe",
    fit="Affinità",
    percentile="percentile",
    background="temi di sfondo",
    heat="Calore",
    volume="Volume",
    posts="post",
    authors="autori",
    baseline="di base",
    hazards="Pericoli",
    of_posts="dei post",
    not_enough="prove insufficienti",
    one_side="Una parte",
    other_side="L’altra parte",
    quote="Un post",
    open="Apri",
)

_WORDINGS: Mapping[Language, Wording] = MappingProxyType({"en": _ENGLISH, "it": _ITALIAN})

_ITALIAN_HAZARDS: Mapping[str, str] = MappingProxyType(
    {
        "celebrity_death": "morte di un personaggio noto",
        "commemoration": "commemorazione",
        "crime": "crimine",
        "death": "morte",
        "disaster": "disastro",
        "discrimination": "discriminazione",
        "hate": "odio",
        "health": "salute",
        "labour": "lavoro e diritti",
        "legal": "contenzioso legale",
        "minors": "minori",
        "misinformation": "disinformazione",
        "no_go": "tema vietato",
        "politics": "politica",
        "privacy": "privacy",
        "religion": "religione",
        "rumour": "voci non confermate",
        "self_harm": "autolesionismo",
        "sexual": "contenuti sessuali",
        "sport_rivalry": "rivalità sportiva",
        "armed_conflict": "guerra",
        "terrorism": "terrorismo",
        "weapons": "armi",
        "drugs": "droghe",
        "alcohol_tobacco": "alcol e tabacco",
        "profanity": "turpiloquio",
        "piracy": "pirateria",
        "spam": "spam e truffe",
        "social_issues": "questione sociale divisiva",
        "brand_crisis": "crisi di un marchio",
        "tragedy": "tragedia",
        "violence": "violenza",
    }
)

_ITALIAN_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "bandwagon": "si muove ({rate} post all’ora), ma non è nostro",
        "contested": "due campi si scontrano (sperimentale) {value} [{low}–{high}], n = {n}",
        "copy_burst": "le stesse parole sono copiate nel {share} dei post (n = {n})",
        "crowded": "account promozionali già saliti sul trend: {n}",
        "cold_start": "ancora nuovo qui: {n} temi propri su cui misurarsi, ne servono {needed}; fino ad allora si "
        "cavalca solo ciò che è chiaramente adatto",
        "calm": "il tono è sereno: probabilità di una lite {value} [{low}–{high}], n = {n}",
        "fading": "la conversazione sta già calando",
        "fits_facet": "parla al tratto «{facet}» ({z} σ sopra lo sfondo, percentile {percentile})",
        "hazard_floor": "mai cavalcare: {hazard} nel {share} dei post (n = {n})",
        "hazard_high": "rischio alto: {hazard} nel {share} dei post (n = {n})",
        "hazard_medium": "rischio medio: {hazard} nel {share} dei post (n = {n})",
        "held_back": "raggiunge appena ciò che serve: si aspetta che duri",
        "held_danger": "poco fa c’era un pericolo: si aspetta che non torni",
        "held_on": "manca di poco ciò che serve: si aspetta che duri",
        "hot": "il tono è acceso: probabilità di una lite {value} [{low}–{high}], n = {n}",
        "no_background": "affinità ignota: non c’è ancora uno sfondo con cui confrontare",
        "no_fit": "non parla a nessun tratto del brand (percentile {percentile}, ne serve {needed})",
        "no_go": "incontra un tema che il brand evita: «{theme}»",
        "nuance_fits": "la parte su «{label}» parla al tratto «{facet}» ({share} dei post)",
        "risky_part": "la parte su «{label}» parla al tratto «{facet}», ma ha un rischio suo: {hazard}",
        "single_origin": "poche fonti: viene da un’unica origine nel {share} dei post (n = {n})",
        "solemn_day": "oggi una promozione può offendere: {day_it}",
        "thin_authors": "finora solo {n} autori, ne servono {needed} per giudicare",
        "thin_posts": "finora solo {n} post diversi, ne servono {needed} per giudicare",
        "unreliable_links": "link a domini indicati come inaffidabili ({domains}) nel {share} dei post (n = {n})",
        "unverified": "non verificato: lo dice chi scrive, nel {share} dei post (n = {n})",
        "whole_guarded": "il tema nel complesso sarebbe adatto, ma porta con sé ciò da cui questa parte è libera",
        "whole_no_fit": "il tema nel complesso non è adatto: percentile {percentile}, ne serve {needed}",
        "weak_fit": "si avvicina al tratto «{facet}» ({z} σ sopra lo sfondo, percentile {percentile})",
    }
)
"""Codes and parameters are those of :mod:`pipeline.verdict.judge`."""


def wording(language: Language) -> Wording:
    """The phrases of one language.

    Examples
    --------
    >>> wording("it").open
    'Apri'
    """
    return _WORDINGS[language]


def number(value: float, digits: int, language: Language) -> str:
    """A number with separators as the language writes them.

    Examples
    --------
    >>> number(1234.5, 1, "en"), number(1234.5, 1, "it")
    ('1,234.5', '1.234,5')
    """
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "it" else text


def hazard_name(name: str, language: Language) -> str:
    """A hazard's code in words; a code without a translation keeps its own words.

    Examples
    --------
    >>> hazard_name("self_harm", "en"), hazard_name("self_harm", "it")
    ('self harm', 'autolesionismo')
    """
    plain = name.replace("_", " ")
    return _ITALIAN_HAZARDS.get(name, plain) if language == "it" else plain


def reason_text(reason: Reason, language: Language) -> str | None:
    """A reason in one sentence; ``None`` when this language has no sentence for its code and parameters.

    Examples
    --------
    >>> reason = Reason("hot", "the tone is heated", params=(("value", "0.52"), ("low", "0.4"), ("high", "0.6")))
    >>> reason_text(reason, "it") is None
    True
    >>> reason_text(msgspec.structs.replace(reason, params=(*reason.params, ("n", "34"))), "it")
    'il tono è acceso: probabilità di una lite 0,52 [0,4–0,6], n = 34'
    """
    if language == "en":
        return reason.text
    params = {name: _in_italian(name, value) for name, value in reason.params}
    try:
        return _ITALIAN_REASONS[reason.code].format_map(params)
    except KeyError:
        return None


def _in_italian(name: str, value: str) -> str:
    if name == "hazard":
        return hazard_name(value, "it")
    if not _NUMBER.fullmatch(value):
        return value
    return f"{100 * float(value):.0f} %" if name == "share" else value.replace(".", ",")
