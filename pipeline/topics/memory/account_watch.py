"""The posts of the accounts that are watched (a brand's own, its competitors'), with the response they found.

Part of a shard's memory: bounded, on event time, the same after a restart or a replay.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

import msgspec

from ingest.post import Metrics, Post
from pipeline.types.state import StatePart, StoredState, packed

MAX_PER_ACCOUNT = 512
"""The latest posts of one account that are kept."""

RIPE_S = 6 * 3600.0
"""Response counted sooner after the post is none yet; only sources that say when they counted are held to it."""


class AccountPost(msgspec.Struct, array_like=True, frozen=True):
    """One post of a watched account; ``author`` is the hash of the account id, ``response`` from :func:`response`."""

    post_id: str
    at_s: float
    cluster: int
    author: int | None
    response: float | None


def response(metrics: Metrics | None, event_time: datetime, counted_at: datetime | None) -> float | None:
    """Likes, reposts, replies and quotes together; ``None`` when none is known, or they were counted too early.

    Views are left out: most sources know none, and they would drown everything else.

    Examples
    --------
    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 14, 12, tzinfo=UTC)
    >>> response(Metrics(likes=3, replies=1), noon, None), response(Metrics(views=900), noon, None)
    (4.0, None)
    >>> response(Metrics(likes=3), noon, noon) is None
    True
    """
    if metrics is None or (counted_at is not None and (counted_at - event_time).total_seconds() < RIPE_S):
        return None
    known = [n for n in (metrics.likes, metrics.reposts, metrics.replies, metrics.quotes) if n is not None]
    return float(sum(known)) if known else None


def account_post(post: Post, cluster: int, author: int | None) -> AccountPost:
    """What is kept of a post in cluster number ``cluster``; ``author`` as in :class:`AccountPost`."""
    found = response(post.metrics, post.event_time, post.metrics_at)
    return AccountPost(post.post_id, post.event_time.timestamp(), cluster, author, found)


class AccountWatch:
    """The latest posts of each watched account, in arrival order.

    Examples
    --------
    >>> watch = AccountWatch()
    >>> watch.add(7, AccountPost("p1", 0.0, 3, None, 12.0))
    >>> [post.post_id for post in watch.of(7)], watch.of(8)
    (['p1'], ())
    """

    def __init__(self) -> None:
        self._posts: dict[int, list[AccountPost]] = {}
        self._n_changes = 0
        self._asked: tuple[int, int] | None = None

    def __iter__(self) -> Iterator[tuple[int, tuple[AccountPost, ...]]]:
        return ((account, tuple(posts)) for account, posts in self._posts.items())

    def of(self, account: int) -> tuple[AccountPost, ...]:
        """Posts of an account (hash of its handle)."""
        return tuple(self._posts.get(account, ()))

    def changed(self, day: int) -> bool:
        """Whether a reading may differ from the one made when this was asked last: another day, or anything new.

        Lives and dies with this memory: what is loaded from a store has not been read yet.
        """
        moment = (day, self._n_changes)
        if moment == self._asked:
            return False
        self._asked = moment
        return True

    def add(self, account: int, post: AccountPost) -> None:
        """One more post of an account."""
        posts = self._posts.setdefault(account, [])
        posts.append(post)
        if len(posts) > MAX_PER_ACCOUNT:
            del posts[0]
        self._n_changes += 1

    def revise(self, account: int, post_id: str, found: float | None) -> None:
        """A later revision carries the response found since; without one, or of an unknown post, nothing changes."""
        posts = self._posts.get(account, [])
        for i, post in enumerate(posts):
            if post.post_id == post_id and found is not None and found != post.response:
                posts[i] = msgspec.structs.replace(post, response=found)
                self._n_changes += 1

    def forget_post(self, post_id: str) -> None:
        """A post was deleted at its origin."""
        self._drop(lambda post: post.post_id == post_id)

    def forget_author(self, author: int, until_s: float) -> Collection[str]:
        """An account was deleted at its origin: everything it wrote is gone at once. Gives the post ids."""
        return self._drop(lambda post: post.author == author)

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere."""
        return StatePart(tuple(packed(f"accounts/{account}", posts) for account, posts in self._posts.items()))

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored."""
        kept = {it: stored.unpacked(f"accounts/{it}", list[AccountPost]) for it in stored.numbers("accounts")}
        self._posts, self._asked = kept, None

    def _drop(self, is_gone: Callable[[AccountPost], bool]) -> Collection[str]:
        found = [post.post_id for posts in self._posts.values() for post in posts if is_gone(post)]
        for account, posts in list(self._posts.items()):
            kept = [post for post in posts if not is_gone(post)]
            if len(kept) != len(posts):
                self._n_changes += 1
                self._posts[account] = kept
                if not kept:
                    del self._posts[account]
        return found
