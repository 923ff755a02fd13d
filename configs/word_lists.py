"""The word lists in TOML: one way to read them. Each reader says with a struct which lists it wants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from configs.errors import ConfigError
from configs.settings import CONFIGS_DIR, convert, read_toml

CUES_DIR = CONFIGS_DIR / "cues"

T = TypeVar("T", bound=msgspec.Struct)


def read_word_lists(path: Path, kind: type[T]) -> T:
    """Read a file of lists; nobody else reads one, and no module does so while it is imported.

    Raises
    ------
    ConfigError
        The file is missing, malformed or unlike ``kind``, or a list has an empty entry or one twice.

    Examples
    --------
    >>> class Hedges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ...     phrases: tuple[str, ...]
    >>> read_word_lists(CUES_DIR / "hedges.toml", Hedges).phrases[:2]
    ('allegedly', 'alleged')
    """
    data = read_toml(path)
    lists = convert(data, kind, str(path))
    for key, entries in _lists_in(data, ""):
        if any(not entry.strip() for entry in entries):
            raise ConfigError(str(path), key, "has an empty entry", "remove it")
        if len(set(entries)) < len(entries):
            twice = next(entry for entry in entries if entries.count(entry) > 1)
            raise ConfigError(str(path), key, f"lists {twice!r} twice", "keep one of them")
    return lists


def any_of(
    patterns: Sequence[str],
    path: Path,
    key: str,
    *,
    parts: Mapping[str, Sequence[str]] = {},
    around: tuple[str, str] = ("", ""),
    flags: re.RegexFlag = re.IGNORECASE,
) -> re.Pattern[str]:
    """One pattern for a list of regular expressions of a file: any of them matches.

    Parameters
    ----------
    path, key
        Where the list stands, for errors.
    parts
        Lists that ``{name}`` stands for in the expressions.
    around
        What stands before and after each of them.

    Raises
    ------
    ConfigError
        They are no regular expressions.

    Examples
    --------
    >>> any_of(["scopri{you}*", "vieni"], CUES_DIR / "some.toml", "calls", parts={"you": ["te", "lo"]}).pattern
    'scopri(?:te|lo)*|vieni'
    """
    whole = "|".join(patterns)
    for name, words in parts.items():
        whole = whole.replace("{" + name + "}", f"(?:{'|'.join(words)})")
    if any(around):
        whole = f"{around[0]}(?:{whole}){around[1]}"
    try:
        return re.compile(whole, flags)
    except re.error as error:
        raise ConfigError(str(path), key, f"is no regular expression ({error})", "correct its entries") from error


def _lists_in(values: Mapping[str, Any], before: str) -> Iterator[tuple[str, list[str]]]:
    """Every list of words with its key, however deep."""
    for name, value in values.items():
        key = f"{before}{name}"
        if isinstance(value, Mapping):
            yield from _lists_in(value, f"{key}.")
        elif isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            yield key, value
