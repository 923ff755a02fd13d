"""What a store promises. ``tests/contracts/test_store_contract.py`` runs SQLite and PostgreSQL.

One transaction holds a stage's state, its results and its position; either all of it
is there or none of it. Results are therefore exactly once however often a process dies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

import msgspec

from ingest.position import Position
from pipeline.store.archive_contract import (
    ArchivedTopic,
    ArchiveReader,
    ArchiveTransaction,
    ProfileVersion,
    StoredBackground,
    StoredCentres,
    StoredFeedback,
)
from pipeline.types import Alert, Redirect, Signals, TopicReport, Verdict
from pipeline.types.state import StateSnapshot
from pipeline.types.voices import MarketReading

__all__ = [
    "ArchivedTopic",
    "BoardRow",
    "Outbox",
    "OutboxEntry",
    "ProfileVersion",
    "Store",
    "StoreReader",
    "StoredBackground",
    "StoredBrand",
    "StoredCentres",
    "StoredFeedback",
    "StoredMove",
    "StoredPost",
    "StoredSwitch",
    "Transaction",
]


class StoredPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post as the board shows it, with its topic. Unique by ``post_id``."""

    post_id: str
    rev: int
    topic_id: str
    cluster: int
    """Number of the small cluster inside the topic; it stays when the cluster changes topics."""
    text: str
    event_time: datetime
    similarity: float | None
    language: str | None
    source: str
    author_id: str | None
    author_handle: str | None
    url: str | None
    is_copy: bool
    is_reply: bool
    signals: Signals
    hazards: tuple[tuple[str, float], ...] = ()


class StoredMove(msgspec.Struct, frozen=True):
    """Posts of ``cluster`` that are in topic ``old_id`` belong to ``new_id`` from now on."""

    cluster: int
    old_id: str
    new_id: str


class StoredSwitch(msgspec.Struct, frozen=True):
    """From the post at event time ``at`` on ``to_encoder`` reads a shard. ``code`` is stable, ``reason`` for people."""

    at: datetime
    from_encoder: str
    to_encoder: str
    code: str
    reason: str


class BoardRow(msgspec.Struct, frozen=True):
    """One ranked line of the board for one brand: the latest report and verdict of a topic."""

    report: TopicReport
    verdict: Verdict | None
    rank: int
    previous_rank: int | None


class StoredBrand(msgspec.Struct, frozen=True):
    """A brand profile as last loaded: its id, name and the TOML text it came from."""

    brand_id: str
    name: str
    toml: str


class OutboxEntry(msgspec.Struct, frozen=True):
    """An alert waiting to be delivered."""

    alert: Alert
    attempts: int


class Transaction(ArchiveTransaction, Protocol):
    """Writes that become visible together when the ``with`` block ends without an error."""

    def advance(self, shard: str, expected: Position, to: Position) -> None:
        """Compare-and-set of the shard's position (``START`` when it has none yet).

        Raises
        ------
        StaleOwner
            The stored position is not ``expected``: another owner moved it.
        """

    def save_state(self, shard: str, snapshot: StateSnapshot) -> None:
        """Replace the shard's state; only chunks that changed since the last save are written."""

    def save_posts(self, posts: Sequence[StoredPost]) -> None:
        """Insert or, where ``rev`` is not older, replace."""

    def delete_posts(self, post_ids: Sequence[str], author_ids: Sequence[str] = ()) -> None:
        """Remove posts, or all posts of authors; unknown ids are fine. Text is gone for good."""

    def save_reports(self, shard: str, reports: Sequence[TopicReport]) -> None:
        """Replace the latest report of each topic."""

    def save_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Replace the latest verdict of each (brand, topic); a changed kind is added to its history."""

    def save_redirects(self, redirects: Sequence[Redirect]) -> None:
        """Record merges and move the posts of the old topics to the new ones."""

    def save_moves(self, moves: Sequence[StoredMove]) -> None:
        """Give the posts of clusters another topic, in order."""

    def save_switches(self, shard: str, switches: Sequence[StoredSwitch]) -> None:
        """Add changes of the encoder, in stream order."""

    def save_ranks(self, brand_id: str, as_of: datetime, ranked: Sequence[str]) -> None:
        """The order of topic ids on the brand's board now; the order before is kept for movement."""

    def save_brands(self, brands: Sequence[StoredBrand]) -> None:
        """Insert or replace profiles."""

    def save_markets(self, markets: Sequence[MarketReading]) -> None:
        """Replace the latest reading of each brand's market."""

    def add_counts(self, shard: str, counts: Mapping[str, int]) -> None:
        """Add to named running totals (``accepted``, ``duplicates``, ``dead_letters`` …)."""

    def enqueue(self, alerts: Iterable[Alert]) -> None:
        """Put alerts in the outbox; one with a known ``dedup_key`` is ignored."""


class StoreReader(ArchiveReader, Protocol):
    """Everything the board, the worker at start-up and the commands read."""

    def position(self, shard: str) -> Position:
        """``START`` before the first. Read it *before* ``load_state``: if another owner commits between
        the two reads, ``advance`` then fails; in the other order an old state would pass for the new one.
        """

    def load_state(self, shard: str) -> StateSnapshot | None: ...

    def known_revisions(self, post_ids: Sequence[str]) -> dict[str, int]: ...

    def topics_of(self, post_ids: Sequence[str]) -> dict[str, str]: ...

    def board(self, brand_id: str, limit: int = 100) -> list[BoardRow]: ...

    def report(self, topic_id: str) -> TopicReport | None:
        """Latest report; an old id is followed through redirects."""

    def reports(self, min_posts: int = 1) -> list[TopicReport]: ...

    def verdicts(self, topic_id: str) -> list[Verdict]: ...

    def verdict_history(self, brand_id: str, topic_id: str) -> list[tuple[datetime, str]]: ...

    def posts(self, topic_id: str, limit: int = 50) -> list[StoredPost]:
        """Newest first; an old topic id is followed through redirects."""

    def posts_by_id(self, post_ids: Sequence[str]) -> list[StoredPost]: ...

    def assignments(self) -> Iterable[tuple[str, str]]:
        """(post id, final topic id) of every stored post."""

    def brands(self) -> list[StoredBrand]: ...

    def market(self, brand_id: str) -> MarketReading | None:
        """The latest reading of a brand's market; ``None`` before the first."""

    def counts(self, shard: str) -> dict[str, int]: ...

    def switches(self, shard: str, limit: int = 50) -> list[StoredSwitch]:
        """Changes of the encoder, newest (in stream order) first."""

    def data_as_of(self) -> datetime | None:
        """Event time of the newest report; ``None`` before the first."""

    def written_at(self) -> datetime | None:
        """Wall-clock time of the last commit: what the stale-feed banner watches."""


class Outbox(Protocol):
    """Alerts committed but not yet delivered."""

    def pending(self, now: datetime, limit: int = 20) -> list[OutboxEntry]: ...

    def mark_sent(self, dedup_key: str, at: datetime) -> None: ...

    def mark_failed(self, dedup_key: str, error: str, retry_at: datetime) -> None: ...

    def mark_dead(self, dedup_key: str, error: str) -> None:
        """Undeliverable for good (the other side said why); kept for people to see."""


class Store(StoreReader, Outbox, Protocol):
    """A database behind one URL."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Raises StoreUnavailable when the database is locked, full or away."""

    def close(self) -> None: ...
