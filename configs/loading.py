"""Settings from a TOML file and the environment, which wins.

Environment variables are ``TRENDSIEVE_<SECTION>__<KEY>``, e.g. ``TRENDSIEVE_STORE__URL``; an empty one counts
as not set. Texts are taken as they are; numbers, booleans and lists are written as in TOML.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from configs.errors import ConfigError
from configs.settings import ENV_PREFIX, Secret, Settings, convert, read_toml


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read settings: defaults, then the TOML file, then the environment.

    Parameters
    ----------
    path
        A TOML file; ``None`` uses defaults and environment only.
    environ
        Environment to read (``os.environ`` of the caller); ``None`` reads none.

    Raises
    ------
    ConfigError
        File, key, what is wrong and how to fix it.

    Examples
    --------
    >>> load_settings(environ={"TRENDSIEVE_BOARD__PORT": "9000"}).board.port
    9000
    """
    data: dict[str, Any] = {}
    origin = "environment" if path is None else str(path)
    if path is not None:
        data = read_toml(path)
    for name, text in sorted((environ or {}).items()):
        if name.startswith(ENV_PREFIX) and text:
            _set_from_environment(data, name, text)
    try:
        return convert(data, Settings, origin)
    except ConfigError as error:
        variable = _variable_behind(error)
        if not (environ or {}).get(variable):
            raise
        fix = "remove it" if "unknown field" in error.problem else "correct it; lists are written as in TOML"
        raise ConfigError(variable, error.key, error.problem, fix) from error


def _variable_behind(error: ConfigError) -> str:
    """Name of the environment variable that would have set the key an error is about."""
    keys = [] if error.key.startswith("(") else error.key.partition("[")[0].split(".")
    keys += re.findall("unknown field `(.*)`", error.problem)
    return ENV_PREFIX + "__".join(keys).upper()


def _set_from_environment(data: dict[str, Any], name: str, text: str) -> None:
    keys = name.removeprefix(ENV_PREFIX).lower().split("__")
    target = data
    for key in keys[:-1]:
        target = target.setdefault(key, {})
        if not isinstance(target, dict):
            raise ConfigError(name, key, "is not a section", "use TRENDSIEVE_<SECTION>__<KEY>")
    target[keys[-1]] = text if _takes_text(keys) else _environment_value(text)


def _takes_text(keys: Sequence[str]) -> bool:
    """Whether the setting is a text, so that ``7`` or ``true`` in the environment stays one."""
    kind: Any = Settings
    for key in keys:
        is_section = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        kind = get_type_hints(kind).get(key) if is_section else None
    parts = get_args(kind)
    optional = type(None) in parts and str in parts
    return kind is str or get_origin(kind) is Literal or Secret in parts or optional


def _environment_value(text: str) -> object:
    """A number, boolean or list written as TOML; anything else is the text itself."""
    try:
        value: object = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
    return value
