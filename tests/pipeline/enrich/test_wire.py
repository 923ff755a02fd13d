"""``enriched.v1``: what was written is read, bit for bit; what is not ours is refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import BadRecord, StateMismatch
from ingest.post import Author, Metrics, Post, Provenance
from ingest.streams.contract import OutRecord, Record
from ingest.wire import Heartbeat, encode_heartbeat, encode_post
from pipeline.enrich.wire import decode_enriched, encode_enriched, is_enriched, joined
from pipeline.types import EnrichedBatch, EnrichedPost, Signals

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SHARE = st.floats(0, 1)

enriched_posts = st.builds(
    EnrichedPost,
    post=st.builds(
        Post,
        post_id=TEXT,
        text=TEXT,
        event_time=st.integers(0, 10**9).map(lambda s: NOW + timedelta(microseconds=s)),
        rev=st.integers(0, 2**63 - 1),
        author=st.none() | st.builds(Author, id=TEXT, handle=st.none() | TEXT, is_bot=st.none() | st.booleans()),
        metrics=st.none() | st.builds(Metrics, likes=st.none() | st.integers(0, 10**9)),
        hashtags=st.lists(TEXT, max_size=3).map(tuple),
        reply_to=st.none() | TEXT,
    ),
    clean_text=TEXT,
    text_hash=st.integers(0, 2**63 - 1),
    language=st.none() | st.just("it"),
    tokens=st.lists(TEXT, max_size=4).map(tuple),
    signals=st.builds(Signals, *[SHARE] * 8),
    hazards=st.lists(st.tuples(TEXT, SHARE), max_size=3).map(tuple),
)


def record(out: OutRecord) -> Record:
    return Record(0, 0, out.key, out.value, out.headers)


def one_post() -> EnrichedPost:
    post = Post(post_id="p1", text="Che sole", event_time=NOW)
    return EnrichedPost(post, "Che sole", 5, "it", ("che", "sole"), Signals(0.1, 0.2, 0.3, 0.4, 0.0, 0.1, 0.1, 0.1))


@settings(max_examples=60, deadline=None)
@given(posts=st.lists(enriched_posts, max_size=5), seed=st.integers(0, 99))
def test_a_batch_survives_the_stream(posts: list[EnrichedPost], seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(len(posts), 7)).astype(np.float32)
    records = [record(out) for out in encode_enriched(EnrichedBatch(tuple(posts), vectors, "enc"), "shard-1")]
    assert all(is_enriched(r) and r.key == "shard-1" for r in records)
    again = joined([decode_enriched(r, ("enc",), 7)[:2] for r in records], "enc", 7)
    assert again.posts == tuple(posts)
    assert again.encoder_id == "enc"
    np.testing.assert_array_equal(again.embeddings, vectors)
    assert again.embeddings.dtype == np.float32


def test_a_post_with_fields_that_it_had_once_still_comes_in() -> None:
    (out,) = encode_enriched(EnrichedBatch((one_post(),), np.ones((1, 3), np.float32), "e"), "s")
    body = msgspec.msgpack.decode(out.value)
    provenance = {"connector": "jsonl", "licence_tag": "cc-by", "expires_at": "2027-01-01T00:00:00Z"}
    body["enriched"]["post"] |= {"source_instance": "it.example", "media": ["a.jpg"], "provenance": provenance}
    old = OutRecord("s", msgspec.msgpack.encode(body), out.headers)
    (enriched, _, _), known = decode_enriched(record(old), ("e",), 3), one_post()
    post = msgspec.structs.replace(known.post, provenance=Provenance("jsonl"))
    assert enriched == msgspec.structs.replace(known, post=post)


def test_vectors_of_another_encoder_stop_the_worker() -> None:
    (out,) = encode_enriched(EnrichedBatch((one_post(),), np.ones((1, 3), np.float32), "one"), "s")
    with pytest.raises(StateMismatch, match=r"same encoder\.id"):
        decode_enriched(record(out), ("other",), 3)


@pytest.mark.parametrize("damage", ["cut", "empty", "json", "type"])
def test_damage_is_a_bad_record(damage: str) -> None:
    (out,) = encode_enriched(EnrichedBatch((one_post(),), np.ones((1, 3), np.float32), "e"), "s")
    value = {
        "cut": out.value[: len(out.value) // 2],
        "empty": b"",
        "json": b'{"a": 1}',
        "type": msgspec.msgpack.encode({"enriched": 1, "embedding": b"", "encoder_id": "e"}),
    }[damage]
    with pytest.raises(BadRecord) as caught:
        decode_enriched(record(OutRecord("s", value, out.headers)), ("e",), 3)
    assert caught.value.reason == "not_enriched"


@settings(max_examples=150, deadline=None)
@given(value=st.binary(max_size=60))
def test_noise_is_a_bad_record_and_nothing_else(value: bytes) -> None:
    with pytest.raises(BadRecord):
        decode_enriched(record(OutRecord("s", value)), ("e",), 3)


@pytest.mark.parametrize("vector", [b"", b"\0" * 4, b"\0" * 16, b"\0" * 13, b"\0" * 8 + b"\0\0\xc0\x7f"])
def test_a_vector_that_does_not_fit_is_a_bad_record(vector: bytes) -> None:
    """Of another length, or with a NaN in it: one such record must not take the batch around it down."""
    body = {"enriched": one_post(), "embedding": vector, "encoder_id": "e"}
    with pytest.raises(BadRecord) as caught:
        decode_enriched(record(OutRecord("s", msgspec.msgpack.encode(body))), ("e",), 3)
    assert caught.value.reason == "not_enriched"


def test_other_records_are_told_apart() -> None:
    assert not is_enriched(record(encode_post(one_post().post)))
    assert not is_enriched(record(encode_heartbeat(Heartbeat(NOW))))
    assert not is_enriched(Record(0, 0, "k", b"{}"))


def test_nothing_joined_is_an_empty_batch() -> None:
    empty = joined([], "enc", 7)
    assert (empty.posts, empty.embeddings.shape, empty.encoder_id) == ((), (0, 7), "enc")
