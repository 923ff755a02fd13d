"""Memory of finished topics: what is alike is found, what is not is not, and a restart remembers the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.brand.fit.shared_space import SharedSpace
from pipeline.store.records import ArchivedTopic, StoredCentres
from pipeline.track.precedents import KEPT_FROM, MAX_PRECEDENTS, MIN_POSTS, PastTopics, ending_of
from pipeline.types import FloatArray, Hazard, Precedent, TopicReport, Verdict, VerdictKind
from tests.archive_samples import make_centres
from tests.samples import make_report, make_score, make_verdict

START = datetime(2026, 5, 1, tzinfo=UTC)
D = 16
SPACE = SharedSpace(np.zeros(D, np.float32), np.zeros(D, np.float32))
EVERYDAY = np.random.default_rng(0).normal(size=(60, D)).astype(np.float32)


def place(seed: int, noise: float = 0.0, noise_seed: int = 0) -> FloatArray:
    base = np.random.default_rng(seed).normal(size=D)
    moved = base + noise * np.random.default_rng(noise_seed + 1).normal(size=D)
    return moved.astype(np.float16).astype(np.float32)


def lies(topic: str, centre: FloatArray, encoder: str = "enc") -> StoredCentres:
    return make_centres(topic, encoder_id=encoder, centre=centre)


def report(topic: str, n: int = 40, *, hours: float = 10.0, **changes: object) -> TopicReport:
    last = START + timedelta(hours=hours)
    values = {"n_posts": n, "n_copies": 0, "first_seen": START, "last_seen": last, "as_of": last, "hazards": ()}
    return make_report(topic, **(values | changes))


def archived(topic: str, centre: FloatArray, n: int = 40, encoder: str = "enc", **changes: object) -> ArchivedTopic:
    verdicts = (make_verdict("b", topic, kind=VerdictKind.RISKY),)
    return ArchivedTopic(report(topic, n, **changes), lies(topic, centre, encoder), verdicts)


def memory(*topics: ArchivedTopic, live: frozenset[str] = frozenset(), min_standing: float = 3.0) -> PastTopics:
    made = PastTopics(SPACE, EVERYDAY, "enc", min_standing)
    made.restore(topics, live)
    return made


def ask(past: PastTopics, centre: FloatArray) -> tuple[Precedent, ...]:
    return past.precedents(centre[None])[0]


def test_the_topic_that_is_alike_is_found_with_how_it_ended() -> None:
    grave = (Hazard("disaster", "floor", make_score(0.4), ("p1",)),)
    others = [archived(f"t{i}", place(i)) for i in range(2, 30)]
    past = memory(archived("t1", place(1), hazards=grave, languages=(("it", 30), ("en", 10))), *others)
    (found,) = ask(past, place(1, 0.05))
    assert (found.topic_id, found.ended, found.lasted_h) == ("t1", "grave", 10.0)
    assert (found.verdicts, found.hazards, found.languages) == ((("b", "RISKY"),), ("disaster",), ("it", "en"))
    assert found.standing > 3.0
    assert ask(past, place(99)) == (), "what is like nothing has no precedent"


def test_nothing_is_said_without_a_past_or_of_what_cannot_be_compared() -> None:
    assert ask(memory(), place(1)) == ()
    small = archived("t1", place(1), MIN_POSTS - 1)
    other_encoder = archived("t2", place(1), encoder="another")
    bare = ArchivedTopic(report("t3"), None, ())
    assert len(memory(small, other_encoder, bare)) == 0
    assert memory().precedents(np.zeros((0, D), np.float32)) == []


def test_the_nearest_come_first_and_only_some() -> None:
    near = [archived(f"t{i}", place(1, 0.02 * i, i)) for i in range(1, 8)]
    found = ask(memory(*near, *(archived(f"t{i}", place(i)) for i in range(20, 60))), place(1))
    assert len(found) == MAX_PRECEDENTS
    assert [p.similarity for p in found] == sorted((p.similarity for p in found), reverse=True)


def test_a_topic_is_no_precedent_of_itself_and_a_merged_one_of_nobody() -> None:
    past = PastTopics(SPACE, EVERYDAY, "enc", 3.0)
    (told,) = past.look([report("t1")], [lies("t1", place(1))], [])
    assert told.precedents == ()
    (again,) = past.look([report("t1")], [lies("t1", place(1))], [])
    assert again.precedents == ()
    past.look([report("t2")], [lies("t2", place(2))], [])
    past.forget("t2")
    past.finish(["t1", "t2", "t3"])
    assert len(past) == 1


def test_a_report_that_was_not_read_again_keeps_what_was_found() -> None:
    past = memory(archived("t1", place(1)), *(archived(f"t{i}", place(i)) for i in range(2, 30)))
    (first,) = past.look([report("t90")], [lies("t90", place(1, 0.05))], [])
    assert [p.topic_id for p in first.precedents] == ["t1"]
    (later,) = past.look([report("t90", 41)], [], [])
    assert later.precedents == first.precedents
    (small,) = past.look([report("t91", MIN_POSTS - 1)], [lies("t91", place(1, 0.05))], [])
    assert small.precedents == ()


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"hazards": (Hazard("crime", "high", make_score(0.4), ("p",)),)}, "grave"),
        ({"heat": make_score(0.97)}, "quarrel"),
        ({"hours": 4.0, "heat": None}, "short"),
        ({"hours": 40.0, "heat": None}, "faded"),
    ],
)
def test_each_end_is_told(changes: dict[str, object], end: str) -> None:
    assert ending_of(report("t1", **changes)) == end  # type: ignore[arg-type] # changes of the report


class Store:
    """What a store would hold: the latest of everything."""

    def __init__(self) -> None:
        self.reports: dict[str, TopicReport] = {}
        self.centres: dict[str, StoredCentres] = {}
        self.verdicts: dict[str, tuple[Verdict, ...]] = {}

    def archive(self) -> list[ArchivedTopic]:
        return [
            ArchivedTopic(told, self.centres.get(topic), self.verdicts[topic])
            for topic, told in sorted(self.reports.items())
            if told.n_posts >= KEPT_FROM
        ]


steps = st.lists(
    st.lists(
        st.tuples(st.integers(1, 12), st.integers(1, 30), st.sampled_from(["grow", "grow", "end", "merge"])), max_size=4
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60)
@given(steps, st.integers(0, 11))
def test_a_restart_finds_what_the_process_that_went_on_finds(
    ticks: list[list[tuple[int, int, str]]], restart: int
) -> None:
    """Topics grow, are read again when they gained a tenth, finish and merge; one memory is made anew in between."""
    kept, store, live = PastTopics(SPACE, EVERYDAY, "enc", 0.0), Store(), dict[str, int]()
    read_at: dict[str, int] = {}
    gone: set[str] = set()
    for tick, events in enumerate(ticks):
        if tick == restart:
            other = PastTopics(SPACE, EVERYDAY, "enc", 0.0)
            other.restore(store.archive(), frozenset(live))
            kept, before = other, kept
            assert len(before) == len(kept)
            queries = np.stack([place(i, 0.3, i) for i in range(1, 6)])
            assert [set(found) for found in before.precedents(queries)] == [set(f) for f in kept.precedents(queries)]
        ending = {f"t{n}" for n, _, what in events if what == "end"} & set(live)
        merging = {f"t{n}" for n, _, what in events if what == "merge"} & set(live) - ending
        for number, gained, _ in events:
            if f"t{number}" not in gone:
                live[f"t{number}"] = live.get(f"t{number}", 0) + gained
        _tick(kept, store, live, read_at, tick)
        kept.finish(sorted(ending))
        for topic in ending | merging:
            live.pop(topic, None)
            gone.add(topic)
        for topic in merging:
            kept.forget(topic)
            store.reports.pop(topic, None)


def _tick(kept: PastTopics, store: Store, live: dict[str, int], read_at: dict[str, int], tick: int) -> None:
    reports: list[TopicReport] = []
    centres: list[StoredCentres] = []
    verdicts: list[Verdict] = []
    for topic, n in live.items():
        reports.append(report(topic, n, hours=float(tick)))
        verdicts.append(make_verdict("b", topic, kind=VerdictKind.WATCH if n % 2 else VerdictKind.RISKY))
        if n >= 1.1 * read_at.get(topic, 0):
            centres.append(lies(topic, place(int(topic[1:]) % 5, 0.1, n)))
            read_at[topic] = n
    told: Sequence[TopicReport] = kept.look(reports, centres, verdicts)
    assert [msgspec.structs.replace(r, precedents=()) for r in told] == reports
    store.reports.update({found.topic_id: found for found in told})
    store.centres.update({found.topic_id: found for found in centres})
    store.verdicts.update({found.topic_id: (found,) for found in verdicts})
