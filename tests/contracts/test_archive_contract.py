"""Every store keeps what ``pipeline/store/contract.py`` promises: SQLite and PostgreSQL alike."""

from __future__ import annotations

import threading
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from configs.errors import FatalError
from pipeline.store.database import DatabaseStore
from pipeline.store.records import ArchivedTopic, ProfileVersion, StoredBackground, StoredCentres, StoredFeedback
from pipeline.types import FloatArray, Redirect, VerdictKind
from tests.archive_samples import as_values, make_background, make_centres, make_feedback
from tests.samples import NOW, make_post, make_report, make_score, make_verdict
from tests.store_dump import dump

BRAND = "forno-aurora"
HOUR = timedelta(hours=1)


def small(rows: int, seed: int = 0) -> FloatArray:
    """``(rows, 4)`` of numbers that float16 can hold."""
    drawn = np.random.default_rng(seed).normal(size=(rows, 4)).astype(np.float16)
    return drawn.astype(np.float32)


def test_an_empty_store_has_an_empty_archive(store: DatabaseStore) -> None:
    assert list(store.archive(NOW - HOUR)) == []
    assert store.backgrounds("default", []) == []
    assert store.backgrounds("default", [1]) == []
    assert store.profile_versions(BRAND) == []
    assert store.feedback() == []


def test_nothing_saved_changes_nothing(store: DatabaseStore) -> None:
    before = dump(store)
    with store.transaction() as tx:
        tx.save_centres("default", [])
        tx.save_backgrounds("default", [])
    assert {**dump(store), "last_commit": []} == before


# --- centres and the archive ----------------------------------------------------------


def test_a_topic_comes_back_with_its_centres_and_verdicts(store: DatabaseStore) -> None:
    centres = make_centres("t1", background=3)
    verdicts = (make_verdict("another", "t1"), make_verdict(BRAND, "t1"))
    with store.transaction() as tx:
        tx.save_reports("default", [make_report("t1"), make_report("t2")])
        tx.save_centres("default", [make_centres("t1"), centres])
        tx.save_verdicts(verdicts)
    first, second = store.archive(NOW)
    assert first.centres is not None
    assert as_values(first.centres) == as_values(centres)
    assert first.centres.centre.dtype == np.float32
    assert msgspec.structs.replace(first, centres=None) == ArchivedTopic(make_report("t1"), None, verdicts, "default")
    assert second == ArchivedTopic(make_report("t2"), None, (), "default")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    n_bodies=st.integers(0, 1),
    n_nuances=st.integers(0, 4),
    centre=arrays(np.float16, 5, elements=st.floats(-2, 2, width=16)),
    data=st.data(),
)
def test_what_float16_holds_comes_back_as_it_was(
    store: DatabaseStore, n_bodies: int, n_nuances: int, centre: FloatArray, data: st.DataObject
) -> None:
    of = tuple(sorted(data.draw(st.sets(st.integers(0, n_nuances - 1))))) if n_nuances else ()
    rows = np.arange(5 * 20, dtype=np.float32).reshape(20, 5) / 128
    centres = make_centres(
        centre=centre.astype(np.float32),
        bodies=rows[:n_bodies],
        nuances=rows[1 : 1 + n_nuances],
        nuance_hazards=((),) * n_nuances,
        nuance_bodies=rows[9 : 9 + len(of)],
        nuance_bodies_of=of,
        unread=(0, 2),
    )
    with store.transaction() as tx:
        tx.save_reports("default", [make_report()])
        tx.save_centres("default", [centres])
    ((_, found, _, _),) = map(msgspec.structs.astuple, store.archive(NOW))
    assert as_values(found) == as_values(centres)


def test_other_numbers_come_back_as_float16_has_them(store: DatabaseStore) -> None:
    centre = np.array([0.1, -1 / 3, 0.7071], np.float32)
    alone = StoredCentres("t1", "enc", centre, np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32), ())
    with store.transaction() as tx:
        tx.save_reports("default", [make_report()])
        tx.save_centres("default", [alone])
    (found,) = store.archive(NOW)
    assert found.centres is not None
    np.testing.assert_array_equal(found.centres.centre, centre.astype(np.float16).astype(np.float32))


@pytest.mark.parametrize(
    "broken",
    [
        make_centres(centre=np.array([np.nan, 0, 0, 1], np.float32)),
        make_centres(centre=np.zeros(0, np.float32)),
        make_centres(bodies=small(2)),
        make_centres(nuances=small(1)),
        make_centres(nuances=np.ones((2, 3), np.float32)),
        make_centres(nuance_bodies=small(2), nuance_bodies_of=(0,)),
        make_centres(nuance_bodies=small(1), nuance_bodies_of=(7,)),
    ],
    ids=["not a number", "no dimension", "two bodies", "a nuance lost", "other dimension", "bodies of whom", "no such"],
)
def test_centres_that_do_not_agree_are_refused(store: DatabaseStore, broken: StoredCentres) -> None:
    with pytest.raises(FatalError), store.transaction() as tx:
        tx.save_centres("default", [broken])
    assert dump(store)["topic_centres"] == []


def test_the_archive_is_read_by_time_and_size(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        reports = [make_report(f"t{i}", n_posts=i, as_of=NOW - i * HOUR) for i in range(1, 7)]
        tx.save_reports("default", reports)
    ids = [topic.report.topic_id for topic in store.archive(NOW - 4 * HOUR, min_posts=2)]
    assert ids == ["t2", "t3", "t4"]


def test_every_topic_comes_once_however_the_blocks_fall(store: DatabaseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.centres.BLOCK_TOPICS", 3)
    ids = [f"t{i}" for i in range(13)]
    with store.transaction() as tx:
        tx.save_reports("default", [make_report(id_) for id_ in ids])
        tx.save_centres("default", [make_centres(id_) for id_ in ids[::2]])
        tx.save_verdicts([make_verdict(BRAND, id_) for id_ in ids])
    found = list(store.archive(NOW))
    assert [topic.report.topic_id for topic in found] == sorted(ids)
    assert {topic.report.topic_id for topic in found if topic.centres is not None} == set(ids[::2])
    assert all(topic.verdicts == (make_verdict(BRAND, topic.report.topic_id),) for topic in found)


def test_the_archive_can_be_written_to_while_it_is_read(store: DatabaseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.centres.BLOCK_TOPICS", 2)
    with store.transaction() as tx:
        tx.save_reports("default", [make_report(f"t{i}") for i in range(6)])
    seen = []
    for topic in store.archive(NOW):
        seen.append(topic.report.topic_id)
        with store.transaction() as tx:
            tx.add_counts("default", {"accepted": 1})
    assert seen == [f"t{i}" for i in range(6)]


def test_centres_of_a_merged_topic_vanish_with_its_report(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.save_reports("default", [make_report("t1"), make_report("t2")])
        tx.save_centres("default", [make_centres("t1"), make_centres("t2")])
        tx.save_redirects([Redirect("t1", "t2", NOW)])
        tx.save_centres("default", [make_centres("t1")])
    assert [topic.report.topic_id for topic in store.archive(NOW)] == ["t2"]
    assert [row[0] for row in dump(store)["topic_centres"]] == ["t2"]


# --- backgrounds ----------------------------------------------------------------------


def test_backgrounds_are_put_together_from_the_entries_they_share(store: DatabaseStore) -> None:
    history = [
        make_background(1, members=[0, 1], entries=[0, 1]),
        make_background(2, members=[1, 2, 3], entries=[2, 3]),
        make_background(3, members=[3, 1, 4], entries=[4]),
    ]
    with store.transaction() as tx:
        tx.save_backgrounds("default", history[:2])
        tx.save_backgrounds("other", [make_background(1, members=[0], entries=[0], seed=9)])
    with store.transaction() as tx:
        tx.save_backgrounds("default", history[2:])
    found = store.backgrounds("default", [3, 1, 99])
    assert [some.number for some in found] == [1, 3]
    assert [some.members.tolist() for some in found] == [[0, 1], [3, 1, 4]]
    assert [some.entries.tolist() for some in found] == [[0, 1], [3, 4]]
    known = {e: c for some in history for e, c in zip(some.entries.tolist(), some.centres.tolist(), strict=True)}
    for some in found:
        assert some.centres.tolist() == [known[entry] for entry in some.entries.tolist()]
        assert (some.as_of, some.encoder_id) == (NOW, "enc")


def test_an_empty_background_is_one(store: DatabaseStore) -> None:
    empty = make_background(1, members=[], entries=[])
    with store.transaction() as tx:
        tx.save_backgrounds("default", [empty])
    (found,) = store.backgrounds("default", [1])
    assert found.members.tolist() == []
    assert len(found.centres) == 0


# --- profile versions -----------------------------------------------------------------


def save(store: DatabaseStore, toml: str, hours: int = 0, brand: str = BRAND) -> int:
    with store.transaction() as tx:
        return tx.save_profile_version(brand, toml, "ada", f"note {hours}", NOW + hours * HOUR)


def test_versions_count_from_one_and_only_changes_count(store: DatabaseStore) -> None:
    assert [save(store, toml, i) for i, toml in enumerate(["a", "a", "b", "a", "a"])] == [1, 1, 2, 3, 3]
    assert save(store, "x", brand="another") == 1
    assert store.profile_versions(BRAND) == [
        ProfileVersion(BRAND, 3, NOW + 3 * HOUR, "ada", "note 3", "a"),
        ProfileVersion(BRAND, 2, NOW + 2 * HOUR, "ada", "note 2", "b"),
        ProfileVersion(BRAND, 1, NOW, "ada", "note 0", "a"),
    ]


def test_several_versions_within_one_transaction(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        numbers = [tx.save_profile_version(BRAND, toml, "", "", NOW) for toml in ("a", "b", "b", "c\x00")]
        again = tx.save_profile_version(BRAND, "c\x00", "", "", NOW)
    assert (numbers, again) == ([1, 2, 2, 3], 3)


def test_a_version_of_a_failed_transaction_is_none(store: DatabaseStore) -> None:
    with pytest.raises(RuntimeError), store.transaction() as tx:  # noqa: PT012 - only the last line may raise it
        tx.save_profile_version(BRAND, "a", "ada", "", NOW)
        raise RuntimeError
    assert store.profile_versions(BRAND) == []
    assert save(store, "b") == 1


def test_two_who_save_at_once_get_two_numbers(store: DatabaseStore) -> None:
    numbers: list[int] = []
    together = threading.Barrier(4)

    def save_one(name: str) -> None:
        together.wait()
        numbers.append(save(store, name))

    threads = [threading.Thread(target=save_one, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [1, 2, 3, 4]


# --- feedback -------------------------------------------------------------------------


def test_opinions_come_back_newest_first(store: DatabaseStore) -> None:
    told = [
        make_feedback("t1", at=NOW),
        make_feedback("t2", at=NOW + HOUR, right=False, wanted=VerdictKind.RIDE, note="caffè", channel="slack"),
        make_feedback("t3", at=NOW + HOUR, brand_id="another", channel="command", by=""),
    ]
    with store.transaction() as tx:
        for some in told:
            tx.save_feedback(some)
    found = store.feedback()
    assert [msgspec.structs.replace(some, id=0) for some in found] == told[::-1]
    assert len({some.id for some in found} - {0}) == 3
    assert [some.topic_id for some in store.feedback(BRAND)] == ["t2", "t1"]
    assert [some.topic_id for some in store.feedback(since=NOW + HOUR)] == ["t3", "t2"]
    assert [some.topic_id for some in store.feedback(BRAND, NOW + HOUR)] == ["t2"]


def test_an_unknown_channel_is_refused(store: DatabaseStore) -> None:
    with pytest.raises(FatalError, match="pigeon"), store.transaction() as tx:
        tx.save_feedback(make_feedback(channel="pigeon"))
    assert store.feedback() == []


@pytest.mark.parametrize("merged_first", [True, False])
def test_opinions_follow_a_merged_topic_and_keep_what_was_said(store: DatabaseStore, merged_first: bool) -> None:
    said: StoredFeedback = make_feedback("t1")
    merge = Redirect("t1", "t2", NOW)
    with store.transaction() as tx:
        if merged_first:
            tx.save_redirects([merge])
        tx.save_feedback(said)
        if not merged_first:
            tx.save_redirects([merge])
    (found,) = store.feedback()
    assert msgspec.structs.replace(found, id=0) == msgspec.structs.replace(said, topic_id="t2")
    assert (found.report.topic_id, found.verdict.topic_id) == ("t1", "t1")


def test_a_deleted_post_leaves_no_word_in_the_archive(store: DatabaseStore) -> None:
    secret = "never-to-be-seen-again"
    with store.transaction() as tx:
        tx.save_posts([make_post("p1", text=secret, author_handle=f"@{secret}")])
        tx.save_reports("default", [make_report()])
        tx.save_centres("default", [make_centres()])
        tx.save_feedback(make_feedback())
    assert secret in repr(dump(store))
    with store.transaction() as tx:
        tx.delete_posts(["p1"])
    assert secret not in repr(dump(store))
    assert len(store.feedback()) == 1


def test_an_opinion_whose_report_could_not_be_read_again_is_refused(store: DatabaseStore) -> None:
    with pytest.raises(FatalError, match="TopicReport"), store.transaction() as tx:
        tx.save_feedback(make_feedback(report=make_report(heat=make_score(float("nan")))))
    assert store.feedback() == []


def test_backgrounds_that_repeat_a_number_replace_it(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.save_backgrounds("default", [make_background(1, members=[0, 1], entries=[0, 1])])
        tx.save_backgrounds("default", [make_background(1, members=[0], entries=[0])])
    (found,) = store.backgrounds("default", [1])
    assert isinstance(found, StoredBackground)
    assert found.members.tolist() == [0]
