"""What a verdict says in a reader's words: the same sentences in a message, on the board and in a file.

A reason or a change is a code and parameters; the sentence of a code is in the catalogue (:mod:`pipeline.i18n.texts`).
Parameters are stored as text, and their name says what they are, so that one place decides how each is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from math import floor

from pipeline.i18n.numbers import Locale
from pipeline.types import BrandFit, Change, Confidence, Reason, Score
from pipeline.types.reason_codes import finding_of

_NUMBERS = frozenset({"n", "needed", "more", "percentile", "z", "rate"})
_SHARES = frozenset({"share", "value", "low", "high", "threshold"})
_ON_A_SCALE = frozenset({"hot", "calm", "contested", "heat", "division"})
"""Codes, or what they are about, whose shares people read as 0 to 100; all others are percentages."""
_WRITTEN_SHARE = re.compile(r"\d{1,9}(\.\d{1,9})?")


def reason_text(reason: Reason, locale: Locale) -> str | None:
    """A reason in one sentence; ``None`` where the catalogue does not know its code.

    One that lacks a number of its sentence has a shorter one. An English reader gets a stored sentence rather than one
    without its numbers.

    Examples
    --------
    >>> from pipeline.i18n.numbers import make_locale
    >>> params = (("hazard", "health"), ("share", "0.08"), ("n", "34"))
    >>> reason_text(Reason("hazard_high", "", params=params), make_locale("it"))
    'Rischio alto: salute nell’8% dei post (n = 34)'
    """
    known, values = locale.texts.known, _values(reason.code, reason.params, locale)
    return (
        known(f"reason.{reason.code}", values)
        or known(f"reason_short.{reason.code}", values)
        or (reason.text if locale.language == "en" else None)
        or known(f"reason_plain.{reason.code}")
    )


def change_text(change: Change, locale: Locale) -> str | None:
    """What would have to change, in one sentence; ``None`` where the catalogue does not know its code.

    Examples
    --------
    >>> from pipeline.i18n.numbers import make_locale
    >>> from pipeline.types import VerdictKind
    >>> params = (("more", "8"), ("needed", "20"))
    >>> change_text(Change("more_posts", VerdictKind.RIDE, 12.0, 20.0, "", params=params), make_locale("it"))
    'Con altri 8 post distinti (20 in tutto)'
    """
    return locale.texts.known(f"change.{change.code}", _values(change.code, change.params, locale))


def change_line(change: Change, locale: Locale) -> str | None:
    """What would have to change and the verdict it leads to, where nothing else names that one.

    ``None`` where there is no sentence in the reader's language.
    """
    told = change_text(change, locale)
    if told is None:
        return (change.text or None) if locale.language == "en" else None
    return f"{told}: {change.kind}"


def hazard_name(name: str, locale: Locale) -> str:
    """A hazard in the reader's language; a brand's own no-go theme stays as the brand wrote it.

    Examples
    --------
    >>> from pipeline.i18n.numbers import make_locale
    >>> hazard_name("self_harm", make_locale("en")), hazard_name("self_harm", make_locale("it"))
    ('Self-harm', 'Autolesionismo')
    """
    return locale.texts.known(f"hazard.{name.replace('-', '_')}") or name.replace("_", " ")


def confidence_word(level: Confidence, locale: Locale) -> str:
    """How sure a verdict is, in a word."""
    return locale.text(f"confidence.{level}")


def percentile(value: float, locale: Locale) -> str:
    """A percentile with one decimal, rounded down so that only 100 reads as 100."""
    return locale.number(floor(value * 10 + 1e-6) / 10, 0 if value >= 100 else 1)


def fit_text(fit: BrandFit | None, locale: Locale) -> str:
    """A fit against the background it was held against; unknown is said to be unknown."""
    if fit is None:
        return locale.text("board.unknown")
    return locale.text("board.fit_detail", percentile=percentile(fit.percentile, locale), n=locale.number(fit.n))


def score_text(score: Score | None, locale: Locale) -> str:
    """A score in [0, 1] as 0 to 100 with its interval and n; unknown is said to be unknown."""
    if score is None:
        return locale.text("board.unknown")
    value, low, high = (locale.number(100 * part) for part in (score.value, score.low, score.high))
    return locale.text("board.score_detail", value=value, low=low, high=high, n=locale.number(score.n))


def _values(code: str, params: Iterable[tuple[str, str]], locale: Locale) -> Mapping[str, str]:
    on_a_scale = finding_of(code) in _ON_A_SCALE
    values = {name: _written(name, value, on_a_scale, locale) for name, value in params}
    own = f"_{locale.language}"  # a param may come in every language: day_en, day_it
    return values | {name.removesuffix(own): value for name, value in values.items() if name.endswith(own)}


def _written(name: str, value: str, on_a_scale: bool, locale: Locale) -> str:
    if name in _NUMBERS:
        return locale.written_number(value)
    if name in _SHARES and _WRITTEN_SHARE.fullmatch(value):
        digits = max(0, len(value.partition(".")[2]) - 2)  # written so that it differs from a threshold
        return locale.number(100 * float(value), digits) if on_a_scale else locale.percent(float(value), digits)
    if name == "hazard":
        return hazard_name(value, locale).lower()
    if name == "kind":
        return locale.texts.known(f"verdict.{value}") or value
    return _clock(value, locale) if name == "until" else value


def _clock(written: str, locale: Locale) -> str:
    try:
        return locale.clock(datetime.fromisoformat(written))
    except ValueError:
        return written
