"""Files as they really are: whatever a line holds, the good ones count and the bad ones are told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import Finished, Launcher, json_lines

pytestmark = pytest.mark.slow

BRAND = 'id = "b"\nname = "B"\n[[facets]]\ntext = "fresh bread"\n'

BAD: list[tuple[bytes, str]] = [
    (b'{"text": "cut off', "not_json"),
    (b"no JSON at all", "not_json"),
    (b'{"text": "caf\xe9"}', "not_utf8"),
    (b"\xff\xfe\x00", "not_utf8"),
    (b"", "empty_line"),
    (b"  \t ", "empty_line"),
    (b'{"id": "big", "text": "' + b"x" * 1_100_000 + b'"}', "too_large"),
    (b'{"id": "n1", "text": 3}', "wrong_type"),
    (b'{"id": ["n2"], "text": "list id"}', "wrong_type"),
    (b'{"id": "n3", "text": null}', "no_text"),
    (b'{"id": "n4"}', "no_text"),
    (b'["text"]', "not_an_object"),
    (b'"text"', "not_an_object"),
    (b"NaN", "not_an_object"),
]


def good(number: int, **more: Any) -> bytes:
    return json.dumps({"id": f"good{number}", "text": f"Fresh bread number {number}", **more}).encode()


def assess(launcher: Launcher, folder: Path, data: bytes, name: str = "posts.jsonl") -> tuple[Finished, dict[str, str]]:
    """Run on these bytes: the process and its assignments."""
    (folder / name).write_bytes(data)
    (folder / "brand.toml").write_text(BRAND)
    words = ("--brand", "brand.toml", "--out", "out.jsonl", "--assignments", "assigned.jsonl")
    done = launcher.run("assess", name, *words, folder=folder)
    assert done.code == 0, done.err
    return done, {line["post_id"]: line["topic_id"] for line in json_lines(folder / "assigned.jsonl")}


def test_bad_lines_are_counted_with_reason_and_place_and_no_good_one_is_lost(
    launcher: Launcher, tmp_path: Path
) -> None:
    data, expected = b"", []
    for number, (line, reason) in enumerate(BAD):
        data += good(number) + b"\n"
        expected.append((reason, f"posts.jsonl:{2 * number + 2} @ byte {len(data)}"))
        data += line + (b"\r\n" if number % 2 else b"\n")
    data += good(len(BAD))  # the last line has no end
    done, assigned = assess(launcher, tmp_path, data)
    assert list(assigned) == [f"good{n}" for n in range(len(BAD) + 1)]
    letters = json_lines(tmp_path / "out.jsonl.dead.jsonl")
    assert [(letter["reason"], letter["locator"]) for letter in letters] == expected
    assert all(letter["detail"] and letter["source"] == "jsonl" for letter in letters)
    assert max(len(letter["raw"]) for letter in letters) <= 65_536
    assert f"{len(BAD)} unusable lines -> " in done.err
    assert "out.jsonl.dead.jsonl" in done.err
    for letter in letters:  # the place is true: whoever goes there finds the line
        offset = int(letter["locator"].rpartition(" ")[2])
        assert data[offset:].startswith(letter["raw"].encode()[:20]) or letter["reason"] == "not_utf8"


def test_a_file_without_one_good_line_still_ends_well(launcher: Launcher, tmp_path: Path) -> None:
    done, assigned = assess(launcher, tmp_path, b"\n".join(line for line, _ in BAD))
    assert assigned == {}
    assert (tmp_path / "out.jsonl").read_bytes() == b""
    assert f"0 posts in 0 topics, 0 duplicate ids, 0 copies, {len(BAD)} unusable lines" in done.err


def test_a_cut_archive_keeps_what_can_be_unpacked(launcher: Launcher, tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(good(n, author=f"{n * 7919 % 1009}") + b"\n" for n in range(2_000)))
    done, assigned = assess(launcher, tmp_path, whole[: len(whole) // 2], "posts.jsonl.gz")
    assert 0 < len(assigned) < 2_000
    assert list(assigned) == [f"good{n}" for n in range(len(assigned))]
    assert json_lines(tmp_path / "out.jsonl.dead.jsonl")[-1]["reason"] == "corrupt_archive"
    assert "unusable lines" in done.err


def test_letters_of_an_earlier_run_do_not_stay(launcher: Launcher, tmp_path: Path) -> None:
    assess(launcher, tmp_path, b"no JSON\n")
    assert (tmp_path / "out.jsonl.dead.jsonl").exists()
    assess(launcher, tmp_path, good(1))
    assert not (tmp_path / "out.jsonl.dead.jsonl").exists()


def test_an_id_counts_once_whatever_its_revisions(launcher: Launcher, tmp_path: Path) -> None:
    lines = [good(1), good(2), good(1, rev=2), good(1, rev=1), good(2), good(3)]
    done, assigned = assess(launcher, tmp_path, b"\n".join(lines))
    assert list(assigned) == ["good1", "good2", "good3"]
    assert sum(topic["n_posts"] for topic in json_lines(tmp_path / "out.jsonl")) == 3
    assert "3 posts in " in done.err
    assert "3 duplicate ids" in done.err


def test_the_last_revision_is_the_one_that_stays(launcher: Launcher, tmp_path: Path) -> None:
    texts = [("old words", 0), ("the newest words", 5), ("late but older words", 3)]
    posts = [{"id": "edited", "text": text, "rev": rev} for text, rev in texts]
    (tmp_path / "posts.jsonl").write_text("".join(json.dumps(post) + "\n" for post in posts))
    (tmp_path / "brand.toml").write_text(BRAND)
    words = ("run", "--file", "posts.jsonl", "--brand", "brand.toml", "--until-end")
    done = launcher.run(*words, folder=tmp_path)
    assert done.code == 0, done.err
    from pipeline.store.database import open_store
    from tests.conftest import FixedClock
    from tests.store_dump import dump

    store = open_store(f"sqlite:///{tmp_path}/var/trendsieve.db", FixedClock())
    try:
        ((post_id, rev, _, _, text, *_),) = dump(store)["posts"]
    finally:
        store.close()
    assert (post_id, rev, text) == ("edited", 5, "the newest words")


TIMES: list[Any] = [
    "2026-03-14T08:00:00Z",
    "2026-03-14T08:00:01+05:00",
    None,
    "",
    "yesterday",
    1_773_475_205,
    1_773_475_206_000,
    -(10**15),
    10**30,
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "2026-03-13T00:00:00Z",
    "2026-03-14T08:00:02",
    True,
    [],
    {"at": 1},
]


def test_any_time_is_survived_and_none_tears_the_clock(launcher: Launcher, tmp_path: Path) -> None:
    lines = [good(n, created_at=TIMES[n % len(TIMES)]) for n in range(4 * len(TIMES))]
    _, assigned = assess(launcher, tmp_path, b"\n".join(lines))
    assert len(assigned) == len(lines), "a bad date is no reason to lose a post"
    for topic in json_lines(tmp_path / "out.jsonl"):
        assert "2026-03-13" <= topic["first_seen"] <= topic["last_seen"] < "2026-03-15"
