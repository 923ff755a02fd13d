"""A backtest loses no topic, counts each once, and calls a topic missed only for the reasons it gives."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.commands.backtest import SHOWN, table
from pipeline.services.backtest.comparison import (
    JOINED,
    LASTED,
    BacktestReport,
    BacktestTopic,
    Compared,
    Span,
    compare,
    grew,
    lasted,
)
from pipeline.types import Burst, Reason, Stage, VerdictKind
from tests.samples import NOW, make_report

HOUR = timedelta(hours=1)
SPAN = Span(NOW - 30 * 24 * HOUR, NOW, "stored", 3)
kinds = st.sampled_from(list(VerdictKind))


def make_topic(**changes: object) -> BacktestTopic:
    topic = BacktestTopic(
        topic_id="t1",
        label="bread",
        n_posts=40,
        first_seen=NOW - 9 * HOUR,
        last_seen=NOW,
        stage=Stage.FADING,
        before=VerdictKind.WATCH,
        after=VerdictKind.WATCH,
        percentile_before=96.0,
        percentile_after=96.0,
        grew=True,
        lasted=True,
    )
    return msgspec.structs.replace(topic, **changes)


topics = st.builds(
    make_topic,
    n_posts=st.integers(1, 900),
    before=st.none() | kinds,
    after=kinds,
    grew=st.booleans(),
    lasted=st.booleans(),
    unchecked=st.booleans(),
)
many = st.lists(st.builds(Compared, topics, st.booleans(), st.booleans(), st.booleans()), max_size=30).map(
    lambda some: [
        msgspec.structs.replace(one, topic=msgspec.structs.replace(one.topic, topic_id=f"t{i}"))
        for i, one in enumerate(some)
    ]
)


def run(compared: list[Compared]) -> BacktestReport:
    return compare("b", "Brand", SPAN, compared)


@given(many)
def test_every_topic_is_in_exactly_one_place(compared: list[Compared]) -> None:
    report = run(compared)
    lists = (report.newly_ridden, report.no_longer_ridden, report.flipped, report.differs_anyway)
    ids = [topic.topic_id for some in lists for topic in some]
    assert len(ids) == len(set(ids))
    new_elsewhere = sum(
        one.topic.before is None and one.topic.after not in JOINED for one in compared if not one.anyway
    )
    assert len(ids) + report.n_unchanged + new_elsewhere == report.n_topics == len(compared)
    assert report.n_unjudged == SPAN.n_unjudged


@given(many)
def test_counts_are_of_the_topics_that_are_compared(compared: list[Compared]) -> None:
    report = run(compared)
    fair = [one.topic for one in compared if not one.anyway]
    assert sum(count.after for count in report.kinds) == len(fair)
    assert sum(count.before for count in report.kinds) == sum(topic.before is not None for topic in fair)
    assert len(report.ridden) == sum(count.after for count in report.kinds if count.kind in JOINED)
    change = sum(count.after - count.before for count in report.kinds if count.kind in JOINED)
    assert change == len(report.newly_ridden) - len(report.no_longer_ridden)


@given(many)
def test_lists_are_what_they_are_called(compared: list[Compared]) -> None:
    report = run(compared)
    assert all(topic.after in JOINED and topic.before not in JOINED for topic in report.newly_ridden)
    assert all(topic.after not in JOINED and topic.before in JOINED for topic in report.no_longer_ridden)
    assert all(topic.before not in (None, topic.after) for topic in report.flipped)
    assert all((topic.before in JOINED) == (topic.after in JOINED) for topic in report.flipped)
    assert all(topic.after not in JOINED and topic.grew and topic.lasted for topic in report.missed)
    for some in (report.newly_ridden, report.flipped, report.missed, report.ridden):
        assert [topic.n_posts for topic in some] == sorted((topic.n_posts for topic in some), reverse=True)


@given(many)
def test_the_order_of_the_archive_is_of_no_consequence(compared: list[Compared]) -> None:
    assert run(compared) == run(compared[::-1])


@pytest.mark.parametrize(
    ("changes", "near", "is_missed"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"grew": False}, True, False),
        ({"lasted": False}, True, False),
        ({"after": VerdictKind.RIDE}, True, False),
        ({"after": VerdictKind.NUANCE}, True, False),
    ],
)
def test_a_topic_is_missed_only_with_every_reason(changes: dict[str, object], near: bool, is_missed: bool) -> None:
    report = run([Compared(make_topic(**changes), False, near, near)])
    assert bool(report.missed) is is_missed


def test_a_brand_without_a_past_misses_nothing_then() -> None:
    report = run([Compared(make_topic(before=None), False, True, True)])
    assert report.n_missed_before == 0
    assert report.n_unchanged == 0


def test_growth_is_size_or_a_burst() -> None:
    calm = make_report(bursts=(), n_posts=83, n_copies=3)
    assert grew(calm, 20)
    assert not grew(msgspec.structs.replace(calm, n_copies=4), 20)
    assert grew(msgspec.structs.replace(calm, n_posts=10, bursts=(Burst(NOW, NOW),)), 20)


def test_lasting_counts_from_the_burst_where_there_is_one() -> None:
    whole_day = make_report(bursts=(), first_seen=NOW - 24 * HOUR, last_seen=NOW)
    assert lasted(whole_day)
    late = (Burst(NOW - LASTED + HOUR, NOW), Burst(NOW - HOUR, NOW))
    assert not lasted(msgspec.structs.replace(whole_day, bursts=late))
    assert lasted(msgspec.structs.replace(whole_day, bursts=(Burst(NOW - LASTED, NOW),)))


def test_the_table_names_the_reasons_that_differ() -> None:
    shared, old, new = (Reason(code, text) for code, text in (("hot", "it is hot"), ("a", "too far"), ("b", "near")))
    changed = make_topic(
        label="bread " * 20,
        before=VerdictKind.IGNORE,
        after=VerdictKind.RIDE,
        reasons_before=(shared, old),
        reasons_after=(shared, new),
        unchecked=True,
    )
    told = table(run([Compared(changed, False, True, True)]))
    assert "would be ridden now: 1" in told
    assert "IGNORE → RIDE*" in told
    assert "before: too far" in told
    assert "after: near" in told
    assert "it is hot" not in told
    assert "1 topics end with hashtags" in told
    assert "3 topics were left out" in told


@given(many)
def test_the_table_is_short_whatever_is_in_it(compared: list[Compared]) -> None:
    lines = table(run(compared)).splitlines()
    assert len(lines) < 25 + 5 * (SHOWN + 1) * 3
    assert max(map(len, lines)) <= 120


def test_a_report_survives_json() -> None:
    report = run([Compared(make_topic(before=None, after=VerdictKind.RIDE), False, True, True)])
    assert msgspec.json.decode(msgspec.json.encode(report), type=BacktestReport) == report
