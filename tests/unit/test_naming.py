"""A topic is named with its own words, never with stop words, and always somehow."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.enrich.text import clean, words
from pipeline.topics.naming import N_KEYWORDS, PLATFORM_WORDS, TopicNamer, spacy_stop_words
from pipeline.topics.recent_posts import PostTrace
from tests.demo_shard import make_trace

STOP_WORDS = frozenset({"the", "and", "with", "della", "con", *PLATFORM_WORDS})
COMMON = {"morning": 0.2, "love": 0.2}


def traces(texts: Sequence[str], tags: Sequence[tuple[str, ...]] = ()) -> list[PostTrace]:
    return [
        make_trace(i, text=clean(text), tokens=words(clean(text)), hashtags=tags[i] if i < len(tags) else ())
        for i, text in enumerate(texts)
    ]


def rare(word: str) -> float:
    return COMMON.get(word, 0.001)


FLOOD = [
    "The Valdena flood took the bridge this morning",
    "Volunteers in Valdena with boots and soup after the flood",
    "Flood in Valdena: the old bridge is gone",
    "love and boots for Valdena after the flood",
]


def test_words_frequent_inside_and_rare_outside_make_the_name() -> None:
    name = TopicNamer(STOP_WORDS).name(traces(FLOOD), rare)
    assert {"valdena", "flood"} <= set(name.keywords[:3])
    assert "Valdena" in name.label, "a name keeps its capitals"
    assert not set(name.keywords) & STOP_WORDS


def test_a_shared_hashtag_names_the_topic() -> None:
    tagged = traces([f"#AlluvioneValdena {text}" for text in FLOOD], [("alluvionevaldena",)] * 4)
    label = TopicNamer(STOP_WORDS).name(tagged, rare).label
    assert label.startswith("#AlluvioneValdena")
    once = traces(FLOOD, [("alluvionevaldena",)])
    assert not TopicNamer(STOP_WORDS).name(once, rare).label.startswith("#")


def test_words_common_everywhere_are_no_name() -> None:
    name = TopicNamer(STOP_WORDS).name(traces(["love morning"] * 5), lambda _word: 1.0)
    assert name.keywords == ()
    assert name.label == "love morning"


def test_a_topic_without_text_has_a_name_too() -> None:
    assert TopicNamer(STOP_WORDS).name(traces(["", ""]), rare).label == "(no text)"
    assert TopicNamer(STOP_WORDS).name([], rare).label == "(no text)"
    assert TopicNamer(STOP_WORDS).name(traces(["🙂"]), rare).label == "🙂"


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(max_size=40), max_size=12))
def test_any_text_gives_a_bounded_name_and_the_same_again(texts: list[str]) -> None:
    namer = TopicNamer(STOP_WORDS)
    name = namer.name(traces(texts), rare)
    assert name.label
    assert len(name.keywords) <= N_KEYWORDS
    assert len(set(name.keywords)) == len(name.keywords)
    assert name == namer.name(traces(texts), rare)
    assert not set(name.keywords) & STOP_WORDS


def test_the_order_of_posts_does_not_change_the_keywords() -> None:
    posts = traces(FLOOD)
    namer = TopicNamer(STOP_WORDS)
    assert namer.name(posts, rare).keywords == namer.name(posts[::-1], rare).keywords


def test_stop_words_of_several_languages_and_unknown_ones() -> None:
    found = spacy_stop_words(("en", "it", "xx-unknown"))
    assert {"the", "della", "rt"} <= found
    assert all(word == word.lower() for word in found)
