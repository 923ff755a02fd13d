"""Everything a shard remembers of its topics, in one place."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import msgspec

from configs.errors import StateMismatch
from pipeline.topics.clustering.tracker import TopicTracker
from pipeline.topics.memory.account_watch import AccountWatch
from pipeline.topics.memory.ledger import Ledger, topic_id
from pipeline.topics.memory.recent_posts import MAX_PER_TOPIC, RecentPosts
from pipeline.topics.memory.tombstones import Tombstones
from pipeline.topics.memory.topic_background import TopicBackground
from pipeline.types import TopicId
from pipeline.types.state import StatePart, StateSnapshot, StoredState
from pipeline.types.traces import TopicPosts

STATE_VERSION = 7


class MemoryStore(Protocol):
    """A part of a shard's memory: it stores itself, under names of its own, and forgets what was deleted.

    What a deleted post left in counts, centres and samples stays
    (``docs/adr/0005-deletions-travel-with-the-posts.md``).
    """

    def forget_post(self, post_id: str) -> None:
        """A post was deleted at its origin: nothing stays that shows it."""

    def forget_author(self, author: int, until_s: float) -> Collection[str]:
        """An account (by its hash) was deleted at event time ``until_s``: the same for all its posts. Gives the ids of
        those that were here."""

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere; arrays are views, save them before going on."""

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored, sharing nothing with it."""


class _Clocks(msgspec.Struct, frozen=True):
    clock_s: float | None
    reported_s: float | None
    measured_all: tuple[float | None, int] | None


class TopicMemory:
    """Tracker, ledger, recent posts, fit background, deletions and watched accounts of one shard, with its event clock.

    ``clock_s`` is the newest event time seen; ``reported_s`` the last tick at which topics
    were measured; both are seconds since the epoch, ``None`` before the first post.
    ``measured_all`` is the (clock, arrivals) at which everything was measured last, if
    nothing came since. ``stores`` has every part of the memory: each is stored and told of deletions.
    """

    def __init__(self, tracker: TopicTracker, ledger: Ledger, recent: RecentPosts, background: TopicBackground) -> None:
        self.tracker = tracker
        self.ledger = ledger
        self.recent = recent
        self.background = background
        self.deleted = Tombstones()
        self.accounts = AccountWatch()
        self.stores: tuple[MemoryStore, ...] = (tracker, ledger, recent, background, self.deleted, self.accounts)
        self.clock_s: float | None = None
        self.reported_s: float | None = None
        self.measured_all: tuple[float | None, int] | None = None

    def posts_of(self, topic: int) -> TopicPosts:
        """The latest posts of a live topic."""
        return self.recent.of(self.tracker.clusters_by_topic().get(topic, ()))

    def look_again(self, topics: Collection[TopicId]) -> None:
        """Have the contents of these topics looked at again at the next tick, however little they changed.

        Those whose posts are mostly forgotten are left as they are: the little that is remembered would tell less than
        the last look did.
        """
        if not topics:
            return
        clusters = self.tracker.clusters_by_topic()
        for entry in self.ledger:
            if topic_id(entry.number) not in topics:
                continue
            remembered = sum(len(self.recent.traces_of(cluster)) for cluster in clusters.get(entry.number, ()))
            if remembered >= min(entry.n_posts, MAX_PER_TOPIC) / 2:
                entry.measured_at_posts = 0

    def forget_post(self, post_id: str) -> None:
        """A post was deleted at its origin."""
        for store in self.stores:
            store.forget_post(post_id)

    def forget_author(self, author: int) -> frozenset[str]:
        """An account (by its hash) was deleted at its origin, now. Gives the ids of the posts that were remembered."""
        now_s = self.clock_s or 0.0
        return frozenset(post_id for store in self.stores for post_id in store.forget_author(author, now_s))

    def snapshot(self, encoder_id: str, dimension: int) -> StateSnapshot:
        """Everything needed to continue elsewhere; arrays are views, save them before going on."""
        clocks = StatePart(scalars=(_Clocks(self.clock_s, self.reported_s, self.measured_all),))
        state = clocks.with_parts(store.state() for store in self.stores)
        return StateSnapshot(STATE_VERSION, encoder_id, dimension, state.document(), state.arrays)

    def restore(self, snapshot: StateSnapshot, encoder_id: str, dimension: int) -> None:
        """Continue from a snapshot.

        Raises
        ------
        StateMismatch
            It was made by another encoder, dimension or state version.
        """
        made_by = (snapshot.version, snapshot.encoder_id, snapshot.dimension)
        if made_by != (STATE_VERSION, encoder_id, dimension):
            raise StateMismatch(
                f"stored topics were made by encoder '{snapshot.encoder_id}' ({snapshot.dimension} numbers, state "
                f"version {snapshot.version}), this run uses '{encoder_id}' ({dimension}, version {STATE_VERSION}); "
                "use that encoder, or start with an empty store"
            )
        stored = StoredState(snapshot.document, snapshot.arrays)
        for store in self.stores:
            store.restore(stored)
        clocks = stored.scalars(_Clocks)
        self.clock_s, self.reported_s, self.measured_all = clocks.clock_s, clocks.reported_s, clocks.measured_all
