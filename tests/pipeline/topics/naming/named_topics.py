"""A namer, and posts of topics that want a name."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.sources.plain_text import find_hashtags
from pipeline.text.words import clean, words
from pipeline.topics.naming.entities import EntityFinder
from pipeline.topics.naming.naming import TopicNamer
from pipeline.topics.naming.stop_words import StopWords
from pipeline.types.traces import PostTrace
from tests.demo_shard import make_trace

STOP_WORDS = StopWords()


def namer() -> TopicNamer:
    """Without any language model: what every installation can do."""
    return TopicNamer(STOP_WORDS, EntityFinder(installed=()))


def traces(texts: Sequence[str], language: str = "en", start: int = 0) -> list[PostTrace]:
    return [
        make_trace(
            start + i,
            text=clean(text),
            tokens=words(clean(text)),
            hashtags=tuple(find_hashtags(text)),
            language=language,
        )
        for i, text in enumerate(texts)
    ]


def rare(word: str) -> float:
    return {"morning": 0.2, "love": 0.2, "mattina": 0.2}.get(word, 0.001)


FLOOD = [
    "The Valdena flood took the bridge this morning",
    "Volunteers in Valdena with boots and soup after the flood",
    "Flood in Valdena: the old bridge is gone",
    "love and boots for Valdena after the flood",
]
