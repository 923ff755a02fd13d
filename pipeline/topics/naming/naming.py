"""A short human label for a topic in its own language, and keywords for search.

What a phrase is worth is decided in :mod:`pipeline.topics.naming.key_phrases`, which phrases make a label in
:mod:`pipeline.topics.naming.label_parts`; here a label stays while it still says what the topic is about.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.topics.naming.entities import EntityFinder, PhraseKinds, phrase_kinds
from pipeline.topics.naming.key_phrases import DocumentShare, KeyPhrase, PhraseCounts, WordLifts
from pipeline.topics.naming.label_parts import MAX_LABEL_CHARS, SEPARATOR, as_joined, choose_parts, joined, label_worth
from pipeline.topics.naming.phrase_reader import PhraseReader, TextPhrases
from pipeline.topics.naming.posts_to_name import label_language, voices
from pipeline.topics.naming.spellings import headline_case, opened, spelling
from pipeline.topics.naming.stop_words import StopWords, links
from pipeline.topics.naming.word_forms import phrase_form
from pipeline.types.traces import PostTrace

NO_TEXT = "(no text)"

MIN_NAMED_TEXTS = 3
"""Most topics of a raw stream are one text or two: those are their own best name."""

N_KEYWORDS = 8
MIN_KEYWORD = 0.02
"""A keyword is worth at least this much of the first one."""

MIN_SHARE = 0.03
"""Posts a phrase needs, as a share of those looked at; two at least."""

TIGHT_SHARE = 0.7
"""Words that stand together this often are one keyword."""

MARGIN = 1.3
"""A new label replaces the old one when it is worth this much more on today's posts."""

LOWER_CASE_SHARE = 0.9
MIN_PARSED_TEXTS = 20
"""A topic of fewer texts is named without a language model: there are very many of those, and a text costs 3 ms."""

PARSED_TEXTS = 6
NAMED_TEXTS = 80
"""More posts of one topic hardly change its name."""

CACHE_TEXTS = 8_192


@dataclass(frozen=True)
class TopicName:
    """``label`` for people, ``keywords`` for search, both from the posts themselves."""

    label: str
    keywords: tuple[str, ...]


class TopicNamer:
    """Names topics from their posts.

    The name follows from the posts, the previous name and the installed language models alone; what is
    remembered between calls only saves time.

    Parameters
    ----------
    stop_words
        Words never used in a name.
    entities
        Finds named entities and noun phrases where a language model is installed.
    """

    def __init__(self, stop_words: StopWords, entities: EntityFinder) -> None:
        self._stop_words = stop_words
        self._entities = entities
        self._readers: dict[str | None, PhraseReader] = {}
        self._read: dict[tuple[str | None, str, tuple[str, ...]], TextPhrases] = {}

    def name(
        self,
        traces: Sequence[PostTrace],
        document_share: DocumentShare,
        previous: TopicName | None = None,
        around: str = "",
        kinds: PhraseKinds | None = None,
    ) -> TopicName:
        """Label and keywords; never empty for a topic that has any text.

        Parameters
        ----------
        traces
            Posts of the topic, oldest first.
        document_share
            How common a word is in what the topic has to stand out from: the whole stream,
            or, for a sub-conversation, the topic around it.
        previous
            The name so far: its label stays until another one is clearly better or it is no longer said.
        around
            Label of the topic around a sub-conversation: its words are not said again.
        kinds
            What a language model says of the phrases; ``None``: nothing.

        Examples
        --------
        >>> from tests.demo_shard import make_trace
        >>> texts = ["The flood took the old bridge", "After the flood: soup", "Flood! The old bridge is gone"]
        >>> posts = [make_trace(i, text=text) for i, text in enumerate(texts)]
        >>> TopicNamer(StopWords(), EntityFinder(installed=())).name(posts, lambda word: 0.01).label
        'Old bridge · flood'
        """
        old = previous.label if previous is not None else ""
        language = label_language(traces, old.split(SEPARATOR)[0])
        reader = self._reader(language)
        texts = voices(traces, language)
        if len(texts) < MIN_NAMED_TEXTS:
            return TopicName(_excerpt(texts), _rarest(texts, reader, document_share))
        texts = _sample(texts, NAMED_TEXTS)
        read = [self._phrases(reader, language, trace) for trace in texts]
        counts = PhraseCounts(read, reader, kinds or PhraseKinds())
        lifts = WordLifts(counts, document_share)
        ranked = counts.ranked(lifts, 1 if len(texts) < 4 else max(2, math.ceil(MIN_SHARE * len(texts))))
        said = reader.content_words(around)
        parts = joined(choose_parts(ranked, counts, lifts.plain, language, said), counts)
        if _still_stands(old, parts, reader, counts, lifts):
            label = old
        else:
            label = _written(parts, counts, [trace.text for trace in reversed(texts)], language)
        return TopicName(label or _excerpt(texts), _keywords(ranked, counts, language))

    def kinds(self, topics: Sequence[tuple[Sequence[PostTrace], str]]) -> list[PhraseKinds]:
        """What the language model of each topic's language says of the phrases in some of its posts.

        Many topics at once, because a model reads texts together three times as fast as one by one. Empty for a
        small topic, and where no such model is installed. ``topics``: posts, and the label so far.
        """
        languages = [label_language(traces, label.split(SEPARATOR)[0]) for traces, label in topics]
        texts = [self._to_parse(traces, code) for (traces, _), code in zip(topics, languages, strict=True)]
        for code in dict.fromkeys(languages):  # what is read here is remembered for below
            same = [own for own, other in zip(texts, languages, strict=True) if other == code]
            self._entities.parse([text for own in same for text in own], code)
        return [
            phrase_kinds(self._entities.parse(own, code), self._reader(code).key) if own else PhraseKinds()
            for own, code in zip(texts, languages, strict=True)
        ]

    def _to_parse(self, traces: Sequence[PostTrace], language: str | None) -> list[str]:
        if len(traces) < MIN_PARSED_TEXTS or not self._entities.has_model(language):
            return []
        texts = voices(traces, language)
        if len(texts) < MIN_PARSED_TEXTS:
            return []
        return [trace.text for trace in _sample(texts, PARSED_TEXTS)]

    def _phrases(self, reader: PhraseReader, language: str | None, trace: PostTrace) -> TextPhrases:
        key = (language, trace.text, trace.hashtags)
        found = self._read.get(key)
        if found is None:
            found = self._read[key] = reader.read(trace.text, trace.hashtags)
            if len(self._read) > CACHE_TEXTS:
                del self._read[next(iter(self._read))]
        return found

    def _reader(self, language: str | None) -> PhraseReader:
        if language not in self._readers:
            self._readers[language] = PhraseReader(self._stop_words, language)
        return self._readers[language]


def _sample(texts: list[PostTrace], size: int) -> list[PostTrace]:
    """The texts with the smallest hash, oldest first: nearly the same ones at every look, so nearly all were read
    before and a label has no reason to change."""
    if len(texts) <= size:
        return texts
    hashes = [zlib.crc32(trace.text.encode("utf-8", "replace")) for trace in texts]
    chosen = sorted(sorted(range(len(texts)), key=lambda i: (hashes[i], i))[:size])
    return [texts[i] for i in chosen]


def _still_stands(
    old: str, parts: Sequence[KeyPhrase], reader: PhraseReader, counts: PhraseCounts, lifts: WordLifts
) -> bool:
    """Whether every part of the old label is still said and today's best label is not clearly better."""
    if not old or old == NO_TEXT:
        return False
    before = [as_joined(counts.phrase(reader.key(part), lifts), counts, lifts) for part in old.split(SEPARATOR)]
    return all(part.score > 0 for part in before) and label_worth(parts) < MARGIN * label_worth(before)


def _keywords(ranked: Sequence[KeyPhrase], counts: PhraseCounts, language: str | None) -> tuple[str, ...]:
    """Single words, and phrases whose words hardly stand apart; each thing once."""
    found: dict[str, str] = {}
    tight = [phrase for phrase in ranked if _is_tight(phrase, counts)]
    inside = {word for phrase in tight for word in phrase.words}
    for phrase in ranked:
        if len(found) == N_KEYWORDS or phrase.score < MIN_KEYWORD * ranked[0].score:
            break
        single = len(phrase.words) == 1 and " " not in phrase.key
        if (single and phrase.key not in inside) or phrase in tight:
            form = phrase_form(phrase.words, language)
            if not any(form in other or other in form for other in found):
                found[form] = phrase.key.replace("' ", "'").replace(" '", "'")
    return tuple(found.values())


def _rarest(texts: Sequence[PostTrace], reader: PhraseReader, share: DocumentShare) -> tuple[str, ...]:
    """The words of a text or two that few others have: those they share first, then the rarest."""
    known = Counter(word for trace in texts for word in set(trace.tokens))
    telling = [(-n, share(word), word) for word, n in known.items() if len(word) > 2 and not reader.is_stop(word)]
    return tuple(word for _, _, word in sorted(telling)[:N_KEYWORDS])


def _is_tight(phrase: KeyPhrase, counts: PhraseCounts) -> bool:
    """Whether the words of a phrase hardly stand apart from each other ("kobe bryant"), or share a hashtag."""
    if len(phrase.words) < 2 or phrase.key.count(" ") > 3:
        return False
    if len(phrase.words) > 2 and not counts.is_name(phrase.key) and not counts.tags_of(phrase.key):
        return False
    most = max(counts.word_count(word) for word in phrase.words)
    return phrase.n_posts >= TIGHT_SHARE * max(most, 1)


def _written(parts: Sequence[KeyPhrase], counts: PhraseCounts, texts: Sequence[str], language: str | None) -> str:
    """The label as people would write it."""
    small = links(language)
    written = [spelling(part.key, counts.tags_of(part.key), texts, small) for part in parts]
    label = SEPARATOR.join(dict.fromkeys(written))
    lower = sum(text == text.lower() for text in texts)
    if language == "en" and lower > LOWER_CASE_SHARE * len(texts):
        label = headline_case(label, small)
    return opened(label)


def _excerpt(texts: Sequence[PostTrace]) -> str:
    """The start of the most typical post, for posts that share no telling word."""
    known: Counter[str] = Counter(word for trace in texts for word in set(trace.tokens))

    def typical(trace: PostTrace) -> tuple[float, int, str]:
        return (-sum(known[word] for word in trace.tokens) / (len(trace.tokens) + 2), len(trace.text), trace.text)

    written = [trace for trace in texts if trace.text.strip()]
    if not written:
        return NO_TEXT
    text = " ".join(min(written, key=typical).text.split())
    if len(text) <= MAX_LABEL_CHARS:
        return text
    head, space, _ = text[:MAX_LABEL_CHARS].rpartition(" ")
    return f"{head if space else text[:MAX_LABEL_CHARS]}…"
