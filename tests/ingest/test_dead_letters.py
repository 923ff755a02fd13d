"""Dead letters: nothing written without one, nothing lost, readable by people and programs."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from configs.errors import InputError
from ingest.dead_letters import DeadLetterFile, encode_dead_letter
from ingest.sources.contract import DeadLetter

AT = datetime(2026, 11, 21, tzinfo=UTC)
LETTER = DeadLetter("jsonl", "not_utf8", "byte 3 is not UTF-8", "posts.jsonl:17 @ byte 2048", b"ci\xc3\xb2 \xff")


def test_the_file_appears_only_with_the_first_letter(tmp_path: Path) -> None:
    path = tmp_path / "dead.jsonl"
    with DeadLetterFile(path) as letters:
        letters.append([], AT)
        assert not path.exists()
        letters.append([LETTER], AT)
        assert path.exists()
    assert letters.count == 1


def test_letters_are_lines_that_survive_a_second_run(tmp_path: Path) -> None:
    path = tmp_path / "dead.jsonl"
    for _ in range(2):
        with DeadLetterFile(path) as letters:
            letters.append([LETTER, LETTER], AT)
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    assert lines == 4 * [
        {
            "source": "jsonl",
            "reason": "not_utf8",
            "detail": "byte 3 is not UTF-8",
            "locator": "posts.jsonl:17 @ byte 2048",
            "raw": "ciò \ufffd",
            "at": "2026-11-21T00:00:00Z",
        }
    ]


def test_letters_are_on_disk_before_the_file_is_closed(tmp_path: Path) -> None:
    with DeadLetterFile(tmp_path / "dead.jsonl") as letters:
        letters.append([LETTER], AT)
        assert (tmp_path / "dead.jsonl").read_bytes().endswith(b"\n")


def test_a_file_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    with (
        DeadLetterFile(tmp_path / "missing" / "dead.jsonl") as letters,
        pytest.raises(InputError, match="dead letters"),
    ):
        letters.append([LETTER], AT)


def test_the_record_keeps_the_bytes_and_repeats_have_one_key() -> None:
    first, second = encode_dead_letter(LETTER, AT), encode_dead_letter(LETTER, AT)
    assert first.key == second.key == LETTER.locator
    assert base64.b64decode(msgspec.json.decode(first.value)["raw"]) == LETTER.raw
    assert dict(first.headers)["ce_type"] == b"trendsieve.dead_letter.v1"
