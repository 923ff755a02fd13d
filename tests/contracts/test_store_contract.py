"""Every store keeps what ``pipeline/store/contract.py`` promises: SQLite and PostgreSQL alike.

What happens when things break: ``test_store_failures.py``.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, event, select, update

from configs.errors import ConfigError, FatalError, StaleOwner, StateMismatch, TrendsieveError
from ingest.position import START, Position
from pipeline.store import schema
from pipeline.store.contract import Store
from pipeline.store.database import DatabaseStore, open_store
from pipeline.store.records import BoardRow, StoredBrand
from pipeline.store.redirects import redirect_table
from pipeline.store.shards import chunk_table
from pipeline.store.state_codec import CHUNK_BYTES
from pipeline.types import Redirect, VerdictKind
from pipeline.types.state import NamedArray, StateSnapshot
from tests.conftest import FixedClock
from tests.samples import NOW, make_alert, make_post, make_report, make_score, make_verdict
from tests.store_dump import dump

BRAND, MINUTE = "forno-aurora", timedelta(minutes=1)


def minutes(number: float) -> datetime:
    return NOW + number * MINUTE


def state_of(value: float, rows: int = 200) -> StateSnapshot:
    centroids = np.full((rows, 512), value, np.float32)
    return StateSnapshot(1, "enc", 512, f'{{"value": {value}}}'.encode(), (NamedArray("centroids", centroids),))


def value_of(snapshot: StateSnapshot | None) -> float | None:
    """The one number a state of :func:`state_of` is full of; a mixture of two is a failure."""
    if snapshot is None:
        return None
    (value,) = np.unique(snapshot.arrays[0].values)
    assert msgspec.json.decode(snapshot.document) == {"value": value}
    return float(value)


def merge(store: DatabaseStore, *pairs: tuple[str, str]) -> None:
    with store.transaction() as tx:
        tx.save_redirects([Redirect(old, new, NOW) for old, new in pairs])


def topics_of(store: DatabaseStore, *post_ids: str) -> dict[str, str]:
    return {post.post_id: post.topic_id for post in store.posts_by_id(post_ids)}


def board_ids(rows: list[BoardRow]) -> list[tuple[str, int, int | None]]:
    return [(row.report.topic_id, row.rank, row.previous_rank) for row in rows]


def test_it_is_a_store(store: DatabaseStore) -> None:
    checked: Store = store  # mypy holds the class against the contract
    assert checked.position("default") == START


def test_an_empty_store_answers_everything(store: DatabaseStore, clock: FixedClock) -> None:
    assert store.load_state("default") is None
    assert store.known_revisions(["p1"]) == {}
    assert store.known_revisions([]) == {}
    assert store.board("") == []
    assert store.board(BRAND, limit=0) == []
    assert store.report("t1") is None
    assert store.reports() == []
    assert store.verdicts("t1") == []
    assert store.verdict_history(BRAND, "t1") == []
    assert store.posts("t1") == []
    assert store.posts_by_id([]) == []
    assert store.brands() == []
    assert store.counts("default") == {}
    assert store.data_as_of() is None
    assert store.written_at() is None
    assert store.pending(NOW) == []


def test_empty_input_changes_nothing_but_the_time_of_the_commit(store: DatabaseStore) -> None:
    before = dump(store)
    with store.transaction() as tx:
        tx.save_posts([])
        tx.delete_posts([])
        tx.delete_posts([], author_ids=[])
        tx.save_reports("default", [])
        tx.save_verdicts([])
        tx.save_redirects([])
        tx.save_moves([])
        tx.save_brands([])
        tx.add_counts("default", {})
        tx.enqueue([])
    after = dump(store)
    assert len(after.pop("last_commit")) == 1
    assert before.pop("last_commit") == []
    assert after == before


def test_unknown_ids_are_fine(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.delete_posts(["nobody"], author_ids=["no one"])
        tx.save_redirects([Redirect("never-seen", "t1", NOW)])
    store.mark_sent("unknown", NOW)
    store.mark_failed("unknown", "error", NOW)
    store.mark_dead("unknown", "error")
    assert store.pending(minutes(9)) == []
    assert store.posts("never-seen") == []


# --- positions ------------------------------------------------------------------


def test_position_moves_only_from_where_it_is_expected(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.advance("default", START, Position("0:10"))
    with pytest.raises(StaleOwner), store.transaction() as tx:
        tx.advance("default", START, Position("0:20"))
    with pytest.raises(StaleOwner), store.transaction() as tx:
        tx.advance("default", Position("0:9"), Position("0:20"))
    with pytest.raises(StaleOwner), store.transaction() as tx:
        tx.advance("other", Position("0:10"), Position("0:20"))
    assert store.position("default") == Position("0:10")
    assert store.position("other") == START
    with store.transaction() as tx:
        tx.advance("default", Position("0:10"), Position("0:20"))
        tx.advance("default", Position("0:20"), START)
    with store.transaction() as tx:
        tx.advance("default", START, Position("0:1"))
    assert store.position("default") == Position("0:1")


def test_a_stale_owner_leaves_nothing_behind(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.advance("default", START, Position("1"))
        tx.save_state("default", state_of(1))
    before = dump(store)
    with pytest.raises(StaleOwner), store.transaction() as tx:  # noqa: PT012 - only the last line may raise it
        tx.save_posts([make_post()])
        tx.save_state("default", state_of(2))
        tx.advance("default", START, Position("2"))
    assert dump(store) == before


# --- state ----------------------------------------------------------------------


def test_state_is_replaced_whole_and_per_shard(store: DatabaseStore) -> None:
    for snapshot in (state_of(1, rows=400), state_of(2, rows=10), state_of(3, rows=700)):
        with store.transaction() as tx:
            tx.save_state("default", snapshot)
            tx.save_state("other", state_of(9))
        loaded = store.load_state("default")
        assert loaded is not None
        assert loaded.arrays[0].values.shape == snapshot.arrays[0].values.shape
        assert value_of(loaded) == value_of(snapshot)
        assert value_of(store.load_state("other")) == 9
    empty = StateSnapshot(2, "other-encoder", 3, b"", ())
    with store.transaction() as tx:
        tx.save_state("default", empty)
    assert store.load_state("default") == empty
    assert [row for row in dump(store)["state_chunks"] if row[0] == "default"] == []


def written_chunks(store: DatabaseStore, snapshot: StateSnapshot) -> int:
    """How many chunk rows one save really sends to the database."""
    rows = 0

    def count_rows(_c: object, _u: object, statement: str, parameters: Any, _context: object, many: bool) -> None:
        nonlocal rows
        if statement.startswith("INSERT INTO state_chunks"):
            rows += len(parameters) if many else 1

    event.listen(store._engine, "before_cursor_execute", count_rows)
    try:
        with store.transaction() as tx:
            tx.save_state("default", snapshot)
    finally:
        event.remove(store._engine, "before_cursor_execute", count_rows)
    return rows


def test_only_changed_chunks_are_written(store: DatabaseStore, store_url: str, clock: FixedClock) -> None:
    values = np.zeros((1000, 512), np.float32)
    snapshot = StateSnapshot(1, "enc", 512, b"{}", (NamedArray("centroids", values),))
    everything = 1 + -(-values.nbytes // CHUNK_BYTES)
    assert written_chunks(store, snapshot) == everything
    assert written_chunks(store, snapshot) == 0
    values[500, 7] = 1.0
    assert written_chunks(store, snapshot) == 1
    values[0] = values[-1] = 2.0
    assert written_chunks(store, snapshot) == 2
    with pytest.raises(RuntimeError), store.transaction() as tx:  # noqa: PT012 - only the last line may raise it
        values[3] = 3.0
        tx.save_state("default", snapshot)
        raise RuntimeError
    assert written_chunks(store, snapshot) == 1  # what a failed transaction wrote counts as not written
    other = open_store(store_url, clock)
    try:
        assert written_chunks(other, snapshot) == 0  # a new process knows what is stored, too
    finally:
        other.close()
    loaded = store.load_state("default")
    assert loaded is not None
    np.testing.assert_array_equal(loaded.arrays[0].values, values)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.integers(0, 90), st.booleans())))
def test_two_owners_in_turn_never_mix_their_states(
    store: DatabaseStore, store_url: str, clock: FixedClock, steps: list[tuple[str, int, int, bool]]
) -> None:
    """Whoever saves, whatever was rolled back before: what is loaded is the last committed state."""
    other = open_store(store_url, clock)
    try:
        expected = value_of(store.load_state("default"))
        for who, value, rows, fails in steps:
            owner = store if who == "a" else other
            try:
                with owner.transaction() as tx:
                    tx.save_state("default", state_of(value, rows + 1))
                    if fails:
                        raise RuntimeError
                expected = value
            except RuntimeError:
                pass
            assert value_of(other.load_state("default")) == expected
    finally:
        other.close()


def test_damaged_state_is_refused(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.save_state("default", state_of(1))
    chunks = chunk_table
    with store._engine.begin() as connection:
        connection.execute(update(chunks).where(chunks.c.part == 1, chunks.c.number == 2).values(data=b"rot"))
    with pytest.raises(StateMismatch, match="1/2"):
        store.load_state("default")


def test_a_state_that_cannot_be_stored_spoils_the_transaction(store: DatabaseStore) -> None:
    objects = StateSnapshot(1, "enc", 1, b"{}", (NamedArray("bad", np.array([{}], dtype=object)),))
    with pytest.raises(StateMismatch, match="dtype"), store.transaction() as tx:  # noqa: PT012 - the last line raises it
        tx.add_counts("default", {"accepted": 1})
        tx.save_state("default", objects)
    assert store.counts("default") == {}


# --- posts ----------------------------------------------------------------------


def test_posts_round_trip(store: DatabaseStore) -> None:
    full = make_post("p1")
    bare = make_post(
        "p2",
        similarity=None,
        language=None,
        author_id=None,
        author_handle=None,
        url=None,
        hazards=(),
        is_copy=True,
        is_reply=True,
        event_time=datetime(2026, 2, 3, 4, 5, 6, 789_123, tzinfo=UTC),
    )
    with store.transaction() as tx:
        tx.save_posts([full, bare])
    assert store.posts_by_id(["p2", "nobody", "p1", "p2"]) == [bare, full]
    assert store.posts_by_id(["p2"])[0].event_time.tzinfo is UTC


def test_a_time_in_another_zone_comes_back_as_utc(store: DatabaseStore) -> None:
    rome = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    with store.transaction() as tx:
        tx.save_posts([make_post("p1", event_time=rome)])
    (post,) = store.posts_by_id(["p1"])
    assert post.event_time.isoformat() == "2026-07-01T10:00:00+00:00"


def test_a_time_without_zone_is_refused(store: DatabaseStore) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(TypeError), store.transaction() as tx:
        tx.save_posts([make_post("p1", event_time=naive)])
    assert store.posts_by_id(["p1"]) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(st.tuples(st.sampled_from(["p1", "p2"]), st.integers(0, 4)), max_size=5), max_size=4))
def test_the_last_of_the_newest_revisions_wins(store: DatabaseStore, batches: list[list[tuple[str, int]]]) -> None:
    with store.transaction() as tx:
        tx.delete_posts(["p1", "p2"])
    expected: dict[str, tuple[int, str]] = {}
    for number, batch in enumerate(batches):
        posts = [make_post(id_, rev=rev, text=f"{number}/{i}") for i, (id_, rev) in enumerate(batch)]
        with store.transaction() as tx:
            tx.save_posts(posts)
        for post in posts:
            if post.rev >= expected.get(post.post_id, (0, ""))[0]:
                expected[post.post_id] = (post.rev, post.text)
    assert {post.post_id: (post.rev, post.text) for post in store.posts_by_id(["p1", "p2"])} == expected
    assert store.known_revisions(["p1", "p2", "p3"]) == {id_: rev for id_, (rev, _text) in expected.items()}


def test_posts_of_a_topic_newest_first(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.save_posts([make_post(f"p{i}", event_time=minutes(i // 2)) for i in range(9)])
        tx.save_posts([make_post("elsewhere", "t2", event_time=minutes(99))])
    assert [post.post_id for post in store.posts("t1", limit=5)] == ["p8", "p7", "p6", "p5", "p4"]
    assert len(store.posts("t1")) == 9
    assert store.posts("t1", limit=0) == []


def test_more_ids_than_a_statement_takes(store: DatabaseStore) -> None:
    ids = [f"p{i}" for i in range(70_000)]
    kept = [make_post(id_, f"t{i % 7}") for i, id_ in enumerate(ids[::14])]
    with store.transaction() as tx:
        tx.save_posts(kept)
        tx.save_reports("default", [make_report(f"t{i}") for i in range(3000)])
    assert store.known_revisions(ids) == {post.post_id: 0 for post in kept}
    assert store.posts_by_id(ids) == kept
    with store.transaction() as tx:
        tx.delete_posts(ids, author_ids=ids)
        tx.save_ranks(BRAND, NOW, [f"t{i}" for i in range(3000)])
    assert dump(store)["posts"] == []
    assert len(store.board(BRAND, limit=5000)) == 3000


def test_deleted_posts_are_gone_with_their_quotes(store: DatabaseStore) -> None:
    quotes = (("p1", "one"), ("p2", "two"), ("p3", "three"), ("p4", "four"))
    with store.transaction() as tx:
        tx.save_posts([make_post("p1"), make_post("p2", author_id="a2"), make_post("p3", author_id="a2")])
        tx.save_posts([make_post("p4", author_id="a4")])
        tx.enqueue([make_alert("k1", quotes=quotes)])
    with store.transaction() as tx:
        tx.delete_posts(["p1", "unknown"], author_ids=["a2"])
    assert [post.post_id for post in store.posts("t1")] == ["p4"]
    assert store.known_revisions(["p1", "p2", "p3", "p4"]) == {"p4": 0}
    (entry,) = store.pending(NOW)
    assert entry.alert == make_alert("k1", quotes=(("p4", "four"),))
    assert not any(word in repr(dump(store)) for word in ("(p1)", "(p2)", "(p3)", "'one'", "'two'", "'three'"))


def test_deleted_text_is_overwritten_on_disk(tmp_path: Path, clock: FixedClock) -> None:
    store = open_store(f"sqlite:///{tmp_path}/store.db", clock)
    secret = "never-to-be-seen-again-"
    with store.transaction() as tx:
        tx.save_posts([make_post(f"p{i}", text=f"{secret}{i}" * 20) for i in range(200)])
    store.close()
    assert secret.encode() in (tmp_path / "store.db").read_bytes()
    store = open_store(f"sqlite:///{tmp_path}/store.db", clock)
    with store.transaction() as tx:
        tx.delete_posts([f"p{i}" for i in range(100)], author_ids=["a1"])
    store.close()
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.encode() not in left


# --- text -----------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts, name=texts)
def test_any_text_comes_back_as_it_was(store: DatabaseStore, text: str, name: str) -> None:
    post = make_post(f"p-{name}", f"t-{name}", text=text, author_handle=name, hazards=((name, 0.5),))
    report = make_report(f"t-{name}", label=text, keywords=(name,))
    with store.transaction() as tx:
        tx.save_posts([post])
        tx.save_reports(name, [report])
        tx.save_brands([StoredBrand(name, name, text)])
        tx.add_counts(name, {text: 1})
    assert store.posts_by_id([post.post_id]) == [post]
    assert store.report(report.topic_id) == report
    assert StoredBrand(name, name, text) in store.brands()
    assert store.counts(name)[text] >= 1


def test_nul_and_half_surrogates_become_the_replacement_character(store: DatabaseStore) -> None:
    odd = make_post("p\x00", "t\x00", text="a\x00b \ud83d c \ud83d\ude00", author_id="a\x00", author_handle="\ude00")
    with store.transaction() as tx:
        tx.save_posts([odd])
        tx.save_reports("s\x00", [make_report("t\x00", label="x\x00y")])
        tx.save_verdicts([make_verdict("b\x00", "t\x00")])
        tx.save_ranks("b\x00", NOW, ["t\x00"])
        tx.add_counts("s\x00", {"n\x00": 2})
        tx.enqueue([make_alert("k\x00", quotes=(("p\x00", "q\x00"),))])
    (post,) = store.posts("t\x00")
    assert post.text == "a\ufffdb \ufffd c 😀"
    assert post.author_handle == "\ufffd"
    assert store.known_revisions(["p\x00"]) == {"p\x00": 0}
    assert topics_of(store, "p\x00") == {"p\ufffd": "t\ufffd"}
    report = store.report("t\x00")
    assert report is not None
    assert report.label == "x\x00y"
    assert [row.verdict for row in store.board("b\x00")] == [make_verdict("b\x00", "t\x00")]
    assert store.counts("s\x00") == {"n\ufffd": 2}
    (entry,) = store.pending(NOW)
    assert entry.alert.quotes == (("p\ufffd", "q\ufffd"),)
    store.mark_sent(entry.alert.dedup_key, NOW)
    assert store.pending(NOW) == []
    with store.transaction() as tx:
        tx.delete_posts([], author_ids=["a\x00"])
    assert store.posts("t\x00") == []


@pytest.mark.parametrize(
    "report",
    [make_report(heat=make_score(float("nan"))), make_report(label="\ud83d")],
    ids=["not a number", "half a surrogate"],
)
def test_a_report_that_could_not_be_read_again_is_refused(store: DatabaseStore, report: Any) -> None:
    with pytest.raises(FatalError, match="TopicReport"), store.transaction() as tx:
        tx.save_reports("default", [report])
    assert store.reports() == []


# --- reports, verdicts, board ---------------------------------------------------


def test_latest_report_replaces_the_one_before(store: DatabaseStore) -> None:
    newer = make_report(n_posts=50, as_of=minutes(5))
    with store.transaction() as tx:
        tx.save_reports("default", [make_report(n_posts=1), make_report(), make_report("t2", n_posts=2)])
    assert store.report("t1") == make_report()
    with store.transaction() as tx:
        tx.save_reports("default", [newer])
    assert store.report("t1") == newer
    assert store.reports() == [newer, make_report("t2", n_posts=2)]
    assert store.reports(min_posts=3) == [newer]
    assert store.data_as_of() == minutes(5)


def test_reports_largest_first_then_latest(store: DatabaseStore) -> None:
    reports = [
        make_report("ta", n_posts=5, last_seen=minutes(1)),
        make_report("tB", n_posts=5, last_seen=minutes(1)),
        make_report("tc", n_posts=5, last_seen=minutes(2)),
        make_report("td", n_posts=6),
    ]
    with store.transaction() as tx:
        tx.save_reports("default", reports)
    assert [report.topic_id for report in store.reports()] == ["td", "tc", "tB", "ta"]


def test_history_grows_only_when_the_kind_changes(store: DatabaseStore) -> None:
    kinds = [VerdictKind.WATCH, VerdictKind.WATCH, VerdictKind.RIDE, VerdictKind.RIDE, VerdictKind.WATCH]
    for number, kind in enumerate(kinds):
        with store.transaction() as tx:
            tx.save_verdicts([make_verdict(kind=kind, as_of=minutes(number))])
            tx.save_verdicts([make_verdict("another", kind=kind, as_of=minutes(number))])
    history = [(minutes(0), "WATCH"), (minutes(2), "RIDE"), (minutes(4), "WATCH")]
    assert store.verdict_history(BRAND, "t1") == history
    assert store.verdict_history("another", "t1") == history
    assert store.verdicts("t1") == [
        make_verdict("another", kind=VerdictKind.WATCH, as_of=minutes(4)),
        make_verdict(kind=VerdictKind.WATCH, as_of=minutes(4)),
    ]


def test_history_sees_changes_within_one_call(store: DatabaseStore) -> None:
    kinds = [VerdictKind.RISKY, VerdictKind.RISKY, VerdictKind.IGNORE]
    with store.transaction() as tx:
        tx.save_verdicts([make_verdict(kind=kind, as_of=minutes(n)) for n, kind in enumerate(kinds)])
    assert store.verdict_history(BRAND, "t1") == [(minutes(0), "RISKY"), (minutes(2), "IGNORE")]
    assert [verdict.kind for verdict in store.verdicts("t1")] == [VerdictKind.IGNORE]


def test_board_shows_the_ranking_with_movement(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.save_reports("default", [make_report(f"t{i}", n_posts=i) for i in range(1, 5)])
        tx.save_verdicts([make_verdict(BRAND, "t1"), make_verdict("another", "t2")])
        tx.save_ranks(BRAND, NOW, ["t1", "t2", "t3", "t2", "no-report"])
    rows = store.board(BRAND)
    assert board_ids(rows) == [("t1", 1, None), ("t2", 2, None), ("t3", 3, None)]
    assert [row.verdict for row in rows] == [make_verdict(BRAND, "t1"), None, None]
    assert rows[2].report == make_report("t3", n_posts=3)
    with store.transaction() as tx:
        tx.save_ranks(BRAND, minutes(1), ["t4", "t3", "t1"])
    assert board_ids(store.board(BRAND)) == [("t4", 1, None), ("t3", 2, 3), ("t1", 3, 1)]
    assert board_ids(store.board(BRAND, limit=1)) == [("t4", 1, None)]
    with store.transaction() as tx:
        tx.save_ranks(BRAND, minutes(2), [])
    assert store.board(BRAND) == []


@pytest.mark.parametrize("brand_id", ["", "unknown"])
def test_board_without_a_ranking_shows_the_largest(store: DatabaseStore, brand_id: str) -> None:
    with store.transaction() as tx:
        tx.save_reports("default", [make_report(f"t{i}", n_posts=i) for i in range(1, 5)])
        tx.save_verdicts([make_verdict(BRAND, "t1")])
        tx.save_ranks(BRAND, NOW, ["t1"])
    rows = store.board(brand_id, limit=3)
    assert board_ids(rows) == [("t4", 1, None), ("t3", 2, None), ("t2", 3, None)]
    assert [row.verdict for row in rows] == [None, None, None]


def test_brands_and_counts(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.save_brands(
            [StoredBrand("b2", "Two", 'id = "b2"'), StoredBrand("b1", "One", "x"), StoredBrand("b1", "I", "y")]
        )
        tx.add_counts("default", {"accepted": 3, "duplicates": 1})
        tx.add_counts("default", {"accepted": 4, "dead_letters": 0})
        tx.add_counts("other", {"accepted": 100})
    assert store.brands() == [StoredBrand("b1", "I", "y"), StoredBrand("b2", "Two", 'id = "b2"')]
    assert store.counts("default") == {"accepted": 7, "duplicates": 1, "dead_letters": 0}
    assert store.counts("other") == {"accepted": 100}


def test_commit_is_stamped_by_the_clock(store: DatabaseStore, clock: FixedClock) -> None:
    for _ in range(2):
        clock.advance(7)
        with store.transaction():
            pass
        assert store.written_at() == clock()
    stamped = clock()
    clock.advance(7)
    with pytest.raises(RuntimeError), store.transaction():
        raise RuntimeError
    store.mark_sent("k", minutes(5))  # the sender is not the feed
    assert store.written_at() == stamped


# --- merges ---------------------------------------------------------------------


@pytest.mark.parametrize("table", schema.metadata.sorted_tables, ids=lambda table: table.name)
def test_a_table_about_topics_says_what_a_merge_does_to_it(table: Table) -> None:
    for column in table.columns:
        said = column.info in (schema.FOLLOWS, schema.VANISHES, schema.STAYS)
        assert said == (column.name in ("topic_id", "new_id")), column


def test_a_merge_moves_posts_and_drops_the_old_results(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.save_posts([make_post("p1", "t1"), make_post("p2", "t2"), make_post("p3", "t3")])
        tx.save_reports("default", [make_report("t1"), make_report("t2"), make_report("t3")])
        tx.save_verdicts([make_verdict(BRAND, "t1"), make_verdict(BRAND, "t2")])
        tx.save_ranks(BRAND, NOW, ["t3", "t1", "t2"])
    merge(store, ("t1", "t2"))
    assert {post.post_id for post in store.posts("t1")} == {"p1", "p2"}
    assert store.posts("t1") == store.posts("t2")
    assert topics_of(store, "p1", "p2", "p3") == {"p1": "t2", "p2": "t2", "p3": "t3"}
    assert store.report("t1") == make_report("t2")
    assert store.verdicts("t1") == [make_verdict(BRAND, "t2")]
    assert [report.topic_id for report in store.reports()] == ["t2", "t3"]
    assert [row.report.topic_id for row in store.board(BRAND)] == ["t3", "t2"]
    assert store.verdict_history(BRAND, "t1") == [(NOW, "RIDE")]  # what was said then stays on record


def test_results_of_a_topic_that_is_gone_do_not_come_back(store: DatabaseStore) -> None:
    merge(store, ("t1", "t2"))
    with store.transaction() as tx:
        tx.save_posts([make_post("p1", "t1"), make_post("p2", "t2")])
        tx.save_reports("default", [make_report("t1"), make_report("t2")])
        tx.save_verdicts([make_verdict(BRAND, "t1"), make_verdict(BRAND, "t2")])
        tx.save_ranks(BRAND, NOW, ["t1", "t2"])
    assert [report.topic_id for report in store.reports()] == ["t2"]
    assert store.verdicts("t1") == [make_verdict(BRAND, "t2")]
    assert board_ids(store.board(BRAND)) == [("t2", 1, None)]
    assert topics_of(store, "p1", "p2") == {"p1": "t2", "p2": "t2"}


@pytest.mark.parametrize("at_once", [True, False])
def test_chains_and_circles(store: DatabaseStore, at_once: bool) -> None:
    pairs = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("x", "x"), ("a", "z")]
    with store.transaction() as tx:
        tx.save_reports("default", [make_report(id_) for id_ in "abcdxz"])
        tx.save_posts([make_post(f"p{id_}", id_) for id_ in "abcdxz"])
    for some in [pairs] if at_once else [[pair] for pair in pairs]:
        merge(store, *some)
    for id_ in "abcd":
        assert store.report(id_) == make_report("d")
        assert {post.post_id for post in store.posts(id_)} == {"pa", "pb", "pc", "pd"}
    assert store.report("x") == make_report("x")
    assert store.report("z") == make_report("z")


examples = count()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls=st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=4), max_size=6),
)
def test_any_merges_leave_one_home_for_every_topic(store: DatabaseStore, calls: list[list[tuple[int, int]]]) -> None:
    example = next(examples)  # topic ids are never used again
    ids = [f"{example}-{i}" for i in range(7)]
    home = {id_: id_ for id_ in ids}
    with store.transaction() as tx:
        tx.save_posts([make_post(f"p-{id_}", id_) for id_ in ids])
        tx.save_reports("default", [make_report(id_) for id_ in ids])
    for call in calls:
        merge(store, *((ids[old], ids[new]) for old, new in call))
        for old, new in ((ids[old], ids[new]) for old, new in call):
            if home[old] == old and home[new] != old:
                home = {id_: home[new] if at == old else at for id_, at in home.items()}
    assert topics_of(store, *(f"p-{id_}" for id_ in ids)) == {f"p-{id_}": home[id_] for id_ in ids}
    assert {id_: report.topic_id for id_ in ids if (report := store.report(id_))} == home
    assert {report.topic_id for report in store.reports()} >= set(home.values())
    with store._engine.connect() as connection:
        links = connection.execute(select(redirect_table)).all()
    assert not {link.new_id for link in links} & {link.old_id for link in links}


# --- outbox ---------------------------------------------------------------------


def pending_keys(store: DatabaseStore, now: datetime = NOW, limit: int = 20) -> list[str]:
    return [entry.alert.dedup_key for entry in store.pending(now, limit)]


def test_alerts_wait_oldest_first_and_round_trip(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.enqueue(make_alert(f"k{i}", created_at=minutes(-i)) for i in range(5))
    assert pending_keys(store) == ["k4", "k3", "k2", "k1", "k0"]
    assert pending_keys(store, limit=2) == ["k4", "k3"]
    assert pending_keys(store, limit=0) == []
    assert store.pending(NOW)[0].alert == make_alert("k4", created_at=minutes(-4))
    assert [entry.attempts for entry in store.pending(NOW)] == [0] * 5


def test_a_known_key_is_ignored_whatever_became_of_it(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.enqueue([make_alert(key, topic_id="first") for key in ("sent", "dead", "waiting", "waiting")])
    store.mark_sent("sent", NOW)
    store.mark_dead("dead", "channel_not_found")
    with store.transaction() as tx:
        tx.enqueue([make_alert(key, topic_id="second") for key in ("sent", "dead", "waiting")])
    (entry,) = store.pending(NOW)
    assert entry.alert == make_alert("waiting", topic_id="first")


def test_a_failed_alert_is_due_again_later(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.enqueue([make_alert("k1")])
    store.mark_failed("k1", "timeout \x00" + "x" * 5000, retry_at=minutes(10))
    assert pending_keys(store, minutes(9.99)) == []
    (entry,) = store.pending(minutes(10))
    assert entry.attempts == 1
    store.mark_failed("k1", "timeout", retry_at=minutes(20))
    assert store.pending(minutes(20))[0].attempts == 2
    store.mark_sent("k1", minutes(20))
    store.mark_failed("k1", "late answer of a second sender", retry_at=minutes(20))
    store.mark_dead("k1", "late answer of a second sender")
    assert pending_keys(store, minutes(99)) == []
    ((_key, state, *_rest),) = dump(store)["outbox"]
    assert state == "sent"


def test_dead_alerts_stay_for_people_to_see(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.enqueue([make_alert("k1")])
    store.mark_dead("k1", "channel_not_found")
    assert pending_keys(store, minutes(99)) == []
    assert "channel_not_found" in repr(dump(store)["outbox"])


# --- opening --------------------------------------------------------------------


def test_what_was_committed_is_there_after_reopening(store: DatabaseStore, store_url: str, clock: FixedClock) -> None:
    with store.transaction() as tx:
        tx.advance("default", START, Position("7"))
        tx.save_state("default", state_of(4))
        tx.save_posts([make_post()])
    before = dump(store)
    store.close()
    store.close()
    again = open_store(store_url, clock)
    try:
        assert dump(again) == before
        assert value_of(again.load_state("default")) == 4
    finally:
        again.close()


@pytest.mark.parametrize(("step", "fix"), [(1, "upgrade Trendsieve"), (-1, "use an empty database")])
def test_another_schema_is_refused(
    store: DatabaseStore, store_url: str, clock: FixedClock, step: int, fix: str
) -> None:
    found = schema.SCHEMA_VERSION + step
    with store._engine.begin() as connection:
        connection.execute(update(schema.schema_version).values(version=found))
    with pytest.raises(ConfigError, match=f"schema version {found}.*{fix}"):
        open_store(store_url, clock)


def test_many_open_a_new_database_at_once(store_url: str, clock: FixedClock) -> None:
    opened: list[DatabaseStore] = []
    errors: list[TrendsieveError] = []
    together = threading.Barrier(6)

    def open_one() -> None:
        together.wait()
        try:
            opened.append(open_store(store_url, clock, lock_timeout_s=20.0))
        except TrendsieveError as error:
            errors.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in opened:
        store.close()
    assert errors == []
    assert len(opened) == 6


@pytest.mark.postgres
def test_both_spellings_of_a_postgresql_url_work(postgres_url: str, clock: FixedClock) -> None:
    for url in (postgres_url, postgres_url.replace("postgresql://", "postgresql+psycopg://")):
        store = open_store(url, clock)
        with store.transaction() as tx:
            tx.add_counts("default", {"opened": 1})
        opened = store.counts("default")
        store.close()
    assert opened == {"opened": 2}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "store.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "mysql://root:hush@localhost/x",
        "postgresql+asyncpg://root:hush@localhost/x",
        "nonsense://root:hush@h:port/",
    ],
)
def test_an_unusable_url_is_a_config_error_without_its_password(url: str, clock: FixedClock) -> None:
    with pytest.raises(ConfigError, match=r"store\.url") as caught:
        open_store(url, clock)
    assert "hush" not in str(caught.value)


def broken_files(folder: Path) -> Iterator[str]:
    (folder / "text.db").write_bytes(b"not a database at all, but long enough to be read as a header" * 4)
    (folder / "folder.db").mkdir()
    yield f"sqlite:///{folder}/text.db"
    yield f"sqlite:///{folder}/folder.db"
    yield f"sqlite:///{folder}/text.db/store.db"


def test_an_unusable_file_is_a_config_error(tmp_path: Path, clock: FixedClock) -> None:
    for url in broken_files(tmp_path):
        with pytest.raises(ConfigError, match=r"store\.url"):
            open_store(url, clock)


def test_sqlite_is_set_up_as_promised(sqlite_url: str, clock: FixedClock) -> None:
    store = open_store(sqlite_url, clock, lock_timeout_s=1.5)
    with store._engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "secure_delete")
        }
    store.close()
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 1500, "secure_delete": 1}


def test_the_frequent_questions_use_an_index(sqlite_url: str, clock: FixedClock) -> None:
    open_store(sqlite_url, clock).close()
    questions = {
        "posts_by_topic": "SELECT * FROM posts WHERE topic_id = 't' ORDER BY event_time DESC, post_id DESC LIMIT 50",
        "posts_by_author": "DELETE FROM posts WHERE author_id IN ('a', 'b')",
        "ranks_by_brand": "SELECT * FROM ranks WHERE brand_id = 'b' ORDER BY rank",
        "outbox_by_state": "SELECT * FROM outbox WHERE state = 'waiting' AND retry_at <= 5",
        "reports_by_size": "SELECT * FROM reports WHERE n_posts >= 5",
        "reports_by_as_of": "SELECT max(as_of) FROM reports",
    }
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    for index, question in questions.items():
        plan = " ".join(row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {question}"))
        assert index in plan, plan
    connection.close()
