"""What one step will commit, collected while it runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields

from pipeline.store.contract import Transaction
from pipeline.topics.memory.ledger import topic_id
from pipeline.track.results.brands import Alerts, Markets, Rankings, Verdicts
from pipeline.track.results.part import Part
from pipeline.track.results.posts import Posts
from pipeline.track.results.shard import Counts, Switches
from pipeline.track.results.topics import Backgrounds, Centres, Redirects, Reports


@dataclass
class Changes:
    """Results of one step, part by part in the order in which they are saved. Another kind of result: one more."""

    posts: Posts = field(default_factory=Posts)
    redirects: Redirects = field(default_factory=Redirects)
    switches: Switches = field(default_factory=Switches)
    reports: Reports = field(default_factory=Reports)
    centres: Centres = field(default_factory=Centres)
    backgrounds: Backgrounds = field(default_factory=Backgrounds)
    verdicts: Verdicts = field(default_factory=Verdicts)
    markets: Markets = field(default_factory=Markets)
    rankings: Rankings = field(default_factory=Rankings)
    counts: Counts = field(default_factory=Counts)
    alerts: Alerts = field(default_factory=Alerts)

    def save(self, tx: Transaction, shard: str) -> None:
        """Write everything."""
        for part in self._parts():
            part.save(tx, shard)

    def forget_topic(self, number: int) -> None:
        """A topic was merged away: what this step said about it is void."""
        for part in self._parts():
            part.forget_topic(topic_id(number))

    def forget_posts(self, post_ids: Collection[str]) -> None:
        """Posts were deleted: nothing of them is committed, and the store forgets them."""
        for part in self._parts():
            part.forget_posts(post_ids)

    def forget_author(self, author_id: str, post_ids: Collection[str]) -> None:
        """All posts of an account were deleted; ``post_ids`` are those still remembered."""
        for part in self._parts():
            part.forget_author(author_id, post_ids)

    def _parts(self) -> Iterator[Part]:
        for part in fields(self):
            yield getattr(self, part.name)
