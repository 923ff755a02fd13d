"""How tests are written: each proves something, waits for what happens, and lies where what it proves lies."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

from tests.conftest import ROOT
from tests.house import MODULES, dotted, here, tree_of

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

TESTS = [path for path in MODULES if here(path).startswith("tests/")]
ACROSS = {"contracts", "integration", "e2e"}
"""Folders of tests that prove what several folders do together."""


def _functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, Function))


def _calls(node: ast.AST) -> Iterator[ast.expr]:
    return (call.func for call in ast.walk(node) if isinstance(call, ast.Call))


def _asserts(function: Function) -> bool:
    """Whether it asserts itself: a statement, pytest's or numpy's word for it, or playwright's."""
    if any(isinstance(node, ast.Assert) for node in ast.walk(function)):
        return True
    for called in map(ast.unparse, _calls(function)):
        if called in ("pytest.raises", "pytest.warns", "expect") or called.startswith("np.testing.assert_"):
            return True
    return False


@cache
def _imported(path: Path) -> dict[str, tuple[str, str]]:
    """Module and name of what a module imports from others, by the name it has here."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _asserting() -> set[tuple[str, str]]:
    """Module and name of every function that asserts, itself or through one that it calls by name."""
    known = {(dotted(path), function.name) for path in TESTS for function in _functions(path) if _asserts(function)}
    calls = {
        (dotted(path), function.name): {
            _imported(path).get(called.id, (dotted(path), called.id))
            for called in _calls(function)
            if isinstance(called, ast.Name)
        }
        for path in TESTS
        for function in _functions(path)
    }
    while more := {name for name, called in calls.items() if called & known} - known:
        known |= more
    return known


def test_every_test_asserts() -> None:
    asserting = _asserting()
    tests = {
        (dotted(path), function.name)
        for path in TESTS
        for function in _functions(path)
        if function.name.startswith("test_")
    }
    assert len(tests) > 1_000
    assert not tests - asserting


def test_no_test_takes_anything_from_another_test() -> None:
    found = [
        f"{here(path)}: {module}"
        for path in TESTS
        for module, _ in _imported(path).values()
        if module.startswith("tests.") and module.rpartition(".")[2].startswith("test_")
    ]
    assert not found, "what is shared belongs into a conftest or a module of its own"


def test_no_test_waits_for_a_fixed_time() -> None:
    found = [
        here(path)
        for path in TESTS
        if any(ast.unparse(called) in ("sleep", "time.sleep") for called in _calls(tree_of(path))) or _says_sleep(path)
    ]
    assert found == ["tests/test_house_tests.py", "tests/waiting.py"], "what is looked for, and where it may be"


def _says_sleep(path: Path) -> bool:
    """Whether a program in a string sleeps."""
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and "time.sleep(" in node.value
        for node in ast.walk(tree_of(path))
    )


def test_tests_lie_where_what_they_prove_lies() -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in TESTS}
    assert len(folders) > 40
    strangers = [
        folder for folder in folders if folder.parts and folder.parts[0] not in ACROSS and not (ROOT / folder).is_dir()
    ]
    assert not strangers
