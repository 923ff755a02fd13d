"""A brand profile as TOML a person can edit, and back, without loss.

Comments are not part of a profile: they are written where somebody asks for them (drafts do) and gone when the text is
read. Values that are as they would be without being written are left out, a facet's weight excepted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from configs.settings import convert, toml_values
from pipeline.brand.profile.profile import BrandProfile, checked

_WIDTH = 120
_ALWAYS = frozenset({"weight"})
"""Written even when it has its default: it is there to be changed."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

Notes = Mapping[str, str]
"""Comments by key, e.g. ``"facets[1].name"``; ``""`` is the head of the file. A line break starts another line."""


def parse_profile(text: str, source: str) -> BrandProfile:
    """Read a profile from TOML text.

    Parameters
    ----------
    text
        What a brand file holds.
    source
        What to call it in errors, e.g. the file's path.

    Raises
    ------
    ConfigError
        Source, key, what is wrong and how to fix it.

    Examples
    --------
    >>> parse_profile('id = "b"\\nname = "B"\\n[[facets]]\\ntext = "bread"', "pasted").facets[0].text
    'bread'
    """
    return checked(convert(toml_values(text, source), BrandProfile, source), source)


def profile_toml(profile: BrandProfile, notes: Notes | None = None) -> str:
    """The profile as a brand file; ``parse_profile`` gives the same profile back.

    Examples
    --------
    >>> from pipeline.brand.profile.profile import Facet
    >>> bread = Facet(name="bread", text={"it": "pane", "en": "bread"}, examples=("Fresh from the oven.",))
    >>> print(profile_toml(BrandProfile(id="b", name="B", facets=(bread,)), {"facets[0].name": "guessed"}))
    id = "b"
    name = "B"
    <BLANKLINE>
    [[facets]]
    # guessed
    name = "bread"
    weight = 1.0
    text = { it = "pane", en = "bread" }
    examples = ["Fresh from the oven."]
    <BLANKLINE>
    """
    writer = _Writer(notes or {})
    writer.comment("")
    writer.table(profile, "")
    return "\n".join(writer.lines) + "\n"


class _Writer:
    """Lines of TOML, values before tables, as TOML wants it."""

    def __init__(self, notes: Notes) -> None:
        self.lines: list[str] = []
        self._notes = notes

    def comment(self, path: str) -> None:
        for line in self._notes.get(path, "").splitlines():
            self.lines.append(f"# {_one_line(line)}".rstrip())

    def table(self, struct: msgspec.Struct, path: str) -> None:
        """Everything of a struct that is not as it would be anyway."""
        later: list[tuple[str, Any]] = []
        for field in _in_order(struct):
            value = getattr(struct, field.name)
            if field.name not in _ALWAYS and _as_without(field, value):
                continue
            if isinstance(value, msgspec.Struct) or _is_tables(value):
                later.append((field.name, value))
                continue
            self.comment(f"{path}{field.name}")
            self.lines.append(_pair(field.name, value))
        for name, value in later:
            rows = value if isinstance(value, tuple) else None
            for i, row in enumerate(rows or (value,)):
                self._head(f"{path}{name}", i if rows else None)
                self.table(row, f"{path}{name}{f'[{i}]' if rows else ''}.")

    def _head(self, path: str, row: int | None) -> None:
        self.lines.append("")
        self.comment(path if row is None else f"{path}[{row}]")
        self.lines.append(f"[{path}]" if row is None else f"[[{path}]]")


def _in_order(struct: msgspec.Struct) -> list[msgspec.structs.FieldInfo]:
    """As people write them: what names a thing comes before what describes it."""
    first = ("id", "name", "weight", "text")
    fields = msgspec.structs.fields(struct)
    return sorted(fields, key=lambda field: first.index(field.name) if field.name in first else len(first))


def _as_without(field: msgspec.structs.FieldInfo, value: object) -> bool:
    if field.default is not msgspec.NODEFAULT:
        return bool(value == field.default)
    return field.default_factory is not msgspec.NODEFAULT and bool(value == field.default_factory())


def _is_tables(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], msgspec.Struct)


def _pair(name: str, value: object) -> str:
    line = f"{name} = {_value(value)}"
    if isinstance(value, tuple) and len(value) > 1 and len(line) > _WIDTH:
        return "\n".join([f"{name} = [", *(f"    {_value(item)}," for item in value), "]"])
    return line


def _value(value: object) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_value(item)}' for key, item in value.items())} }}"
    raise TypeError(f"a profile holds no {type(value).__name__}")


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    """
    Examples
    --------
    >>> _string('so-called "butter"')
    '"so-called \\\\"butter\\\\""'
    """
    # JSON escapes all that TOML wants escaped, save this one
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    """A comment may hold no control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
