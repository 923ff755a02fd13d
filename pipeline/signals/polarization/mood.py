"""Mood: which of four emotions the posts of a topic carry. A description, never a reason by itself.

Only what a reader would call emotional is counted: a post carries its likeliest emotion when it is at least
as likely to have any as to be neutral. What is missing to one is the share of calm posts.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.sentiment import EMOTIONS
from pipeline.signals.intervals import bootstrap_mean
from pipeline.types import Score
from pipeline.types.traces import TopicPosts

MIN_POSTS = 10
MIN_EMOTIONAL = 0.5
"""Probability of any emotion (one minus neutral) from which a post carries one."""

METHOD = "mood-share/1"


def mood(posts: TopicPosts) -> tuple[tuple[str, Score], ...]:
    """Share of the distinct posts that carry each emotion, the most frequent first.

    Parameters
    ----------
    posts
        Copies and posts whose emotions are unknown are left out.

    Returns
    -------
    tuple
        (emotion, share in [0, 1] with a 90 % interval over authors) for all of
        :data:`pipeline.enrich.sentiment.EMOTIONS`; the shares sum to one at most. Empty below
        :data:`MIN_POSTS` posts: not enough evidence.

    Examples
    --------
    >>> mood(TopicPosts([], np.zeros((0, 4), np.float32)))
    ()
    """
    known = [(trace.emotions, trace.author) for trace in posts.traces if not trace.is_copy and trace.emotions]
    if len(known) < MIN_POSTS:
        return ()
    four = np.array([emotions for emotions, _ in known], np.float64)
    authors = [author for _, author in known]
    likeliest = np.where(four.sum(axis=1) >= MIN_EMOTIONAL, four.argmax(axis=1), -1)
    shares = [(name, _share(likeliest == i, authors)) for i, name in enumerate(EMOTIONS)]
    return tuple(sorted(shares, key=lambda named: -named[1].value))


def _share(carried: NDArray[np.bool_], authors: Sequence[int | None]) -> Score:
    """Share with its interval; drawing authors gives none at 0 and 1, where the exact bound of so many voices does.

    Source: Clopper & Pearson, "The use of confidence or fiducial limits", Biometrika 1934.
    """
    score = bootstrap_mean(carried.astype(np.float64), authors, METHOD)
    voices = len({("unknown", i) if author is None else author for i, author in enumerate(authors)})
    reach = 1 - 0.05 ** (1 / voices)
    if score.value == 0:
        return msgspec.structs.replace(score, high=max(score.high, reach))
    return msgspec.structs.replace(score, low=min(score.low, 1 - reach)) if score.value == 1 else score
