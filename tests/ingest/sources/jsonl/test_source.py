"""JSONL: no good post lost, every bad line named, any resume exact, never the whole file in memory."""

from __future__ import annotations

import gzip
import json
import tempfile
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import InputError, StateMismatch
from ingest.event_time import EventClock
from ingest.position import START, Position
from ingest.post import Post
from ingest.sources.contract import DeadLetter, SourceBatch
from ingest.sources.jsonl.line import parse_line
from ingest.sources.jsonl.lines import LineFile
from ingest.sources.jsonl.source import JsonlSource

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIMIT = 400


def clock() -> datetime:
    return NOW


def make_source(path: Path, **changes: Any) -> JsonlSource:
    return JsonlSource(path, clock, **({"max_line_bytes": LIMIT, "batch_posts": 3} | changes))


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def read(source: JsonlSource, position: Position = START) -> list[SourceBatch]:
    return list(source.fetch(position))


def posts_of(batches: Sequence[SourceBatch]) -> list[Post]:
    return [post for batch in batches for post in batch.posts]


def letters_of(batches: Sequence[SourceBatch]) -> list[DeadLetter]:
    return [letter for batch in batches for letter in batch.dead_letters]


def parse(line: bytes | dict[str, Any]) -> Post:
    data = line if isinstance(line, bytes) else json.dumps(line).encode()
    return parse_line(data, EventClock(clock, "archive"), fallback_id="line:x")


JUNK = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.integers(), max_size=2)
)
FIELDS = ["created_at", "author", "lang", "reply_to", "repost_of", "links", "urls", "hashtags", "metrics"]
FIELDS += ["likes", "reposts", "source", "kind", "rev", "title", "url", "handle", "surprise"]
DATES = st.sampled_from(["2016-09-15T00:00:00Z", "2016-09-15T01:00:00+02:00"])
OPTIONAL = st.dictionaries(
    st.sampled_from(FIELDS), JUNK | DATES | st.dictionaries(st.sampled_from(FIELDS), JUNK), max_size=5
)
GOOD = st.builds(
    lambda text, extra, ascii_only: json.dumps({**extra, "text": text}, ensure_ascii=ascii_only).encode(),
    st.text(st.characters(codec="utf-8"), max_size=20),
    OPTIONAL,
    st.booleans(),
)
BAD = st.sampled_from(
    [
        (b"", "empty_line"),
        (b"  \t ", "empty_line"),
        (b"{", "not_json"),
        (b'{"text": "a"} {"text": "b"}', "not_json"),
        (b"{" * 120, "not_json"),
        (b"[" * LIMIT, "not_json"),
        (b'{"text": "\xff"}', "not_utf8"),
        (b'{"text": "\xed\xa0\x80"}', "not_utf8"),
        ('{"text": "utf-16"}'.encode("utf-16-le").replace(b"\n", b""), "not_json"),
        (b"[]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"{}", "no_text"),
        (b'{"text": null}', "no_text"),
        (b'{"text": 7}', "wrong_type"),
        (b'{"text": "a", "id": 1.5}', "wrong_type"),
        (b'{"text": "a", "id": ["x"]}', "wrong_type"),
        (b'{"text": "a", "id": "\\u0000"}', "wrong_type"),
        (b'{"text": "' + b"a" * LIMIT + b'"}', "too_large"),
    ]
)
LINES = st.lists(GOOD.map(lambda line: (line, None)) | BAD, max_size=25)


@settings(deadline=None, max_examples=60)
@given(
    lines=LINES,
    name=st.sampled_from(["posts.jsonl", "posts.jsonl.gz"]),
    end=st.sampled_from([b"\n", b"\r\n"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    open_end=st.booleans(),
    batch_posts=st.integers(1, 9),
)
def test_any_mixture_loses_no_good_post_names_every_bad_line_and_resumes_exactly(
    lines: list[tuple[bytes, str | None]], name: str, end: bytes, mark: bytes, open_end: bool, batch_posts: int
) -> None:
    lines = [(line, reason if len(line) <= LIMIT else "too_large") for line, reason in lines]
    data = mark + b"".join(line + end for line, _ in lines)
    if open_end and lines and lines[-1][0]:
        data = data.removesuffix(end)
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, name), data)
        batches = read(make_source(path, batch_posts=batch_posts))
        texts = [post.text for post in posts_of(batches)]
        # an independent reading of the same lines
        good = [json.loads(line)["text"] for line, reason in lines if reason is None]
        assert len(texts) == len(good)
        assert [parse({"text": text}).text for text in good] == texts
        assert [letter.reason for letter in letters_of(batches)] == [reason for _, reason in lines if reason]
        assert [batch.end for batch in batches] == [False] * (len(batches) - 1) + [True]
        for index, batch in enumerate(batches):
            rest = read(make_source(path, batch_posts=batch_posts), batch.position)
            assert posts_of(rest) == posts_of(batches[index + 1 :])
            assert letters_of(rest) == letters_of(batches[index + 1 :])
        assert posts_of(read(make_source(path, batch_posts=1))) == posts_of(batches), "batch size changes nothing"


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=300), st.sampled_from(["a.jsonl", "a.jsonl.gz"]), st.booleans())
def test_any_bytes_end_orderly(data: bytes, name: str, packed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(gzip.compress(data) if packed else data)
        batches = read(make_source(path))
    assert batches[-1].end
    assert len({post.post_id for post in posts_of(batches) if post.post_id.startswith("line:")}) <= len(data)


ARCHIVE = b"".join(json.dumps({"id": n, "text": f"post {n} " + "x" * (n * 7 % 50)}).encode() + b"\n" for n in range(60))


def test_a_truncated_archive_gives_every_whole_line_before_the_cut(tmp_path: Path) -> None:
    packed = gzip.compress(ARCHIVE)
    path = tmp_path / "cut.jsonl.gz"
    counts = []
    for cut in range(1, len(packed), 3):
        path.write_bytes(packed[:cut])
        batches = read(make_source(path))
        assert [letter.reason for letter in letters_of(batches)] == ["corrupt_archive"]
        ids = [int(post.post_id) for post in posts_of(batches)]
        assert ids == list(range(len(ids)))
        counts.append(len(ids))
        assert read(make_source(path), batches[-1].position) == [SourceBatch((), batches[-1].position, end=True)]
    assert counts == sorted(counts)
    assert counts[-1] == 60


@pytest.mark.parametrize("at", [0, 3, 40, 200, -6, -2])
def test_a_damaged_archive_ends_with_a_dead_letter(tmp_path: Path, at: int) -> None:
    packed = bytearray(gzip.compress(ARCHIVE))
    packed[at] ^= 0xFF
    path = tmp_path / "damaged.jsonl.gz"
    path.write_bytes(packed)
    batches = read(make_source(path))
    assert batches[-1].end
    if at != 3:  # a header flag that gzip may ignore
        assert letters_of(batches)[-1].reason == "corrupt_archive"


def test_gzip_is_recognised_without_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(gzip.compress(ARCHIVE))
    assert len(posts_of(read(make_source(path)))) == 60


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_one_empty_end(tmp_path: Path, name: str, data: bytes) -> None:
    path = write(tmp_path / name, data)
    assert read(make_source(path)) == [SourceBatch((), START, end=True)]


@pytest.mark.parametrize("name", ["big.jsonl", "big.jsonl.gz"])
def test_a_monstrous_line_is_never_held_in_memory(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, b'{"text": "before"}\n{"text": "' + b"a" * 30_000_000 + b'"}\n{"text": "after"}')
    source = make_source(path, max_line_bytes=100_000)
    tracemalloc.start()
    batches = read(source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3_000_000
    assert [post.text for post in posts_of(batches)] == ["before", "after"]
    [letter] = letters_of(batches)
    assert (letter.reason, len(letter.raw)) == ("too_large", 65_536)
    assert letter.locator == f"{name}:2 @ byte 19"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_the_limit_counts_the_line_without_its_end(tmp_path: Path, end: bytes) -> None:
    fits = b'{"text":"' + b"a" * (LIMIT - 11) + b'"}'
    for line, posts in ((fits, 1), (fits[:-2] + b'a"}', 0)):
        batches = read(make_source(write(tmp_path / "edge.jsonl", line + end)))
        assert len(posts_of(batches)) == posts
        assert len(letters_of(batches)) == 1 - posts


def test_a_dead_letter_names_the_place_and_keeps_the_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "posts.jsonl", b'{"text": "ok"}\n{"text": "\xff"}\n')
    [letter] = letters_of(read(make_source(path)))
    assert letter == DeadLetter(
        "jsonl", "not_utf8", "byte 10 is not UTF-8", "posts.jsonl:2 @ byte 15", b'{"text": "\xff"}'
    )


def test_a_bad_line_does_not_move_the_event_clock(tmp_path: Path) -> None:
    bad = b'{"created_at": "2026-11-01", "text": 7}\n'
    data = b'{"created_at": "2016-09-15", "text": "a"}\n' + 3 * bad + b'{"text": "b"}\n'
    posts = posts_of(read(make_source(write(tmp_path / "a.jsonl", data))))
    assert {post.event_time for post in posts} == {datetime(2016, 9, 15, tzinfo=UTC)}


def test_a_file_of_old_posts_starts_in_its_own_time(tmp_path: Path) -> None:
    dates = [None, "2025-06-01", "2016-09-15T00:00:00Z", "2016-09-15T00:01:00Z", "2016-09-15T00:02:00Z"]
    data = b"".join(json.dumps({"text": "x", "created_at": date}).encode() + b"\n" for date in dates)
    for batch_posts in (1, 256):
        path = write(tmp_path / "a.jsonl", data)
        posts = posts_of(read(make_source(path, batch_posts=batch_posts)))
        assert {post.event_time.date() for post in posts} == {datetime(2016, 9, 15, tzinfo=UTC).date()}
        assert [post.time_flag for post in posts] == ["missing", "future", None, None, None]


@pytest.mark.parametrize("make", ["missing", "folder", "unreadable"])
def test_an_unusable_path_is_one_clear_line(tmp_path: Path, make: str) -> None:
    path = tmp_path / "posts.jsonl"
    if make == "folder":
        path.mkdir()
    if make == "unreadable":
        path = tmp_path / ("x" * 300)
    with pytest.raises(InputError) as caught:
        read(make_source(path))
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_file_that_shrank_is_not_resumed(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, ARCHIVE)
    position = read(make_source(path))[-1].position
    write(path, ARCHIVE[:1000])
    with pytest.raises(InputError, match="shorter"):
        read(make_source(path), position)


def test_a_file_that_grew_gives_only_what_is_new(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", ARCHIVE)
    position = read(make_source(path))[-1].position
    write(path, ARCHIVE + b'{"text": "new"}\n')
    assert [post.text for post in posts_of(read(make_source(path), position))] == ["new"]


def test_another_file_starts_at_its_beginning(tmp_path: Path) -> None:
    position = read(make_source(write(tmp_path / "a.jsonl", ARCHIVE)))[-1].position
    other = write(tmp_path / "b.jsonl", b'{"text": "first"}\n')
    assert len(posts_of(read(make_source(other), position))) == 1


@pytest.mark.parametrize("token", ["0:15", "[1]", '[1,2,"f","9,x"]'])
def test_a_position_of_another_source_is_refused(tmp_path: Path, token: str) -> None:
    path = write(tmp_path / "a.jsonl", ARCHIVE)
    if token.startswith("[1,2"):  # right shape and file, broken clock
        token = token.replace('"f"', json.dumps(msgspec.json.decode(read(make_source(path))[0].position.token)[2]))
    with pytest.raises(StateMismatch):
        read(make_source(path), Position(token))


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_progress_runs_from_nothing_to_the_size_of_the_file(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, ARCHIVE * 200)
    source = make_source(path)
    seen = [source.bytes_read]
    seen.extend(source.bytes_read for _ in source.fetch(START))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1], source.total_bytes()) == (0, path.stat().st_size, path.stat().st_size)


def test_leaving_early_closes_the_file(tmp_path: Path) -> None:
    lines = LineFile(write(tmp_path / "a.jsonl.gz", ARCHIVE), LIMIT).read()
    assert next(lines).number == 1
    lines.close()  # type: ignore[attr-defined] # read is a generator; an open file would be a ResourceWarning


def test_ids_are_kept_or_made_stable(tmp_path: Path) -> None:
    data = (
        b'{"text": "a"}\n{"text": "a"}\n{"text": "a", "id": 7}\n{"text": "a", "id": "x-1"}\n{"text": "a", "id": ""}\n'
    )
    first = [post.post_id for post in posts_of(read(make_source(write(tmp_path / "a.jsonl", data))))]
    again = [post.post_id for post in posts_of(read(make_source(write(tmp_path / "a.jsonl", data))))]
    other = [post.post_id for post in posts_of(read(make_source(write(tmp_path / "b.jsonl", data))))]
    assert first == again
    assert first[2:4] == ["7", "x-1"]
    made = {*first, *other} - {"7", "x-1"}
    assert len(made) == 6
    assert all(post_id.startswith("line:") and len(post_id) == 21 for post_id in made)


@pytest.mark.lab
def test_lab_files_are_read_whole(lab_data: Path) -> None:
    paths = sorted((lab_data / "streams").glob("*.jsonl.gz"))
    assert paths
    for path in paths:
        with gzip.open(path) as handle:
            lines = sum(1 for _ in handle)
        batches = read(JsonlSource(path, clock))
        assert len(posts_of(batches)) == lines
        assert not letters_of(batches)
        flagged = sum(post.time_flag is not None for post in posts_of(batches))
        assert flagged <= 0.05 * lines, (path.name, flagged, lines)
