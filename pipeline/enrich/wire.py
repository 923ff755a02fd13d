"""The codec of ``enriched.v1``: one MessagePack record a post, the vector beside the struct."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from configs.errors import BadRecord, StateMismatch
from ingest.streams.contract import OutRecord, Record
from ingest.wire import cloud_event_headers
from pipeline.types import EnrichedBatch, EnrichedPost, FloatArray

ENRICHED_TYPE = "trendsieve.enriched.v1"


class _Body(msgspec.Struct, frozen=True):
    enriched: EnrichedPost
    embedding: bytes
    encoder_id: str


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Body)


def encode_enriched(batch: EnrichedBatch, shard: str) -> list[OutRecord]:
    """Records keyed by shard, so that one owner gets all posts of a shard in order."""
    records = []
    for enriched, embedding in zip(batch.posts, batch.embeddings, strict=True):
        body = _Body(enriched, np.ascontiguousarray(embedding, "<f4").tobytes(), batch.encoder_id)
        event_id = f"{enriched.post.post_id}#{enriched.post.rev}"
        headers = cloud_event_headers(ENRICHED_TYPE, enriched.post.source, event_id)
        records.append(OutRecord(shard, _ENCODER.encode(body), headers))
    return records


def is_enriched(record: Record) -> bool:
    """Whether a record holds an enriched post (and not a heartbeat or a deletion)."""
    return dict(record.headers).get("ce_type") == ENRICHED_TYPE.encode()


def decode_enriched(
    record: Record, encoder_ids: tuple[str, ...], dimension: int
) -> tuple[EnrichedPost, FloatArray, str]:
    """The post, its ``(dimension,) float32`` vector, and which of the encoders made that.

    Raises
    ------
    BadRecord
        The body is not what this program writes.
    StateMismatch
        Another encoder made the vector: an enrich worker runs with other settings.
    """
    try:
        body = _DECODER.decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRecord("not_enriched", str(error)) from error
    if body.encoder_id not in encoder_ids:
        known = " and ".join(f"'{encoder_id}'" for encoder_id in encoder_ids)
        raise StateMismatch(
            f"enriched.v1 carries vectors of '{body.encoder_id}', this worker uses {known}; "
            "give enrich and track the same encoder.id and encoder.static"
        )
    if len(body.embedding) != 4 * dimension:
        raise BadRecord("not_enriched", f"the vector has {len(body.embedding)} bytes, not {4 * dimension}")
    vector = np.frombuffer(body.embedding, "<f4")
    if not np.isfinite(vector).all():
        raise BadRecord("not_enriched", "the vector holds something that is no number")
    return body.enriched, vector, body.encoder_id


def joined(pairs: Sequence[tuple[EnrichedPost, FloatArray]], encoder_id: str, dimension: int) -> EnrichedBatch:
    """A batch from single posts; an empty sequence gives an empty batch."""
    embeddings = np.array([vector for _, vector in pairs], np.float32).reshape(len(pairs), dimension)
    return EnrichedBatch(tuple(post for post, _ in pairs), embeddings, encoder_id)
