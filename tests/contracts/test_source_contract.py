"""Every source keeps the same promises: a new one adds one line to ``CASES``."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from configs.errors import ConfigError, StateMismatch
from configs.loading import load_settings
from configs.settings import Settings
from ingest.event_time import from_micros
from ingest.position import START, Position
from ingest.post import Post
from ingest.sources import SOURCES, build_source
from ingest.sources.bluesky.source import BlueskySource
from ingest.sources.contract import Source, SourceBatch
from ingest.sources.jsonl.source import JsonlSource
from tests.conftest import ROOT
from tests.jetstream_server import START_US, Faults, JetstreamServer, post_event, post_id

NOW = from_micros(START_US) + timedelta(hours=1)
N_POSTS = 23

Open = Callable[[Path, int], AbstractContextManager[Source]]


@dataclass(frozen=True)
class Case:
    """``open(folder, n)`` is a source whose origin holds ``n`` posts; ``id_of(i)`` names them.

    ``exact``: resuming repeats nothing. A live source that can only rewind may repeat, with
    equal ``(post_id, rev)``.
    """

    kind: str
    open: Open
    id_of: Callable[[int], str]
    exact: bool
    finite: bool


def _jsonl(name: str) -> Open:
    def open_source(folder: Path, n: int) -> AbstractContextManager[Source]:
        lines = [
            json.dumps({"id": f"p{i}", "text": f"post {i}", "rev": i, "created_at": START_US + i}) for i in range(n)
        ]
        data = "".join(f"{line}\n" for line in lines).encode()
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return nullcontext(JsonlSource(folder / name, lambda: NOW, batch_posts=4))

    return open_source


def _bluesky(refuse_v2: int | None) -> Open:
    @contextmanager
    def open_source(folder: Path, n: int) -> Iterator[Source]:
        with JetstreamServer([post_event(i) for i in range(n)], Faults(refuse_v2=refuse_v2)) as server:
            yield BlueskySource((server.url,), lambda: NOW, batch_posts=4, max_wait_s=0.05, sleep=lambda _seconds: None)

    return open_source


CASES = [
    Case("jsonl", _jsonl("posts.jsonl"), "p{}".format, exact=True, finite=True),
    Case("jsonl", _jsonl("posts.jsonl.gz"), "p{}".format, exact=True, finite=True),
    Case("bluesky", _bluesky(None), post_id, exact=True, finite=False),
    Case("bluesky", _bluesky(404), post_id, exact=False, finite=False),
]


@pytest.fixture(params=CASES, ids=["jsonl", "jsonl.gz", "bluesky-v2", "bluesky-v1"])
def case(request: pytest.FixtureRequest) -> Case:
    found = request.param
    assert isinstance(found, Case)
    return found


def read(source: Source, last: str, position: Position = START) -> list[SourceBatch]:
    """Batches up to the end, or up to the post ``last`` of a source that has none."""
    batches: list[SourceBatch] = []
    stream = source.fetch(position)
    for batch in stream:
        batches.append(batch)
        if batch.end or any(post.post_id == last for post in batch.posts):
            break
    stream.close()  # type: ignore[attr-defined] # fetch is a generator in every source
    return batches


def identities(batches: list[SourceBatch]) -> list[tuple[str, int]]:
    return [(post.post_id, post.rev) for batch in batches for post in batch.posts]


def test_every_source_is_under_contract() -> None:
    assert {case.kind for case in CASES} == set(SOURCES)


def test_all_posts_come_in_order(case: Case, tmp_path: Path) -> None:
    with case.open(tmp_path, N_POSTS) as source:
        batches = read(source, case.id_of(N_POSTS - 1))
        assert [post_id for post_id, _ in identities(batches)] == [case.id_of(i) for i in range(N_POSTS)]
        assert source.name == case.kind


def test_posts_are_whole(case: Case, tmp_path: Path) -> None:
    with case.open(tmp_path, N_POSTS) as source:
        posts: list[Post] = [post for batch in read(source, case.id_of(N_POSTS - 1)) for post in batch.posts]
    for post in posts:
        assert post.event_time.tzinfo is UTC
        assert post.time_flag is None
        assert post.provenance is not None
        assert post.provenance.connector == case.kind
        assert 0 <= post.rev < 2**63


def test_resuming_from_any_batch_gives_the_rest(case: Case, tmp_path: Path) -> None:
    last = case.id_of(N_POSTS - 1)
    with case.open(tmp_path, N_POSTS) as source:
        batches = read(source, last)
        whole = identities(batches)
        for index, batch in enumerate(batches[:-1]):
            rest = identities(read(source, last, batch.position))
            expected = identities(batches[index + 1 :])
            assert rest[len(rest) - len(expected) :] == expected
            assert set(rest) <= set(whole), "a repeat has the identity it had"
            if case.exact:
                assert rest == expected


def test_a_new_process_resumes_like_the_old_one(case: Case, tmp_path: Path) -> None:
    last = case.id_of(N_POSTS - 1)
    with case.open(tmp_path, N_POSTS) as source:
        position = read(source, case.id_of(5))[-1].position
        rest = identities(read(source, last, position))
        assert rest == identities(read(source, last, position)), "fetch keeps nothing between two calls"


def test_positions_only_move_on(case: Case, tmp_path: Path) -> None:
    with case.open(tmp_path, N_POSTS) as source:
        batches = read(source, case.id_of(N_POSTS - 1))
    tokens = [START.token]
    for batch in batches:
        if batch.posts:
            assert batch.position.token not in tokens, "after an item the position is a new one"
            tokens.append(batch.position.token)
        else:
            assert batch.position.token == tokens[-1], "an empty batch moves nothing"


def test_batches_are_bounded(case: Case, tmp_path: Path) -> None:
    with case.open(tmp_path, N_POSTS) as source:
        assert all(len(batch.posts) <= 4 for batch in read(source, case.id_of(N_POSTS - 1)))


def test_an_empty_origin_gives_an_empty_batch(case: Case, tmp_path: Path) -> None:
    with case.open(tmp_path, 0) as source:
        stream = source.fetch(START)
        assert next(stream) == SourceBatch((), START, end=case.finite)
        if case.finite:
            assert list(stream) == []
        stream.close()  # type: ignore[attr-defined] # fetch is a generator in every source


def test_only_a_finite_source_ends(case: Case, tmp_path: Path) -> None:
    with case.open(tmp_path, N_POSTS) as source:
        ends = [batch.end for batch in read(source, case.id_of(N_POSTS) if case.finite else case.id_of(N_POSTS - 1))]
    assert ends == [False] * (len(ends) - 1) + [case.finite]


def test_leaving_and_coming_back_is_always_possible(case: Case, tmp_path: Path) -> None:
    with case.open(tmp_path, N_POSTS) as source:
        for _ in range(3):
            assert identities(read(source, case.id_of(0)))[0][0] == case.id_of(0)


def test_a_foreign_position_is_refused(case: Case, tmp_path: Path) -> None:
    with case.open(tmp_path, N_POSTS) as source, pytest.raises(StateMismatch):
        next(source.fetch(Position("made by something else")))


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_the_table_builds_every_source(kind: str) -> None:
    environ = {"TRENDSIEVE_SOURCE__KIND": kind, "TRENDSIEVE_SOURCE__PATH": "posts.jsonl"}
    assert build_source(load_settings(environ=environ), lambda: NOW).name == kind


@pytest.mark.parametrize(
    ("environ", "key"),
    [({"TRENDSIEVE_SOURCE__KIND": "carrier-pigeon"}, "source.kind"), ({}, "source.path")],
)
def test_an_unusable_choice_is_named(environ: dict[str, str], key: str) -> None:
    settings: Settings = load_settings(environ=environ)
    with pytest.raises(ConfigError, match=key):
        build_source(settings, lambda: NOW)


def test_the_table_is_light_to_import() -> None:
    script = "import ingest.sources, sys; sys.exit('websockets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, timeout=60).returncode == 0
