"""What was deleted lately, so that a late or repeated delivery does not bring it back."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import numpy as np

from pipeline.types.state import NamedArray, StatePart, StoredState

CAPACITY = 16_384
"""Deletions remembered of each kind; a stream repeats what is minutes old, not what is weeks old."""


class Tombstones:
    """The last ``CAPACITY`` deleted posts and accounts, as hashes.

    An account may come back: only its posts up to the moment of the deletion stay away.

    Examples
    --------
    >>> gone = Tombstones()
    >>> gone.forget_post("p1")
    >>> gone.forget_author(7, until_s=100.0)
    ()
    >>> gone.covers("p1", None, 5.0), gone.covers("p2", 7, 100.0), gone.covers("p2", 7, 101.0)
    (True, True, False)
    """

    def __init__(self) -> None:
        self._posts: dict[int, None] = {}
        self._authors: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._posts) + len(self._authors)

    def forget_post(self, post_id: str) -> None:
        """A post was deleted at its origin."""
        self._posts[_post_hash(post_id)] = None
        if len(self._posts) > CAPACITY:
            del self._posts[next(iter(self._posts))]

    def forget_author(self, author: int, until_s: float) -> Collection[str]:
        """An account (by its hash) was deleted at event time ``until_s``."""
        self._authors[author] = max(until_s, self._authors.pop(author, until_s))
        if len(self._authors) > CAPACITY:
            del self._authors[next(iter(self._authors))]
        return ()

    def covers(self, post_id: str, author: int | None, at_s: float) -> bool:
        """Whether a post with this id, author hash and event time must not come back."""
        if author is not None and at_s <= self._authors.get(author, -np.inf):
            return True
        return _post_hash(post_id) in self._posts

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere, each kind oldest first."""
        return StatePart(
            (
                NamedArray("deleted/posts", np.array(list(self._posts), np.int64)),
                NamedArray("deleted/authors", np.array(list(self._authors), np.int64)),
                NamedArray("deleted/until_s", np.array(list(self._authors.values()), np.float64)),
            )
        )

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored."""
        self._posts = dict.fromkeys(stored.array("deleted/posts").tolist())
        authors, until_s = stored.array("deleted/authors"), stored.array("deleted/until_s")
        self._authors = dict(zip(authors.tolist(), until_s.tolist(), strict=True))


def _post_hash(post_id: str) -> int:
    digest = hashlib.blake2b(post_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
