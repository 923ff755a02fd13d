"""What a step adds to the records of its shard."""

from __future__ import annotations

from collections import Counter

from pipeline.store.contract import Transaction
from pipeline.store.records import StoredSwitch
from pipeline.track.results.part import Part


class Switches(list[StoredSwitch], Part):
    """Changes of the encoder, in stream order."""

    def save(self, tx: Transaction, shard: str) -> None:
        """Adds to those before."""
        tx.save_switches(shard, self)


class Counts(Counter[str], Part):
    """What happened how often."""

    def save(self, tx: Transaction, shard: str) -> None:
        """Adds to the running totals."""
        tx.add_counts(shard, self)
