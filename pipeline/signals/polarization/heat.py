"""Heat: the calibrated chance that a topic is a quarrel, from how its people speak, whoever is right.

Each author's distinct posts give one log-odds (:mod:`pipeline.signals.polarization.heat_scale`); a topic's heat is the
logistic of the mean over authors, so whoever writes most does not rule, and languages mix by the number of their
voices. Heat says nothing about *two camps* (that is division), nor of the subject: a campaign that only cheers is not
hot.

Disasters are negative and bitter too, so they are taken out first: posts that speak of one are left out, and a topic
that raises one of these hazards has no heat at all; the hazard speaks for it.

Source of the interval: Field & Welsh, "Bootstrapping clustered data", JRSS B 2007 (whole authors are drawn).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.signals.intervals import bootstrap_mean
from pipeline.signals.polarization.heat_scale import HOSTILITY, log_odds
from pipeline.types import Score
from pipeline.types.traces import PostTrace, TopicPosts

MIN_POSTS = 10
"""Posts that count (distinct, no disaster, in a language with a scale) below which there is no heat."""

MIN_VOICES = 5
"""The same for authors; posts without a known author count as one voice each."""

DISASTERS = ("disaster", "tragedy")
"""Hazards that take a post out: forces of nature, accidents and attacks. Grief is bitter and quarrels with nobody."""
DISASTER_POST = 0.5
"""Strength of such a hazard from which a post speaks of a disaster."""

DISASTER_SHARE = 0.15
"""Share of such posts from which a topic has no heat: a little before the hazard itself is reported."""

METHOD = "heat-logistic/2"


class Heat:
    """Unit: calibrated probability in [0, 1] that the topic is contested; ``n`` counts the posts behind it.

    90 % interval from drawing authors. ``None``: too few posts or voices, or a disaster.
    """

    def __init__(self) -> None:
        self._traces: list[PostTrace] = []

    def update(self, posts: TopicPosts) -> None:
        self._traces += [trace for trace in posts.traces if not trace.is_copy]

    def get(self) -> Score | None:
        calm = _without_disaster(self._traces)
        if calm is None:
            return None
        odds = _log_odds(calm)
        spoken = np.flatnonzero(~np.isnan(odds))
        voices = _mean_by_voice(odds[spoken], [calm[i].author for i in spoken])
        if len(spoken) < MIN_POSTS or len(voices) < MIN_VOICES:
            return None
        # each voice counts once: the bootstrap draws voices as if each had written one post
        mean = bootstrap_mean(voices, [None] * len(voices), METHOD)
        value, low, high = (_logistic(number) for number in (mean.value, mean.low, mean.high))
        return msgspec.structs.replace(mean, value=value, low=low, high=high, n=len(spoken))


def hottest(traces: Sequence[PostTrace], n: int) -> tuple[str, ...]:
    """Ids of the posts that carry most of the heat, hottest first; of different authors, no copies, no disasters.

    Fewer than ``n`` where there are not so many; empty for a disaster topic.
    """
    calm = _without_disaster([trace for trace in traces if not trace.is_copy]) or []
    odds = _log_odds(calm)
    order = sorted(np.flatnonzero(~np.isnan(odds)).tolist(), key=lambda i: (-odds[i], calm[i].post_id))
    chosen: dict[object, str] = {}
    for i in order:
        author = calm[i].author
        chosen.setdefault(("unknown", i) if author is None else author, calm[i].post_id)
    return tuple(chosen.values())[:n]


def _without_disaster(traces: list[PostTrace]) -> list[PostTrace] | None:
    """The posts that do not speak of a disaster; ``None`` when so many do that the topic is one."""
    calm = [trace for trace in traces if max(_strength(trace, name) for name in DISASTERS) < DISASTER_POST]
    n_grave = len(traces) - len(calm)
    # as with every hazard, one loud post is not a topic
    return None if n_grave >= 2 and n_grave >= DISASTER_SHARE * len(traces) else calm


def _log_odds(traces: Sequence[PostTrace]) -> NDArray[np.float64]:
    columns = np.array(
        [(trace.negative, trace.offensive, _strength(trace, HOSTILITY)) for trace in traces], np.float64
    ).reshape(len(traces), 3)
    return log_odds([trace.language for trace in traces], columns[:, 0], columns[:, 1], columns[:, 2])


def _strength(trace: PostTrace, hazard: str) -> float:
    """Weak strengths are not carried along: they count as none."""
    return next((strength for name, strength in trace.hazards if name == hazard), 0.0)


def _mean_by_voice(values: NDArray[np.float64], authors: Sequence[int | None]) -> NDArray[np.float64]:
    """One mean an author, ``(voices,)``, sorted: the order of posts must not move the interval."""
    of_voice: dict[object, list[float]] = {}
    for i, (value, author) in enumerate(zip(values.tolist(), authors, strict=True)):
        of_voice.setdefault(("unknown", i) if author is None else author, []).append(value)
    return np.sort([float(np.mean(sorted(group))) for group in of_voice.values()])


def _logistic(value: float) -> float:
    return float(1.0 / (1.0 + np.exp(-np.clip(value, -500, 500))))
