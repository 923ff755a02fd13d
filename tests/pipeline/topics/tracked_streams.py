"""Made-up streams of known topics, trackers that follow them, and when two of them are the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

from configs.settings import TopicSettings
from pipeline.topics.clustering.assignment import Choices, PostColumns
from pipeline.topics.clustering.calibration import Calibration
from pipeline.topics.clustering.post_vectors import Background, unit
from pipeline.topics.clustering.tracker import TopicTracker
from pipeline.types.state import StateSnapshot

DIMENSION = 24


START_S = 1_772_000_000.0


FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def new_tracker(**changes: object) -> TopicTracker:
    background = Background("synthetic", np.zeros(DIMENSION, np.float32), Calibration(0.0, 0.1, 100))
    return TopicTracker(background, TopicSettings(**changes))  # type: ignore[arg-type] # fields by name


def columns_of(truth: NDArray[np.int64], words: Sequence[Sequence[str]], rng: np.random.Generator) -> PostColumns:
    """Posts whose embeddings lie close around one direction for each subject, 20 s apart."""
    n = len(truth)
    centres = unit(rng.normal(size=(int(truth.max()) + 1, DIMENSION)).astype(np.float32))
    embeddings = unit(centres[truth] + 0.06 * rng.normal(size=(n, DIMENSION)).astype(np.float32))
    return PostColumns(words, embeddings, START_S + 20.0 * np.arange(n, dtype=np.float64), np.arange(1, n + 1))


def clustered(n: int, n_topics: int, seed: int = 0) -> tuple[PostColumns, NDArray[np.int64]]:
    """Posts of well separated topics with words of their own, one in ten a copy; and which topic each is of."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_topics, n)
    tokens = [tuple(f"w{topic}x{j}" for j in rng.permutation(6)[:4]) for topic in truth]
    posts = columns_of(truth, tokens, rng)
    for i in np.flatnonzero(rng.random(n) < 0.1)[1:].tolist():
        j = int(rng.integers(0, i))
        truth[i], tokens[i] = truth[j], tokens[j]
        posts.embeddings[i], posts.text_hashes[i] = posts.embeddings[j], posts.text_hashes[j]
    return posts, truth


def story(n: int = 1_500, seed: int = 0, n_everyday: int = 30) -> tuple[PostColumns, NDArray[np.int64]]:
    """Everyday talk; then three subjects share two new words for a while; then these are everyday words, too."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_everyday, n)
    of_event = (rng.random(n) < 0.09) & (np.arange(n) >= 0.2 * n)
    truth[of_event] = n_everyday + rng.integers(0, 3, int(of_event.sum()))
    tokens = [tuple(f"w{topic}x{j}" for j in rng.permutation(6)[:4]) for topic in truth]
    tokens = [(*own, "tremvel", "valdena") if event else own for own, event in zip(tokens, of_event, strict=True)]
    return columns_of(truth, tokens, rng), truth


def follow(topics: TopicTracker, posts: PostColumns, cuts: Sequence[int] = ()) -> Choices:
    """Assign all posts, in the pieces between ``cuts``."""
    return Choices.joined([part for _, part in steps(topics, posts, cuts)])


def steps(topics: TopicTracker, posts: PostColumns, cuts: Sequence[int]) -> Iterator[tuple[PostColumns, Choices]]:
    for edge in pairwise(sorted({0, *cuts, len(posts)})):
        part = posts.cut(*edge)
        yield part, topics.assign(part)


def exported(topics: TopicTracker) -> list[NDArray[Any]]:
    """Everything a tracker remembers."""
    vectors, bursts = topics.vectors, topics.vectors.lexical.bursts
    view = topics.view
    scalars = (
        *(topics.n_arrivals, topics.n_unlinked, topics.clock_s, topics.linked_s, topics.next_number),
        *(topics.calibration.mu, topics.calibration.sigma, topics.calibration.n, view.reservoir.n_seen),
        *(view.mean.n, view.mean.n_open, view.n_blocks, vectors.n_open, vectors.lexical.n_documents),
        *(bursts.n_faded, bursts.exponent, bursts.age, bursts.block_s or 0.0, bursts.n_open),
    )
    return [
        *(*topics.index.columns(), *topics.profiles.columns(), *topics.graph.columns()),
        *(view.mean.total, view.mean.open_total, vectors.lexical.document_frequency),
        *(bursts.faded, np.sort(bursts.open_terms()), view.reservoir.sample()),
        *(topics.copies.state().arrays[0].values, np.array(sorted(topics.touched)), np.array(scalars)),
    ]


def assert_same(one: Choices, other: Choices) -> None:
    for ours, theirs in zip(
        (one.cluster, one.topic, one.similarity, one.is_copy),
        (other.cluster, other.topic, other.similarity, other.is_copy),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert one.changes == other.changes


def same_snapshot(one: StateSnapshot, other: StateSnapshot) -> None:
    assert msgspec.json.decode(one.document) == msgspec.json.decode(other.document)
    assert [array.name for array in one.arrays] == [array.name for array in other.arrays]
    for mine, theirs in zip(one.arrays, other.arrays, strict=True):
        assert mine.values.dtype == theirs.values.dtype, mine.name
        np.testing.assert_array_equal(mine.values, theirs.values, err_msg=mine.name)
