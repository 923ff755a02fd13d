"""What was deleted lately, so that a late or repeated delivery does not bring it back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

CAPACITY = 16_384
"""Deletions remembered of each kind; a stream repeats what is minutes old, not what is weeks old."""


class Tombstones:
    """The last ``CAPACITY`` deleted posts and accounts, as hashes.

    An account may come back: only its posts up to the moment of the deletion stay away.

    Examples
    --------
    >>> gone = Tombstones()
    >>> gone.bury_post("p1")
    >>> gone.bury_author(7, until_s=100.0)
    >>> gone.covers("p1", None, 5.0), gone.covers("p2", 7, 100.0), gone.covers("p2", 7, 101.0)
    (True, True, False)
    """

    def __init__(self) -> None:
        self._posts: dict[int, None] = {}
        self._authors: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._posts) + len(self._authors)

    def bury_post(self, post_id: str) -> None:
        """A post was deleted at its origin."""
        self._posts[_post_hash(post_id)] = None
        if len(self._posts) > CAPACITY:
            del self._posts[next(iter(self._posts))]

    def bury_author(self, author: int, until_s: float) -> None:
        """An account (by its hash) was deleted at event time ``until_s``."""
        self._authors[author] = max(until_s, self._authors.pop(author, until_s))
        if len(self._authors) > CAPACITY:
            del self._authors[next(iter(self._authors))]

    def covers(self, post_id: str, author: int | None, at_s: float) -> bool:
        """Whether a post with this id, author hash and event time must not come back."""
        if author is not None and at_s <= self._authors.get(author, -np.inf):
            return True
        return _post_hash(post_id) in self._posts

    def posts(self) -> NDArray[np.int64]:
        """Hashes of deleted posts, ``(n,) int64``, oldest first."""
        return np.array(list(self._posts), np.int64)

    def authors(self) -> NDArray[np.int64]:
        """Hashes of deleted accounts, ``(m,) int64``, oldest first."""
        return np.array(list(self._authors), np.int64)

    def until_s(self) -> NDArray[np.float64]:
        """When each of :meth:`authors` was deleted, ``(m,) float64``, seconds since the epoch."""
        return np.array(list(self._authors.values()), np.float64)

    def restore(self, posts: Iterable[int], authors: Iterable[int], until_s: Iterable[float]) -> None:
        """Continue from stored hashes."""
        self._posts = dict.fromkeys(posts)
        self._authors = dict(zip(authors, until_s, strict=True))


def _post_hash(post_id: str) -> int:
    digest = hashlib.blake2b(post_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
