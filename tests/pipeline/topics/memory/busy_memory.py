"""A memory in which something of everything has happened."""

from __future__ import annotations

from pipeline.topics.memory.ledger import Ledger
from pipeline.topics.memory.recent_posts import RecentPosts
from pipeline.topics.memory.topic_background import TopicBackground, TopicPlace
from pipeline.topics.memory.topic_memory import TopicMemory
from pipeline.topics.pace.lifecycle import stage_of
from tests.demo_shard import make_trace
from tests.pipeline.topics.tracked_streams import DIMENSION, START_S, clustered, new_tracker


def empty() -> TopicMemory:
    return TopicMemory(new_tracker(), Ledger(), RecentPosts(DIMENSION), TopicBackground(DIMENSION))


def busy(n: int = 384) -> TopicMemory:
    """A memory with something in every part of it."""
    memory = empty()
    posts, _ = clustered(n, 8, 5)
    done = 0
    for choices in memory.tracker.follow(posts):
        for j in range(len(choices)):
            i = done + j
            trace = make_trace(
                i,
                cluster=int(choices.cluster[j]),
                at_s=float(posts.at_s[i]),
                is_copy=bool(choices.is_copy[j]),
                hazards=(("death", 0.5),) if i % 3 else (),
                author=None if i % 7 == 0 else i % 40,
                language=None if i % 11 == 0 else "it",
                hashtags=("pane",) if i % 5 == 0 else (),
                text="caffè e biscotti 🥐",
            )
            memory.ledger.count(int(choices.topic[j]), trace, 600)
            memory.recent.append(trace, posts.embeddings[i])
        for move in choices.changes.moves:
            memory.ledger.move(memory.recent.traces_of(move.cluster), move.n_posts, move.old, move.new, 600)
        for merge in choices.changes.merges:
            memory.ledger.merge(merge.old, merge.new)
        done += len(choices)
    for entry in memory.ledger:
        entry.label, entry.keywords, entry.measured_at_posts = "pane", ("pane", "caffè"), entry.n_posts
        stage = stage_of(entry.pulse.life, entry.pulse.surge.rate.lately(START_S + 9_000), START_S + 9_000, None)
        memory.ledger.windows.look(entry.number, stage, entry.pulse.life, START_S + 9_000)
    memory.background.take([TopicPlace(f"t{i}", 5, posts.embeddings[i]) for i in range(5)])
    memory.background.learn()
    memory.background.take([TopicPlace("t9", 5, posts.embeddings[5]), TopicPlace("t1", 10, posts.embeddings[6])])
    memory.deleted.forget_post("p1")
    memory.deleted.forget_author(7, START_S)
    memory.clock_s, memory.reported_s, memory.measured_all = START_S + 9_000, START_S, (START_S, n)
    return memory
