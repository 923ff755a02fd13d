"""How people write a phrase: the spelling most posts use, with the capitals of a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from pipeline.topics.naming.hashtag_words import capital_words

MAX_TEXTS = 48
OPENING_WEIGHT = 0.4
"""A capital at the start of a sentence says less about how a word is written."""

SHOUT_WEIGHT = 0.2
LONGEST_ACRONYM = 5

_SENTENCE_END = re.compile(r"(?:^|[.!?:…\"“”«»\n])\W*$")


def spelling(key: str, tags: Sequence[str], texts: Sequence[str], links: frozenset[str]) -> str:
    """The way most of these texts write a phrase.

    Parameters
    ----------
    key
        Lower-case words with spaces between them.
    tags
        Hashtags that stand for the same phrase.
    texts
        Texts in which to look, the first ``MAX_TEXTS`` that have it.
    links
        Words that are small inside a hashtag's phrase.

    Examples
    --------
    >>> spelling("world cup", ("worldcup",), ["The World Cup is on", "world cup!", "a World Cup night"], frozenset())
    'World Cup'
    >>> spelling("l' aquila", (), ["Torno a L'Aquila", "L'Aquila"], frozenset())
    "L'Aquila"
    """
    forms = _forms(key, tuple(tags))
    seen: Counter[str] = Counter()
    n_texts = 0
    for text in texts:
        place = _first(forms, _small(text))
        if place is None:
            continue
        found = text[slice(*place)]
        written = _apart(found, key, links)
        weight = 1.0
        if _SENTENCE_END.search(text, max(0, place[0] - 4), place[0]):
            weight = OPENING_WEIGHT
        if written == key and " " in key and " " not in found:
            weight *= SHOUT_WEIGHT  # a hashtag in small letters shows no words
        if written.isupper() and len(written) > LONGEST_ACRONYM:
            weight *= SHOUT_WEIGHT
        seen[written] += weight  # type: ignore[assignment]  # the stub counts in whole numbers only
        n_texts += 1
        if n_texts == MAX_TEXTS:
            break
    if not seen:
        return key
    best = min(seen.items(), key=lambda item: (-item[1], item[0]))[0]
    return _calmed(best) if best.isupper() and len(best) > LONGEST_ACRONYM else best


def headline_case(label: str, links: frozenset[str]) -> str:
    """English headline capitals, for posts that have none at all.

    Examples
    --------
    >>> headline_case("bank of america · mortgage", frozenset({"of"}))
    'Bank of America · Mortgage'
    """
    return " ".join(word if word in links else word[:1].upper() + word[1:] for word in label.split(" "))


def opened(label: str) -> str:
    """With a capital at the start, unless its first word has capitals of its own ("iPhone")."""
    first = label.split(" ", 1)[0]
    return label if any(letter.isupper() for letter in first) else label[:1].upper() + label[1:]


def _calmed(shout: str) -> str:
    """Capitals only where a word starts, or where it is short enough to be an acronym."""
    return " ".join(word if len(word) <= LONGEST_ACRONYM - 2 else word.capitalize() for word in shout.split(" "))


def _apart(written: str, key: str, links: frozenset[str]) -> str:
    """A hashtag's words with spaces between them; links and line breaks inside a phrase as one space."""
    written = " ".join(written.split())
    if " " in written or " " not in key or "'" in key or "-" in written:
        return written
    parts = capital_words(written)
    if " ".join(parts).lower() != key:
        return key
    return " ".join(part.lower() if i and part.lower() in links else part for i, part in enumerate(parts))


def _first(forms: Sequence[str | re.Pattern[str]], lower: str) -> tuple[int, int] | None:
    """Where the earliest of the forms stands in a text in small letters, as (start, end)."""
    places = [place for form in forms if (place := _place(form, lower)) is not None]
    return min(places, key=lambda place: place[0], default=None)


def _place(form: str | re.Pattern[str], lower: str) -> tuple[int, int] | None:
    if isinstance(form, re.Pattern):
        match = form.search(lower)
        return None if match is None else match.span()
    start = lower.find(form)
    while start >= 0:
        end = start + len(form)
        if not (start and _is_word(lower[start - 1])) and not (end < len(lower) and _is_word(lower[end])):
            return start, end
        start = lower.find(form, start + 1)
    return None


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _small(text: str) -> str:
    """In small letters, every letter where it was: a few have none of the same length."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


@lru_cache(maxsize=4096)
def _forms(key: str, tags: tuple[str, ...]) -> tuple[str | re.Pattern[str], ...]:
    """How a phrase or its hashtags may stand in a text in small letters: as they are, or, for a phrase of several
    words, a pattern (compiling one costs more than looking through a topic's posts). The same ones come again."""
    if " " not in key:
        return (key, *tags)
    words = r"[\s\-]{1,2}".join(re.escape(word) for word in key.split())
    words = words.replace(r"[\s\-]{1,2}'s", "['’]s").replace(r"'[\s\-]{1,2}", "['’]")
    words = words.replace(r"[\s\-]{1,2}", r"[\s\-&]{1,3}")
    return (re.compile(rf"(?<!\w){words}(?!\w)"), *tags)
