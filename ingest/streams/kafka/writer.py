"""Appends to a Kafka topic: idempotent, all replicas, back only when everything is acknowledged."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from configs.errors import StreamUnavailable
from ingest.streams.contract import OutRecord
from ingest.streams.kafka.client import MAX_MESSAGE_BYTES, KafkaError, KafkaProducer, connect
from ingest.streams.offsets import check_size

log = logging.getLogger(__name__)

_BATCH_BYTES = 256 * 1024
_CLOSE_S = 5.0
_PAUSE_MIN_S, _PAUSE_MAX_S = 0.1, 2.0


class KafkaWriter:
    """One idempotent producer; one thread at a time.

    After a failure the producer is thrown away: after a broker restart its sequence numbers
    may be refused (OutOfOrderSequence) for as long as it lives. A new one sends everything
    from the first unacknowledged record on, so a key's records keep their order and a
    duplicate is possible where a loss is not.
    """

    def __init__(
        self,
        topic: str,
        servers: Sequence[str],
        timeout_s: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._topic = topic
        self._servers = servers
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._sleep = sleep
        self._closed = False
        self._producer: Any = None
        self._open()

    def append(self, records: Sequence[OutRecord]) -> None:
        """Append all records; on return every in-sync replica has them.

        Raises
        ------
        StreamUnavailable
            Still refused after ``timeout_s`` of attempts, or the writer is closed.
        BadRecord
            A value is too large.
        """
        for record in records:
            check_size(record)
        waiting = list(records)
        deadline = self._monotonic() + self._timeout_s
        pause_s = _PAUSE_MIN_S
        while waiting:
            acknowledged, error = self._send(waiting)
            del waiting[:acknowledged]
            if not waiting:
                return
            self._discard()
            if self._monotonic() >= deadline:
                raise StreamUnavailable(f"{self._topic}: {len(waiting)} records not acknowledged: {error!r}") from error
            log.warning(
                "append_retried", extra={"stream": self._topic, "waiting": len(waiting), "error": type(error).__name__}
            )
            self._sleep(pause_s)
            pause_s = min(pause_s * 2, _PAUSE_MAX_S)

    def _send(self, records: Sequence[OutRecord]) -> tuple[int, Exception | None]:
        """Send all; return how many from the front are acknowledged, and what stopped the next."""
        producer = self._open()
        futures = []
        failure: Exception | None = None
        try:
            for record in records:
                futures.append(
                    producer.send(
                        self._topic, key=record.key.encode(), value=record.value, headers=list(record.headers)
                    )
                )
            # Longer than the delivery timeout: a flush that gives up first would leave a producer
            # with batches in flight, and such a producer cannot be closed.
            producer.flush(self._timeout_s * 1.5 + _CLOSE_S)
        except KafkaError as error:
            failure = error
        for index, future in enumerate(futures):
            if not future.succeeded():
                return index, future.exception or failure
        return len(futures), failure

    def _open(self) -> Any:
        if self._closed:
            raise StreamUnavailable(f"{self._topic}: the writer is closed")
        if self._producer is None:
            timeout_ms = int(self._timeout_s * 1000)
            self._producer = connect(
                KafkaProducer,
                self._servers,
                self._timeout_s,
                enable_idempotence=True,
                acks="all",
                compression_type="lz4",
                batch_size=_BATCH_BYTES,
                # A later append may join a batch; a flush sends at once whatever lingers.
                linger_ms=5,
                max_block_ms=timeout_ms,
                delivery_timeout_ms=int(max(self._timeout_s, 1.0) * 1000) + 100,
                max_request_size=2 * MAX_MESSAGE_BYTES,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        return self._producer

    def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            producer.close(timeout=_CLOSE_S)
        except KafkaError as error:
            log.warning("producer_close_failed", extra={"stream": self._topic, "error": type(error).__name__})

    def close(self) -> None:
        """Close the producer; idempotent. Nothing waits in it: every append was acknowledged or failed."""
        self._closed = True
        self._discard()
