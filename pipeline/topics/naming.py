"""A short human label for a topic: its hashtag or its most telling words, in its own spelling.

Class-based tf-idf (Grootendorst, "BERTopic", 2022): words frequent inside the topic and
rare in the stream. Stop words come from spaCy's language data.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.topics.recent_posts import PostTrace

N_KEYWORDS = 8
LABEL_WORDS = 3
HASHTAG_SHARE = 0.25
"""A hashtag in at least this share of the posts names the topic."""

DocumentShare = Callable[[str], float]
"""Share of the stream's documents that contain a word, in [0, 1]."""


@dataclass(frozen=True)
class TopicName:
    """``label`` for people, ``keywords`` for search, both from the posts themselves."""

    label: str
    keywords: tuple[str, ...]


class TopicNamer:
    """Names topics from their posts.

    Parameters
    ----------
    stop_words
        Words never used in a name, lower-case, all languages together.
    """

    def __init__(self, stop_words: frozenset[str]) -> None:
        self._stop_words = stop_words

    def name(self, traces: Sequence[PostTrace], document_share: DocumentShare) -> TopicName:
        """Label and keywords; never empty for a topic that has any text.

        Parameters
        ----------
        document_share
            How common a word is in what the topic has to stand out from: the whole stream,
            or, for a sub-conversation, the topic around it.
        """
        keywords = self._keywords(traces, document_share)
        hashtag = self._hashtag(traces)
        if hashtag is not None:
            rest = [word for word in keywords if word not in hashtag.lower()]
            words = [_spelling(word, traces) for word in rest[: LABEL_WORDS - 1]]
            label = hashtag if not words else f"{hashtag} · {' · '.join(words)}"
        else:
            label = " · ".join(_spelling(word, traces) for word in keywords[:LABEL_WORDS])
        if not label:
            label = next((trace.text[:60] for trace in traces if trace.text), "(no text)")
        return TopicName(label, tuple(keywords))

    def _keywords(self, traces: Sequence[PostTrace], document_share: DocumentShare) -> list[str]:
        counts: Counter[str] = Counter()
        for trace in traces:
            counts.update(set(trace.tokens))
        n = max(len(traces), 1)
        needed = 2 if n >= 4 else 1
        scored = []
        for word, count in counts.items():
            if count < needed or word in self._stop_words or word.isdigit() or len(word) < 3:
                continue
            lift = math.log((count / n + 1e-6) / (document_share(word) + 1e-4))
            if lift > 0:
                scored.append((-(count / n) * lift, word))
        return [word for _, word in sorted(scored)[:N_KEYWORDS]]

    @staticmethod
    def _hashtag(traces: Sequence[PostTrace]) -> str | None:
        counts = Counter(tag for trace in traces for tag in set(trace.hashtags))
        if not counts:
            return None
        tag, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
        if count < 3 or count < HASHTAG_SHARE * len(traces):
            return None
        return f"#{_spelling(tag, traces)}"


def _spelling(word: str, traces: Sequence[PostTrace]) -> str:
    """The way most posts write a word; a name keeps its capitals."""
    seen: Counter[str] = Counter()
    for trace in traces[-64:]:
        start = trace.text.lower().find(word)
        if start >= 0 and len(trace.text.lower()) == len(trace.text):
            seen[trace.text[start : start + len(word)]] += 1
    if not seen:
        return word
    return min(seen.items(), key=lambda item: (-item[1], item[0]))[0]


def spacy_stop_words(languages: Sequence[str]) -> frozenset[str]:
    """Stop words of the languages spaCy knows, plus the words every platform is full of."""
    import importlib

    found = set(PLATFORM_WORDS)
    for language in languages:
        try:
            module = importlib.import_module(f"spacy.lang.{language}.stop_words")
        except ImportError:
            continue
        found.update(word.lower() for word in module.STOP_WORDS)
    return frozenset(found)


PLATFORM_WORDS = frozenset(
    (
        *(
            "rt",
            "amp",
            "via",
            "http",
            "https",
            "www",
            "lol",
            "xd",
            "ahah",
            "haha",
            "ahahah",
            "just",
            "like",
            "get",
            "got",
        ),
        *(
            "it's",
            "i'm",
            "don't",
            "can't",
            "that's",
            "today",
            "now",
            "one",
            "new",
            "people",
            "really",
            "going",
            "still",
        ),
        *("oggi", "ieri", "ora", "c'è", "un'altra", "dell", "all", "nell", "sull", "po", "po'", "sto", "sta", "fa"),
        *("fare", "gente", "proprio", "anche", "solo", "ancora", "sempre", "quando", "perché", "però"),
    )
)
