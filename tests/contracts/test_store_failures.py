"""Whatever breaks while a store is written to: a transaction is there whole or not at all, and the error says why."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from sqlalchemy import event

from configs.errors import FatalError, StaleOwner, StoreUnavailable
from ingest.position import START, Position
from pipeline.store.database import DatabaseStore, open_store
from pipeline.types.state import StateSnapshot
from tests.conftest import ROOT, FixedClock
from tests.contracts.store_victim import every_write, state_of
from tests.samples import NOW, make_post, make_verdict
from tests.store_dump import dump

N_STEPS = len(every_write(0))


class Boom(Exception):
    """The crash of a test."""


@pytest.fixture
def filled(store: DatabaseStore) -> DatabaseStore:
    """A store with something in every table."""
    run_steps(store, 0)
    assert all(dump(store).values())
    return store


def run_steps(store: DatabaseStore, number: int, crash_after: int | None = None) -> None:
    with store.transaction() as tx:
        for i, step in enumerate(every_write(number)):
            if i == crash_after:
                raise Boom
            step(tx)
        if crash_after == N_STEPS:
            raise Boom


@contextmanager
def before_each_statement(store: DatabaseStore, look: Callable[[str], None]) -> Iterator[None]:
    """Call ``look`` with every statement just before the database sees it."""

    def listener(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        look(statement)

    event.listen(store._engine, "before_cursor_execute", listener)
    try:
        yield
    finally:
        event.remove(store._engine, "before_cursor_execute", listener)


# --- exceptions inside a transaction --------------------------------------------


def test_the_steps_change_every_table(filled: DatabaseStore, clock: FixedClock) -> None:
    """Without this the crash tests below would prove nothing."""
    before = dump(filled)
    clock.advance(1)
    run_steps(filled, 1)
    after = dump(filled)
    assert [name for name in before if before[name] == after[name]] == ["schema_version"]


@pytest.mark.parametrize("crash_after", range(N_STEPS + 1))
def test_a_crash_after_any_call_leaves_the_store_as_before(filled: DatabaseStore, crash_after: int) -> None:
    before = dump(filled)
    with pytest.raises(Boom):
        run_steps(filled, 1, crash_after)
    assert dump(filled) == before
    run_steps(filled, 1)
    assert dump(filled) != before


def test_a_crash_before_any_statement_leaves_the_store_as_before(filled: DatabaseStore) -> None:
    """The same inside of every call: between any two statements of it, up to the stamp of the commit."""
    before = dump(filled)
    for crash_at in range(1, 200):
        seen = 0

        def crash(_statement: str, crash_at: int = crash_at) -> None:
            nonlocal seen
            seen += 1
            if seen == crash_at:
                raise Boom

        try:
            with before_each_statement(filled, crash):
                run_steps(filled, 1)
        except Boom:
            assert dump(filled) == before
        else:
            break
    assert crash_at > 2 * N_STEPS
    assert dump(filled) != before


def test_a_swallowed_error_does_not_get_half_a_transaction_committed(filled: DatabaseStore) -> None:
    before = dump(filled)
    with pytest.raises(FatalError, match="earlier step"), filled.transaction() as tx:  # noqa: PT012 - the failing call needs its set-up inside the block
        tx.add_counts("default", {"accepted": 1})
        with pytest.raises(StaleOwner):
            tx.advance("default", Position("wrong"), Position("2"))
    assert dump(filled) == before
    with pytest.raises(FatalError, match="earlier step"), filled.transaction() as tx:  # noqa: PT012 - the failing call needs its set-up inside the block
        with pytest.raises(StaleOwner):
            tx.advance("default", Position("wrong"), Position("2"))
        tx.add_counts("default", {"accepted": 1})
    assert dump(filled) == before


def test_what_is_not_committed_is_not_seen(filled: DatabaseStore) -> None:
    with filled.transaction() as tx:
        for step in every_write(1):
            step(tx)
        assert filled.position("default") == Position("1")
        assert filled.counts("default") == {"accepted": 1}
        assert filled.written_at() is not None
    assert filled.position("default") == Position("2")
    assert filled.counts("default") == {"accepted": 3}


# --- killed processes -----------------------------------------------------------


@contextmanager
def victim(url: str, mode: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.contracts.store_victim", url, mode]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def test_kill_inside_a_transaction_leaves_the_store_as_before(filled: DatabaseStore, store_url: str) -> None:
    before = dump(filled)
    with victim(store_url, "open") as process:
        assert dump(filled) == before
        process.kill()
        process.wait()
    assert dump(filled) == before
    run_steps(filled, 1)  # the locks of the dead are gone
    assert filled.position("default") == Position("2")


@pytest.mark.parametrize("n_commits", [1, 4, 11])
def test_kill_at_any_moment_keeps_position_state_and_results_together(
    store: DatabaseStore, store_url: str, n_commits: int
) -> None:
    with victim(store_url, "loop") as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(n_commits - 1)] == ["ready\n"] * (n_commits - 1)
        process.kill()
        process.wait()
    with store.transaction():
        pass  # waits for whatever the dead one left locked
    number = int(store.position("default").token)
    assert number >= n_commits
    assert store.counts("default") == {"accepted": number}
    assert {post.post_id for post in store.posts("t1", limit=10**6)} == {f"p{i}" for i in range(1, number + 1)}
    assert_state_is(store.load_state("default"), number)


def assert_state_is(snapshot: StateSnapshot | None, number: int) -> None:
    assert snapshot is not None
    assert np.unique(snapshot.arrays[0].values).tolist() == [number]
    assert snapshot.document == str(number).encode()


# --- several owners, several readers --------------------------------------------


def test_of_racing_owners_exactly_one_wins(store_url: str, clock: FixedClock) -> None:
    owners = [open_store(store_url, clock, lock_timeout_s=30.0) for _ in range(4)]
    position = START
    for round_number in range(6):
        outcomes: list[object] = []
        together = threading.Barrier(len(owners))

        def race(
            who: int,
            expected: Position = position,
            to: int = round_number,
            gate: threading.Barrier = together,
            seen: list[object] = outcomes,
        ) -> None:
            gate.wait()
            try:
                with owners[who].transaction() as tx:
                    tx.advance("default", expected, Position(f"{to}"))
                    tx.add_counts("default", {"won": 1})
                    tx.save_state("default", state_of(who, rows=200 + 50 * who))
                seen.append(who)
            except StaleOwner as error:
                seen.append(error)

        run_together([partial(race, who) for who in range(len(owners))])
        (winner,) = [outcome for outcome in outcomes if isinstance(outcome, int)]
        assert len(outcomes) == len(owners)
        assert_state_is(owners[0].load_state("default"), winner)
        position = Position(f"{round_number}")
        assert owners[0].position("default") == position
    assert owners[0].counts("default") == {"won": 6}
    for owner in owners:
        owner.close()


def run_together(jobs: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_writers_at_once_wait_for_each_other(store: DatabaseStore) -> None:
    """Each transaction reads before it writes: one that began without the lock could not go on."""

    def write(who: int) -> None:
        for number in range(15):
            with store.transaction() as tx:
                tx.save_verdicts([make_verdict(topic_id=f"t{who}", as_of=NOW + number * timedelta(seconds=1))])
                tx.save_posts([make_post(f"p{who}", f"t{who}", rev=number)])
                tx.add_counts("default", {"accepted": 1})

    run_together([partial(write, who) for who in range(4)])
    assert store.counts("default") == {"accepted": 60}
    assert store.known_revisions([f"p{who}" for who in range(4)]) == {f"p{who}": 14 for who in range(4)}
    assert [len(store.verdict_history("forno-aurora", f"t{who}")) for who in range(4)] == [1] * 4


def test_readers_see_whole_transactions_while_a_writer_works(store: DatabaseStore) -> None:
    last, done, seen = 25, threading.Event(), set()

    def write() -> None:
        try:
            for number in range(1, last + 1):
                with store.transaction() as tx:
                    tx.save_state("default", state_of(number, rows=150 + number))
                    tx.save_posts([make_post("p1", rev=number, topic_id=f"t{number}", text=f"text {number}")])
        finally:
            done.set()

    def read() -> None:
        while not done.is_set():
            snapshot = store.load_state("default")
            if snapshot is not None:
                (number,) = np.unique(snapshot.arrays[0].values).tolist()
                assert snapshot.arrays[0].values.shape == (150 + number, 512)
                seen.add(number)
            for post in store.posts_by_id(["p1"]):
                assert (post.topic_id, post.text) == (f"t{post.rev}", f"text {post.rev}")

    run_together([write, read, read])
    assert_state_is(store.load_state("default"), last)
    assert len(seen) > 2


def test_an_open_read_does_not_block_a_writer(filled: DatabaseStore, clock: FixedClock, store_url: str) -> None:
    hurried = open_store(store_url, clock, lock_timeout_s=0.05)
    with filled._engine.connect() as reader:
        before = reader.exec_driver_sql("SELECT count(*) FROM posts").scalar()
        run_steps(hurried, 1)
        assert before == 3
    hurried.close()


# --- locked, full, away ---------------------------------------------------------


@contextmanager
def write_lock(url: str) -> Iterator[None]:
    """Somebody else holds what the next writer needs."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE positions IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()


def test_a_locked_database_is_unavailable_after_the_timeout(
    filled: DatabaseStore, store_url: str, clock: FixedClock
) -> None:
    before = dump(filled)
    hurried = open_store(store_url, clock, lock_timeout_s=0.3)
    with write_lock(store_url):
        started = time.monotonic()
        with pytest.raises(StoreUnavailable, match=r"lock"):
            run_steps(hurried, 1)
        assert 0.25 < time.monotonic() - started < 5
    assert dump(filled) == before
    run_steps(hurried, 1)
    assert filled.position("default") == Position("2")
    hurried.close()


def test_a_full_disk_is_unavailable_and_nothing_is_lost(sqlite_url: str, clock: FixedClock) -> None:
    store = open_store(sqlite_url, clock)
    run_steps(store, 0)
    before = dump(store)
    limit_pages(store, room=8)
    big = [make_post(f"big{i}", text="x" * 100_000) for i in range(50)]
    with pytest.raises(StoreUnavailable, match="full"), store.transaction() as tx:  # noqa: PT012 - the failing call needs its set-up inside the block
        for step in every_write(1):
            step(tx)
        tx.save_posts(big)
    assert dump(store) == before
    with pytest.raises(FatalError), store.transaction() as tx:  # noqa: PT012 - the failing call needs its set-up inside the block
        tx.add_counts("default", {"accepted": 1})
        with pytest.raises(Exception, match="full"):
            tx.save_posts(big)
        tx.add_counts("default", {"accepted": 1})  # SQLite rolled back: this would commit on its own
    assert dump(store) == before
    store.close()
    store = open_store(sqlite_url, clock)  # room again
    assert dump(store) == before
    run_steps(store, 1)
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    store.close()


def limit_pages(store: DatabaseStore, room: int) -> None:
    """As if the disk had room for ``room`` more pages only."""
    store.close()
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + room}")

    store.close()
    event.listen(store._engine, "connect", limit)


@pytest.mark.postgres
def test_a_lost_connection_is_unavailable_and_the_next_one_works(
    postgres_url: str, postgres_server: str, clock: FixedClock
) -> None:
    store = open_store(postgres_url, clock)
    run_steps(store, 0)
    before = dump(store)
    with pytest.raises(StoreUnavailable), store.transaction() as tx:  # noqa: PT012 - the failing call needs its set-up inside the block
        tx.add_counts("default", {"accepted": 1})
        terminate_backends(postgres_server)
        tx.save_posts([make_post("p9")])
    assert dump(store) == before
    terminate_backends(postgres_server)  # while idle in the pool
    run_steps(store, 1)
    assert store.position("default") == Position("2")
    store.close()


def terminate_backends(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'trendsieve'"
        )


@pytest.mark.postgres
def test_a_server_that_is_away_is_unavailable_without_its_password(tmp_path: Path, clock: FixedClock) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store(f"postgresql://user:hush@/name?host={tmp_path}", clock)
    assert "hush" not in str(caught.value)


def test_no_error_quotes_a_post(store: DatabaseStore) -> None:
    secret = "very private words"
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE posts")
    with pytest.raises(FatalError) as caught, store.transaction() as tx:
        tx.save_posts([make_post(text=secret)])
    chain = [str(caught.value), str(caught.value.__cause__)]
    assert secret not in " ".join(chain)
