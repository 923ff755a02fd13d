"""The words with which a post itself takes a side (``sides.toml``), as tables to look them up in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

import msgspec

from configs.word_lists import CUES_DIR, read_word_lists
from pipeline.text.phrases import PhraseTable

SUPPORT, OPPOSE, CHOOSE, NO_SIDE = 1, 2, 4, 8
"""Bits of what a phrase says."""
SIGN_OF: Final = {SUPPORT: 1, OPPOSE: -1, CHOOSE: 1, NO_SIDE: 0}


class _Before(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    support: tuple[str, ...]
    oppose: tuple[str, ...]
    choose: tuple[str, ...]


class _After(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    support: tuple[str, ...]
    oppose: tuple[str, ...]


class _Hashtags(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    choose_prefixes: tuple[str, ...]
    support_prefixes: tuple[str, ...]
    support_suffixes: tuple[str, ...]
    oppose_prefixes: tuple[str, ...]
    oppose_suffixes: tuple[str, ...]


class _Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    agree: tuple[str, ...]
    disagree: tuple[str, ...]


class SideLists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``sides.toml``; what each list is for stands there."""

    fillers: frozenset[str]
    no_things: frozenset[str]
    no_side: tuple[str, ...]
    vote_words: frozenset[str]
    same_vote: dict[str, str]
    opposite_votes: frozenset[frozenset[str]]
    not_mine: frozenset[str]
    negators: frozenset[str]
    before: _Before
    after: _After
    hashtags: _Hashtags
    answers: _Answers


@dataclass(frozen=True)
class SideCues:
    """The lists, and what they are looked up with.

    ``before``: phrases whose thing follows; ``after``: whose thing goes before; ``answers``: how a reply sides.
    ``chosen_tag`` and ``sided_tags``: patterns of whole hashtags, whose group is the thing, with their sign.
    """

    lists: SideLists
    before: PhraseTable
    after: PhraseTable
    answers: PhraseTable
    chosen_tag: re.Pattern[str]
    sided_tags: tuple[tuple[re.Pattern[str], int], ...]


@cache
def side_cues() -> SideCues:
    """The lists that ship, read once."""
    lists = read_word_lists(CUES_DIR / "sides.toml", SideLists)
    before, after, tags, answers = lists.before, lists.after, lists.hashtags, lists.answers
    return SideCues(
        lists,
        PhraseTable({SUPPORT: before.support, CHOOSE: before.choose, OPPOSE: before.oppose, NO_SIDE: lists.no_side}),
        PhraseTable({SUPPORT: after.support, OPPOSE: after.oppose}),
        PhraseTable({SUPPORT: answers.agree, OPPOSE: answers.disagree}),
        _tag_pattern(tags.choose_prefixes),
        (
            (_tag_pattern(tags.oppose_prefixes), -1),
            (_tag_pattern(tags.support_prefixes), 1),
            (_tag_pattern(suffixes=tags.oppose_suffixes), -1),
            (_tag_pattern(suffixes=tags.support_suffixes), 1),
        ),
    )


def _tag_pattern(prefixes: Iterable[str] = (), suffixes: Iterable[str] = ()) -> re.Pattern[str]:
    """One group: what is left of a hashtag without the longest of these parts."""
    heads, tails = ("|".join(sorted(parts, key=len, reverse=True)) for parts in (prefixes, suffixes))
    return re.compile(f"(?:{heads})(.+)" if heads else f"(.+?)(?:{tails})")
