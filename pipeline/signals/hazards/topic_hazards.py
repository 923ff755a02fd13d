"""From post strengths to the hazards of a topic: shares with intervals and the clearest posts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.hazards.heads import POST_THRESHOLD
from pipeline.enrich.hazards.seeds import Tier
from pipeline.signals.intervals import wilson
from pipeline.types import FloatArray, Hazard, Score

METHOD = "hazard-share/1"
MIN_SHARE = 0.20
"""Share of such posts from which the hazard counts for the topic."""
MIXED_SHARES = 1.5
MIN_MIXED_POSTS = 4
"""Several heads err more often than one: what they say together takes more posts."""
MAX_EVIDENCE = 3

_TIER_ORDER: dict[Tier, int] = {"floor": 0, "high": 1, "medium": 2, "low": 3}


def topic_hazards(
    names: Sequence[str],
    tiers: Sequence[Tier],
    strengths: FloatArray,
    post_ids: Sequence[str],
    author_ids: Sequence[str | None],
    threshold: float = POST_THRESHOLD,
    min_share: float = MIN_SHARE,
) -> tuple[Hazard, ...]:
    """Hazards spoken of in a topic.

    A hazard counts when at least ``min_share`` of the posts are at or above ``threshold``. In a
    topic of three posts or more one loud post is not enough, and where at least three authors
    are known neither is one loud author.

    Many grave topics speak of several grave things by turns (a death, the violence, the hate): where no floor hazard
    counts by itself, but ``MIXED_SHARES`` times so many posts, at least ``MIN_MIXED_POSTS``, speak of one or another of
    them, the commonest counts, with its own share; the same for high and medium ones together.

    Parameters
    ----------
    names, tiers
        One entry per column of ``strengths``.
    strengths
        ``(n, h) float32`` in [0, 1], row ``i`` for ``post_ids[i]`` by ``author_ids[i]``
        (``None``: unknown author).

    Returns
    -------
    Gravest tier first, then largest share. ``share`` carries a 90 % Wilson interval; ``evidence``
    holds up to three post ids, clearest first, of different authors where possible.

    Examples
    --------
    >>> strengths = np.array([[0.9], [0.8], [0.1], [0.0]], np.float32)
    >>> found = topic_hazards(["death"], ["floor"], strengths, ["a", "b", "c", "d"], [None] * 4)
    >>> found[0].share.value, found[0].evidence
    (0.5, ('a', 'b'))
    """
    n = len(post_ids)
    if strengths.shape != (n, len(names)) or len(tiers) != len(names) or len(author_ids) != n:
        raise ValueError(f"strengths {strengths.shape} do not match {n} posts and {len(names)} hazards")
    is_loud: NDArray[np.bool_] = strengths >= threshold
    n_loud = is_loud.sum(axis=0)
    known = {author for author in author_ids if author is not None}

    def counts(loud: NDArray[np.bool_], share: float = min_share, posts: int = 2) -> bool:
        rows = np.flatnonzero(loud).tolist()
        if not rows or len(rows) < share * n - 1e-9 or (n >= 3 and len(rows) < posts):
            return False
        voices = {author_ids[i] if author_ids[i] is not None else i for i in rows}
        return len(known) < 3 or len(voices) >= 2

    columns = [column for column in np.flatnonzero(n_loud).tolist() if counts(is_loud[:, column])]
    for family in (("floor",), ("high", "medium")):
        kin = [column for column, tier in enumerate(tiers) if tier in family and n_loud[column]]
        if not kin or set(kin) & set(columns):
            continue
        if counts(np.any(is_loud[:, kin], axis=1), MIXED_SHARES * min_share, MIN_MIXED_POSTS):
            columns.append(max(kin, key=lambda column: (n_loud[column], -column)))
    found = []
    for column in columns:
        loud = np.flatnonzero(is_loud[:, column])
        low, high = wilson(len(loud) / n, n)
        share = Score(len(loud) / n, n, low, high, METHOD)
        clearest = _clearest(strengths[:, column], loud, post_ids, author_ids)
        found.append(Hazard(names[column], tiers[column], share, clearest))
    return tuple(sorted(found, key=lambda hazard: (_TIER_ORDER[hazard.tier], -hazard.share.value, hazard.name)))


def _clearest(
    column: FloatArray, loud: NDArray[np.intp], post_ids: Sequence[str], author_ids: Sequence[str | None]
) -> tuple[str, ...]:
    order = loud[np.argsort(-column[loud], kind="stable")].tolist()
    first_of_author: list[int] = []
    again: list[int] = []
    seen: set[str] = set()
    for i in order:
        author = author_ids[i]
        if author is not None and author in seen:
            again.append(i)
            continue
        first_of_author.append(i)
        if author is not None:
            seen.add(author)
    return tuple(post_ids[i] for i in (first_of_author + again)[:MAX_EVIDENCE])
