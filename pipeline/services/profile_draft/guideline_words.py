"""The words that guidelines are made of (``guidelines.toml``), as patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import msgspec

from configs.word_lists import CUES_DIR, any_of, read_word_lists

Role = Literal["content", "tone", "avoided", "rivals", "experts", "boilerplate"]

_LISTS = CUES_DIR / "guidelines.toml"


class _CaseMatters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    separators: tuple[str, ...]
    presented: tuple[str, ...]
    abbreviated: tuple[str, ...]


class _GuidelineLists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    generic_titles: tuple[str, ...]
    is_verbs: tuple[str, ...]
    telling: tuple[str, ...]
    no_accounts: frozenset[str]
    boilerplate: tuple[str, ...]
    founded: tuple[str, ...]
    avoided: tuple[str, ...]
    lead: tuple[str, ...]
    jokes: tuple[str, ...]
    between: tuple[str, ...]
    articles: tuple[str, ...]
    tone: tuple[str, ...]
    last_one: tuple[str, ...]
    case_matters: _CaseMatters
    headings: dict[Role, tuple[str, ...]]
    parts: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class GuidelineWords:
    """What each pattern is for stands in the file."""

    generic_title: re.Pattern[str]
    is_verb: re.Pattern[str]
    telling: re.Pattern[str]
    no_accounts: frozenset[str]
    boilerplate: re.Pattern[str]
    founded: re.Pattern[str]
    avoided: re.Pattern[str]
    lead: re.Pattern[str]
    jokes: re.Pattern[str]
    between: re.Pattern[str]
    articles: re.Pattern[str]
    tone: re.Pattern[str]
    separators: re.Pattern[str]
    last_one: re.Pattern[str]
    presented: re.Pattern[str]
    abbreviated: re.Pattern[str]
    headings: tuple[tuple[Role, re.Pattern[str]], ...]


@cache
def guideline_words() -> GuidelineWords:
    """The lists that ship, read once."""
    lists = read_word_lists(_LISTS, _GuidelineLists)

    def pattern(patterns: Sequence[str], key: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
        return any_of(patterns, _LISTS, key, parts=lists.parts, flags=flags)

    def abbreviations(patterns: Sequence[str]) -> re.Pattern[str]:
        around = (r"(?:\b", r"\.)$")
        return any_of(patterns, _LISTS, "case_matters.abbreviated", around=around, flags=re.NOFLAG)

    whole_words = partial(any_of, path=_LISTS, around=(r"\b", r"\b"))
    cased = lists.case_matters
    return GuidelineWords(
        generic_title=whole_words(lists.generic_titles, key="generic_titles"),
        is_verb=whole_words(lists.is_verbs, key="is_verbs"),
        telling=pattern(lists.telling, "telling"),
        no_accounts=lists.no_accounts,
        boilerplate=pattern(lists.boilerplate, "boilerplate"),
        founded=pattern(lists.founded, "founded"),
        avoided=pattern(lists.avoided, "avoided"),
        lead=pattern(lists.lead, "lead"),
        jokes=pattern(lists.jokes, "jokes"),
        between=pattern(lists.between, "between"),
        articles=pattern(lists.articles, "articles"),
        tone=pattern(lists.tone, "tone"),
        separators=pattern(cased.separators, "case_matters.separators", re.NOFLAG),
        last_one=pattern(lists.last_one, "last_one"),
        presented=pattern(cased.presented, "case_matters.presented", re.NOFLAG),
        abbreviated=abbreviations(cased.abbreviated),
        headings=tuple((role, pattern(said, f"headings.{role}")) for role, said in lists.headings.items()),
    )
