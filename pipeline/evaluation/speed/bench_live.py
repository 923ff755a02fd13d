"""What a post costs while very many clusters are alive."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.settings import TopicSettings
from pipeline.evaluation.speed.bench_clock import on_cores, timed
from pipeline.evaluation.speed.bench_figures import LiveCost
from pipeline.topics.clustering.assignment import PostColumns
from pipeline.topics.clustering.post_vectors import Background, unit
from pipeline.topics.clustering.tracker import TopicTracker
from pipeline.types import FloatArray

N_CLUSTERS = (1_000, 5_000, 20_000)
MEASURED_POSTS = 4_096
WORDS_OF_CLUSTER, WORDS_OF_POST = 12, 7
_STOP_WORDS, _VOCABULARY = 100, 60_000
_NOISE = 0.35
_POSTS_PER_S = 100.0


def live_costs(
    background: Background,
    settings: TopicSettings,
    default_us: float | None,
    firehose_us: float | None,
    on_step: Callable[[str], None],
    sizes: tuple[int, ...] = N_CLUSTERS,
) -> tuple[LiveCost, ...]:
    """Fill a tracker with so many live clusters, then time the posts that come to them.

    Parameters
    ----------
    background
        Of the default encoder: where centre and scale come from.
    settings
        Granularity and bounds.
    default_us, firehose_us
        What enrichment of a post costs on one core, measured in the same run.
    on_step
        Hears what is being measured.
    sizes
        Live clusters wanted; what the tracker really held is in the result.
    """
    settings = msgspec.structs.replace(settings, max_live=max(settings.max_live, *sizes), expire_after_s=1e9)
    found = []
    with on_cores(1):
        for size in sizes:
            on_step(f"{size:,} live clusters")
            found.append(_measure(size, background, settings, default_us, firehose_us))
    return tuple(found)


def _measure(
    size: int, background: Background, settings: TopicSettings, default_us: float | None, firehose_us: float | None
) -> LiveCost:
    world = _World(size, background)
    tracker = TopicTracker(background, settings)
    tracker.assign(world.posts(np.arange(size)))
    later = world.posts(world.rng.integers(0, size, MEASURED_POSTS))
    tracker_us = timed("", MEASURED_POSTS, lambda: tracker.assign(later)).us_per_post
    return LiveCost(
        n_clusters=tracker.index.n,
        n_topics=len(tracker.live_topics()),
        tracker_us=tracker_us,
        default_us=None if default_us is None else default_us + tracker_us,
        firehose_us=None if firehose_us is None else firehose_us + tracker_us,
    )


class _World:
    """``size`` subjects: each a direction around the background's mean and a dozen words, common ones and its own."""

    def __init__(self, size: int, background: Background) -> None:
        self.rng = np.random.default_rng(7)
        dimension = len(background.mean)
        self._mean = background.mean
        self._centres = unit(self.rng.normal(size=(size, dimension)).astype(np.float32))
        # Zipf's law without the stop words: the density of a rank falls as 1 / rank
        share = self.rng.random((size, WORDS_OF_CLUSTER))
        ranks = _STOP_WORDS * (_VOCABULARY / _STOP_WORDS) ** share
        self._words = [[f"w{rank}" for rank in row] for row in ranks.astype(np.int64).tolist()]
        self._clock_s = 1.8e9
        self._n = 0

    def posts(self, subjects: NDArray[np.int64]) -> PostColumns:
        """One post for each subject, in order."""
        n = len(subjects)
        noise = unit(self.rng.normal(size=(n, len(self._mean))).astype(np.float32))
        vectors: FloatArray = unit(self._mean + self._centres[subjects] + _NOISE * noise)
        at_s = self._clock_s + np.arange(n) / _POSTS_PER_S
        self._clock_s = float(at_s[-1])
        self._n += n
        return PostColumns(
            [self._said(int(subject)) for subject in subjects],
            vectors,
            at_s,
            np.arange(self._n - n, self._n, dtype=np.int64),
        )

    def _said(self, subject: int) -> list[str]:
        own = [f"s{subject}a", f"s{subject}b"]
        picked = self.rng.choice(WORDS_OF_CLUSTER, WORDS_OF_POST, replace=False)
        return own + [self._words[subject][i] for i in picked]
