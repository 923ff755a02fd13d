"""The README's table of settings, made from the settings themselves: ``python -m configs.settings_table``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from configs.settings import ENV_PREFIX, Settings

_HEAD = "| Setting | Default | Environment variable | Meaning |\n|---|---|---|---|"


class SettingRow(msgspec.Struct, frozen=True):
    """One setting: dotted key, default as written in TOML (``None``: unset), variable, meaning."""

    key: str
    default: str | None
    variable: str
    description: str


def setting_rows(kind: type[msgspec.Struct] = Settings, prefix: str = "") -> Iterator[SettingRow]:
    """Every setting, in the order of the structs; a section's settings follow its place.

    Examples
    --------
    >>> next(setting_rows()).variable
    'TRENDSIEVE_SHARD'
    """
    hints = get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        key = prefix + field.name
        if isinstance(field.default, msgspec.Struct):
            yield from setting_rows(type(field.default), f"{key}.")
        else:
            variable = ENV_PREFIX + key.upper().replace(".", "__")
            yield SettingRow(key, _as_toml(field.default), variable, _description(hints[field.name]))


def settings_table() -> str:
    """The table in Markdown, without a newline at the end."""
    lines = [_HEAD]
    for row in setting_rows():
        default = "unset" if row.default is None else f"`{row.default}`"
        cells = (f"`{row.key}`", default, f"`{row.variable}`", row.description)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _description(hint: object) -> str:
    """What the ``Meta`` of a field says, or nothing."""
    if get_origin(hint) is not Annotated:
        return ""
    texts = [meta.description for meta in get_args(hint)[1:] if isinstance(meta, msgspec.Meta)]
    return next((text for text in reversed(texts) if text), "")


def _as_toml(value: Any) -> str | None:
    """The default as a settings file would say it; JSON and TOML agree on the few kinds that occur."""
    if value is None:
        return None
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def renewed(readme: str) -> str:
    """A README with the table in its place, between the marks ``settings:begin`` and ``settings:end``.

    Examples
    --------
    >>> "| `shard` |" in renewed("a <!-- settings:begin --> old <!-- settings:end --> z")
    True
    """
    before, begin, rest = readme.partition("<!-- settings:begin -->")
    _, end, after = rest.partition("<!-- settings:end -->")
    return f"{before}{begin}\n{settings_table()}\n{end}{after}"


if __name__ == "__main__":
    readme = Path(__file__).parents[1] / "README.md"
    readme.write_text(renewed(readme.read_text(encoding="utf-8")), encoding="utf-8")
