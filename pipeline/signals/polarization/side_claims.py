"""Sides that a post declares: what it says it is for, against, or choosing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.signals.polarization.side_cues import CHOOSE, SIGN_OF, SideLists, side_cues
from pipeline.text.words import phrase_words

MAX_FILLERS = 3
NEGATION_REACH = 3
ANSWER_WORDS = 12
"""A reply says in its first words whether it agrees."""
MIN_TAG_THING = 3


@dataclass(frozen=True)
class Claim:
    """One side declared: ``thing`` in lower case, ``sign`` 1 for or −1 against; ``is_choice``: over others.

    Of a full name each word is a claim of its own, and ``name`` holds them all.
    """

    thing: str
    sign: int
    is_choice: bool = False
    name: tuple[str, ...] = field(default=(), repr=False)


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
    words, cues = phrase_words(text), side_cues()
    # verbs only: a vote named as a noun ("le ragioni del no") is on the other side as often as on its own
    found = dict.fromkeys(_claims_ahead(words))
    for start, _, said in cues.after.spans(words):
        name = _things_before(words, start, cues.lists)
        found.update(dict.fromkeys(_claim(thing, SIGN_OF[said], False, name) for thing in name))
    return tuple(found)


def _claims_ahead(words: tuple[str, ...]) -> Iterable[Claim]:
    """Of the cues whose thing follows."""
    cues = side_cues()
    lists = cues.lists
    for start, end, said in cues.before.spans(words):
        sign, is_choice = SIGN_OF[said], said == CHOOSE
        if sign == 0 or not lists.not_mine.isdisjoint(words[max(0, start - 2) : start]):
            continue
        flip = not lists.negators.isdisjoint(words[max(0, start - NEGATION_REACH) : start])
        name = _things_after(words, end, is_choice, lists)
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
    words, cues = phrase_words(text)[:ANSWER_WORDS], side_cues()
    signs = set()
    for start, _, said in cues.answers.spans(words):
        sign = SIGN_OF[said]
        negated = not cues.lists.negators.isdisjoint(words[max(0, start - 2) : start])
        signs.add(-1 if negated and sign > 0 else 0 if negated else sign)
    return signs.pop() if len(signs) == 1 else 0


def _claim(thing: str, sign: int, is_choice: bool, name: Sequence[str] = ()) -> Claim:
    return Claim(side_cues().lists.same_vote.get(thing, thing), sign, is_choice, tuple(name))


def _things_after(words: Sequence[str], at: int, is_choice: bool, lists: SideLists) -> list[str]:
    """The one or two words a cue is about: of a full name either may be the one the topic uses."""
    stop = min(len(words), at + MAX_FILLERS)
    while at < stop and words[at] in lists.fillers:
        at += 1
    if at < len(words) and words[at] in lists.vote_words:
        return [words[at]] if is_choice else []
    found = []
    for word in words[at : at + 2]:
        if word in lists.no_things or word in lists.fillers or len(word) < 2:
            break
        found.append(word)
    return found


def _things_before(words: Sequence[str], at: int, lists: SideLists) -> list[str]:
    found = []
    for word in reversed(words[max(0, at - 2) : at]):
        if word in lists.no_things or word in lists.fillers or len(word) < 2:
            break
        found.append(word)
    return found


def _claim_of_tag(tag: str, is_word: Collection[str]) -> Claim | None:
    bare, cues = tag.rstrip("0123456789"), side_cues()
    lists = cues.lists
    chosen = cues.chosen_tag.fullmatch(bare)
    if chosen is not None and tag not in lists.no_side and (chosen[1] in lists.vote_words or chosen[1] in is_word):
        return _claim(chosen[1], 1, True)
    for pattern, sign in cues.sided_tags:
        match = pattern.fullmatch(bare)
        if match is not None and len(match[1]) >= MIN_TAG_THING:
            thing = match[1]
            if thing in is_word and thing not in lists.no_things:
                return Claim(thing, sign)
    return None
