"""The one catalogue of sentences, of verdicts, messages and board: a TOML table per language, the same keys in each.

Examples
--------
>>> load_texts("it").text("verdict.RIDE")
'Cavalca'
>>> load_texts("en").count("board.posts", 1, n="1")
'1 post'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

Language = Literal["en", "it"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
LANGUAGE_NAMES: Mapping[Language, str] = {"en": "English", "it": "Italiano"}

_NAME = re.compile(r"\{([a-z_]+)\}")
_ARTICLE_AND_NAME = re.compile(r"(?:\b(il|nel|del|dal|al|sul) )?\{([a-z_]+)\}", re.IGNORECASE)
_SPOKEN_VOWEL = re.compile(r"(?:8\d?|11)(?!\d)")
"""Eight, eleven and the eighties, which Italian articles elide before: ``nell’8%``, never ``nel 8%``."""


class Texts:
    """The texts of one language.

    Parameters
    ----------
    language
        The language of ``table``.
    table
        Dotted key to text, e.g. ``{"verdict.RIDE": "Ride"}``.
    """

    def __init__(self, language: Language, table: Mapping[str, str]) -> None:
        self.language: Language = language
        self._table = table
        self._names = {key: frozenset(_NAME.findall(text)) for key, text in table.items()}

    def keys(self) -> frozenset[str]:
        """Every key of this language."""
        return frozenset(self._table)

    def names(self, key: str) -> frozenset[str]:
        """The ``{names}`` that the text of ``key`` wants filled in."""
        return self._names[key]

    def text(self, key: str, **values: str) -> str:
        """The text of ``key`` with its names filled in.

        Raises
        ------
        KeyError
            Unknown key or missing name: a mistake in the program, not in the data.
        """
        return _fill(self._table[key], values)

    def known(self, key: str, values: Mapping[str, str] | None = None) -> str | None:
        """Like :meth:`text`, but ``None`` when the key or one of its names is missing."""
        names, given = self._names.get(key), values or {}
        return None if names is None or not names <= given.keys() else _fill(self._table[key], given)

    def count(self, key: str, amount: int, **values: str) -> str:
        """The ``.one`` or ``.other`` form of ``key``, by ``amount``."""
        return self.text(f"{key}.{'one' if amount == 1 else 'other'}", **values)


def _fill(template: str, values: Mapping[str, str]) -> str:
    # one pass, so that braces inside a value are never taken for a name
    return _ARTICLE_AND_NAME.sub(lambda match: _with_article(match.group(1), values[match.group(2)]), template)


def _with_article(article: str | None, value: str) -> str:
    """
    Examples
    --------
    >>> _with_article("nel", "8%"), _with_article("Il", "11%"), _with_article("il", "18%"), _with_article(None, "8%")
    ('nell’8%', 'L’11%', 'il 18%', '8%')
    """
    if article is None:
        return value
    if not _SPOKEN_VOWEL.match(value):
        return f"{article} {value}"
    if article.lower() == "il":
        return ("L’" if article[0] == "I" else "l’") + value
    return f"{article}l’{value}"


@cache
def load_texts(language: Language) -> Texts:
    """Read the table of ``language`` that ships beside this file."""
    data = tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))
    return Texts(language, dict(_flatten("", data)))


def _flatten(prefix: str, node: Mapping[str, Any]) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for name, value in node.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            flat += _flatten(f"{key}.", value)
        elif isinstance(value, list):
            flat += [(f"{key}.{position}", str(item)) for position, item in enumerate(value)]
        else:
            flat.append((key, str(value)))
    return flat
