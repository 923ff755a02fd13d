"""Where the judge compares topics with facets: without what is mere wording, and each side on a centre of its own.

A facet is worded as brands write and a post as people do; compared as they come, the tone decides. So what differs
between wordings and languages of the same texts is taken out of every vector (the first right singular vectors of
their means), facets are centred on lines about what the world talks about, worded as facets are, and posts on what
posts of this deployment have in common.

Sources: Arora, Liang, Ma, "A simple but tough-to-beat baseline for sentence embeddings", ICLR 2017 (common directions
removed); Libovický, Rosa, Fraser 2020, "On the language neutrality of pre-trained multilingual representations".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.brand.fit.judge_texts import Subjects, Wordings, as_facet
from pipeline.topics.clustering.post_vectors import unit
from pipeline.types import FloatArray

WORDING_DIRECTIONS = 30
"""Of 64: a plateau from 20 to 30 on data of others; 10 and 40 are worse (docs/fit-judge.md)."""
PRIOR_POSTS = 2.0
"""Everyday posts that stand for each category before a deployment has its own."""

Encode = Callable[[Sequence[str]], FloatArray]
"""Texts to ``(n, d) float32`` unit vectors of the judge."""


@dataclass(frozen=True)
class JudgeSpace:
    """``wording`` ``(r, d)`` orthonormal rows that say how, not what; ``facet_centre`` ``(d,)``; ``subjects``
    ``(k, d)``, placed: the rivals of every brand."""

    wording: FloatArray
    facet_centre: FloatArray
    subjects: FloatArray

    def place(self, vectors: FloatArray, centre: FloatArray) -> FloatArray:
        """``(n, d) float32`` of length one: vectors ``(n, d)`` off their centre ``(d,)``, without what is wording."""
        off = vectors - centre
        return unit((off - (off @ self.wording.T) @ self.wording).astype(np.float32))

    def place_facets(self, vectors: FloatArray) -> FloatArray:
        """The same of facets or no-go themes, :func:`facet_vector` each."""
        return self.place(vectors, self.facet_centre)


def learn_space(encode: Encode, subjects: Subjects, wordings: Wordings) -> JudgeSpace:
    """Read the texts once per encoder: some 1,800 short ones, about a minute of one core."""
    ways = wordings.said()
    n_texts = len(wordings.texts)
    read = encode([text for way in ways for text in way]).reshape(len(ways), n_texts, -1)
    means = read.mean(axis=1)
    _, _, directions = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    wording = np.ascontiguousarray(directions[:WORDING_DIRECTIONS], np.float32)
    lines = [facet_vector(encode, pair) for pair in zip(subjects.it, subjects.en, strict=True)]
    told = np.stack(lines)
    bare = JudgeSpace(wording, told.mean(axis=0).astype(np.float32), told)
    return JudgeSpace(wording, bare.facet_centre, bare.place_facets(told))


def facet_vector(encode: Encode, texts: Sequence[str]) -> FloatArray:
    """``(d,) float32`` of length one: the mean of a facet's texts, in both languages and with its examples."""
    vector: FloatArray = unit(encode([as_facet(text) for text in texts]).mean(axis=0, keepdims=True))[0]
    return vector


def post_centre(own: FloatArray, everyday: FloatArray, category: NDArray[np.int64]) -> FloatArray:
    """``(d,) float32``: what posts of a deployment have in common, whatever they are about.

    Every own post counts for the everyday category it is nearest to, and the categories weigh the same: in a stream
    about one subject that subject does not become the centre, where everything of it would fit nobody.

    Parameters
    ----------
    own
        ``(n, d)`` posts of the deployment, any sample of its life; ``n`` may be 0.
    everyday
        ``(m, d)`` everyday posts.
    category
        ``(m,)`` theirs, numbered from 0.
    """
    n_categories = int(category.max()) + 1
    means = np.stack([everyday[category == number].mean(axis=0) for number in range(n_categories)])
    middle = everyday.mean(axis=0)
    near = np.zeros(0, np.int64)
    if len(own):
        near = (unit(own - middle) @ unit(means - middle).T).argmax(axis=1)
    sums = PRIOR_POSTS * means
    np.add.at(sums, near, own)
    n_posts = PRIOR_POSTS + np.bincount(near, minlength=n_categories)
    centre: FloatArray = (sums / n_posts[:, None]).mean(axis=0).astype(np.float32)
    return centre
