"""Jetstream events as posts and deletions, the same in both versions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from ingest.event_time import EventClock, from_micros
from ingest.post import Post
from ingest.sources.bluesky.events import Event, Notice, parse_frame, read_deletion, read_post, revision
from ingest.sources.contract import Deletion
from tests.jetstream_server import (
    START_US,
    Served,
    account_event,
    commit_event,
    identity_event,
    like_event,
    post_event,
    post_id,
    render_v1,
    render_v2,
    tid,
)

NOW = from_micros(START_US) + timedelta(hours=1)
Render = Callable[[Served], dict[str, Any]]


@pytest.fixture(params=[render_v1, render_v2], ids=["v1", "v2"])
def render(request: pytest.FixtureRequest) -> Render:
    """Both versions carry the same events."""
    found: Render = request.param
    return found


def read_one(served: Served, render: Render) -> Post | None:
    event = parse_frame(msgspec.json.encode(render(served)))
    assert isinstance(event, Event)
    return read_post(event, EventClock(lambda: NOW, "live"), ingested_at=NOW)


def one_post(render: Render, **record: Any) -> Post:
    post = read_one(post_event(0, **record), render)
    assert post is not None
    return post


def test_facet_positions_are_bytes_of_the_utf8_text(render: Render) -> None:
    text = "Perché no? @chiara.example ama #Lievito 🥖 → forno.example/p…"
    encoded = text.encode()

    def facet(covered: str, kind: str, **feature: str) -> dict[str, Any]:
        start = encoded.index(covered.encode())
        index = {"byteStart": start, "byteEnd": start + len(covered.encode())}
        return {"index": index, "features": [{"$type": f"app.bsky.richtext.facet#{kind}", **feature}]}

    post = one_post(
        render,
        text=text,
        facets=[
            facet("@chiara.example", "mention", did="did:plc:chiara"),
            facet("#Lievito", "tag", tag="Lievito"),
            facet("forno.example/p…", "link", uri="https://forno.example/pane"),
            facet("Perché", "mention", did="did:plc:other"),
            {"index": {"byteStart": 9_000, "byteEnd": 9_001}, "features": "broken"},
        ],
        tags=["Pane"],
    )
    assert post.mentions == ("chiara.example", "did:plc:other")
    assert post.hashtags == ("lievito", "pane")
    assert post.links == ("https://forno.example/pane",)
    assert post.text == text


def test_replies_quotes_and_links_are_references(render: Render) -> None:
    root = "at://did:plc:a/app.bsky.feed.post/root"
    parent = "at://did:plc:b/app.bsky.feed.post/parent"
    quoted = "at://did:plc:c/app.bsky.feed.post/quoted"
    reply = one_post(render, reply={"root": {"uri": root, "cid": "x"}, "parent": {"uri": parent, "cid": "y"}})
    assert (reply.kind, reply.root, reply.reply_to) == ("reply", f"bluesky:{root}", f"bluesky:{parent}")
    quote = one_post(render, embed={"$type": "app.bsky.embed.record", "record": {"uri": quoted, "cid": "z"}})
    assert (quote.kind, quote.quote_of) == ("quote", f"bluesky:{quoted}")
    both = one_post(
        render,
        embed={
            "$type": "app.bsky.embed.recordWithMedia",
            "record": {"record": {"uri": quoted, "cid": "z"}},
            "media": {"external": {"uri": "https://forno.example/", "title": "t", "description": "d"}},
        },
    )
    assert (both.quote_of, both.links) == (f"bluesky:{quoted}", ("https://forno.example/",))
    feed = one_post(render, embed={"record": {"uri": "at://did:plc:c/app.bsky.feed.generator/f", "cid": "z"}})
    assert (feed.kind, feed.quote_of) == ("post", None)


def test_a_record_of_wrong_types_still_is_a_post(render: Render) -> None:
    post = one_post(render, langs=7, facets={"a": 1}, reply=[], embed="x", tags=[3], createdAt={"no": "time"})
    assert (post.text, post.lang_declared, post.time_flag) == ("post number 0", (), "unreadable")


def test_times_and_identity_of_a_post(render: Render) -> None:
    post = one_post(render, langs=["it", "en"])
    observed_at = from_micros(START_US)
    assert (post.observed_at, post.event_time) == (observed_at, observed_at - timedelta(milliseconds=400))
    assert post.author is not None
    assert (post.author.id, post.lang_declared, post.rev) == ("did:plc:author0", ("it", "en"), START_US << 10 | 7)
    assert post.ingested_at == NOW
    late = one_post(render, createdAt=(observed_at - timedelta(days=30)).isoformat())
    assert (late.event_time, late.time_flag, late.created_at) == (
        observed_at,
        "stale",
        observed_at - timedelta(days=30),
    )


def test_only_posts_become_posts(render: Render) -> None:
    for served in (like_event(1), identity_event(2), account_event(3, "did:plc:a", "deleted")):
        assert read_one(served, render) is None
    assert read_one(commit_event(4, "delete", None), render) is None


@pytest.mark.parametrize(
    ("served", "deletion"),
    [
        (commit_event(4, "delete", None, of=1), Deletion(post_id=post_id(1))),
        (account_event(3, "did:plc:a", "deleted"), Deletion(account_id="did:plc:a")),
        (account_event(3, "did:plc:a", "takendown"), Deletion(account_id="did:plc:a")),
        (account_event(3, "did:plc:a", "deactivated"), None),
        (account_event(3, "did:plc:a", None), None),
        (like_event(3), None),
        (post_event(3), None),
    ],
)
def test_deletions(served: Served, deletion: Deletion | None, render: Render) -> None:
    event = parse_frame(msgspec.json.encode(render(served)))
    assert isinstance(event, Event)
    assert read_deletion(event) == deletion


@pytest.mark.parametrize(
    ("frame", "notice"),
    [
        ({"$type": "error", "error": "ConsumerTooSlow"}, Notice("error", "ConsumerTooSlow")),
        ({"$type": "error"}, Notice("error", "unnamed")),
        (
            {"$type": "message", "payload": {"$type": "x#info", "name": "OutdatedCursor"}},
            Notice("info", "OutdatedCursor"),
        ),
        ({"$type": "greeting"}, Notice("unknown", "greeting")),
        ({"$type": "message", "payload": 3}, Notice("unknown", "message")),
    ],
)
def test_frames_about_the_stream_are_notices(frame: dict[str, Any], notice: Notice) -> None:
    assert parse_frame(msgspec.json.encode(frame)) == notice


def test_revisions_grow_with_time_and_a_broken_one_stays_on_their_scale() -> None:
    times = [START_US + step for step in (0, 1, 10, 10**6, 10**12)]
    revs = [revision(tid(time_us), 0) for time_us in times]
    assert revs == sorted(set(revs))
    for broken in ("", "3mptb", "!" * 13, "z" * 13, "3mptbypcq372f3"):
        assert revision(broken, START_US) == START_US << 10
        assert revs[0] - 1024 < revision(broken, START_US) <= revs[0] < 2**63
