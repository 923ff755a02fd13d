"""Posts of watched accounts: bounded, forgotten when deleted, and the response they found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.post import Metrics
from pipeline.topics.memory.account_watch import MAX_PER_ACCOUNT, RIPE_S, AccountPost, AccountWatch, response
from tests.pipeline.topics.stored import stored

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
counts = st.none() | st.integers(0, 10_000)


def post(number: int, author: int | None = None, found: float | None = 1.0) -> AccountPost:
    return AccountPost(f"p{number}", float(number), 1, author, found)


@given(st.builds(Metrics, likes=counts, reposts=counts, replies=counts, quotes=counts, views=counts))
def test_response_is_what_people_did_and_unknown_is_not_zero(metrics: Metrics) -> None:
    known = [n for n in (metrics.likes, metrics.reposts, metrics.replies, metrics.quotes) if n is not None]

    assert response(metrics, NOON, None) == (sum(known) if known else None)


@pytest.mark.parametrize(("age_s", "known"), [(0.0, False), (RIPE_S - 1, False), (RIPE_S, True), (10 * RIPE_S, True)])
def test_counters_read_too_soon_after_the_post_are_no_response_yet(age_s: float, known: bool) -> None:
    found = response(Metrics(likes=5), NOON, NOON + timedelta(seconds=age_s))

    assert (found is not None) == known


def test_an_account_keeps_its_latest_posts_only() -> None:
    watch = AccountWatch()
    for number in range(MAX_PER_ACCOUNT + 10):
        watch.add(1, post(number))

    assert [kept.post_id for kept in watch.of(1)] == [f"p{n}" for n in range(10, MAX_PER_ACCOUNT + 10)]


def test_a_later_count_replaces_the_earlier_one_and_what_says_nothing_changes_nothing() -> None:
    watch = AccountWatch()
    watch.add(1, post(1, found=None))
    assert watch.changed(1)
    watch.revise(1, "p1", None)
    watch.revise(1, "unknown", 9.0)
    watch.revise(2, "p1", 9.0)
    assert (watch.of(1)[0].response, watch.changed(1)) == (None, False)

    watch.revise(1, "p1", 9.0)
    assert watch.of(1)[0].response == 9.0
    assert (watch.changed(1), watch.changed(1), watch.changed(2)) == (True, False, True)


def test_what_is_deleted_at_its_origin_is_gone_here() -> None:
    watch = AccountWatch()
    for number, author in ((1, 7), (2, 7), (3, None)):
        watch.add(1, post(number, author))
    watch.forget_post("p1")
    assert [kept.post_id for kept in watch.of(1)] == ["p2", "p3"]

    assert watch.forget_author(7, 0.0) == ["p2"]
    assert [kept.post_id for kept in watch.of(1)] == ["p3"]
    watch.forget_post("p3")
    assert list(watch) == []


def test_what_was_stored_comes_back_as_it_was() -> None:
    watch = AccountWatch()
    for number in range(20):
        watch.add(number % 3, post(number, found=None if number % 4 == 0 else float(number)))

    again = AccountWatch()
    again.restore(stored(watch.state()))
    assert dict(again) == dict(watch)
