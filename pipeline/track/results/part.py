"""What every kind of result promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection

from pipeline.store.contract import Transaction


class Part(ABC):
    """Results of one kind, collected while a step runs: knows which replace which, and how they are saved."""

    @abstractmethod
    def save(self, tx: Transaction, shard: str) -> None:
        """Write all of it; nothing collected writes nothing."""

    def forget_topic(self, topic_id: str) -> None:  # noqa: B027 - not abstract: most parts say nothing of a topic
        """A topic was merged away: what this step said about it is void."""

    def forget_posts(self, post_ids: Collection[str]) -> None:  # noqa: B027 - not abstract: most hold no text
        """Posts were deleted."""

    def forget_author(self, author_id: str, post_ids: Collection[str]) -> None:
        """All posts of an account were deleted; ``post_ids`` are those still remembered."""
        self.forget_posts(post_ids)
