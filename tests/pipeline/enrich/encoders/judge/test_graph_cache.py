"""A file made once: whole or made again, whoever makes it at the same time, and clear words when it cannot be kept."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from configs.errors import ConfigError
from pipeline.enrich.encoders.judge.graph_cache import kept
from tests.conftest import ROOT

CONTENT = bytes(range(256)) * 8


def _make() -> bytes:
    return CONTENT


def _never() -> bytes:
    raise AssertionError("made again")


def test_it_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "graph"
    assert kept(path, _make) == CONTENT
    assert kept(path, _never) == CONTENT
    assert [file.name for file in path.parent.iterdir()] == ["graph"]


@given(at=st.integers(0, len(CONTENT) + 31), keep=st.booleans(), bit=st.integers(0, 7))
@hypothesis_settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_anywhere_is_noticed_and_mended(tmp_path: Path, at: int, keep: bool, bit: int) -> None:
    path = tmp_path / "graph"
    kept(path, _make)
    whole = path.read_bytes()
    rest = bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :] if keep else b""
    path.write_bytes(whole[:at] + rest)
    assert kept(path, _make) == CONTENT
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "is full: the judge needs 0 MB"),
        (errno.EDQUOT, "is full"),
        (errno.EROFS, "cannot be written (Read-only file system)"),
        (errno.EACCES, "cannot be written (Permission denied)"),
    ],
)
def test_a_folder_that_takes_nothing_is_named_and_left_clean(tmp_path: Path, number: int, words: str) -> None:
    def half_written(path: Path, data: bytes) -> None:
        path.write_bytes(data[:100])
        raise OSError(number, os.strerror(number))

    with pytest.raises(ConfigError) as caught:
        kept(tmp_path / "graph", _make, half_written)
    assert caught.value.key == "encoder.cache"
    assert f"'{tmp_path}' {words}" in caught.value.problem
    assert "set encoder.cache to another folder" in caught.value.fix
    assert not list(tmp_path.iterdir())


def test_others_may_read_it(tmp_path: Path) -> None:
    kept(tmp_path / "graph", _make)
    (tmp_path / "usual").touch()
    assert (tmp_path / "graph").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match=r"taken' cannot be written"):
        kept(tmp_path / "taken" / "graph", _make)


def test_a_stop_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    def stopped(path: Path, data: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path / "graph", _make, stopped)
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_is_swept_but_not_what_another_one_writes(tmp_path: Path) -> None:
    old, new = tmp_path / ".graph-1.part", tmp_path / ".graph-2.part"
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (1_000, 1_000))
    kept(tmp_path / "graph", _make)
    assert not old.exists()
    assert new.exists()


def test_processes_that_make_it_at_once_do_not_break_each_other(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from pipeline.enrich.encoders.judge.graph_cache import kept\n"
        f"path = Path({str(tmp_path / 'graph')!r})\n"
        "sys.stdin.read(1)\n"
        "for turn in range(200):\n"
        "    assert kept(path, lambda: b'graph' * 10_000) == b'graph' * 10_000\n"
        "    if turn % 3 == 0:\n"
        "        path.write_bytes(b'damaged') if turn % 2 else path.unlink(missing_ok=True)\n"
    )
    command = [sys.executable, "-c", script]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for process in running:
        assert process.stdin
        process.stdin.write("g")
        process.stdin.flush()
    errors = [process.communicate(timeout=60)[1] for process in running]
    assert errors == [""] * 3
    assert not list(tmp_path.glob("*.part"))
