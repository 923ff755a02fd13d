"""Stance from the words around the masked name of a target, learned on other targets: a trial of division."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.signals.stance_bags import StanceTarget
from pipeline.topics.phrase_table import phrase_words

REACH = 4
"""Words on either side of the target that are told apart from the rest of the post."""

ALIASES: Mapping[str, str] = {
    "trump": "donald|trump",
    "biden": "joe|biden",
    "bernie": "bernie|sanders",
    "hillary": "hillary|clinton",
    "abortion": "abortions?",
    "feminism": "feminis[mt]s?",
    "atheism": "atheis[mt]s?",
    "referendum (tweets)": "referendum|riforma|costituzione",
    "referendum (conref)": "referendum|riforma|costituzione",
}


def words_of_others(target: StanceTarget, targets: Sequence[StanceTarget]) -> NDArray[np.float64]:
    """Scores ``(n,)`` of a target's posts by a logistic regression on the masked words of targets of another name.

    The two files on one referendum count as one target.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    others = [other for other in targets if ALIASES[other.name] != ALIASES[target.name]]
    features = TfidfVectorizer(analyzer=_features, sublinear_tf=True, min_df=5)
    known = features.fit_transform([text for other in others for text in _masked(other)])
    sides = [post.is_for for other in others for post in other.posts]
    # both sides of a target weigh alike, and no target more than 2,000 posts
    weights = np.concatenate([_weights(other) for other in others])
    model = LogisticRegression(C=1.0, max_iter=500).fit(known, sides, sample_weight=weights)
    return np.asarray(model.decision_function(features.transform(_masked(target))), np.float64)


def _weights(target: StanceTarget) -> NDArray[np.float64]:
    sides = np.array([post.is_for for post in target.posts])
    share = np.where(sides, sides.mean(), 1 - sides.mean())
    return np.asarray(min(len(sides), 2000) / (2 * len(sides) * share), np.float64)


def _masked(target: StanceTarget) -> list[str]:
    name = re.compile(rf"\b(?:{ALIASES[target.name]})\b", re.IGNORECASE)
    return [name.sub("targetname", post.hidden_text) for post in target.posts]


def _features(text: str) -> list[str]:
    words = phrase_words(text)
    found = [*words, *(f"{one} {other}" for one, other in pairwise(words))]
    for at, word in enumerate(words):
        if word == "targetname":
            found += [f"before:{near}" for near in words[max(0, at - REACH) : at]]
            found += [f"after:{near}" for near in words[at + 1 : at + 1 + REACH]]
    return found
