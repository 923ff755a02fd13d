"""Streams: append-only logs between the stages, and the table of their kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from configs.settings import Settings
from ingest.streams.contract import Stream
from ingest.streams.topics import CONNECTOR_STATE, DEAD_LETTERS, ENRICHED, POSTS, TOPIC_POLICIES, TopicPolicy

__all__ = [
    "CONNECTOR_STATE",
    "DEAD_LETTERS",
    "ENRICHED",
    "POSTS",
    "STREAM_KINDS",
    "TOPIC_POLICIES",
    "TopicPolicy",
    "open_stream",
]


def _local(settings: Settings, name: str, policy: TopicPolicy) -> Stream:
    from ingest.streams.local.stream import LocalStream

    return LocalStream(Path(settings.stream.path), name, compact=policy.compact)


def _kafka(settings: Settings, name: str, policy: TopicPolicy) -> Stream:
    # Imported here: the embedded default never loads a Kafka client.
    from ingest.streams.kafka.stream import KafkaStream

    return KafkaStream(
        name,
        settings.stream.bootstrap_servers,
        partitions=policy.partitions or settings.stream.partitions,
        replication_factor=settings.stream.replication_factor,
        group_prefix=settings.stream.group,
        policy=policy,
    )


STREAM_KINDS: dict[str, Callable[[Settings, str, TopicPolicy], Stream]] = {"local": _local, "kafka": _kafka}
"""How each ``stream.kind`` is built; a new kind is one file and one line here."""


def open_stream(settings: Settings, name: str) -> Stream:
    """The stream called ``name`` as the settings want it. Nothing is opened until it is used.

    Examples
    --------
    >>> open_stream(Settings(), POSTS).name
    'posts.v1'
    """
    return STREAM_KINDS[settings.stream.kind](settings, name, TOPIC_POLICIES.get(name, TopicPolicy()))
