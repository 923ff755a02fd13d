"""What a store promises. ``tests/contracts/test_store_contract.py`` and ``test_archive_contract.py`` run SQLite and
PostgreSQL.

One transaction holds a stage's state, its results and its position; either all of it
is there or none of it. Results are therefore exactly once however often a process dies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from ingest.position import Position
from pipeline.store.records import (
    ArchivedTopic,
    BoardRow,
    OutboxEntry,
    ProfileVersion,
    StoredBackground,
    StoredBrand,
    StoredCentres,
    StoredFeedback,
    StoredMove,
    StoredPost,
    StoredSwitch,
)
from pipeline.types import Alert, Redirect, TopicReport, Verdict
from pipeline.types.state import StateSnapshot
from pipeline.types.voices import MarketReading


class Transaction(Protocol):
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

    def save_switches(self, shard: str, switches: Sequence[StoredSwitch]) -> None:
        """Add changes of the encoder, in stream order."""

    def add_counts(self, shard: str, counts: Mapping[str, int]) -> None:
        """Add to named running totals (``accepted``, ``duplicates``, ``dead_letters`` …)."""

    def save_posts(self, posts: Sequence[StoredPost]) -> None:
        """Insert or, where ``rev`` is not older, replace."""

    def delete_posts(self, post_ids: Sequence[str], author_ids: Sequence[str] = ()) -> None:
        """Remove posts, or all posts of authors; unknown ids are fine. Text is gone for good."""

    def save_moves(self, moves: Sequence[StoredMove]) -> None:
        """Give the posts of clusters another topic, in order."""

    def save_redirects(self, redirects: Sequence[Redirect]) -> None:
        """Record merges and move the posts of the old topics to the new ones."""

    def save_reports(self, shard: str, reports: Sequence[TopicReport]) -> None:
        """Replace the latest report of each topic."""

    def save_centres(self, shard: str, centres: Sequence[StoredCentres]) -> None:
        """Replace the centres of each topic; those of a topic merged away are not kept."""

    def save_backgrounds(self, shard: str, backgrounds: Sequence[StoredBackground]) -> None:
        """Add backgrounds, in order; one that is known by number is replaced."""

    def save_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Replace the latest verdict of each (brand, topic); a changed kind is added to its history."""

    def save_ranks(self, brand_id: str, as_of: datetime, ranked: Sequence[str]) -> None:
        """The order of topic ids on the brand's board now; the order before is kept for movement."""

    def save_brands(self, brands: Sequence[StoredBrand]) -> None:
        """Insert or replace profiles."""

    def save_profile_version(self, brand_id: str, toml: str, author: str, note: str, at: datetime) -> int:
        """Add a version and return its number; the same TOML as the newest adds none and returns that number."""

    def save_markets(self, markets: Sequence[MarketReading]) -> None:
        """Replace the latest reading of each brand's market."""

    def save_feedback(self, feedback: StoredFeedback) -> None:
        """Add an opinion; its ``id`` is given by the store."""

    def enqueue(self, alerts: Iterable[Alert]) -> None:
        """Put alerts in the outbox; one with a known ``dedup_key`` is ignored."""


class ArchiveReader(Protocol):
    """What is kept beside the latest results, so that the past can be judged again."""

    def archive(self, since: datetime, min_posts: int = 1) -> Iterator[ArchivedTopic]:
        """Topics whose report is of ``since`` or later, with ``min_posts`` posts or more, by topic id.

        Read in blocks, each on one snapshot: what is written meanwhile may or may not be seen.
        """

    def backgrounds(self, shard: str, numbers: Sequence[int]) -> list[StoredBackground]:
        """Those that are known, by number; ``entries`` are those that no earlier one of the list brought."""


class StoreReader(ArchiveReader, Protocol):
    """Everything the board, the worker at start-up and the commands read."""

    def position(self, shard: str) -> Position:
        """``START`` before the first. Read it *before* ``load_state``: if another owner commits between
        the two reads, ``advance`` then fails; in the other order an old state would pass for the new one.
        """

    def load_state(self, shard: str) -> StateSnapshot | None: ...

    def switches(self, shard: str, limit: int = 50) -> list[StoredSwitch]:
        """Changes of the encoder, newest (in stream order) first."""

    def counts(self, shard: str) -> dict[str, int]: ...

    def written_at(self) -> datetime | None:
        """Wall-clock time of the last commit: what the stale-feed banner watches."""

    def known_revisions(self, post_ids: Sequence[str]) -> dict[str, int]: ...

    def posts(self, topic_id: str, limit: int = 50) -> list[StoredPost]:
        """Newest first; an old topic id is followed through redirects."""

    def posts_by_id(self, post_ids: Sequence[str]) -> list[StoredPost]: ...

    def board(self, brand_id: str, limit: int = 100) -> list[BoardRow]: ...

    def report(self, topic_id: str) -> TopicReport | None:
        """Latest report; an old id is followed through redirects."""

    def reports(self, min_posts: int = 1) -> list[TopicReport]: ...

    def data_as_of(self) -> datetime | None:
        """Event time of the newest report; ``None`` before the first."""

    def verdicts(self, topic_id: str) -> list[Verdict]: ...

    def verdict_history(self, brand_id: str, topic_id: str) -> list[tuple[datetime, str]]: ...

    def brands(self) -> list[StoredBrand]: ...

    def profile_versions(self, brand_id: str) -> list[ProfileVersion]:
        """Newest first."""

    def market(self, brand_id: str) -> MarketReading | None:
        """The latest reading of a brand's market; ``None`` before the first."""

    def feedback(self, brand_id: str | None = None, since: datetime | None = None) -> list[StoredFeedback]:
        """Newest first: of one brand or all, from ``since`` on or ever."""


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
