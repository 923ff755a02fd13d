"""Checks of the house: what no linter knows, but every change has to keep."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.settings_table import setting_rows, settings_table
from tests.conftest import ROOT
from tests.house import FILES, MODULES, dotted, here, text_of, tree_of

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = tuple(PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])

_DOORS = {"ingest.streams.kafka.client"}
"""Modules through which the names of a library are taken."""

_MAX_LINES = 350
_MAX_TEST_LINES = 800  # a contract suite reads best in one piece


def test_the_walk_sees_the_project() -> None:
    assert {"Makefile", "pyproject.toml", ".ci/run", "configs/settings.py"} <= {here(path) for path in FILES}
    assert not any(part in {".venv", ".git"} for path in FILES for part in path.relative_to(ROOT).parts)


def test_modules_stay_small() -> None:
    limits = {path: _MAX_TEST_LINES if here(path).startswith("tests/") else _MAX_LINES for path in MODULES}
    too_long = {here(path): lines for path in MODULES if (lines := len(text_of(path).splitlines())) > limits[path]}
    assert not too_long


def test_no_module_is_named_after_nothing() -> None:
    empty_names = re.compile(r"^_?(utils?|helpers?|managers?|common)$")
    named = [here(path) for path in FILES if any(empty_names.match(Path(part).stem) for part in here(path).split("/"))]
    assert not named


def test_no_path_of_a_machine_and_no_registry_is_written_down() -> None:
    # put together here, or this file would name them
    folders = ("work/", "root/", "home/[a-z]", "Users/[A-Za-z]", "opt/pypi", "opt/wheels")
    hosts = ("pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "download" + r"\.pytorch")
    forbidden = re.compile("|".join([rf"(?<![\w.~/-])/(?:{'|'.join(folders)})", *hosts]))
    found = [
        f"{here(path)}:{number}: {match.group()}"
        for path in FILES
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if (match := forbidden.search(line))
    ]
    assert not found


def _comments(path: Path) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text_of(path)).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


_IGNORE = re.compile(
    r"#\s*(?:(?P<noqa>noqa\b)(?P<codes>:\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)?|type:\s*ignore(?P<kinds>\[[^]]*])?)"
)


def _unreasoned(comment: str) -> bool:
    """Whether a comment silences a tool without naming the rule and the reason."""
    match = _IGNORE.search(comment)
    if match is None:
        return False
    rest = _IGNORE.sub("", comment[match.start() :])
    return not (match["codes"] or match["kinds"]) or len(re.findall(r"\w{2,}", rest)) < 2


@pytest.mark.parametrize(
    ("comment", "refused"),
    [
        ("# noqa", True),
        ("# noqa: BLE001", True),
        ("# noqa: BLE001 - the outer loop", False),
        ("# type: ignore", True),
        ("# type: ignore[arg-type]", True),
        ("# type: ignore[arg-type]  # the stub forgets None", False),
        ("# type: ignore[arg-type]  # noqa: E501", True),
        ("# an ordinary comment", False),
    ],
)
def test_the_check_of_ignores_can_tell(comment: str, refused: bool) -> None:
    assert _unreasoned(comment) is refused


def test_every_ignore_has_a_rule_and_a_reason() -> None:
    found = [f"{here(path)}:{n}: {text}" for path in MODULES for n, text in _comments(path) if _unreasoned(text)]
    assert not found


def test_nothing_is_left_for_later() -> None:
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    assert not [f"{here(path)}:{n}" for path in MODULES for n, text in _comments(path) if words.search(text)]


def test_the_lists_of_packages_agree() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert set(PACKAGES) == folders
    assert set(PYPROJECT["tool"]["importlinter"]["root_packages"]) == folders
    assert set(PYPROJECT["tool"]["mypy"]["packages"]) == folders


def test_every_folder_of_modules_is_a_package() -> None:
    missing = {
        here(path.parent) for path in MODULES if path.parent != ROOT and not (path.parent / "__init__.py").exists()
    }
    assert not missing


def _made_in(path: Path) -> set[str]:
    """Names that a module makes; a package may gather those of its modules."""
    nodes = list(ast.walk(tree_of(path)))
    made = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return made | {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def test_names_are_taken_from_where_they_are_made() -> None:
    made = {dotted(path): _made_in(path) for path in MODULES if path.name != "__init__.py"}
    found = [
        f"{here(path)}: {alias.name} from {node.module}"
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.module in made.keys() - _DOORS
        for alias in node.names
        if alias.name not in made[node.module]
    ]
    assert not found


def test_every_setting_is_documented() -> None:
    rows = list(setting_rows())
    assert len(rows) == len({row.key for row in rows}) > 30
    assert not [row.key for row in rows if len(row.description) < 10]


def test_the_readme_lists_every_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _, begin, rest = readme.partition("<!-- settings:begin -->\n")
    table, end, _ = rest.partition("\n<!-- settings:end -->")
    assert begin, "README.md has no line <!-- settings:begin -->"
    assert end, "README.md has no line <!-- settings:end -->"
    assert table.strip() == settings_table(), "renew it: python -m configs.settings_table"


def test_every_needed_package_is_pinned() -> None:
    lines = [line for line in text_of(ROOT / "constraints.txt").splitlines() if not line.startswith("#")]
    assert lines == sorted(lines)
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][\w.]*", line) for line in lines)
    pinned = {line.partition("==")[0] for line in lines}
    project = PYPROJECT["project"]
    needed = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower() for requirement in needed}
    assert names <= pinned


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("pipeline.cli", ("torch", "spacy", "sentence_transformers", "faiss", "streamlit", "kafka")),
        ("ui.app", ("torch", "spacy", "sentence_transformers", "faiss", "kafka")),
    ],
)
def test_importing_is_light(module: str, heavy: tuple[str, ...]) -> None:
    script = f"import {module}, sys; print(*[name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_nothing_beside_the_board_s_script_hides_the_standard_library() -> None:
    """Streamlit puts ``ui`` first on the path: a folder ``html`` in it would be what ``import html`` finds."""
    beside = {path.stem for path in (ROOT / "ui").iterdir() if path.name not in ("__init__.py", "__pycache__")}
    assert {"app", "elements", "board"} <= beside
    assert not beside & sys.stdlib_module_names
