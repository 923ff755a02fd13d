"""Sides that a post declares: what it says it is for, against, or choosing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.signals.polarization.side_cues import (
    AGREE,
    CHOOSE_BEFORE,
    CHOOSE_PREFIXES,
    DISAGREE,
    FILLERS,
    NEGATORS,
    NO_SIDE,
    NO_THINGS,
    NOT_MINE,
    OPPOSE_AFTER,
    OPPOSE_BEFORE,
    OPPOSE_PREFIXES,
    OPPOSE_SUFFIXES,
    SUPPORT_AFTER,
    SUPPORT_BEFORE,
    SUPPORT_PREFIXES,
    SUPPORT_SUFFIXES,
    VOTE_WORDS,
)
from pipeline.text.phrases import phrase_words


def _tag_pattern(prefixes: Iterable[str] = (), suffixes: Iterable[str] = ()) -> re.Pattern[str]:
    """One group: what is left of a hashtag without the longest of these parts."""
    heads, tails = ("|".join(sorted(parts, key=len, reverse=True)) for parts in (prefixes, suffixes))
    return re.compile(f"(?:{heads})(.+)" if heads else f"(.+?)(?:{tails})")


_CHOSEN_TAG = _tag_pattern(CHOOSE_PREFIXES)
_SIDED_TAGS = (
    (_tag_pattern(OPPOSE_PREFIXES), -1),
    (_tag_pattern(SUPPORT_PREFIXES), 1),
    (_tag_pattern(suffixes=OPPOSE_SUFFIXES), -1),
    (_tag_pattern(suffixes=SUPPORT_SUFFIXES), 1),
)

MAX_FILLERS = 3
NEGATION_REACH = 3
ANSWER_WORDS = 12
"""A reply says in its first words whether it agrees."""
MIN_TAG_THING = 3

_SPELLED = {"si": "yes", "sì": "yes"}
"""One vote, whatever the language: a topic in two languages has two camps, not three."""


@dataclass(frozen=True)
class Claim:
    """One side declared: ``thing`` in lower case, ``sign`` 1 for or −1 against; ``is_choice``: over others.

    Of a full name each word is a claim of its own, and ``name`` holds them all.
    """

    thing: str
    sign: int
    is_choice: bool = False
    name: tuple[str, ...] = field(default=(), repr=False)


class _Phrases:
    """Phrases of any length by their first two words, with what each says; the longest match at a place wins."""

    def __init__(self, groups: Iterable[tuple[Iterable[str], int, bool]]) -> None:
        self._alone: dict[str, tuple[int, bool]] = {}
        self._pairs: dict[str, dict[str, list[tuple[list[str], int, bool]]]] = {}
        for phrases, sign, is_choice in groups:
            for phrase in phrases:
                first, *rest = phrase_words(phrase)
                if rest:
                    known = self._pairs.setdefault(first, {}).setdefault(rest[0], [])
                    known.append((rest[1:], sign, is_choice))
                    known.sort(key=lambda entry: -len(entry[0]))
                else:
                    self._alone[first] = (sign, is_choice)

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, int, int, bool]]:
        """(start, end, sign, is_choice) of each phrase, none inside another; ``end`` is after its last word."""
        alone, pairs = self._alone, self._pairs
        free = 0
        for at, word in enumerate(words):
            if at < free or (word not in pairs and word not in alone):
                continue
            found = self._longest(words, at)
            if found is not None:
                free = found[0]
                yield at, *found

    def _longest(self, words: Sequence[str], at: int) -> tuple[int, int, bool] | None:
        known = self._pairs.get(words[at])
        if known is not None and at + 1 < len(words):
            for rest, sign, is_choice in known.get(words[at + 1], ()):
                end = at + 2 + len(rest)
                if not rest or words[at + 2 : end] == rest:
                    return end, sign, is_choice
        single = self._alone.get(words[at])
        return None if single is None else (at + 1, *single)


_BEFORE = _Phrases(
    ((SUPPORT_BEFORE, 1, False), (CHOOSE_BEFORE, 1, True), (OPPOSE_BEFORE, -1, False), (NO_SIDE, 0, False))
)
_AFTER = _Phrases(((SUPPORT_AFTER, 1, False), (OPPOSE_AFTER, -1, False)))
_ANSWERS = _Phrases(((AGREE, 1, False), (DISAGREE, -1, False)))


def claims_in_text(text: str) -> tuple[Claim, ...]:
    """Sides that a post declares in its words. Questions, suppositions and the sides of others declare none.

    Parameters
    ----------
    text
        Cleaned (:func:`pipeline.text.words.clean`).

    Examples
    --------
    >>> claims_in_text("I support the bridge"), claims_in_text("I will never vote for Rossi")
    ((Claim(thing='bridge', sign=1, is_choice=False),), (Claim(thing='rossi', sign=-1, is_choice=False),))
    >>> claims_in_text("Al referendum voto no")[0], claims_in_text("Siete contro il ponte?")
    (Claim(thing='no', sign=1, is_choice=True), ())
    """
    if text.rstrip().endswith("?"):
        return ()
    words = phrase_words(text)
    # verbs only: a vote named as a noun ("le ragioni del no") is on the other side as often as on its own
    found = dict.fromkeys(_claims_ahead(words))
    for start, _, sign, _ in _AFTER.find(words):
        name = _things_before(words, start)
        found.update(dict.fromkeys(_claim(thing, sign, False, name) for thing in name))
    return tuple(found)


def _claims_ahead(words: Sequence[str]) -> Iterable[Claim]:
    """Of the cues whose thing follows."""
    for start, end, sign, is_choice in _BEFORE.find(words):
        if sign == 0 or not NOT_MINE.isdisjoint(words[max(0, start - 2) : start]):
            continue
        flip = not NEGATORS.isdisjoint(words[max(0, start - NEGATION_REACH) : start])
        name = _things_after(words, end, is_choice)
        for thing in name:
            yield _claim(thing, -sign if flip else sign, is_choice and not flip, name)


def claims_in_hashtags(hashtags: Iterable[str], is_word: Collection[str]) -> tuple[Claim, ...]:
    """Sides that hashtags declare; what a tag is about must be a word that the topic uses on its own.

    Examples
    --------
    >>> claims_in_hashtags(["iovotono", "stopbridge2030", "november"], {"bridge"})
    (Claim(thing='no', sign=1, is_choice=True), Claim(thing='bridge', sign=-1, is_choice=False))
    """
    found: dict[Claim, None] = {}
    for tag in hashtags:
        claim = _claim_of_tag(tag.lower(), is_word)
        if claim is not None:
            found[claim] = None
    return tuple(found)


def answer_sign(text: str) -> int:
    """1 when a reply agrees with what it answers, −1 when it disagrees, 0 when it does not say, or both.

    Examples
    --------
    >>> answer_sign("Esatto, ben detto"), answer_sign("Non sono d'accordo"), answer_sign("When?")
    (1, -1, 0)
    """
    words = phrase_words(text)[:ANSWER_WORDS]
    signs = set()
    for start, _, sign, _ in _ANSWERS.find(words):
        negated = not NEGATORS.isdisjoint(words[max(0, start - 2) : start])
        signs.add(-1 if negated and sign > 0 else 0 if negated else sign)
    return signs.pop() if len(signs) == 1 else 0


def _claim(thing: str, sign: int, is_choice: bool, name: Sequence[str] = ()) -> Claim:
    return Claim(_SPELLED.get(thing, thing), sign, is_choice, tuple(name))


def _things_after(words: Sequence[str], at: int, is_choice: bool) -> list[str]:
    """The one or two words a cue is about: of a full name either may be the one the topic uses."""
    stop = min(len(words), at + MAX_FILLERS)
    while at < stop and words[at] in FILLERS:
        at += 1
    if at < len(words) and words[at] in VOTE_WORDS:
        return [words[at]] if is_choice else []
    found = []
    for word in words[at : at + 2]:
        if word in NO_THINGS or word in FILLERS or len(word) < 2:
            break
        found.append(word)
    return found


def _things_before(words: Sequence[str], at: int) -> list[str]:
    found = []
    for word in reversed(words[max(0, at - 2) : at]):
        if word in NO_THINGS or word in FILLERS or len(word) < 2:
            break
        found.append(word)
    return found


def _claim_of_tag(tag: str, is_word: Collection[str]) -> Claim | None:
    bare = tag.rstrip("0123456789")
    chosen = _CHOSEN_TAG.fullmatch(bare)
    if chosen is not None and tag not in NO_SIDE and (chosen[1] in VOTE_WORDS or chosen[1] in is_word):
        return _claim(chosen[1], 1, True)
    for pattern, sign in _SIDED_TAGS:
        match = pattern.fullmatch(bare)
        if match is not None and len(match[1]) >= MIN_TAG_THING and match[1] in is_word and match[1] not in NO_THINGS:
            return Claim(match[1], sign)
    return None
