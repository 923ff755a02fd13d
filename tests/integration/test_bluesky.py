"""Bluesky against a real WebSocket server: whatever breaks, no post and no deletion is lost."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from configs.errors import ConfigError, SourceUnavailable, StateMismatch
from ingest.event_time import from_micros
from ingest.position import START, Position
from ingest.post import Post
from ingest.sources.bluesky.connection import ConnectionLimits
from ingest.sources.bluesky.source import BlueskySource, RetryPolicy
from ingest.sources.contract import Deletion, SourceBatch
from tests.jetstream_server import (
    SECOND_US,
    START_US,
    Drop,
    Faults,
    JetstreamServer,
    Served,
    account_event,
    commit_event,
    identity_event,
    like_event,
    post_event,
    post_id,
)

NOW = from_micros(START_US) + timedelta(hours=1)
LAST = 14


def story() -> list[Served]:
    """Posts, an edit, both kinds of deletion, and noise; event ``LAST`` is a post."""
    return [
        post_event(0),
        post_event(1),
        identity_event(2),
        post_event(3, langs=["it"]),
        like_event(4),
        commit_event(5, "delete", None, of=1),
        post_event(6),
        commit_event(7, "update", {"text": "post number 6, corrected"}, of=6),
        account_event(8, "did:plc:gone", "deleted"),
        account_event(9, "did:plc:back", None),
        post_event(10, langs=["en-US"]),
        account_event(11, "did:plc:removed", "takendown"),
        account_event(12, "did:plc:asleep", "deactivated"),
        commit_event(13, "delete", None, of=3),
        post_event(LAST),
    ]


STORY_POSTS = {post_id(n) for n in (0, 1, 3, 6, 10, LAST)}
STORY_DELETIONS = {
    Deletion(post_id=post_id(1)),
    Deletion(post_id=post_id(3)),
    Deletion(account_id="did:plc:gone"),
    Deletion(account_id="did:plc:removed"),
}


def make_source(urls: Iterable[str], **changes: Any) -> BlueskySource:
    options: dict[str, Any] = {
        "batch_posts": 4,
        "max_wait_s": 0.05,
        "sleep": lambda _seconds: None,
        "randomness": random.Random(7),
        "limits": ConnectionLimits(close_timeout_s=1.0),
    }
    return BlueskySource(tuple(urls), lambda: NOW, **(options | changes))


def read_until(source: BlueskySource, last_post: str, position: Position = START) -> list[SourceBatch]:
    """Batches up to the one that brings ``last_post``; the connection is closed afterwards."""
    batches: list[SourceBatch] = []
    stream = source.fetch(position)
    try:
        for batch in stream:
            batches.append(batch)
            if any(post.post_id == last_post for post in batch.posts):
                break
    finally:
        stream.close()  # type: ignore[attr-defined] # fetch is a generator
    return batches


def posts_of(batches: Iterable[SourceBatch]) -> list[Post]:
    return [post for batch in batches for post in batch.posts]


def revisions(batches: Iterable[SourceBatch]) -> set[tuple[str, int]]:
    return {(post.post_id, post.rev) for post in posts_of(batches)}


def deletions_of(batches: Iterable[SourceBatch]) -> set[Deletion]:
    return {deletion for batch in batches for deletion in batch.deletions}


@pytest.fixture(scope="module")
def undisturbed() -> set[tuple[str, int]]:
    with JetstreamServer(story()) as server:
        return revisions(read_until(make_source([server.url]), post_id(LAST)))


def test_an_undisturbed_stream_gives_everything_once_and_in_order() -> None:
    with JetstreamServer(story()) as server:
        batches = read_until(make_source([server.url]), post_id(LAST))
    posts = posts_of(batches)
    assert [post.post_id for post in posts] == [post_id(n) for n in (0, 1, 3, 6, 6, 10, LAST)]
    assert [post.op for post in posts if post.post_id == post_id(6)] == ["create", "update"]
    assert deletions_of(batches) == STORY_DELETIONS
    assert not any(batch.dead_letters or batch.end for batch in batches)


@pytest.mark.parametrize("refuse_v2", [None, 404], ids=["v2", "v1"])
@pytest.mark.parametrize("how", ["close", "abort", "too_slow"])
def test_a_drop_at_every_frame_loses_nothing(
    how: Any, refuse_v2: int | None, undisturbed: set[tuple[str, int]]
) -> None:
    for after in range(len(story()) + 1):
        with JetstreamServer(story(), Faults(drops=deque([Drop(after, how)]), refuse_v2=refuse_v2)) as server:
            batches = read_until(make_source([server.url]), post_id(LAST))
            cursors = server.cursors()
        assert revisions(batches) == undisturbed, after
        assert deletions_of(batches) == STORY_DELETIONS, after
        assert len(cursors) >= 2 or after >= len(story()) - 4, "the drop did not happen"


def test_drops_after_every_single_new_event_lose_nothing(undisturbed: set[tuple[str, int]]) -> None:
    # an inclusive cursor repeats one event, so two frames are one event of progress
    faults = Faults(drops=deque(Drop(2, how) for how in ("close", "abort", "too_slow") * 7))
    with JetstreamServer(story(), faults) as server:
        batches = read_until(make_source([server.url]), post_id(LAST))
        assert len(server.requests) > 8
    assert revisions(batches) == undisturbed
    assert len(posts_of(batches)) == len(undisturbed), "a version 2 cursor is exact: nothing comes twice"
    assert deletions_of(batches) == STORY_DELETIONS


@pytest.mark.parametrize(
    "faults", [Faults(refuse_v2=404), Faults(refuse_v2=400), Faults(refuse_v2=426), Faults(no_subprotocol=True)]
)
def test_a_host_without_version_2_is_read_in_version_1(faults: Faults, undisturbed: set[tuple[str, int]]) -> None:
    with JetstreamServer(story(), faults) as server:
        batches = read_until(make_source([server.url]), post_id(LAST))
        paths = [path for path, _ in server.requests]
        _, query = server.requests[-1]
    assert paths == ["/xrpc/network.bsky.jetstream.subscribeEvents", "/subscribe"]
    assert query["wantedCollections"] == ["app.bsky.feed.post"]
    assert revisions(batches) == undisturbed
    assert deletions_of(batches) == STORY_DELETIONS


def test_the_next_host_takes_over_with_a_time_ten_seconds_back(undisturbed: set[tuple[str, int]]) -> None:
    # the second host counts its own seq and saw every event 2 s later
    elsewhere = [moved(event, seq=event.seq + 5000, time_us=event.time_us + 2 * SECOND_US) for event in story()]
    dying = Faults(drops=deque([Drop(9), *[Drop(0)] * 8]))
    with JetstreamServer(story(), dying) as first, JetstreamServer(elsewhere) as second:
        batches = read_until(make_source([first.url, second.url]), post_id(LAST))
        [cursor] = second.cursors()
    assert cursor is not None
    # frames 0..8 are events 0..10 without the like and the identity, which were not asked for
    assert cursor == START_US + 10 * SECOND_US - 10 * SECOND_US
    assert revisions(batches) == undisturbed, "the same revision from another host has the same rev"
    assert deletions_of(batches) == STORY_DELETIONS


def moved(event: Served, **changes: int) -> Served:
    fields = {"seq": event.seq, "time_us": event.time_us} | changes
    return Served(fields["seq"], fields["time_us"], event.did, event.kind, event.body)


def test_an_unreachable_first_host_does_not_stop_the_stream() -> None:
    with JetstreamServer([]) as gone:
        dead_url = gone.url
    with JetstreamServer(story()) as server:
        batches = read_until(make_source([dead_url, server.url]), post_id(LAST))
    assert deletions_of(batches) == STORY_DELETIONS


def test_a_cursor_too_old_goes_on_from_the_time_and_then_live(caplog: pytest.LogCaptureFixture) -> None:
    with JetstreamServer(story()) as server:
        position = read_until(make_source([server.url]), post_id(0))[-1].position
        seq = msgspec.json.decode(position.token)[1]
        server.faults.floor_seq = seq + 5
        batches = read_until(make_source([server.url]), post_id(LAST), position)
        assert {n for n in range(LAST + 1) if post_id(n) in {p.post_id for p in posts_of(batches)}} >= {10, LAST}
        assert server.cursors()[-2:] == [seq, START_US + seq * SECOND_US - 10 * SECOND_US]
        server.faults.no_cursor_before_us = START_US + 10**12
        server.live_from = LAST
        batches = read_until(make_source([server.url]), post_id(LAST), position)
        assert [post.post_id for post in posts_of(batches)] == [post_id(LAST)]
        assert server.cursors()[-1] is None
    assert [record.message for record in caplog.records].count("bluesky_gap") == 3


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("this is no json", "not_json"),
        (b"\xff\xfe\x00", "not_utf8"),
        ("[1, 2]", "not_an_object"),
        ('{"kind": "commit"}', "wrong_type"),
        ('{"$type": "message", "payload": {"$type": "x#commit", "seq": 5, "did": "d", "time": "never"}}', "wrong_type"),
        (
            '{"did":"d","time_us":1790000000000001,"kind":"commit","commit":{"operation":"create",'
            '"collection":"app.bsky.feed.post","rkey":"r","record":{"text":7}}}',
            "wrong_type",
        ),
        (
            '{"did":"d","time_us":1790000000000001,"kind":"commit","commit":{"operation":"create",'
            '"collection":"app.bsky.feed.post","rkey":"r"}}',
            "no_text",
        ),
        ("[" * 100_000, "not_json"),
    ],
)
def test_a_garbage_frame_is_one_dead_letter(frame: str | bytes, reason: str, undisturbed: set[tuple[str, int]]) -> None:
    with JetstreamServer(story(), Faults(garbage={6: frame})) as server:
        source = make_source([server.url])
        batches = read_until(source, post_id(LAST))
        assert len(server.requests) == 1, "garbage is no reason to reconnect"
    [letter] = [letter for batch in batches for letter in batch.dead_letters]
    assert letter.reason == reason
    assert letter.raw == (frame if isinstance(frame, bytes) else frame.encode())[:65_536]
    assert revisions(batches) == undisturbed
    assert source.counts["malformed"] == 1


def test_unknown_kinds_are_counted_and_ignored(undisturbed: set[tuple[str, int]]) -> None:
    garbage: dict[int, bytes | str] = {
        3: '{"$type":"message","payload":{"$type":"x#novelty","seq":3,"did":"d","time":"2026-09-21T00:00:00Z"}}',
        6: '{"$type": "greeting"}',
    }
    with JetstreamServer(story(), Faults(garbage=garbage)) as server:
        source = make_source([server.url])
        batches = read_until(source, post_id(LAST))
    assert revisions(batches) == undisturbed
    assert not any(batch.dead_letters for batch in batches)
    assert source.counts["unknown"] == 1
    assert source.counts["ignored"] == 3  # the novelty and two accounts that stay


def test_a_frame_no_buffer_may_hold_is_stepped_over() -> None:
    limits = ConnectionLimits(max_frame_bytes=50_000, close_timeout_s=1.0)
    monster = Faults(garbage={7: "x" * 200_000})
    with JetstreamServer(story(), monster) as server:
        batches = read_until(make_source([server.url], limits=limits), post_id(LAST))
    letters = {letter.reason for batch in batches for letter in batch.dead_letters}
    assert letters == {"too_large"}
    assert {post.post_id for post in posts_of(batches)} == STORY_POSTS


def test_repeated_events_have_the_same_identity(undisturbed: set[tuple[str, int]]) -> None:
    with JetstreamServer(story(), Faults(twice=True)) as server:
        batches = read_until(make_source([server.url]), post_id(LAST))
    assert revisions(batches) == undisturbed


def test_silence_is_a_loss_and_the_stream_goes_on() -> None:
    with JetstreamServer(story()[:3]) as server:
        source = make_source([server.url], retry=RetryPolicy(silence_s=0.2))
        stream = source.fetch(START)
        quiet = 0
        for batch in stream:
            quiet += not batch.posts
            if len(server.requests) == 1 and quiet > 1:
                server.events = story()
            if any(post.post_id == post_id(LAST) for post in batch.posts):
                break
        stream.close()  # type: ignore[attr-defined] # fetch is a generator
        assert len(server.requests) >= 2


def test_giving_up_waits_longer_each_time_and_says_when_to_return() -> None:
    waits: list[float] = []
    with JetstreamServer([], Faults(refuse_all=503)) as server:
        retry = RetryPolicy(first_wait_s=0.5, longest_wait_s=4.0, failures=6)
        stream = make_source([server.url], retry=retry, sleep=waits.append).fetch(START)
        heartbeats: list[SourceBatch] = []
        with pytest.raises(SourceUnavailable) as caught:
            heartbeats.extend(stream)
    assert caught.value.retry_after_s == 4.0
    assert len(heartbeats) == 6, "the collector hears of every failed attempt"
    assert len(waits) == 5
    assert all(bound / 2 <= wait <= bound for wait, bound in zip(waits, [0.5, 1, 2, 4, 4], strict=True))
    assert len(set(waits)) == 5, "waits are jittered"


def test_an_idle_stream_gives_empty_batches_as_heartbeats() -> None:
    with JetstreamServer([]) as server:
        stream = make_source([server.url]).fetch(START)
        batch = next(stream)
        stream.close()  # type: ignore[attr-defined] # fetch is a generator
    assert batch == SourceBatch((), START)


def test_a_language_filter_keeps_the_undeclared_and_every_deletion() -> None:
    with JetstreamServer(story()) as server:
        source = make_source([server.url], languages=("en",))
        batches = read_until(source, post_id(LAST))
    assert {post.post_id for post in posts_of(batches)} == STORY_POSTS - {post_id(3)}
    assert deletions_of(batches) == STORY_DELETIONS
    assert source.counts["filtered"] == 1


def test_an_event_from_the_far_future_does_not_carry_the_cursor_away() -> None:
    strange = Served(6, START_US * 2, "did:plc:author6", "commit", post_event(6).body)
    events = [strange if event.seq == 6 else event for event in story()]
    with JetstreamServer(events, Faults(refuse_v2=404, drops=deque([Drop(7)]))) as server:
        batches = read_until(make_source([server.url]), post_id(LAST))
        assert server.cursors()[-1] == START_US + 7 * SECOND_US - 10 * SECOND_US
    assert {post.post_id for post in posts_of(batches)} == STORY_POSTS


def test_a_position_of_another_source_is_refused() -> None:
    with pytest.raises(StateMismatch):
        next(make_source(["ws://127.0.0.1:1"]).fetch(Position("posts.jsonl:7")))


@pytest.mark.parametrize(
    "urls", [(), ("https://jetstream.example",), ("wss://",), ("wss://[x",), ("wss://a.example:b",)]
)
def test_an_unusable_url_is_refused_at_once(urls: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=r"source\.urls"):
        make_source(urls)


@pytest.mark.lab
@pytest.mark.parametrize("refuse_v2", [None, 404], ids=["v2", "v1"])
def test_captured_events_come_through_whole(lab_data: Path, refuse_v2: int | None) -> None:
    lines = (lab_data / "sources" / "bluesky" / "jetstream_v1_corpus_152.jsonl").read_bytes().splitlines()
    captured = [msgspec.json.decode(line) for line in lines]
    events = [
        Served(seq, event["time_us"], event["did"], event["kind"], event[event["kind"]])
        for seq, event in enumerate(captured)
    ]
    made = [event for event in events if event.collection == "app.bsky.feed.post"]
    created = {f"bluesky:at://{e.did}/{e.collection}/{e.body['rkey']}": e for e in made if "record" in e.body}
    deleted = {f"bluesky:at://{e.did}/{e.collection}/{e.body['rkey']}" for e in made if "record" not in e.body}
    assert len(created) >= 17
    assert len(deleted) == 1
    end_us = max(event.time_us for event in events)
    end = Served(999, end_us, "did:plc:author999", "commit", {**post_event(999).body})

    def clock() -> datetime:
        return from_micros(end_us)

    for after in (0, 3, 11, 19):
        with JetstreamServer([*events, end], Faults(refuse_v2=refuse_v2, drops=deque([Drop(after)]))) as server:
            source = BlueskySource((server.url,), clock, batch_posts=5, max_wait_s=0.05, sleep=lambda _s: None)
            batches = read_until(source, post_id(999))
        posts = {post.post_id: post for post in posts_of(batches) if post.post_id != post_id(999)}
        assert set(posts) == set(created)
        assert {deletion.post_id for deletion in deletions_of(batches)} == deleted
        assert not any(batch.dead_letters for batch in batches)
        for key, post in posts.items():
            assert post.observed_at == from_micros(created[key].time_us)
            assert post.event_time.tzinfo is UTC
            assert abs(post.event_time - post.observed_at) < timedelta(hours=24)
