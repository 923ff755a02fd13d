"""Pages and comments tell the truth about the files: what they name is there. Lines are short enough to read."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from configs.settings_table import setting_rows
from tests.conftest import ROOT
from tests.house import FILES, MODULES, dotted, here, text_of, tree_of

PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
MAX_PROSE = 160

_PATH = re.compile(r"(?<![\w./:{}<>*-])((?:pipeline|ingest|configs|ui|tests|docs)/[\w./*<>{},…-]*)")
_SHORT_PATH = re.compile(r"(?<![\w./:{}<>*-])((?:[\w-]+/)*\w+\.py)\b")
_DOTTED = re.compile(r"(?<![\w./-])((?:pipeline|ingest|configs|ui|tests)(?:\.[A-Za-z_]\w*)+)(?![\w/-])")
_LINK = re.compile(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)")
_MADE = re.compile(r"^`([^`]+)`:\n\n```", re.MULTILINE)
"""A file that the block below it makes: docs/extending.md, where a test runs them."""
_UNBROKEN = re.compile(r"https?://\S{60}|`[^`]{80,}`")
_FENCED = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)

ROOMS = ("pipeline/", "ingest/", "configs/", "ui/", "tests/", "docs/")
HERE = {here(path) for path in FILES}
SETTINGS = {row.key for row in setting_rows()}


def _is_there(named: str) -> bool:
    """Whether a path leads to something; stars and placeholders stand for any name, braces for each of theirs."""
    parts = re.split(r"\{([^}]*)\}", named.rstrip(".,:;…"))
    choices = [part.split(",") if i % 2 else [part] for i, part in enumerate(parts)]
    for choice in map("".join, product(*choices)):
        wanted = re.sub(r"<[^>]*>|…", "*", choice).rstrip("/")
        found = any(ROOT.glob(wanted)) if "*" in wanted else (ROOT / wanted).exists()
        if not found:
            return False
    return True


@cache
def _names(path: Path) -> frozenset[str]:
    """What a module defines or imports."""
    names: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name)
    return frozenset(names)


MODULE_NAMES = {dotted(path): path for path in MODULES}


def _is_known(name: str) -> bool:
    """Whether a dotted name is a module, something in one, or a setting."""
    parts = name.split(".")
    known = max((n for n in range(1, len(parts) + 1) if ".".join(parts[:n]) in MODULE_NAMES), default=0)
    inside = parts[known:]
    return not inside or name in SETTINGS or (known > 0 and inside[0] in _names(MODULE_NAMES[".".join(parts[:known])]))


def _dead(text: str) -> Iterator[str]:
    """Everything a text names that is not there."""
    yield from (named for named in _PATH.findall(text) if not _is_there(named))
    for named in _SHORT_PATH.findall(text):
        if not named.startswith(ROOMS) and not any(f"/{path}".endswith(f"/{named}") for path in HERE):
            yield named
    for name in _DOTTED.findall(text):
        if not name.endswith((".py", ".toml", ".md")) and not _is_known(name):
            yield name


def _said(path: Path) -> str:
    """Comments and docstrings of a module."""
    comments = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text_of(path)).readline)
        if token.type == tokenize.COMMENT
    ]
    texts = [
        node.value.value
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    return "\n".join(comments + texts)


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("`pipeline/cli.py`, pipeline/track/ and `tests/ui/*/test_page.py`", []),
        ("`pipeline/nothing.py`", ["pipeline/nothing.py"]),
        ("`ui/<page>/{page,markup}.py` and `ui/<page>/{page,nothing}.py`", ["ui/<page>/{page,nothing}.py"]),
        (
            "``pipeline.cli.main``, ``pipeline.cli.nothing`` and ``pipeline.nothing``",
            ["pipeline.cli.nothing", "pipeline.nothing"],
        ),
        ("`topics.max_live`, `cli.py` and `nothing.py`", ["nothing.py"]),
    ],
)
def test_the_check_of_names_can_tell(text: str, dead: list[str]) -> None:
    assert list(_dead(text)) == dead


@pytest.mark.parametrize("page", PAGES, ids=here)
def test_what_a_page_names_is_there(page: Path) -> None:
    text = text_of(page)
    links = {link for link in _LINK.findall(text) if not (page.parent / link).exists()}
    assert not links
    made = _MADE.findall(text)
    modules = {path.removesuffix(".py").replace("/", ".") for path in made}
    assert not set(_dead(_FENCED.sub("", text))) - {*made, *modules}


def test_what_comments_and_docstrings_name_is_there() -> None:
    found = {here(path): dead for path in MODULES if (dead := list(_dead(_said(path))))}
    assert not found


@pytest.mark.parametrize("page", PAGES, ids=here)
def test_prose_is_short_enough_to_read(page: Path) -> None:
    """Tables, code and addresses take the room they need."""
    text = _FENCED.sub(lambda block: "\n" * block.group().count("\n"), text_of(page))
    long = [
        f"{here(page)}:{number}"
        for number, line in enumerate(text.splitlines(), 1)
        if len(line) > MAX_PROSE and not line.lstrip().startswith("|") and not _UNBROKEN.search(line)
    ]
    assert not long
