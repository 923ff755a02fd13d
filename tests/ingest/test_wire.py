"""The codec: what goes in comes out, and nothing that comes in can break the reader."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import BadRecord
from ingest.event_time import from_micros
from ingest.post import Author, Metrics, Post, Provenance
from ingest.sources.contract import Deletion
from ingest.streams.contract import OutRecord, Record
from ingest.wire import HEARTBEAT_TYPE, POST_TYPE, Heartbeat, decode, encode_deletion, encode_heartbeat, encode_post

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
TIMES = st.integers(0, 4_102_444_800_000_000).map(from_micros)
COUNTS = st.none() | st.integers(0, 2**63 - 1)
POSTS = st.builds(
    Post,
    post_id=TEXTS.filter(bool),
    text=TEXTS,
    event_time=TIMES,
    kind=st.sampled_from(["post", "reply", "repost", "quote"]),
    op=st.sampled_from(["create", "update", "snapshot"]),
    rev=st.integers(0, 2**63 - 1),
    title=st.none() | TEXTS,
    lang_declared=st.lists(TEXTS, max_size=2).map(tuple),
    author=st.none() | st.builds(Author, id=TEXTS, handle=st.none() | TEXTS, followers=COUNTS),
    created_at=st.none() | TIMES,
    observed_at=st.none() | TIMES,
    time_flag=st.none() | st.sampled_from(["missing", "future", "out_of_order"]),
    metrics=st.none() | st.builds(Metrics, likes=COUNTS, views=COUNTS),
    links=st.lists(TEXTS, max_size=3).map(tuple),
    provenance=st.none() | st.builds(Provenance, connector=TEXTS, cursor=st.none() | TEXTS),
)


def read_back(out: OutRecord) -> Record:
    return Record(0, 7, out.key, out.value, out.headers)


def bare(value: bytes | dict[str, Any], *headers: tuple[str, bytes]) -> Record:
    return Record(0, 0, "key", value if isinstance(value, bytes) else msgspec.json.encode(value), headers)


def reason_of(record: Record) -> str:
    with pytest.raises(BadRecord) as caught:
        decode(record)
    return caught.value.reason


@given(POSTS)
def test_a_post_comes_back_as_it_was(post: Post) -> None:
    out = encode_post(post)
    assert out.key == post.post_id
    assert decode(read_back(out)) == post


@pytest.mark.parametrize("deletion", [Deletion(post_id="hn:1"), Deletion(account_id="did:plc:a")])
def test_a_deletion_comes_back_under_the_key_of_what_it_removes(deletion: Deletion) -> None:
    out = encode_deletion(deletion)
    assert out.key == (deletion.post_id or "account:did:plc:a")
    assert decode(read_back(out)) == deletion


@pytest.mark.parametrize("deletion", [Deletion(), Deletion(post_id="a", account_id="b")])
def test_a_deletion_of_nothing_or_of_two_things_is_refused(deletion: Deletion) -> None:
    with pytest.raises(BadRecord):
        encode_deletion(deletion)


@pytest.mark.parametrize("heartbeat", [Heartbeat(NOW), Heartbeat(NOW, end=True)])
def test_a_heartbeat_comes_back(heartbeat: Heartbeat) -> None:
    assert decode(read_back(encode_heartbeat(heartbeat))) == heartbeat


def test_headers_are_cloud_events_in_binary_mode() -> None:
    headers = dict(encode_post(Post(post_id="hn:1", text="", event_time=NOW, source="hn", rev=3)).headers)
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_type": b"trendsieve.post.v1",
        "ce_source": b"/trendsieve/hn",
        "ce_id": b"hn:1#3",
        "ce_schemaversion": b"1",
        "content-type": b"application/json",
    }


def test_a_record_without_headers_is_a_post_and_unknown_fields_are_additive() -> None:
    body = {"post_id": "x", "text": "ciao", "event_time": "2026-11-21T12:00:00Z", "mood": {"new": [1, 2]}}
    assert decode(bare(body)) == Post(post_id="x", text="ciao", event_time=NOW)


OLD_FIELDS = {"source_instance": "it.example", "media": ["https://cdn.example/1.jpg"]}
OLD_PROVENANCE = {"connector": "jsonl", "licence_tag": "cc-by", "expires_at": "2027-01-01T00:00:00Z"}


def test_a_record_with_fields_that_posts_had_once_still_comes_in() -> None:
    body = {"post_id": "x", "text": "ciao", "event_time": "2026-11-21T12:00:00Z", "provenance": OLD_PROVENANCE}
    provenance = Provenance("jsonl")
    assert decode(bare(body | OLD_FIELDS)) == Post(post_id="x", text="ciao", event_time=NOW, provenance=provenance)


def test_other_time_zones_become_utc() -> None:
    rome = timezone(timedelta(hours=1))
    post = Post(post_id="x", text="", event_time=NOW.astimezone(rome), created_at=NOW.astimezone(rome))
    got = decode(read_back(encode_post(post)))
    assert isinstance(got, Post)
    assert got.event_time.tzinfo is UTC
    assert got.created_at == NOW
    assert got.created_at.tzinfo is UTC


GOOD = {"post_id": "x", "text": "t", "event_time": "2026-11-21T12:00:00Z"}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b'{"x":' * 100_000, "not_json"),
        (b'{"post_id": "x", "text": "\xff", "event_time": "2026-11-21T12:00:00Z"}', "not_utf8"),
        (b"\xff\xfe", "not_utf8"),
        (b"[]", "wrong_type"),
        (b"null", "wrong_type"),
        ({**GOOD, "text": 7}, "wrong_type"),
        ({**GOOD, "kind": "poem"}, "wrong_type"),
        ({**GOOD, "event_time": "soon"}, "wrong_type"),
        ({**GOOD, "event_time": "2026-11-21T12:00:00"}, "wrong_type"),
        ({**GOOD, "created_at": "2026-11-21T12:00:00"}, "wrong_type"),
        ({**GOOD, "created_at": "0001-01-01T00:00:00+10:00"}, "wrong_type"),
        ({**GOOD, "rev": -1}, "wrong_type"),
        ({**GOOD, "rev": 2**63}, "wrong_type"),
        ({"post_id": "x", "text": "t"}, "missing_field"),
        ({**GOOD, "schema_version": 2}, "newer_schema"),
        ({"schema_version": 2, "entirely": "different"}, "newer_schema"),
    ],
)
def test_what_is_wrong_with_a_body_is_named(value: bytes | dict[str, Any], reason: str) -> None:
    assert reason_of(bare(value)) == reason


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([("ce_type", b"trendsieve.post.v2")], "newer_schema"),
        ([("ce_type", b"trendsieve.heartbeat.v9")], "newer_schema"),
        ([("ce_type", b"com.example.order.v1")], "unknown_type"),
        ([("ce_type", b"\xff")], "unknown_type"),
        ([("ce_schemaversion", b"2")], "newer_schema"),
        ([("ce_schemaversion", b"two")], "wrong_type"),
        ([("ce_type", HEARTBEAT_TYPE.encode())], "missing_field"),
    ],
)
def test_what_is_wrong_with_the_headers_is_named(headers: list[tuple[str, bytes]], reason: str) -> None:
    assert reason_of(bare(GOOD, *headers)) == reason


def test_a_text_without_a_utf8_form_is_refused_when_written() -> None:
    with pytest.raises(BadRecord, match="not_utf8"):
        encode_post(Post(post_id="x", text="\ud800", event_time=NOW))


@given(
    st.binary(max_size=80)
    | st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(repr).map(str.encode),
    st.sampled_from([(), (("ce_type", POST_TYPE.encode()),), (("ce_type", HEARTBEAT_TYPE.encode()),)]),
)
def test_any_bytes_are_a_record_or_a_bad_record(value: bytes, headers: tuple[tuple[str, bytes], ...]) -> None:
    record = bare(value, *headers)
    with suppress(BadRecord):
        assert isinstance(decode(record), Post | Deletion | Heartbeat)
