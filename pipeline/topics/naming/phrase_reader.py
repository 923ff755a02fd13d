"""Cuts a post into the words and phrases a name can be made of.

A phrase starts and ends with a word of content; inside it may have links ("in", "of the"). It never crosses
punctuation, a stop word, or the border between two hashtags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum

import msgspec

from configs.word_lists import any_of
from pipeline.text.elisions import ELISION_LISTS, elisions
from pipeline.text.words import CHAIN
from pipeline.topics.naming.hashtag_words import capital_words
from pipeline.topics.naming.stop_words import StopWords, links

MAX_CONTENT_WORDS = 4
MAX_TOKENS = 7
MAX_LINKS = 2
TITLE_CASE_SHARE = 0.6
"""When this share of a text's longer words is capitalised, capitals say nothing about names."""

_TOGETHER = re.compile(r"(?:[ \t\n-]|['’]| & ?|&)?|['’]? ")
_INSIDE = re.compile(r"[ ,;\-'’&()/]*")
_YEAR = re.compile(r"(?:19|20)\d\d")


class Kind(IntEnum):
    """What a token may do in a phrase."""

    STOP = 0
    LINK = 1
    NUMBER = 2
    CONTENT = 3


class Token(msgspec.Struct, frozen=True, gc=False):
    """``text[start:end]``; ``key`` is its lower-case form; ``opens`` marks the first word of
    a sentence, ``tag`` a word that was a hashtag."""

    key: str
    start: int
    end: int
    kind: Kind
    capital: bool
    opens: bool
    tag: bool


class TextPhrases(msgspec.Struct, frozen=True):
    """What one text offers, each once: single ``words``, ``phrases`` of two words or more, ``names`` among
    both that are written like names, and the words of its hashtags as ``(hashtag, phrase)``."""

    words: tuple[str, ...]
    phrases: tuple[str, ...]
    names: frozenset[str]
    tags: tuple[tuple[str, str], ...]


class PhraseReader:
    """Reads texts of one language.

    Parameters
    ----------
    stop_words
        Words that name nothing.
    language
        ISO 639-1 code, or ``None``.

    Examples
    --------
    >>> reader = PhraseReader(StopWords(lambda language: ("la", "ha", "the")), "it")
    >>> reader.read("La scossa in Emilia ha svegliato Modena", ()).phrases
    ('scossa in emilia', 'svegliato modena')
    """

    def __init__(self, stop_words: StopWords, language: str | None) -> None:
        self._stop = stop_words.of(language)
        self._links = links(language)
        self._contracted = elisions().contracted
        self._elided = any_of(elisions().apart, ELISION_LISTS, "apart", around=("", "'"))

    def is_link(self, word: str) -> bool:
        """Whether the word only holds phrases together."""
        return word in self._links

    def is_stop(self, word: str) -> bool:
        """Whether the word names nothing."""
        return word in self._stop

    def key(self, phrase: str) -> str:
        """The form under which a written phrase is counted."""
        return " ".join(token.key for token in self.tokens(phrase, frozenset()))

    def content_words(self, phrase: str) -> tuple[str, ...]:
        """Its words without links, stop words and numbers."""
        tokens = self.tokens(phrase, frozenset())
        return tuple(token.key for token in tokens if token.kind is Kind.CONTENT)

    def read(self, text: str, hashtags: Sequence[str]) -> TextPhrases:
        """Words, phrases and names of a text; ``hashtags`` are its own, lower-case, without the sign."""
        tokens = self.tokens(text, frozenset(hashtags))
        words, phrases, names = dict[str, None](), dict[str, None](), set[str]()
        tags = dict[tuple[str, str], None]()
        for token in tokens:
            if token.tag:
                parts = capital_words(text[token.start : token.end])
                tags[token.key, " ".join(parts).lower()] = None
            elif token.kind is Kind.CONTENT:
                words[token.key] = None
        plain_case = _says_names(tokens)
        for run in _runs(text, tokens):
            for key in _phrases_of(run):
                phrases[key] = None
            if plain_case:
                names.update(_names_of(run))
        return TextPhrases(tuple(words), tuple(phrases), frozenset(names), tuple(tags))

    def tokens(self, text: str, hashtags: frozenset[str]) -> list[Token]:
        """All tokens in order; an elided article ("l'", "dell'") and a possessive "'s" stand alone."""
        found: list[Token] = []
        for match in CHAIN.finditer(text):
            word, start = match.group(), match.start()
            opens = not found or not _INSIDE.fullmatch(text, found[-1].end, start)
            head, sign, tail = word.replace("’", "'").partition("'")
            if not sign or "'" in tail:
                found.append(self._token(word, start, opens, hashtags))
            elif tail.lower() == "s":
                found.append(self._token(head, start, opens, hashtags))
                found.append(self._token("'s", start + len(head), False, hashtags))
            elif tail.lower() in self._contracted:
                found.append(Token(word.lower(), start, match.end(), Kind.STOP, False, opens, False))
            elif self._elided.fullmatch(head + sign):
                found.append(self._token(head + "'", start, opens, hashtags))
                found.append(self._token(tail, start + len(head) + 1, False, hashtags))
            else:
                found.append(self._token(word, start, opens, hashtags))
        return found

    def _token(self, word: str, start: int, opens: bool, hashtags: frozenset[str]) -> Token:
        key = word.lower().replace("’", "'")
        if key.isdigit():
            kind = Kind.NUMBER
        elif key in self._links:
            kind = Kind.LINK
        elif key in self._stop or key.endswith("'") or len(key) < 2:
            kind = Kind.STOP
        else:
            kind = Kind.CONTENT
        is_tag = key in hashtags and kind is Kind.CONTENT
        return Token(key, start, start + len(word), kind, word[:1].isupper(), opens, is_tag)


def _says_names(tokens: Sequence[Token]) -> bool:
    """Whether capitals in this text mark names: not in headlines of capitals, nor in shouted text."""
    long = [token.capital for token in tokens if token.kind is Kind.CONTENT and not token.tag and len(token.key) > 3]
    return len(long) > 2 and sum(long) <= TITLE_CASE_SHARE * len(long)


def _runs(text: str, tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Stretches of tokens that a phrase may cross."""
    run: list[Token] = []
    for token in tokens:
        if run:
            gap = text[run[-1].end : token.start]
            if not _TOGETHER.fullmatch(gap) or (token.tag and run[-1].tag):
                yield run
                run = []
        if token.kind is Kind.STOP:
            if run:
                yield run
            run = []
        else:
            run.append(token)
    if run:
        yield run


def _phrases_of(run: Sequence[Token]) -> Iterator[str]:
    for i, first in enumerate(run):
        if first.kind is not Kind.CONTENT and not _opens_name(run, i):
            continue
        n_content, n_links = int(first.kind is Kind.CONTENT), 0
        for j in range(i + 1, min(i + MAX_TOKENS, len(run))):
            token = run[j]
            n_links = n_links + 1 if token.kind is Kind.LINK else 0
            n_content += token.kind is Kind.CONTENT
            if n_links > MAX_LINKS or n_content > MAX_CONTENT_WORDS:
                break
            if token.kind is Kind.CONTENT or (token.kind is Kind.NUMBER and _YEAR.fullmatch(token.key)):
                yield " ".join(part.key for part in run[i : j + 1])


def _opens_name(run: Sequence[Token], i: int) -> bool:
    """Whether a link word is the article of a name: "Le Pen", "Los Angeles", "La Spezia"."""
    link, after = run[i], run[i + 1] if i + 1 < len(run) else None
    if link.kind is not Kind.LINK or not link.capital or link.opens or after is None:
        return False
    return after.capital and after.kind is Kind.CONTENT


def _names_of(run: Sequence[Token]) -> Iterator[str]:
    """Stretches of capitalised words, with links between them; a sentence's first word alone is none."""
    start: int | None = None
    for i in range(len(run) + 1):
        token = run[i] if i < len(run) else None
        named = token is not None and token.kind is Kind.CONTENT and token.capital and not token.tag
        if named or (start is None and token is not None and _opens_name(run, i)):
            start = i if start is None else start
            continue
        after = run[i + 1] if i + 1 < len(run) else None
        linked = token is not None and token.kind is Kind.LINK
        if start is not None and linked and after is not None and after.capital and after.kind is Kind.CONTENT:
            continue
        if start is not None and (i - start > 1 or not run[start].opens):
            yield " ".join(part.key for part in run[start:i])
        start = None
