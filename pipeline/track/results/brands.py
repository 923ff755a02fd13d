"""What a step decided for brands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from pipeline.store.contract import Transaction
from pipeline.track.results.part import Part
from pipeline.types import Alert, Verdict
from pipeline.types.voices import MarketReading

RANKINGS_KEPT = 2
"""The board shows a ranking and the movement since the one before."""

NO_QUOTE = ("", "")
"""Stands where a quote was whose post is deleted: the others keep their numbers, as they do in the store."""


@dataclass(frozen=True)
class Ranking:
    """Topic ids on each brand's board at one tick."""

    as_of: datetime
    of_brand: Mapping[str, Sequence[str]]


class Verdicts(dict[tuple[str, str], list[Verdict]], Part):
    """By (brand id, topic id), in the order of ticks. No change of a verdict is lost: however many ticks
    a step holds, the history has what it would have with one tick a step.
    """

    def take(self, verdict: Verdict) -> None:
        """Note a verdict: of each run of one kind the first and the last are kept."""
        series = self.setdefault((verdict.brand_id, verdict.topic_id), [])
        if len(series) > 1 and series[-2].kind == series[-1].kind == verdict.kind:
            series.pop()
        series.append(verdict)

    def save(self, tx: Transaction, shard: str) -> None:
        """By time."""
        together = [verdict for series in self.values() for verdict in series]
        tx.save_verdicts(sorted(together, key=lambda verdict: verdict.as_of))

    def forget_topic(self, topic_id: str) -> None:
        """Void, for every brand."""
        for key in [key for key in self if key[1] == topic_id]:
            del self[key]


class Markets(list[MarketReading], Part):
    """Each brand's market as last read in this step; empty when it was not read anew."""

    def take(self, readings: Sequence[MarketReading]) -> None:
        """A new reading of all markets replaces the last; none changes nothing."""
        if readings:
            self[:] = readings

    def save(self, tx: Transaction, shard: str) -> None:
        """Replaces the readings before."""
        tx.save_markets(self)


class Rankings(list[Ranking], Part):
    """Boards of the last ticks, in order."""

    def take(self, ranking: Ranking) -> None:
        """Note the boards of a tick; the latest :data:`RANKINGS_KEPT` are kept."""
        self[:] = [*self, ranking][-RANKINGS_KEPT:]

    def save(self, tx: Transaction, shard: str) -> None:
        """Each replaces the one before it."""
        for ranking in self:
            for brand_id, ranked in ranking.of_brand.items():
                tx.save_ranks(brand_id, ranking.as_of, ranked)


class Alerts(list[Alert], Part):
    """What people are to be told."""

    def save(self, tx: Transaction, shard: str) -> None:
        """Into the outbox."""
        tx.enqueue(self)

    def forget_topic(self, topic_id: str) -> None:
        """Nobody is told of it."""
        self[:] = [alert for alert in self if alert.topic_id != topic_id]

    def forget_posts(self, post_ids: Collection[str]) -> None:
        """Alerts not yet committed lose what they quote of them."""
        gone = frozenset(post_ids)
        self[:] = [
            msgspec.structs.replace(alert, quotes=tuple(NO_QUOTE if q[0] in gone else q for q in alert.quotes))
            for alert in self
        ]
