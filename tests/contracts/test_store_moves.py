"""Every store: clusters that change topics take their posts along."""

from __future__ import annotations

from pipeline.store.database import DatabaseStore
from pipeline.store.records import StoredMove
from tests.samples import make_post


def test_clusters_carry_their_posts_to_another_topic(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.save_posts([make_post(f"p{i}", "t1", cluster=1 + i % 2) for i in range(4)])
        tx.save_posts([make_post("elsewhere", "t9", cluster=1)])
        tx.save_moves([StoredMove(1, "t1", "t2"), StoredMove(2, "t1", "t3"), StoredMove(1, "t2", "t4")])
        tx.save_moves([StoredMove(77, "t1", "t5")])
    topics = {post.post_id: post.topic_id for post in store.posts_by_id(["p0", "p1", "p2", "p3", "elsewhere"])}
    assert topics == {"p0": "t4", "p1": "t3", "p2": "t4", "p3": "t3", "elsewhere": "t9"}
