"""Which phrases say what a topic is about.

Class-based tf-idf (Grootendorst, "BERTopic", 2022) over phrases: said by many of the topic's authors, rare in the
stream; a phrase that nearly always stands inside a longer one gives way to it (the C-value idea of Frantzi,
Ananiadou and Mima, 2000); names and complete noun phrases count more than loose words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from pipeline.topics.naming.entities import PhraseKinds
from pipeline.topics.naming.hashtag_words import known_words
from pipeline.topics.naming.phrase_reader import PhraseReader, TextPhrases

DocumentShare = Callable[[str], float]
"""Share of the stream's documents that contain a word, in [0, 1]."""

MAX_RANKED = 400
RARE = 1e-4
"""Added to a share: a word nobody else used is rare, not infinitely so."""

COVERAGE_POWER = 0.7
"""Below 1, a telling phrase of some posts can beat a loose word of most."""

LENGTH = (0.0, 1.0, 2.0, 2.4, 2.4)
"""Worth of a phrase by its number of content words."""

PLAIN_LIFT = 1.2
"""A phrase said in the whole stream is worth less than its lift: below this (in e-folds), by its cube."""

PLAIN_SHARE = 0.5
"""The same limit as a share of the topic's highest lift, for a topic that is most of the stream."""

FREQUENT = 0.1
"""Share of posts from which a word's lift can be that highest one."""

FLOOR_LIFT = 0.05
"""Where a topic is the whole stream no word stands out: phrases are then told apart by how many posts have them."""

INSIDE_SHARE = 0.65
"""A phrase that stands inside one and the same longer phrase this often is a part of it."""

NAME_BONUS, CHUNK_BONUS, WRONG_KIND = 0.5, 0.3, 0.45


class KeyPhrase(msgspec.Struct, frozen=True):
    """A phrase with its content words, the posts that have it and how much it says about the topic."""

    key: str
    words: tuple[str, ...]
    n_posts: int
    lift: float
    score: float


class PhraseCounts:
    """How often each phrase stands in the posts of a topic.

    Parameters
    ----------
    read
        What each post offers.
    reader
        The reader that read them.
    kinds
        What a language model says about phrases; empty without one.
    """

    def __init__(self, read: Sequence[TextPhrases], reader: PhraseReader, kinds: PhraseKinds) -> None:
        self.n = len(read)
        self._reader = reader
        self._kinds = kinds
        self._words: Counter[str] = Counter()
        self._names: Counter[str] = Counter()
        self._tags: Counter[str] = Counter()
        for text in read:
            self._words.update(text.words)
            self._names.update(text.names)
            self._tags.update({tag for tag, _ in text.tags})
        self._phrase_of_tag = self._read_tags(read)
        self._tags_of_phrase: dict[str, list[str]] = {}
        for tag, phrase in self._phrase_of_tag.items():
            self._tags_of_phrase.setdefault(phrase, []).append(tag)
        self._all: Counter[str] = Counter()
        for text in read:
            tagged = {self._phrase_of_tag[tag] for tag, _ in text.tags}
            self._all.update(tagged.union(text.words, text.phrases) if tagged else (*text.words, *text.phrases))

    def __getitem__(self, key: str) -> int:
        """Posts that have this phrase."""
        return self._all[key]

    def ranked(self, lifts: WordLifts, needed: int) -> list[KeyPhrase]:
        """Phrases that ``needed`` posts have, the most telling first."""
        frequent = [(-count, key) for key, count in self._all.items() if count >= needed]
        frequent.sort()
        found = [self.phrase(key, lifts) for _, key in frequent[:MAX_RANKED]]
        found = [phrase for phrase in found if phrase.score > 0]
        found.sort(key=lambda phrase: (-phrase.score, phrase.key))
        return found

    def phrase(self, key: str, lifts: WordLifts) -> KeyPhrase:
        """What one phrase is worth today; 0 when it says nothing."""
        content = tuple(word for word in key.split() if not self._reader.is_link(word) and not word.isdigit())
        count = self._all[key]
        if not count or not self._can_name(key, content):
            return KeyPhrase(key, content, count, 0.0, 0.0)
        lift = lifts.of_phrase(key, content, count)
        coverage = (count / self.n) ** COVERAGE_POWER
        length = LENGTH[min(len(content), len(LENGTH) - 1)]
        lift = max(lift, FLOOR_LIFT)
        telling = lift * min(1.0, lift / lifts.plain) ** 2
        return KeyPhrase(key, content, count, lift, coverage * telling * length * self._kind_factor(key, count))

    def _can_name(self, key: str, content: Sequence[str]) -> bool:
        """Whether it starts and ends with words of content; a hashtag is a name as a whole: "Repair Day" too."""
        if not content:
            return False
        if self.tags_of(key):
            return not all(map(self._reader.is_stop, content))
        return not self._reader.is_stop(content[0]) and not self._reader.is_stop(content[-1])

    def word_count(self, word: str) -> int:
        """Posts that have this word on its own, outside hashtags."""
        return self._words[word]

    def frequent_words(self, share: float) -> list[str]:
        """Words that at least this share of the posts has on their own."""
        return [word for word, count in self._words.items() if count >= share * self.n]

    def tags_of(self, phrase: str) -> Sequence[str]:
        """Hashtags that are this phrase."""
        return self._tags_of_phrase.get(phrase, ())

    def tag_count(self, tag: str) -> int:
        """Posts that have this hashtag."""
        return self._tags[tag]

    def is_name(self, key: str) -> bool:
        """Whether the posts write it like a name at least every second time."""
        return self._names[key] * 2 >= self._all[key] > 0

    def _kind_factor(self, key: str, count: int) -> float:
        factor = 1.0
        if self._names[key] * 2 >= count or self._kinds.is_entity(key):
            factor += NAME_BONUS
        elif self._kinds.is_chunk(key):
            factor += CHUNK_BONUS
        if self._kinds.is_wrong(key):
            factor *= WRONG_KIND
        return factor

    def _read_tags(self, read: Sequence[TextPhrases]) -> dict[str, str]:
        """The phrase each hashtag stands for: as most posts capitalise it, else by the posts' own words."""
        forms: dict[str, Counter[str]] = {}
        for text in read:
            for tag, phrase in text.tags:
                forms.setdefault(tag, Counter())[phrase] += 1
        found = {}
        for tag, counts in forms.items():
            cut = [(-count, phrase) for phrase, count in counts.items() if phrase != tag]
            if cut and self._words[tag] < 2:
                found[tag] = min(cut)[1]
            else:
                parts = known_words(tag, lambda word: self._words[word] > 1, self._reader.is_link)
                found[tag] = " ".join(parts)
        return found


class WordLifts:
    """Logarithm of how much more often a word stands in the topic than in the stream."""

    def __init__(self, counts: PhraseCounts, share: DocumentShare) -> None:
        self._counts = counts
        self._share = share
        self._shares: dict[str, float] = {}
        highest = max(map(self.of_word, counts.frequent_words(FREQUENT)), default=0.0)
        self.plain = max(min(PLAIN_LIFT, PLAIN_SHARE * highest), FLOOR_LIFT)
        """Lift below which a phrase does not set the topic apart."""

    def of_phrase(self, key: str, content: Sequence[str], count: int) -> float:
        """Mean lift of the words; of the hashtag where the phrase is mostly one."""
        counts = self._counts
        tags = counts.tags_of(key)
        n_tagged = max((counts.tag_count(tag) for tag in tags), default=0)
        if tags and (n_tagged * 2 > count or not counts.word_count(content[0])):
            around = max(self.share(tag) for tag in tags)
            if len(content) > 1:
                around = max(around, min(map(self.share, content)))
            return math.log((count / counts.n + 1e-6) / (around + RARE))
        return sum(max(self.of_word(word), 0.0) for word in content) / len(content)

    def of_word(self, word: str) -> float:
        """Lift of a word on its own."""
        return math.log((self._counts.word_count(word) / self._counts.n + 1e-6) / (self.share(word) + RARE))

    def share(self, word: str) -> float:
        """Share of the stream's documents with this word."""
        if word not in self._shares:
            self._shares[word] = self._share(word)
        return self._shares[word]


def without_parts(ranked: Sequence[KeyPhrase]) -> list[KeyPhrase]:
    """Leaves out phrases that nearly always stand inside one longer phrase of the list."""
    longest: dict[str, int] = {}
    for phrase in ranked:
        tokens = phrase.key.split()
        for i in range(len(tokens)):
            for j in range(i + 1, len(tokens) + 1):
                if j - i < len(tokens):
                    part = " ".join(tokens[i:j])
                    longest[part] = max(longest.get(part, 0), phrase.n_posts)
    return [phrase for phrase in ranked if longest.get(phrase.key, 0) < INSIDE_SHARE * phrase.n_posts]
