"""What a step found out about topics."""

from __future__ import annotations

from typing import TypeVar

from pipeline.store.contract import Transaction
from pipeline.store.records import StoredBackground, StoredCentres
from pipeline.track.results.part import Part
from pipeline.types import Redirect, TopicReport

T = TypeVar("T")


class ByTopic(dict[str, T], Part):
    """The latest of each topic, by its id."""

    def forget_topic(self, topic_id: str) -> None:
        """Void."""
        self.pop(topic_id, None)


class Redirects(list[Redirect], Part):
    """Merges, in order."""

    def save(self, tx: Transaction, shard: str) -> None:
        """The store keeps no results of the old topics from here on."""
        tx.save_redirects(self)


class Reports(ByTopic[TopicReport]):
    """What was measured."""

    def save(self, tx: Transaction, shard: str) -> None:
        """Replaces the reports before."""
        tx.save_reports(shard, list(self.values()))


class Centres(ByTopic[StoredCentres]):
    """Where the reported topics lay."""

    def save(self, tx: Transaction, shard: str) -> None:
        """Replaces the centres before."""
        tx.save_centres(shard, list(self.values()))


class Backgrounds(list[StoredBackground], Part):
    """What fits were compared with, in the order they were learned."""

    def save(self, tx: Transaction, shard: str) -> None:
        """Adds to those before."""
        tx.save_backgrounds(shard, self)
