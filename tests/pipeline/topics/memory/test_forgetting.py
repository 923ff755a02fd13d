"""What was deleted at its origin is in nothing that a shard stores: every store of its memory is asked."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection

import msgspec
import numpy as np
import pytest

from pipeline.topics.clustering.assignment import PostColumns
from pipeline.topics.clustering.tracker import TopicTracker
from pipeline.topics.memory.account_watch import AccountPost, AccountWatch
from pipeline.topics.memory.ledger import Ledger
from pipeline.topics.memory.recent_posts import RecentPosts
from pipeline.topics.memory.tombstones import Tombstones
from pipeline.topics.memory.topic_background import TopicBackground, TopicPlace
from pipeline.topics.memory.topic_memory import MemoryStore, TopicMemory
from pipeline.types.pseudonyms import author_hash
from pipeline.types.state import StatePart
from pipeline.types.traces import PostTrace
from tests.demo_shard import make_trace
from tests.pipeline.topics.memory.busy_memory import busy, empty
from tests.pipeline.topics.tracked_streams import DIMENSION

GONE, STAYS = author_hash("did:plc:gone"), author_hash("did:plc:stays")
VECTOR = np.full(DIMENSION, DIMENSION**-0.5, np.float32)

TOLD: dict[type[object], Callable[[TopicMemory, PostTrace], object]] = {
    TopicTracker: lambda memory, post: memory.tracker.assign(
        PostColumns([post.tokens], VECTOR[None], np.array([post.at_s]), np.array([post.arrival + 1]))
    ),
    Ledger: lambda memory, post: memory.ledger.count(1, post, 600),
    RecentPosts: lambda memory, post: memory.recent.append(post, VECTOR),
    TopicBackground: lambda memory, post: memory.background.take([TopicPlace("t1", 5, VECTOR)]),
    Tombstones: lambda memory, post: None,
    AccountWatch: lambda memory, post: memory.accounts.add(
        post.handle or 0, AccountPost(post.post_id, post.at_s, post.cluster, post.author, 3.0)
    ),
}
"""What each store learns of a post. A store that is not here yet: say what it is told."""

COUNTS_HASHES = (Ledger, Tombstones)
"""These keep the hash of an account, beside no post: to count each voice once, and to keep away what comes late."""


def written(author: int, *numbers: int) -> list[PostTrace]:
    return [
        make_trace(i, post_id=f"at://post/{i}", author=author, handle=author + 1, text=f"said by nobody else {i}")
        for i in numbers
    ]


def memory_of(posts: Collection[PostTrace]) -> TopicMemory:
    memory = empty()
    for post in posts:
        for tell in TOLD.values():
            tell(memory, post)
    memory.clock_s = 100.0
    return memory


def shown(part: StatePart, posts: Collection[PostTrace], *, hashes: bool) -> set[str]:
    """Which marks of these posts are in what a store would write."""
    marks = {mark.encode() for post in posts for mark in (post.post_id, post.text)}
    marks.add(VECTOR.astype(np.float16).tobytes())
    for number in {number for post in posts for number in (post.author, post.handle) if hashes and number is not None}:
        marks |= {struct.pack("<q", number), struct.pack(">q", number), str(number).encode()}
    stored = [part.document(), *(array.name.encode() + b"=" + array.values.tobytes() for array in part.arrays)]
    return {repr(mark) for mark in marks if any(mark in data for data in stored)}


def test_every_part_of_the_memory_is_stored_and_told_of_deletions() -> None:
    memory = empty()
    plain = (type(None), int, float, tuple)
    parts = [part for part in vars(memory).values() if not isinstance(part, plain)]
    assert {id(part) for part in parts} == {id(store) for store in memory.stores}
    assert {type(store) for store in memory.stores} == set(TOLD), "say in TOLD what the new store is told of a post"


def test_no_two_parts_store_under_one_name() -> None:
    state = StatePart().with_parts(store.state() for store in busy().stores)
    names = [array.name for array in state.arrays]
    assert len(names) == len(set(names))
    fields = [name for scalars in state.scalars for name in scalars.__struct_fields__]
    assert sorted(fields) == sorted(msgspec.json.decode(state.document()))


@pytest.mark.parametrize("kind", list(TOLD))
@pytest.mark.parametrize("of_author", [False, True], ids=["post", "author"])
def test_nothing_that_shows_what_was_deleted_is_left(kind: type[object], of_author: bool) -> None:
    posts = written(GONE, 0, 1, 2) if of_author else written(GONE, 0)
    memory = memory_of(posts)

    def left() -> set[str]:
        store: MemoryStore = next(store for store in memory.stores if type(store) is kind)
        return shown(store.state(), posts, hashes=kind not in COUNTS_HASHES)

    assert bool(left()) == (kind in (RecentPosts, AccountWatch)), "the others hold no post to begin with"
    if of_author:
        assert memory.forget_author(GONE) == {post.post_id for post in posts}
    else:
        memory.forget_post(posts[0].post_id)
    assert left() == set()


@pytest.mark.parametrize("of_author", [False, True], ids=["post", "author"])
def test_everybody_else_stays_and_what_comes_late_stays_away(of_author: bool) -> None:
    posts, others = written(GONE, 0), written(STAYS, 1, 2)
    memory = memory_of([*posts, *others])
    if of_author:
        memory.forget_author(GONE)
    else:
        memory.forget_post(posts[0].post_id)
    assert [trace.post_id for trace in memory.recent.of([1]).traces] == [post.post_id for post in others]
    assert [post.post_id for post in memory.accounts.of(STAYS + 1)] == [post.post_id for post in others]
    assert memory.deleted.covers(posts[0].post_id, GONE, posts[0].at_s)
    assert not any(memory.deleted.covers(post.post_id, post.author, post.at_s) for post in others)
    assert memory.ledger.n_posts(1) == 3, "counts are not recomputed"
