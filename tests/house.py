"""The files of the project, for the checks of the house."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

_SKIPPED_EVERYWHERE = {"__pycache__", "node_modules", "dist", "build"}
_SKIPPED_AT_ROOT = {"var", "out"}


def _files() -> Iterator[Path]:
    """Every file of the project, tools' folders (which start with a dot) left out except ``.ci``."""
    for folder, subfolders, names in os.walk(ROOT):
        skipped = _SKIPPED_EVERYWHERE | (_SKIPPED_AT_ROOT if Path(folder) == ROOT else set())
        subfolders[:] = [
            name
            for name in subfolders
            if name not in skipped and not name.endswith(".egg-info") and (not name.startswith(".") or name == ".ci")
        ]
        yield from (Path(folder, name) for name in names if name != ".git")  # a file in a second working tree


FILES = sorted(_files())
MODULES = [path for path in FILES if path.suffix == ".py"]


def text_of(path: Path) -> str:
    """Contents of a text file; nothing for a binary one."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax of a module."""
    return ast.parse(text_of(path))


def here(path: Path) -> str:
    """Its path from the root of the project."""
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """The name a module is imported by."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
