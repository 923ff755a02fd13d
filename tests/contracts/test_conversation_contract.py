"""What every measure of a topic's conversation promises: exposure, saturation, dialogue, creators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.signals.accounts.creators import creators
from pipeline.signals.accounts.saturation import saturation
from pipeline.signals.dialogue.dialogue import dialogue
from pipeline.signals.exposure.exposure import exposure
from pipeline.signals.exposure.unreliable_domains import DomainList
from pipeline.topics.clustering.post_vectors import unit
from pipeline.topics.memory.interactions import interactions
from pipeline.types import Score
from pipeline.types.pseudonyms import parent_hash
from pipeline.types.traces import PostTrace, TopicPosts
from tests.demo_shard import make_trace

DOMAINS = DomainList({"bad.example": "fake", "funny.example": "satire"})


def _creators(posts: TopicPosts) -> Any:
    return creators(posts.traces, lambda author: [t for t in posts.traces if t.author == author], DOMAINS)


MEASURES: dict[str, Callable[[TopicPosts], Any]] = {
    "exposure": lambda posts: exposure(posts, interactions(posts.traces), DOMAINS),
    "saturation": lambda posts: saturation(posts, interactions(posts.traces)),
    "dialogue": dialogue,
    "creators": _creators,
}

pytestmark = pytest.mark.parametrize("name", list(MEASURES))


def posts(n: int, seed: int = 0, **changes: object) -> TopicPosts:
    """Everything that a trace can hold, in every mixture."""
    rng = np.random.default_rng(seed)
    hosts = [(), (), ("t.co",), ("bad.example",), ("news.example",), ("funny.example", "t.co"), ("x.com",)]
    traces = []
    for i in range(n):
        parent = parent_hash(f"p{rng.integers(0, n)}") if rng.random() < 0.3 else None
        kind = ("reply_to", "repost_of", "quote_of")[int(rng.integers(0, 3))]
        fields: dict[str, object] = {
            "author": int(rng.integers(0, max(2, n // 4))) if rng.random() < 0.9 else None,
            "at_s": float(rng.integers(0, 10**6)) + i,
            "source": str(rng.choice(["bluesky", "mastodon", "file"])),
            "is_copy": bool(rng.random() < 0.2),
            "is_reply": kind == "reply_to" and parent is not None,
            "negative": float(rng.random()),
            "positive": float(rng.random()),
            "offensive": float(rng.random()),
            "link_hosts": hosts[int(rng.integers(0, len(hosts)))],
            "marks": int(rng.integers(0, 32)),
            "invitations": ("telegram",) if rng.random() < 0.1 else (),
            "followers": int(rng.integers(0, 10**5)) if rng.random() < 0.5 else None,
            "is_bot": bool(rng.random() < 0.5) if rng.random() < 0.5 else None,
            kind: parent,
        }
        traces.append(make_trace(i, **(fields | changes)))
    replying = frozenset(trace.source for trace in traces if trace.is_reply)
    return TopicPosts(traces, unit(rng.normal(size=(n, 16)).astype(np.float32)), replying)


def scores(found: object) -> Iterator[Score]:
    """Every score in a report, however deep."""
    if isinstance(found, Score):
        yield found
    elif isinstance(found, tuple):
        for item in found:
            yield from scores(item)
    elif isinstance(found, msgspec.Struct):
        for field in found.__struct_fields__:
            yield from scores(getattr(found, field))


def quoted(found: object) -> Iterator[str]:
    """Every post id in a report."""
    if isinstance(found, tuple):
        for item in found:
            yield from quoted(item)
    elif isinstance(found, msgspec.Struct):
        for field in found.__struct_fields__:
            value = getattr(found, field)
            if field == "post_id":
                yield value
            elif isinstance(value, tuple) and value and isinstance(value[0], str):
                yield from value
            else:
                yield from quoted(value)


@pytest.mark.parametrize("n", range(5))
def test_small_topics_get_nothing(name: str, n: int) -> None:
    assert not MEASURES[name](posts(n))


def test_it_speaks_when_there_is_plenty(name: str) -> None:
    assert MEASURES[name](posts(256))


@settings(max_examples=40, deadline=None)
@given(n=st.integers(0, 120), seed=st.integers(0, 1000))
def test_intervals_hold_their_values_and_evidence_is_of_the_topic(name: str, n: int, seed: int) -> None:
    topic = posts(n, seed)
    found = MEASURES[name](topic)
    ids = {trace.post_id for trace in topic.traces}
    for score in scores(found):
        assert score.low <= score.value <= score.high
        assert 0 < score.n <= n
        assert score.method
        assert np.isfinite([score.low, score.value, score.high]).all()
        if "share" in score.method:
            assert 0 <= score.low <= score.high <= 1
    assert set(quoted(found)) <= ids


def test_the_order_of_posts_changes_no_value(name: str) -> None:
    topic = posts(120)
    rows = list(range(120))
    Random(3).shuffle(rows)
    shuffled = TopicPosts([topic.traces[row] for row in rows], topic.embeddings[rows], topic.replying)
    ours = [(score.method, pytest.approx(score.value)) for score in scores(MEASURES[name](topic))]
    theirs = [(score.method, score.value) for score in scores(MEASURES[name](shuffled))]
    assert theirs == ours


def test_equal_posts_give_equal_answers_and_are_not_altered(name: str) -> None:
    topic = posts(100)
    before = [PostTrace(*(getattr(trace, field) for field in trace.__struct_fields__)) for trace in topic.traces]
    vectors = topic.embeddings.copy()
    assert MEASURES[name](topic) == MEASURES[name](posts(100))
    assert list(topic.traces) == before
    np.testing.assert_array_equal(topic.embeddings, vectors)


def test_a_stream_that_carries_nothing_is_unknown_not_zero(name: str) -> None:
    bare = {
        **dict.fromkeys(("reply_to", "repost_of", "quote_of", "followers", "is_bot", "author"), None),
        **{"link_hosts": (), "invitations": (), "source": "file", "is_reply": False, "marks": 0},
    }
    found = MEASURES[name](posts(60, **bare))
    if name == "creators":
        assert found == ()
        return
    unknown = {
        "exposure": ("top_author_share", "single_platform_share", "unreliable_share", "link_domains", "origin"),
        "saturation": ("n_brands", "share", "answers_negative", "answers_positive"),
        "dialogue": ("reply_share",),
    }[name]
    assert [getattr(found, field) for field in unknown] == [None] * len(unknown)


def test_it_survives_the_wire(name: str) -> None:
    found = MEASURES[name](posts(80))
    kind = tuple[type(found[0]), ...] if name == "creators" else type(found)  # type: ignore[misc] # made at run time
    assert msgspec.json.decode(msgspec.json.encode(found), type=kind) == found
