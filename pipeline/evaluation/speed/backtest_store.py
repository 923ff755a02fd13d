"""A store full of topics for the backtest to be timed on: synthetic numbers in the shape a deployment leaves.

Sizes fall off like those of real streams (many small topics, few large), centres lie around everyday concepts, large
topics have nuances, backgrounds are learned by the worker's own :class:`TopicBackground` as the days go by, and every
verdict is what the rules say of these numbers. Texts are the concepts' names: no post is behind any of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from pipeline.brand.profile.profile import BrandProfile
from pipeline.services.backtest.backtester import Backtester
from pipeline.services.backtest.rejudge import Candidate, StoredTopics, explained, rejudge
from pipeline.store.contract import Store
from pipeline.store.records import ArchivedTopic, StoredBackground, StoredCentres
from pipeline.store.vector_codec import as_kept
from pipeline.topics.clustering.post_vectors import unit
from pipeline.topics.memory.topic_background import TopicBackground, TopicPlace
from pipeline.types import Burst, FloatArray, Hazard, Momentum, Nuance, Score, Stage, TopicReport

SHARD = "default"
END = datetime(2026, 3, 31, tzinfo=UTC)
SMALLEST = 5
SIZE_EXPONENT = 1.2
"""Of the share of topics larger than n, as n grows (a Pareto tail)."""
LARGEST = 20_000
NOISE = 1.0
"""Length of a topic's own direction beside the concept it lies at."""
BLOCK = 500
HAZARD_SHARE = 0.15
"""Of the topics have a hazard of medium tier or worse."""

OnDone = Callable[[int], None]


@dataclass(frozen=True)
class Shape:
    """How much to make."""

    n_topics: int
    days: int
    seed: int = 7


def fill_store(
    store: Store, shape: Shape, concepts: FloatArray, backtester: Backtester, brand: BrandProfile, on_done: OnDone
) -> None:
    """Write ``shape.n_topics`` topics with centres, backgrounds and the brand's verdicts.

    Parameters
    ----------
    concepts
        ``(n, d) float32`` where topics lie around.
    backtester, brand
        Whose verdicts are stored.
    on_done
        Called with how many topics are there.
    """
    rng = np.random.default_rng(shape.seed)
    sizes = np.minimum(SMALLEST * (1 - rng.random(shape.n_topics)) ** (-1 / SIZE_EXPONENT), LARGEST).astype(int)
    ends = np.sort(rng.random(shape.n_topics)) * shape.days
    background = TopicBackground(concepts.shape[1])
    learned: list[StoredBackground] = []
    topics: list[ArchivedTopic] = []
    for i, (size, end) in enumerate(zip(sizes.tolist(), ends.tolist(), strict=True)):
        as_of = END - timedelta(days=shape.days - end)
        centres = _around(concepts, 1 + _n_nuances(size), rng)
        background.take([TopicPlace(f"t{i}", size, centres[0])])
        new = background.learn()
        if new is not None:
            mine = (new.members[new.brought], new.centres[new.brought])
            learned.append(StoredBackground(new.number, as_of, backtester.encoder_id, new.members, *mine))
        topics.append(_topic(i, size, as_of, centres, background.number, backtester.encoder_id, rng))
        on_done(i + 1)
    rules = backtester.rules_of(brand)
    judged = rejudge(StoredTopics(topics, learned), [Candidate(brand, rules)], backtester.fitter_of([brand]))
    for start in range(0, len(topics), BLOCK):
        some = topics[start : start + BLOCK]
        with store.transaction() as tx:
            tx.save_reports(SHARD, [topic.report for topic in some])
            tx.save_centres(SHARD, [topic.centres for topic in some if topic.centres is not None])
            tx.save_verdicts([explained(one, rules) for (one,) in judged[start : start + BLOCK]])
    with store.transaction() as tx:
        tx.save_backgrounds(SHARD, learned)


def _n_nuances(size: int) -> int:
    return 0 if size < 12 else min(8, 1 + size // 20)


def _around(concepts: FloatArray, n: int, rng: np.random.Generator) -> FloatArray:
    """``(n, d)`` at one concept, the first in its middle."""
    at = concepts[rng.integers(len(concepts))]
    own = unit(rng.normal(size=(n, concepts.shape[1])).astype(np.float32)) * NOISE * float(np.linalg.norm(at))
    own[1:] = 0.5 * own[1:] + own[:1]
    return as_kept((at + own).astype(np.float32) / 2)


def _topic(
    i: int, size: int, as_of: datetime, centres: FloatArray, background: int, encoder_id: str, rng: np.random.Generator
) -> ArchivedTopic:
    hours = float(rng.gamma(2.0, 6.0))
    share = Score(0.4, size, 0.2, 0.6, "synthetic")
    ids = tuple(f"p{i}-{number}" for number in range(min(size, 12)))
    hazards = (Hazard("labour", "medium", share, ids[:2]),) if rng.random() < HAZARD_SHARE else ()
    n_nuances = len(centres) - 1
    report = TopicReport(
        topic_id=f"t{i}",
        as_of=as_of,
        label=f"topic {i}",
        keywords=(f"word{i}", f"other{i}"),
        first_seen=as_of - timedelta(hours=hours),
        last_seen=as_of,
        n_posts=size,
        n_copies=size // 10,
        n_authors=max(1, size * 3 // 4),
        languages=(("en", size),),
        sources=(("synthetic", size),),
        stage=Stage.FADING,
        momentum=Momentum(1.0, 2.0, -0.5, tuple(rng.poisson(2, 48).tolist()), 600),
        bursts=(Burst(as_of - timedelta(hours=hours), as_of - timedelta(hours=hours / 2)),) if size > 100 else (),
        heat=Score(float(rng.beta(0.5, 4)), size, 0.0, 1.0, "synthetic"),
        hazards=hazards,
        nuances=tuple(
            Nuance(f"part {number}", (f"word{number}",), 1 / (n_nuances + 1), max(6, size // 8), ids[:6])
            for number in range(n_nuances)
        ),
        representatives=ids[:5],
    )
    kept = StoredCentres(
        topic_id=report.topic_id,
        encoder_id=encoder_id,
        centre=centres[0],
        bodies=centres[:1] if rng.random() < 0.1 else centres[:0],
        nuances=centres[1:],
        nuance_hazards=((),) * n_nuances,
        background=background or None,
    )
    return ArchivedTopic(report, kept, (), SHARD)
