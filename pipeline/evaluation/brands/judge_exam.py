"""The judge's formula on the topics that the product made of the events: what verdicts will be measured by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.brand.fit.concepts import as_posted, load_concepts
from pipeline.brand.fit.judge_fit import fit_values, percentile
from pipeline.brand.fit.judge_space import JudgeSpace, facet_vector, learn_space, post_centre
from pipeline.brand.fit.judge_texts import load_subjects, load_wordings
from pipeline.brand.profile.profile import BrandProfile, Facet
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.evaluation.brands.events_exam import EventRun
from pipeline.text.words import clean
from pipeline.types import FloatArray

MAX_POSTS = 24
"""Posts of a topic that the judge reads, spread evenly over its life."""
RIDE_PERCENTILE = 99.0
WATCH_PERCENTILE = 95.0


class JudgeExam:
    """Judges what the product grouped.

    Parameters
    ----------
    judge
        Reads posts, facets and subjects.
    posts
        Text of every post by its id: also what the deployment's own centre is learned from.
    """

    def __init__(self, judge: Encoder, posts: dict[str, str]) -> None:
        self._judge = judge
        self._space: JudgeSpace = learn_space(judge.encode, load_subjects(), load_wordings())
        ids = sorted(posts)
        vectors = judge.encode([clean(posts[post_id]) for post_id in ids])
        self._vector_of = dict(zip(ids, vectors, strict=True))
        self._centre = _centre(judge, vectors)

    def again(self, run: EventRun, profiles: Sequence[BrandProfile]) -> EventRun:
        """The same topics under the judge's formula; ridden and joined by the percentile alone, before any gate."""
        known = [row for row, ids in enumerate(run.posts) if ids]
        means = np.stack([self._mean(run.posts[row]) for row in known])
        placed = self._space.place(means, self._centre)
        value = np.full(run.value.shape, -np.inf)
        for column, profile in enumerate(profiles):
            facets = np.stack([facet_vector(self._judge.encode, _texts(facet)) for facet in profile.facets])
            weights = np.array([facet.weight for facet in profile.facets])
            value[known, column] = fit_values(self._space, placed, self._space.place_facets(facets), weights)
        fits = np.zeros(value.shape)
        fits[known] = percentile(value[known])
        return replace(run, value=value, ridden=fits >= RIDE_PERCENTILE, joined=fits >= WATCH_PERCENTILE)

    def _mean(self, post_ids: Sequence[str]) -> FloatArray:
        some = np.linspace(0, len(post_ids) - 1, min(MAX_POSTS, len(post_ids))).round().astype(int)
        mean: FloatArray = np.mean([self._vector_of[post_ids[i]] for i in some], axis=0)
        return mean


def _centre(judge: Encoder, own: FloatArray) -> FloatArray:
    concepts = as_posted(load_concepts())
    everyday = np.stack([judge.encode([clean(text) for text in concept.texts]).mean(axis=0) for concept in concepts])
    names = sorted({concept.category for concept in concepts})
    category = np.array([names.index(concept.category) for concept in concepts], np.int64)
    return post_centre(own, everyday, category)


def _texts(facet: Facet) -> tuple[str, ...]:
    return (*facet.texts(), *facet.examples)
