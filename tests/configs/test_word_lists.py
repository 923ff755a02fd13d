"""Word lists are read in one way, say whose they are, and errors name file, key and fix."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from configs.errors import ConfigError
from configs.word_lists import CUES_DIR, any_of, read_word_lists


class Some(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: tuple[str, ...]
    kinds: dict[str, tuple[str, ...]] = {}


def read(folder: Path, text: str) -> Some:
    path = folder / "some.toml"
    path.write_text(text, encoding="utf-8")
    return read_word_lists(path, Some)


def test_lists_keep_their_order(tmp_path: Path) -> None:
    assert read(tmp_path, 'words = ["b", "a"]\n[kinds]\nz = ["c"]\ny = ["c"]') == Some(
        ("b", "a"), {"z": ("c",), "y": ("c",)}
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('words = ["a", " "]', "some.toml: words has an empty entry; remove it"),
        ('words = ["a"]\n[kinds]\nz = ["b", "c", "b"]', "some.toml: kinds.z lists 'b' twice; keep one of them"),
        ('words = ["a"]\nword = ["b"]', "unknown field `word`; remove it or check its spelling"),
        ('words = ["a", 1]', "some.toml: words[1] is wrong"),
        ("words = [", "some.toml: file is not valid TOML"),
    ],
)
def test_a_broken_file_is_refused_with_file_key_and_fix(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(problem)):
        read(tmp_path, text)


def test_a_broken_expression_is_refused_with_file_and_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"some\.toml: calls is no regular expression .*; correct its entries"):
        any_of(["a", "(b"], tmp_path / "some.toml", "calls")


@pytest.mark.parametrize("path", sorted(CUES_DIR.glob("*.toml")), ids=lambda path: path.stem)
def test_every_list_says_what_it_is_for_and_whose_it_is(path: Path) -> None:
    head = [line for line in path.read_text(encoding="utf-8").split("\n\n")[0].splitlines() if line.startswith("#")]
    assert len(head) > 1
    assert "Apache-2.0" in head[-1]
