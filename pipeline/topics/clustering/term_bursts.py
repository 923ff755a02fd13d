"""Which terms are surprising now: far more frequent lately than in the stream before.

A term that suddenly everybody uses names an event; two clusters that share it while it is
surprising speak of the same event, however differently they are worded. A term that is
always there says nothing, however rare it is.

"Lately" is a fading window at least ``HALF_LIFE_POSTS`` posts and at least ``HALF_LIFE_S``
of event time long, so that a quiet stream has enough posts in it and a firehose enough time.
In a stream whose clock stands still nothing rises: only what rules it (``DOMINANT_SHARE``)
is surprising, and all else is joined by its vectors alone.

Source: Schubert, Weiler, Kriegel, "SigniTrend", KDD 2014 (terms against their own past);
Cormode et al., "Forward decay", ICDE 2009.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.types.state import NamedArray, StatePart, StoredState

HALF_LIFE_POSTS = 750.0
HALF_LIFE_S = 3 * 3600.0
MIN_RECENT = 4.0
"""A term in fewer recent posts is no surprise yet."""

MIN_LIFT = 1.0
"""Natural logarithm: recent share at least e times the share before."""

DOMINANT_SHARE = 0.1
"""What so many posts say is the subject even of a stream without a past, unless everyday language says it too."""

PRIOR_POSTS = HALF_LIFE_POSTS / 2
"""The past counts as this much longer, at the rate of the whole stream: without a past nothing surprises."""

_RESCALE = 64.0


class _Window(msgspec.Struct, frozen=True):
    n_faded: float
    exponent: float
    age: float
    block_s: float | None
    n_open: int


class _Scalars(msgspec.Struct, frozen=True):
    bursts: _Window


class TermBursts:
    """Fading document frequencies of hashed terms, to be held against the total ones.

    ``faded`` ``(n_slots,) float64``: frequencies over all closed blocks, scaled by the weight
    of a post that comes now, which grows instead of all others fading. Posts of the open
    block are counted whole in ``open_terms`` (one entry a post and term), so that nothing
    depends on how the block was cut. ``age``: half-lives since the stream began, the clock
    by which clusters are near or far in time.
    """

    def __init__(self, n_slots: int, dominant_share: float = DOMINANT_SHARE) -> None:
        self._dominant_share = dominant_share
        self.faded = np.zeros(n_slots, np.float64)
        self.n_faded = 0.0
        self.exponent = 0.0
        self.age = 0.0
        self.block_s: float | None = None
        self.n_open = 0
        self._open_terms: list[NDArray[np.int64]] = []
        self._n_open_of = np.zeros(n_slots, np.int32)

    def count(
        self,
        slots: NDArray[np.int64],
        rank: NDArray[np.int64],
        post: NDArray[np.int64],
        total: NDArray[np.int64],
        n_total: NDArray[np.int64],
        everyday: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """Count posts; which of their terms are surprising, each post and all before it counted.

        Parameters
        ----------
        slots, rank, post
            ``(m,)`` one entry for each distinct term of each post: the term, in how many of
            these posts it was so far (from 1), and which of these posts (from 0).
        total, n_total
            ``(m,)`` documents with the term, and documents, up to that post.
        everyday
            ``(m,)`` share of everyday posts that have the term.
        """
        weight = 2.0**self.exponent
        recent = self.faded[slots] / weight + self._n_open_of[slots] + rank
        n_recent = self.n_faded / weight + self.n_open + post + 1.0
        now = (recent + 0.5) / (n_recent + 1.0)
        before = (total - recent + 0.5 + PRIOR_POSTS * total / n_total) / (n_total - n_recent + PRIOR_POSTS)
        self._open_terms.append(slots)
        np.add.at(self._n_open_of, slots, 1)
        lift = np.exp(MIN_LIFT)
        rises = now >= lift * before
        rules = (now >= self._dominant_share) & (now >= lift * everyday)
        surprising: NDArray[np.bool_] = (recent >= MIN_RECENT) & (rises | rules)
        return surprising

    def close_block(self, n_posts: int, at_s: float) -> None:
        """Let the block's posts count in the window and the window fade: its last post came at ``at_s``."""
        weight = 2.0**self.exponent
        terms = np.unique(self.open_terms())
        self.faded[terms] += weight * self._n_open_of[terms]
        self.n_faded += weight * n_posts
        self._n_open_of[terms] = 0
        self._open_terms = []
        self.n_open = 0
        if self.block_s is not None:
            step = min(n_posts / HALF_LIFE_POSTS, max(0.0, at_s - self.block_s) / HALF_LIFE_S)
            self.age += step
            self.exponent += step
        self.block_s = at_s if self.block_s is None else max(self.block_s, at_s)
        if self.exponent > _RESCALE:
            self.faded *= 2.0**-self.exponent
            self.n_faded *= 2.0**-self.exponent
            self.exponent = 0.0

    def open_terms(self) -> NDArray[np.int64]:
        """Terms of the open block, an entry for each post that has them."""
        return np.concatenate(self._open_terms) if self._open_terms else np.zeros(0, np.int64)

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere."""
        window = _Window(self.n_faded, self.exponent, self.age, self.block_s, self.n_open)
        arrays = (NamedArray("bursts/faded", self.faded), NamedArray("bursts/open_terms", self.open_terms()))
        return StatePart(arrays, (_Scalars(window),))

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored."""
        window = stored.scalars(_Scalars).bursts
        self.n_faded, self.exponent, self.age = window.n_faded, window.exponent, window.age
        self.block_s, self.n_open = window.block_s, window.n_open
        self.faded = stored.array("bursts/faded").copy()
        self._open_terms = [stored.array("bursts/open_terms").copy()]
        self._n_open_of[:] = 0
        np.add.at(self._n_open_of, self._open_terms[0], 1)
