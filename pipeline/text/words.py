"""Clean, normalise and cut posts into words. Pure functions, no language knowledge."""

from __future__ import annotations

import hashlib
import html
import re

EMBED_MAX_CHARS = 2_000
"""Longer texts are cut before embedding: a sentence encoder says nothing more past that."""

_LINK = re.compile(r"https?://\S+|\bwww\.\S+")
_REPOST_MARK = re.compile(r"^\s*RT\s+@[\w.\-]+:?")
_MENTION = re.compile(r"@[\w.\-]+")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")  # not the signs of "5 < 6 and 7 > 6"
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_NOT_WORD = re.compile(r"[\W_]+")


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
    return tuple(word for word in _WORD.findall(clean_text.lower()) if len(word) > 1)


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
    normal = _NOT_WORD.sub(" ", clean_text.casefold()).strip() or clean_text or raw_text.strip()
    digest = hashlib.blake2b(normal.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
