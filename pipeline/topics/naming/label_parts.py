"""Which key phrases, one to three of them, together make the label of a topic."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from pipeline.topics.naming.key_phrases import KeyPhrase, PhraseCounts, WordLifts, without_parts
from pipeline.topics.naming.word_forms import says_again

SEPARATOR = " · "
MAX_PARTS = 3
MAX_LABEL_WORDS = 5
MAX_LABEL_CHARS = 48

COMMON = 0.06
"""Share of posts from which a phrase may be a part of the label, where there are such phrases."""

PART_WEIGHTS = (1.0, 0.6, 0.4)
MIN_HEAD = 0.5
"""A phrase that sets the topic apart comes first if it is worth this much of the best one, which may not."""

MIN_PART = 0.35
"""A further part is worth at least this much of the first one."""

MIN_SECOND = 0.08
"""The same after a first part that says little by itself: one word, or a phrase of the whole stream."""

TELLS_ALONE = 0.25
"""A phrase of three words or more in this share of posts needs no further part."""

DISTINCT = 1.7
"""A phrase needs this many times the plain lift to be a label by itself."""

JOINED_SHARE = 0.05
"""Two words are joined when this share of the rarer one's posts says them one after the other."""


def choose_parts(
    ranked: Sequence[KeyPhrase], counts: PhraseCounts, plain: float, language: str | None, said: Sequence[str]
) -> list[KeyPhrase]:
    """The parts of a label, the most telling first; empty when no phrase tells anything.

    Parameters
    ----------
    ranked
        Candidates, the most telling first.
    plain
        Lift below which a phrase does not set the topic apart.
    said
        Words that the reader has before him already: phrases with them are taken only when there are no others.
    """
    left = [phrase for phrase in without_parts(ranked) if len(phrase.key) <= MAX_LABEL_CHARS]
    if said:
        left = [phrase for phrase in left if not says_again(phrase.words, said, language)] or left
    common = [phrase for phrase in left if phrase.n_posts >= COMMON * counts.n] or left
    parts = _first(common, plain)
    for phrase in common:
        if len(parts) == MAX_PARTS or _says_enough(parts, counts.n, plain) or not _worth_saying(phrase, parts, plain):
            break
        if _fits(phrase, parts, language):
            parts.append(phrase)
    if len(parts) == 1 and _says_little(parts, plain):
        rarer = (phrase for phrase in left if _worth_saying(phrase, parts, plain) and _fits(phrase, parts, language))
        parts += [phrase for phrase, _ in zip(rarer, range(1), strict=False)]
    return parts


def label_worth(parts: Sequence[KeyPhrase]) -> float:
    """What a label of these parts says about the topic; comparable between labels on the same posts."""
    return sum(weight * part.score for weight, part in zip(PART_WEIGHTS, parts, strict=False))


def joined(parts: list[KeyPhrase], counts: PhraseCounts) -> list[KeyPhrase]:
    """Two single words that posts also say one after the other become that phrase: it reads better."""
    if len(parts) < 2 or any(len(part.words) > 1 for part in parts[:2]):
        return parts
    one, other = parts[:2]
    count, key = max((counts[f"{a.key} {b.key}"], f"{a.key} {b.key}") for a, b in ((one, other), (other, one)))
    if count < max(2, JOINED_SHARE * min(one.n_posts, other.n_posts)):
        return parts
    phrase = KeyPhrase(key, tuple(key.split()), count, max(one.lift, other.lift), label_worth([one, other]))
    return [phrase, *parts[2:]]


def as_joined(phrase: KeyPhrase, counts: PhraseCounts, lifts: WordLifts) -> KeyPhrase:
    """A phrase of two words at the worth :func:`joined` gives it, so that old and new labels are measured alike."""
    if len(phrase.words) != 2 or not phrase.n_posts:
        return phrase
    apart = sorted((counts.phrase(word, lifts) for word in phrase.words), key=lambda part: -part.score)
    return replace(phrase, score=max(phrase.score, label_worth(apart)))


def _first(common: Sequence[KeyPhrase], plain: float) -> list[KeyPhrase]:
    if not common:
        return []
    apart = next((phrase for phrase in common if phrase.lift >= plain), common[0])
    return [apart if apart.score >= MIN_HEAD * common[0].score else common[0]]


def _n_words(parts: Sequence[KeyPhrase]) -> int:
    return sum(len(part.words) for part in parts)


def _says_little(parts: Sequence[KeyPhrase], plain: float) -> bool:
    return len(parts) == 1 and (_n_words(parts) < 2 or parts[0].lift < DISTINCT * plain)


def _says_enough(parts: Sequence[KeyPhrase], n: int, plain: float) -> bool:
    if len(parts) > 1:
        return _n_words(parts) >= 3
    return _n_words(parts) >= 3 and parts[0].n_posts >= TELLS_ALONE * n and parts[0].lift >= DISTINCT * plain


def _worth_saying(phrase: KeyPhrase, parts: Sequence[KeyPhrase], plain: float) -> bool:
    least = MIN_SECOND if _says_little(parts, plain) else MIN_PART
    return phrase.score >= least * parts[0].score


def _fits(phrase: KeyPhrase, parts: Sequence[KeyPhrase], language: str | None) -> bool:
    if _n_words(parts) + len(phrase.words) > MAX_LABEL_WORDS:
        return False
    if len(SEPARATOR.join(part.key for part in [*parts, phrase])) > MAX_LABEL_CHARS:
        return False
    return not any(says_again(phrase.words, part.words, language) for part in parts)
