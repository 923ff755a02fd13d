"""Representatives are few, central, different, readable, one an author, and always the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.words import words
from pipeline.topics.clustering.post_vectors import unit
from pipeline.topics.naming.representatives import (
    MAX_REPRESENTATIVES,
    MIN_REPRESENTATIVES,
    readability,
    representatives,
)
from pipeline.types import FloatArray
from pipeline.types.traces import PostTrace, TopicPosts
from tests.demo_shard import make_trace

SENTENCES = (
    "The old bridge of Valdena is closed after the flood.",
    "Volunteers bring soup and dry blankets to the school.",
    "My neighbour rows his boat down the main street tonight.",
    "Schools stay shut until Monday, the mayor announced.",
    "The bakery on the square gives bread to everyone who helps.",
    "Power is back in the upper town, water follows tomorrow.",
    "Two museums moved their paintings to the second floor.",
)


def post(i: int, text: str, **changes: object) -> PostTrace:
    return make_trace(i, text=text, tokens=words(text), **changes)


def around_one_centre(n: int, seed: int = 0, noise: float = 0.6) -> FloatArray:
    rng = np.random.default_rng(seed)
    centre = np.full(24, 1 / np.sqrt(24), np.float32)
    return unit(centre + noise * unit(rng.normal(size=(n, 24)).astype(np.float32)))


def chosen(traces: list[PostTrace], embeddings: FloatArray) -> tuple[str, ...]:
    posts = TopicPosts(traces, embeddings)
    return representatives(posts, embeddings.mean(axis=0))


def test_five_of_many_the_central_one_first() -> None:
    embeddings = around_one_centre(7)
    embeddings[4] = unit(embeddings.mean(axis=0, keepdims=True))[0]
    found = chosen([post(i, text) for i, text in enumerate(SENTENCES)], embeddings)
    assert len(found) == MAX_REPRESENTATIVES
    assert found[0] == "p4"


def test_one_an_author_and_no_near_copies() -> None:
    same_author = [post(i, text, author=5 if i < 4 else i) for i, text in enumerate(SENTENCES)]
    found = chosen(same_author, around_one_centre(7))
    assert len({"p0", "p1", "p2", "p3"} & set(found)) == 1
    words_again = [post(i, f"{SENTENCES[0]} {'!' * i}") for i in range(4)] + [post(9, SENTENCES[1])]
    assert len(chosen(words_again, around_one_centre(5))) == 2
    embeddings = around_one_centre(7)
    embeddings[1:6] = embeddings[0]
    assert len(chosen([post(i, text) for i, text in enumerate(SENTENCES)], embeddings)) == 2


def test_sentences_stand_for_the_topic_not_tags_shouts_or_fragments() -> None:
    tags = ("valdena", "flood", "bridge", "rain")
    soup = [post(10 + i, "valdena flood bridge rain", hashtags=tags) for i in range(3)]
    fragments = [post(20, "so do i…", is_reply=True), post(21, "WOW"), post(22, "")]
    embeddings = around_one_centre(10)
    found = chosen([*soup, *fragments, *(post(i, SENTENCES[i]) for i in range(4))], embeddings)
    assert set(found[:MIN_REPRESENTATIVES]) <= {"p0", "p1", "p2", "p3"}
    assert readability(soup[0]) < readability(post(0, SENTENCES[0].upper())) < readability(post(0, SENTENCES[0]))
    assert readability(post(0, SENTENCES[0], is_reply=True)) < readability(post(0, SENTENCES[0]))
    assert readability(post(0, "")) == 0.0


def test_a_stray_language_does_not_stand_for_the_topic() -> None:
    posts = [post(i, text) for i, text in enumerate(SENTENCES)]
    posts += [post(30, "Ein einziger Satz, den sonst niemand versteht hier.", language="de")]
    embeddings = around_one_centre(8)
    embeddings[7] = unit(embeddings.mean(axis=0, keepdims=True))[0]
    assert "p30" not in chosen(posts, embeddings)


def test_a_topic_that_has_nothing_better_shows_what_it_has() -> None:
    assert chosen([post(0, "WOW"), post(1, "flood")], around_one_centre(2)) in {("p0", "p1"), ("p1", "p0")}
    assert representatives(TopicPosts([], np.zeros((0, 4), np.float32)), np.zeros(4, np.float32)) == ()


@settings(max_examples=60, deadline=None)
@given(n=st.integers(0, 20), authors=st.integers(1, 20), seed=st.integers(0, 50), texts=st.lists(st.text(max_size=60)))
def test_the_choice_is_bounded_distinct_and_repeatable(n: int, authors: int, seed: int, texts: list[str]) -> None:
    rng = np.random.default_rng(seed)
    traces = [
        post(i, texts[i] if i < len(texts) else SENTENCES[i % 7], author=int(rng.integers(authors))) for i in range(n)
    ]
    embeddings = around_one_centre(n, seed)
    centre = embeddings.mean(axis=0) if n else np.zeros(24, np.float32)
    found = representatives(TopicPosts(traces, embeddings), centre)
    author_of = {trace.post_id: trace.author for trace in traces}
    assert len(found) <= MAX_REPRESENTATIVES
    assert len({author_of[post_id] for post_id in found}) == len(found)
    assert bool(found) == bool(n)
    assert found == representatives(TopicPosts(traces, embeddings), centre)
