"""The codec of ``posts.v1``: CloudEvents 1.0 in Kafka binary mode, bodies as JSON.

The stream carries posts, deletions and heartbeats. A heartbeat is time itself: it is in
the stream so that a replay closes the same windows as live did. Changes are additive
within a major schema version: unknown fields are ignored, a newer major is refused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from configs.errors import BadRecord
from ingest.post import SCHEMA_VERSION, Post
from ingest.sources.contract import Deletion
from ingest.streams.contract import OutRecord, Record

POST_TYPE = "trendsieve.post.v1"
DELETION_TYPE = "trendsieve.deletion.v1"
HEARTBEAT_TYPE = "trendsieve.heartbeat.v1"
HEARTBEAT_KEY = "heartbeat"

_T = TypeVar("_T")

_LARGEST_REV = 2**63 - 1  # what every store can keep


class Heartbeat(msgspec.Struct, frozen=True, omit_defaults=True):
    """The stream was alive at ``at`` (aware UTC); ``end``: a finite source has nothing more."""

    at: datetime
    end: bool = False


class _Version(msgspec.Struct):
    schema_version: int = SCHEMA_VERSION


_ENCODER = msgspec.json.Encoder()
_POSTS = msgspec.json.Decoder(Post)
_DELETIONS = msgspec.json.Decoder(Deletion)
_HEARTBEATS = msgspec.json.Decoder(Heartbeat)
_VERSIONS = msgspec.json.Decoder(_Version)


def cloud_event_headers(kind: str, source: str, event_id: str) -> tuple[tuple[str, bytes], ...]:
    """Headers of one event. ``(source, event_id)`` identifies it.

    Examples
    --------
    >>> cloud_event_headers("trendsieve.post.v1", "hn", "hn:1#0")[1]
    ('ce_type', b'trendsieve.post.v1')
    """
    return (
        ("ce_specversion", b"1.0"),
        ("ce_type", kind.encode()),
        ("ce_source", f"/trendsieve/{source}".encode()),
        ("ce_id", event_id.encode()),
        ("ce_schemaversion", str(SCHEMA_VERSION).encode()),
        ("content-type", b"application/json"),
    )


def encode_post(post: Post) -> OutRecord:
    """One record, keyed by post id so that revisions of a post keep their order.

    Raises
    ------
    BadRecord
        A text holds half a surrogate pair and has no UTF-8 form.

    Examples
    --------
    >>> post = Post(post_id="hn:1", text="ciao", event_time=datetime(2026, 11, 21, tzinfo=UTC))
    >>> out = encode_post(post)
    >>> decode(Record(0, 0, out.key, out.value, out.headers)) == post
    True
    """
    try:
        headers = cloud_event_headers(POST_TYPE, post.source, f"{post.post_id}#{post.rev}")
        return OutRecord(post.post_id, _ENCODER.encode(post), headers)
    except UnicodeEncodeError as error:
        raise BadRecord("not_utf8", "the post holds half a surrogate pair") from error


def encode_deletion(deletion: Deletion) -> OutRecord:
    """One record, keyed like the posts it removes, or ``account:<id>``.

    Raises
    ------
    BadRecord
        Not exactly one of ``post_id`` and ``account_id`` is set.
    """
    key = _deletion_key(deletion)
    return OutRecord(key, _ENCODER.encode(deletion), cloud_event_headers(DELETION_TYPE, "collect", key))


def encode_heartbeat(heartbeat: Heartbeat) -> OutRecord:
    """One record; its key is the same for all, so heartbeats keep their order."""
    event_id = heartbeat.at.isoformat() + ("#end" if heartbeat.end else "")
    headers = cloud_event_headers(HEARTBEAT_TYPE, "collect", event_id)
    return OutRecord(HEARTBEAT_KEY, _ENCODER.encode(heartbeat), headers)


def decode(record: Record) -> Post | Deletion | Heartbeat:
    """Read one record; without CloudEvents headers it is taken for a post.

    Raises
    ------
    BadRecord
        ``not_utf8``, ``not_json``, ``missing_field``, ``wrong_type``, ``unknown_type``, or
        ``newer_schema`` for a major version this program does not know.
    """
    headers = dict(record.headers)
    _check_version(headers.get("ce_schemaversion"))
    kind = headers.get("ce_type", POST_TYPE.encode()).decode("utf-8", "replace")
    if kind == POST_TYPE:
        return _checked_post(_decode_body(record.value, _POSTS))
    if kind == DELETION_TYPE:
        deletion = _decode_body(record.value, _DELETIONS)
        _deletion_key(deletion)
        return deletion
    if kind == HEARTBEAT_TYPE:
        heartbeat = _decode_body(record.value, _HEARTBEATS)
        return msgspec.structs.replace(heartbeat, at=_utc(heartbeat.at, "at"))
    stem = kind.rpartition(".v")[0]
    if any(known.rpartition(".v")[0] == stem for known in (POST_TYPE, DELETION_TYPE, HEARTBEAT_TYPE)):
        raise BadRecord("newer_schema", f"records of type {kind!r} need a newer Trendsieve")
    raise BadRecord("unknown_type", f"no record of this stream has the type {kind[:80]!r}")


def _deletion_key(deletion: Deletion) -> str:
    if (deletion.post_id is None) == (deletion.account_id is None):
        raise BadRecord("wrong_type", "a deletion names either a post or an account")
    return deletion.post_id if deletion.post_id is not None else f"account:{deletion.account_id}"


def _check_version(header: bytes | None) -> None:
    if header is None:
        return
    try:
        version = int(header)
    except ValueError as error:
        raise BadRecord("wrong_type", "the schema version header is no number") from error
    if version > SCHEMA_VERSION:
        raise BadRecord("newer_schema", f"schema version {version} is newer than {SCHEMA_VERSION}")


def _decode_body(value: bytes, decoder: msgspec.json.Decoder[_T]) -> _T:
    try:
        return decoder.decode(value)
    except UnicodeDecodeError as error:
        raise BadRecord("not_utf8", str(error)) from error
    except msgspec.ValidationError as error:
        _check_body_version(value)  # a newer body may fail for being newer
        reason = "missing_field" if "missing required" in str(error) else "wrong_type"
        raise BadRecord(reason, str(error)) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRecord("not_json" if _is_utf8(value) else "not_utf8", str(error)) from error


def _check_body_version(value: bytes) -> None:
    try:
        version = _VERSIONS.decode(value).schema_version
    except (ValueError, RecursionError):
        return
    _check_version(str(version).encode())


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _checked_post(post: Post) -> Post:
    """The rules a type cannot say; nearly every post passes without a copy."""
    if post.schema_version > SCHEMA_VERSION:
        raise BadRecord("newer_schema", f"schema version {post.schema_version} is newer than {SCHEMA_VERSION}")
    if not 0 <= post.rev <= _LARGEST_REV:
        raise BadRecord("wrong_type", "rev is not a non-negative 64-bit integer")
    times = (post.event_time, post.created_at, post.observed_at, post.ingested_at, post.metrics_at)
    if all(moment is None or moment.tzinfo is UTC for moment in times):
        return post
    return msgspec.structs.replace(
        post,
        event_time=_utc(post.event_time, "event_time"),
        created_at=post.created_at and _utc(post.created_at, "created_at"),
        observed_at=post.observed_at and _utc(post.observed_at, "observed_at"),
        ingested_at=post.ingested_at and _utc(post.ingested_at, "ingested_at"),
        metrics_at=post.metrics_at and _utc(post.metrics_at, "metrics_at"),
    )


def _utc(moment: datetime, field: str) -> datetime:
    if moment.tzinfo is None:
        raise BadRecord("wrong_type", f"{field} has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise BadRecord("wrong_type", f"{field} is outside years 1-9999 in UTC") from error
