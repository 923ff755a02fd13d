"""Clean, normalise and cut posts into words. Pure functions, no language knowledge.

What a word is stands here once. What an apostrophe does to it differs by purpose, and is said by name: it parts words
where phrases are looked for (:data:`WORD`), joins two where words are counted (:data:`TOKEN`), and joins any number
where a text is cut for names (:data:`CHAIN`).
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata

EMBED_MAX_CHARS = 2_000
"""Longer texts are cut before embedding: a sentence encoder says nothing more past that."""

PHRASE_MAX_CHARS = 2_000
"""What is read of a post for phrases: a call to buy or a question comes early even in a long text."""

APOSTROPHES = "'’"

_WORD, _LETTERS = r"[^\W_]+", r"[^\W\d_]+"
WORD = re.compile(_WORD)
"""Letters and figures; an apostrophe parts words: "un'offerta" is two."""
TOKEN = re.compile(rf"{_WORD}(?:[{APOSTROPHES}]{_WORD})?")
"""As :data:`WORD`, but an apostrophe joins two words: "l'italia" is one."""
CHAIN = re.compile(rf"{_WORD}(?:[{APOSTROPHES}]{_WORD})*")
"""As :data:`WORD`, but apostrophes join any number of words: "rock'n'roll" is one."""
LETTERS = re.compile(_LETTERS)
"""Letters only; figures and apostrophes part words."""
HYPHENED = re.compile(rf"{_LETTERS}(?:[{APOSTROPHES}\-]{_LETTERS})*")
"""As :data:`LETTERS`, but apostrophes and hyphens join."""
GAP = re.compile(r"[\W_]+")
"""What stands between words."""

_LINK = re.compile(r"https?://\S+|\bwww\.\S+")
_REPOST_MARK = re.compile(r"^\s*RT\s+@[\w.\-]+:?")
_MENTION = re.compile(r"@[\w.\-]+")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")  # not the signs of "5 < 6 and 7 > 6"
_SPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    """Remove links, mentions, markup and repost marks; keep words, hashtag words and emoji.

    Examples
    --------
    >>> clean("RT @anna: Che #colazione &amp; sole! https://x.example/1")
    'Che colazione & sole!'
    """
    text = html.unescape(text)
    text = _LINK.sub(" ", text)
    text = _REPOST_MARK.sub("", text)
    text = _TAG.sub(" ", text)
    text = _MENTION.sub(" ", text).replace("#", " ")
    return _SPACE.sub(" ", text).strip()


def words(clean_text: str) -> tuple[str, ...]:
    """Lower-case words of two letters or more, in order.

    Examples
    --------
    >>> words("L'Italia vince 3-0!")
    ("l'italia", 'vince')
    """
    return tuple(word for word in TOKEN.findall(clean_text.lower()) if len(word) > 1)


def phrase_words(text: str) -> tuple[str, ...]:
    """Lower-case words of the first :data:`PHRASE_MAX_CHARS`, single letters too; an apostrophe parts words.

    Examples
    --------
    >>> phrase_words("I'm in un'offerta")
    ('i', 'm', 'in', 'un', 'offerta')
    """
    return tuple(WORD.findall(text[:PHRASE_MAX_CHARS].lower()))


class _WithoutAccents(dict[int, int | None]):
    """For :meth:`str.translate`: a mark that stands on a letter goes, all else stays. Each is looked up once."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.combining(chr(code)) else code
        return self[code]


_WITHOUT_ACCENTS = _WithoutAccents()


def folded_words(text: str) -> tuple[str, ...]:
    """Lower-case words without accents, single letters too; an apostrophe parts words.

    Examples
    --------
    >>> folded_words("È esondato l'Arno!")
    ('e', 'esondato', 'l', 'arno')
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).translate(_WITHOUT_ACCENTS)
    return tuple(WORD.findall(text.lower()))


def text_hash(clean_text: str, raw_text: str) -> int:
    """63-bit hash, equal for texts that differ only in case, punctuation, links or mentions.

    Texts without any letter (emoji only) are compared as they are.

    Examples
    --------
    >>> text_hash("Che sole!", "") == text_hash("che  SOLE", "")
    True
    >>> text_hash("", "🙂") == text_hash("", "🙃")
    False
    """
    normal = GAP.sub(" ", clean_text.casefold()).strip() or clean_text or raw_text.strip()
    digest = hashlib.blake2b(normal.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
