"""A Kafka topic as a stream: makes the topic, builds writers and readers."""

from __future__ import annotations

import time
from collections.abc import Callable

from configs.errors import StreamUnavailable
from ingest.streams.kafka.client import (
    MAX_MESSAGE_BYTES,
    InvalidReplicationFactorError,
    KafkaAdminClient,
    KafkaError,
    TopicAlreadyExistsError,
    connect,
    for_code,
)
from ingest.streams.kafka.reader import KafkaReader
from ingest.streams.kafka.writer import KafkaWriter
from ingest.streams.topics import TopicPolicy

_PLAIN = TopicPolicy()


class KafkaStream:
    """One topic on Kafka; made on first use when it does not exist.

    Parameters
    ----------
    name
        Topic.
    bootstrap_servers
        ``host:port``, comma-separated.
    partitions, replication_factor
        Used only when the topic is made; an existing topic stays as it is.
    group_prefix
        A reader's consumer group is ``<group_prefix>.<group>.<name>``: readers of other topics never rebalance it.
    policy
        Retention or compaction, used only when the topic is made.
    timeout_s
        How long a dead broker is waited for before ``StreamUnavailable``.
    monotonic, sleep
        Clock in seconds and wait between attempts.
    """

    def __init__(
        self,
        name: str,
        bootstrap_servers: str,
        *,
        partitions: int = 1,
        replication_factor: int = 1,
        group_prefix: str = "trendsieve",
        policy: TopicPolicy = _PLAIN,
        timeout_s: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.name = name
        self._servers = [server.strip() for server in bootstrap_servers.split(",") if server.strip()]
        self._partitions = partitions
        self._replication_factor = replication_factor
        self._group_prefix = group_prefix
        self._policy = policy
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._sleep = sleep
        self._found_partitions: int | None = None

    def writer(self) -> KafkaWriter:
        """A new writer with its own idempotent producer.

        Raises
        ------
        StreamUnavailable
            No broker answered in time, or it refused to make the topic.
        """
        self._ensure_topic()
        return KafkaWriter(self.name, self._servers, self._timeout_s, monotonic=self._monotonic, sleep=self._sleep)

    def reader(self, group: str) -> KafkaReader:
        """A new member of its consumer group; raises like :meth:`writer`."""
        found = self._ensure_topic()
        return KafkaReader(
            self.name,
            self._servers,
            f"{self._group_prefix}.{group}.{self.name}",
            self._timeout_s,
            single=found == 1,
            monotonic=self._monotonic,
        )

    def _ensure_topic(self) -> int:
        """Make the topic unless it exists; return how many partitions it has."""
        if self._found_partitions is not None:
            return self._found_partitions
        admin = connect(KafkaAdminClient, self._servers, self._timeout_s)
        try:
            answer = admin.create_topics(
                {
                    self.name: {
                        "num_partitions": self._partitions,
                        "replication_factor": self._replication_factor,
                        "configs": _topic_configs(self._policy),
                    }
                },
                timeout_ms=int(self._timeout_s * 1000),
                raise_errors=False,
            )
            error = for_code(answer["topics"][0]["error_code"])
            if error is InvalidReplicationFactorError:
                raise StreamUnavailable(
                    f"{self.name}: fewer brokers are up than stream.replication_factor = {self._replication_factor}"
                )
            if answer["topics"][0]["error_code"] and error is not TopicAlreadyExistsError:
                raise StreamUnavailable(f"{self.name}: the broker refused to make the topic ({error.__name__})")
            admin.wait_for_topics([self.name], timeout_ms=int(self._timeout_s * 1000))
            found = len(admin.describe_topics([self.name])[0]["partitions"])
        except KafkaError as error:
            raise StreamUnavailable(f"{self.name}: {error!r}") from error
        finally:
            admin.close()
        self._found_partitions = found
        return found


def _topic_configs(policy: TopicPolicy) -> dict[str, str]:
    configs = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}
    if policy.compact:
        configs["cleanup.policy"] = "compact"
    elif policy.retention_s is not None:
        configs["retention.ms"] = str(policy.retention_s * 1000)
    return configs
