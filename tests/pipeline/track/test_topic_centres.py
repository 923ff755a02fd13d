"""What the archive keeps of a topic is what fit was measured from: centres as stored, hashtags read or not."""

from __future__ import annotations

import numpy as np

from pipeline.store.vector_codec import as_kept
from pipeline.track.reporter import Measured, SubTopic
from pipeline.track.topic_centres import Place, kept_centres, n_centres, stacked, without_tags
from pipeline.track.write_batch import Changes
from pipeline.types import FloatArray, Nuance
from pipeline.types.traces import TopicPosts
from tests.archive_samples import make_centres
from tests.demo_shard import make_trace
from tests.samples import make_report

DIMENSION = 6
RNG = np.random.default_rng(3)


def vectors(n: int) -> FloatArray:
    return RNG.normal(size=(n, DIMENSION)).astype(np.float32)


def measured(topic_id: str, n_posts: int, *, tags: tuple[str, ...] = (), parts: int = 0) -> Measured:
    words = "Fast loans, call now" + "".join(f" {tag}" for tag in tags)
    traces = [make_trace(i, text=words, hashtags=tags) for i in range(n_posts)]
    ids = tuple(trace.post_id for trace in traces)
    nuances = [Nuance(f"part {i}", (), 0.5, n_posts, ids) for i in range(parts)]
    subs = tuple(SubTopic(nuance, vectors(1)[0], ()) for nuance in nuances)
    report = make_report(topic_id, n_posts=n_posts, nuances=tuple(nuances))
    return Measured(report, True, TopicPosts(traces, vectors(n_posts)), vectors(1)[0], subs)


TOPICS = [
    measured("t1", 5, tags=("bread",), parts=2),
    measured("gone", 0),
    measured("t2", 4, tags=("bread",)),
    measured("t3", 7),
    measured("t4", 6, tags=("bread", "oven")),
]


def test_rows_are_topics_with_their_parts_and_none_without_posts() -> None:
    rows = stacked(TOPICS)
    assert rows is not None
    assert [n_centres(topic) for topic in TOPICS] == [3, 0, 1, 1, 1]
    np.testing.assert_array_equal(rows, as_kept(rows))
    np.testing.assert_allclose(rows[0], TOPICS[0].centre, rtol=1e-3)
    np.testing.assert_allclose(rows[2], TOPICS[0].sub_topics[1].centre, rtol=1e-3)
    assert stacked([TOPICS[1]]) is None


def test_only_settled_topics_that_hashtags_carry_have_something_to_read() -> None:
    said = without_tags(TOPICS)
    assert sorted(said) == [0, 1, 2, 5]
    assert set(said[5]) == {"Fast loans, call now"}


def test_what_was_read_and_what_was_not_is_kept_by_place() -> None:
    rows = stacked(TOPICS)
    assert rows is not None
    body = vectors(2)
    kept = kept_centres(TOPICS[0], rows, {0: body[0], 1: None, 2: body[1], 5: None}, Place("enc", 4, 0))
    assert kept is not None
    assert (kept.topic_id, kept.encoder_id, kept.background, kept.unread) == ("t1", "enc", 4, (1,))
    np.testing.assert_array_equal(kept.centre, rows[0])
    np.testing.assert_array_equal(kept.nuances, rows[1:3])
    np.testing.assert_array_equal(kept.bodies, body[:1])
    np.testing.assert_array_equal(kept.nuance_bodies, body[1:])
    assert kept.nuance_bodies_of == (1,)


def test_a_topic_whose_posts_are_gone_is_not_kept() -> None:
    rows = stacked(TOPICS)
    assert rows is not None
    assert kept_centres(TOPICS[1], rows, {}, Place("enc", None, 3)) is None


def test_calm_topics_have_nothing_read() -> None:
    rows = stacked(TOPICS)
    assert rows is not None
    kept = kept_centres(TOPICS[3], rows, {5: None}, Place("enc", None, 4))
    assert kept is not None
    assert kept.bodies.shape == (0, DIMENSION)
    assert kept.nuance_bodies.shape == (0, DIMENSION)
    assert kept.unread == ()


def test_what_a_step_noted_of_a_topic_is_void_when_it_merges() -> None:
    changes = Changes()
    changes.centres.update({id_: make_centres(id_) for id_ in ("t1", "t2")})
    changes.forget_topic(1)
    assert list(changes.centres) == ["t2"]
