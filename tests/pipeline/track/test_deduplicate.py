"""A post counts once and keeps its place, by whatever batches and revisions it arrives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.post import Metrics, Post
from ingest.wire import Heartbeat
from pipeline.enrich.intake import Intake, Mark, Revision
from pipeline.track.deduplicate import deduplicate
from pipeline.track.results.posts import Placement
from pipeline.track.write_batch import Changes
from pipeline.types import EnrichedBatch, EnrichedPost, Signals

NOW = datetime(2026, 3, 2, tzinfo=UTC)
CALM = Signals(0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05)
Arrival = tuple[str, int]


def enriched(post_id: str, rev: int) -> EnrichedPost:
    text = f"{post_id} revision {rev}"
    return EnrichedPost(Post(post_id=post_id, rev=rev, text=text, event_time=NOW), text, hash(text), "en", (), CALM)


def intake(arrivals: Sequence[Arrival], marks: Sequence[int] = ()) -> Intake:
    posts = tuple(enriched(*arrival) for arrival in arrivals)
    vectors = np.arange(len(posts), dtype=np.float32)[:, None]
    return Intake(EnrichedBatch(posts, vectors, "e"), tuple(Mark(m, Heartbeat(NOW)) for m in marks), ())


class Known:
    """What a store knows, as a step would leave it."""

    def __init__(self) -> None:
        self.revisions: dict[str, int] = {}
        self.texts: dict[str, str] = {}
        self.places: dict[str, Placement] = {}
        self.clustered: list[str] = []
        self.counts: dict[str, int] = {}

    def revisions_of(self, ids: Sequence[str]) -> Mapping[str, int]:
        return {i: self.revisions[i] for i in ids if i in self.revisions}

    def placements(self, ids: Sequence[str]) -> Mapping[str, Placement]:
        return {i: self.places[i] for i in ids if i in self.places}

    def step(self, arrivals: Sequence[Arrival]) -> Changes:
        changes = Changes()
        fresh = deduplicate(intake(arrivals), self.revisions_of, self.placements, changes)
        for post in fresh.batch.posts:
            newest = changes.posts.revised.get(post.post.post_id, post)
            self.clustered.append(post.clean_text)
            self.places[post.post.post_id] = Placement(f"t{len(self.places)}", 1, 0.5, len(self.places) % 2 == 0)
            self.revisions[post.post.post_id] = newest.post.rev
            self.texts[post.post.post_id] = newest.clean_text
        for post_id, row in changes.posts.rows.items():
            assert (row.topic_id, row.similarity, row.is_copy) == (
                self.places[post_id].topic_id,
                self.places[post_id].similarity,
                self.places[post_id].is_copy,
            )
            self.revisions[post_id] = row.rev
            self.texts[post_id] = row.text
        for name, n in changes.counts.items():
            self.counts[name] = self.counts.get(name, 0) + n
        return changes


def nothing_known(ids: Sequence[str]) -> dict[str, Any]:
    return {}


ARRIVALS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3)), max_size=20)


@settings(max_examples=150, deadline=None)
@given(arrivals=ARRIVALS, cuts=st.lists(st.integers(0, 20), max_size=5))
def test_any_cut_leaves_the_same_behind(arrivals: list[Arrival], cuts: list[int]) -> None:
    whole, pieces = Known(), Known()
    whole.step(arrivals)
    edges = sorted({0, *(min(cut, len(arrivals)) for cut in cuts), len(arrivals)})
    for a, b in pairwise(edges):
        pieces.step(arrivals[a:b])
    for name in ("clustered", "revisions", "texts", "places", "counts"):
        assert getattr(whole, name) == getattr(pieces, name), name


@settings(max_examples=100, deadline=None)
@given(arrivals=ARRIVALS)
def test_the_first_arrival_is_clustered_and_the_highest_revision_is_shown(arrivals: list[Arrival]) -> None:
    known = Known()
    known.step(arrivals)
    first: dict[str, int] = {}
    for post_id, rev in arrivals:
        first.setdefault(post_id, rev)
    assert known.clustered == [f"{post_id} revision {rev}" for post_id, rev in first.items()]
    highest = {post_id: max(rev for i, rev in arrivals if i == post_id) for post_id in first}
    assert known.revisions == highest
    assert known.counts.get("duplicates", 0) == len(arrivals) - len(first)


def test_what_was_delivered_before_is_dropped_and_an_older_revision_too() -> None:
    known = Known()
    known.step([("a", 2), ("b", 0)])
    changes = known.step([("a", 2), ("a", 1), ("b", 1)])
    assert list(changes.posts.rows) == ["b"]
    assert changes.counts == {"duplicates": 3, "revisions": 1}


def test_a_post_deleted_meanwhile_is_not_revived_by_its_revision() -> None:
    changes = Changes()
    fresh = deduplicate(intake([("a", 1)]), lambda _ids: {"a": 0}, lambda _ids: {}, changes)
    assert not fresh.batch.posts
    assert not changes.posts.rows
    assert not changes.posts.revised


def test_marks_stay_between_the_posts_they_were_between() -> None:
    fresh = deduplicate(
        intake([("a", 0), ("a", 0), ("b", 0), ("b", 0), ("c", 0)], marks=[0, 1, 2, 4, 5]),
        lambda _ids: {},
        lambda _ids: {},
        Changes(),
    )
    assert [post.post.post_id for post in fresh.batch.posts] == ["a", "b", "c"]
    assert [mark.after for mark in fresh.marks] == [0, 1, 1, 2, 3]
    assert fresh.batch.embeddings.ravel().tolist() == [0.0, 2.0, 4.0]


def test_an_empty_batch_passes() -> None:
    fresh = deduplicate(intake([], marks=[0]), lambda _ids: {}, lambda _ids: {}, Changes())
    assert fresh.batch.posts == ()
    assert len(fresh.marks) == 1


@settings(max_examples=150, deadline=None)
@given(arrivals=ARRIVALS, marks=st.lists(st.integers(0, 20), max_size=3).map(sorted), counted=st.booleans())
def test_later_counters_are_marks_where_they_came(arrivals: list[Arrival], marks: list[int], counted: bool) -> None:
    marks = [min(mark, len(arrivals)) for mark in marks]
    given_intake = intake(arrivals, marks)
    metrics = Metrics(likes=1) if counted else None
    posts = tuple(
        msgspec.structs.replace(one, post=msgspec.structs.replace(one.post, metrics=metrics))
        for one in given_intake.batch.posts
    )
    batch = EnrichedBatch(posts, given_intake.batch.embeddings, "e")
    changes = Changes()
    found = deduplicate(replace(given_intake, batch=batch), nothing_known, nothing_known, changes)

    revisions = [mark for mark in found.marks if isinstance(mark.what, Revision)]
    assert len(revisions) == (changes.counts["revisions"] if counted else 0)
    assert [mark.after for mark in found.marks] == sorted(mark.after for mark in found.marks)
    assert len(found.marks) - len(revisions) == len(marks)
    known = [post.post.post_id for post in found.batch.posts]
    for mark in revisions:
        assert isinstance(mark.what, Revision)
        assert known.index(mark.what.post.post_id) < mark.after  # never before the post itself
