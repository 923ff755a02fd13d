"""The one door to kafka-python: its names, and opening a client without leaking a socket."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

with warnings.catch_warnings():
    # kafka-python 3.0 reads its schemas with importlib.resources.read_text, deprecated in
    # Python 3.11 and 3.12 only; a run with warnings as errors must still be able to import it.
    warnings.filterwarnings("ignore", message="(read|open)_text is deprecated", category=DeprecationWarning)
    from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
    from kafka.errors import (
        InvalidReplicationFactorError,
        KafkaError,
        LogTruncationError,
        NoOffsetForPartitionError,
        OffsetOutOfRangeError,
        TopicAlreadyExistsError,
        for_code,
    )
    from kafka.net.compat import KafkaNetClient
    from kafka.net.inet import KafkaNetSocket
    from kafka.structs import OffsetAndMetadata

from configs.errors import StreamUnavailable
from ingest.streams.contract import MAX_RECORD_BYTES

__all__ = [
    "MAX_MESSAGE_BYTES",
    "ConsumerRebalanceListener",
    "InvalidReplicationFactorError",
    "KafkaAdminClient",
    "KafkaConsumer",
    "KafkaError",
    "KafkaProducer",
    "LogTruncationError",
    "NoOffsetForPartitionError",
    "OffsetAndMetadata",
    "OffsetOutOfRangeError",
    "TopicAlreadyExistsError",
    "TopicPartition",
    "connect",
    "for_code",
]

# Room for key, headers and batch framing around the largest value.
MAX_MESSAGE_BYTES = MAX_RECORD_BYTES + 256 * 1024


class _ClosingSocket(KafkaNetSocket):  # type: ignore[misc]  # the client ships no types
    """A plain connection whose socket is closed when connecting fails; kafka-python 3.0 forgets that one."""

    SCHEMES = ("direct",)

    async def sock_connect(self, net: Any, sock: Any, sockaddr: Any, timeout_at: Any = None) -> Any:
        try:
            return await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise


def connect(kind: Callable[..., Any], servers: Sequence[str], timeout_s: float, **options: Any) -> Any:
    """Build a Kafka client; when no broker answers, leave no thread or socket behind.

    Raises
    ------
    StreamUnavailable
        No broker answered within ``timeout_s``.
    """
    clients: list[Any] = []

    def keep(**config: Any) -> Any:
        clients.append(KafkaNetClient(**config))
        return clients[-1]

    timeout_ms = int(timeout_s * 1000)
    try:
        return kind(
            bootstrap_servers=list(servers),
            bootstrap_timeout_ms=timeout_ms,
            request_timeout_ms=max(timeout_ms, 1_000),
            reconnect_backoff_max_ms=1_000,
            kafka_client=keep,
            proxy_url="direct://",  # kafka-python's way to name a socket class: no proxy
            **options,
        )
    except (KafkaError, OSError) as error:
        # The half-built client never reaches the caller, so nobody else could close it.
        for client in clients:
            client.close()
        raise StreamUnavailable(f"no Kafka broker at {', '.join(servers)}: {error!r}") from error
