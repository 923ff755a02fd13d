"""From the signals of a post to its part in the heat of a topic, per language.

A topic is contested when about a third of its posts or more attack somebody over something. On bags made of sentences
of our own (``configs/quarrels.toml`` against everyday ones) a logistic regression maps the negative share, the mean
offensiveness and the mean hostility of a topic to P(contested), one scale a language, because the heads behind the
signals answer more weakly in Italian. All three are means over posts, so a topic's log-odds are the mean of its posts'
log-odds, and languages mix by their weight.

The numbers are made by ``python -m pipeline.training.heat.fit_heat``; a test fits them again.
Source of the calibration: Platt, "Probabilistic outputs for support vector machines", 1999.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec
import numpy as np
from numpy.typing import NDArray

NEGATIVE_FROM = 0.5
"""P(negative) from which a post counts for the negative share."""

HOSTILE_FROM = 0.2
"""Hostility below this is noise; the pipeline does not carry it along either."""

HOSTILITY = "hate"
"""The hazard whose strength is read as hostility: contempt for people, with or without an insult."""


class HeatScale(msgspec.Struct, frozen=True):
    """Log-odds of a topic: ``bias`` + weights times negative share, mean offensiveness, mean hostility (each in [0,
    1]).

    Weights are ≥ 0: more hostility never cools a topic.
    """

    negative: float
    offensive: float
    hostile: float
    bias: float


SCALES: Mapping[str, HeatScale] = MappingProxyType(
    {
        "en": HeatScale(negative=6.08, offensive=24.55, hostile=24.29, bias=-11.25),
        "it": HeatScale(negative=10.26, offensive=19.27, hostile=19.69, bias=-10.47),
    }
)
"""ISO 639-1 code -> scale. Posts in other languages are not judged: nothing was calibrated on them."""

CONTESTED = 0.9
"""Heat from which a topic counts as contested: about one in a hundred of our own everyday bags left out reaches it."""


def log_odds(
    languages: Sequence[str | None],
    negative: NDArray[np.float64],
    offensive: NDArray[np.float64],
    hostility: NDArray[np.float64],
    scales: Mapping[str, HeatScale] = SCALES,
) -> NDArray[np.float64]:
    """Log-odds each post adds to the mean of its topic, ``(n,) float64``; NaN in a language without a scale.

    Parameters
    ----------
    languages
        ISO 639-1 code per post, ``None`` where unknown.
    negative, offensive, hostility
        ``(n,)`` in [0, 1].

    Examples
    --------
    >>> mild, harsh, spanish = log_odds(
    ...     ["en", "en", "es"], np.array([0.1, 0.9, 0.9]), np.array([0.0, 0.6, 0.6]), np.zeros(3)
    ... )
    >>> bool(mild < harsh), bool(np.isnan(spanish))
    (True, True)
    """
    out = np.full(len(languages), np.nan)
    spoken = np.array(languages, dtype=object)
    for language, scale in scales.items():
        rows = np.flatnonzero(spoken == language)
        out[rows] = (
            scale.bias
            + scale.negative * (negative[rows] >= NEGATIVE_FROM)
            + scale.offensive * offensive[rows]
            + scale.hostile * np.where(hostility[rows] >= HOSTILE_FROM, hostility[rows], 0.0)
        )
    return out
