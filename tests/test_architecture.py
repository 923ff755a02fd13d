"""The page to enter by tells the truth: what it names is there, and what it promises to be small is small."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
STEP = re.compile(r"`([\w/]+\.py)` `([\w.]+)`")
MOST_FILES = 4


def section(title: str) -> str:
    """What stands under a heading, up to the next one."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[tuple[str, str]]:
    """The first two columns of the table under a heading, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return [(first, second) for first, second, *_ in found]


@cache
def defined(path: str) -> frozenset[str]:
    """Functions, classes and members (``Class.member``) of a module."""
    names: set[str] = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return frozenset(names)


STEPS = STEP.findall(section("The life of …"))
CHANGES = rows("Where do I change …?")
ROOMS = rows("The rooms")


def test_the_page_has_what_it_promises() -> None:
    lives = re.findall(r"^\*\*(.+)\*\*$", section("The life of …"), re.MULTILINE)
    assert lives == ["a post", "a deletion", "a brand profile", "a verdict"]
    assert len(STEPS) > 25
    asked = {first for first, _ in CHANGES}
    assert {"a source", "a sink", "a hazard", "a signal", "a board column", "a reason", "a setting"} <= asked
    assert "the fit formula" in asked


@pytest.mark.parametrize(("path", "name"), STEPS)
def test_every_step_of_a_life_is_a_function_that_is_there(path: str, name: str) -> None:
    assert (ROOT / path).is_file()
    assert name in defined(path)


@pytest.mark.parametrize(("what", "answer"), CHANGES)
def test_where_to_change_a_thing_is_at_most_four_files_that_are_there(what: str, answer: str) -> None:
    named = [name for name in re.findall(r"`([^`]+)`", answer) if "/" in name or name.endswith(".md")]
    assert 1 <= len(named) <= MOST_FILES, f"{what}: {len(named)} files"
    assert not [name for name in named if not (ROOT / name).exists()]


def test_every_room_of_the_pipeline_is_on_the_page_once() -> None:
    told = [name for room, _ in ROOMS for name in re.findall(r"`([^`]+)`", room)]
    assert len(told) == len(set(told))
    folders = {f"pipeline/{path.name}" for path in (ROOT / "pipeline").iterdir() if (path / "__init__.py").exists()}
    assert folders <= set(told)
    assert not [name for name in told if not (ROOT / name).is_dir()]


def test_only_the_command_line_stands_loose_in_the_pipeline() -> None:
    assert {path.name for path in (ROOT / "pipeline").glob("*.py")} == {"__init__.py", "cli.py"}
