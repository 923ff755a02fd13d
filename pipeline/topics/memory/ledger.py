"""One entry per topic: everything counted about it that outlives its recent posts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from pipeline.topics.memory.author_sketch import AuthorSketch, add_author
from pipeline.topics.pace.burst_watch import BurstWatch
from pipeline.topics.pace.momentum import Pulse
from pipeline.topics.pace.window import WindowLearner
from pipeline.types import Stage, TopicId
from pipeline.types.state import StatePart, StoredState, packed
from pipeline.types.traces import PostTrace

BLOCK_TOPICS = 64
"""Entries of so many neighbouring topic numbers are stored in one array: a commit rewrites only busy blocks."""


class TopicEntry(msgspec.Struct):
    """Running totals of one topic. Times are event time, seconds since the epoch."""

    number: int
    first_seen_s: float
    last_seen_s: float
    n_posts: int = 0
    n_copies: int = 0
    languages: dict[str, int] = msgspec.field(default_factory=dict)
    sources: dict[str, int] = msgspec.field(default_factory=dict)
    authors: list[int] = msgspec.field(default_factory=list)
    n_anonymous: int = 0
    pulse: Pulse = msgspec.field(default_factory=Pulse)
    stage: Stage | None = None
    label: str = ""
    keywords: tuple[str, ...] = ()
    parent: int | None = None
    """Topic this one split from."""
    measured_at_posts: int = 0
    """Posts the topic had when its contents (name, heat, hazards …) were last looked at."""

    def count(self, trace: PostTrace) -> None:
        """Take one more post into the totals; its pace is counted apart, in ``pulse``."""
        self.first_seen_s = min(self.first_seen_s, trace.at_s)
        self.last_seen_s = max(self.last_seen_s, trace.at_s)
        self.n_posts += 1
        self.n_copies += trace.is_copy
        if trace.language:
            self.languages[trace.language] = self.languages.get(trace.language, 0) + 1
        self.sources[trace.source] = self.sources.get(trace.source, 0) + 1
        if trace.author is None:
            self.n_anonymous += 1
        else:
            self.authors = add_author(self.authors, trace.author)

    def n_authors(self) -> int:
        """Distinct known authors; 0 when the stream carries none."""
        known = self.n_posts - self.n_anonymous  # after a split the sketch knows more people than posts are left
        return min(AuthorSketch(self.authors).count(), known)

    def absorb(self, other: TopicEntry) -> None:
        """Add the totals of a topic that was merged into this one."""
        self.first_seen_s = min(self.first_seen_s, other.first_seen_s)
        self.last_seen_s = max(self.last_seen_s, other.last_seen_s)
        self.n_posts += other.n_posts
        self.n_copies += other.n_copies
        self.n_anonymous += other.n_anonymous
        for mine, theirs in ((self.languages, other.languages), (self.sources, other.sources)):
            for name, n in theirs.items():
                mine[name] = mine.get(name, 0) + n
        sketch = AuthorSketch(self.authors)
        sketch.merge(AuthorSketch(other.authors))
        self.authors = sketch.minimums()
        self.pulse.merge(other.pulse)

    def resize(self, n_posts: int, like: TopicEntry) -> None:
        """Count ``n_posts`` posts whose copies, languages and sources have the shares they have in ``like``."""
        share = n_posts / max(like.n_posts, 1)
        self.n_copies, self.n_anonymous = round(like.n_copies * share), round(like.n_anonymous * share)
        self.languages = {name: round(n * share) for name, n in like.languages.items() if round(n * share)}
        self.sources = {name: round(n * share) for name, n in like.sources.items() if round(n * share)}
        self.n_posts = n_posts

    def give(self, part: TopicEntry) -> None:
        """Take back the totals of posts that belong to another topic now.

        The sketch of authors only grows: who also wrote here cannot be told from who only
        wrote what left, so the count of authors stays an upper bound after a split.
        """
        self.n_posts = max(0, self.n_posts - part.n_posts)
        self.n_copies = max(0, self.n_copies - part.n_copies)
        self.n_anonymous = max(0, self.n_anonymous - part.n_anonymous)
        for mine, theirs in ((self.languages, part.languages), (self.sources, part.sources)):
            for name, n in theirs.items():
                mine[name] = mine.get(name, 0) - n
                if mine[name] <= 0:
                    del mine[name]
        self.pulse.remove(part.pulse)


class Ledger:
    """All topics that can still take posts, by number; the shard's bursts and finished lives."""

    def __init__(self) -> None:
        self.watch = BurstWatch()
        self.windows = WindowLearner()
        self._entries: dict[int, TopicEntry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[TopicEntry]:
        return iter(self._entries.values())

    def entry(self, number: int) -> TopicEntry:
        """Entry of a known topic. Raises KeyError for one that was never counted."""
        return self._entries[number]

    def count(self, topic: int, trace: PostTrace, bin_s: int) -> TopicEntry:
        """Count a post in its topic, opening the entry with the first one; bursts are noticed here."""
        entry = self._entries.get(topic)
        if entry is None:
            entry = self._entries[topic] = TopicEntry(topic, trace.at_s, trace.at_s)
        entry.count(trace)
        self.watch.take(
            topic,
            entry.pulse,
            trace.at_s,
            bin_s,
            author=trace.author,
            is_copy=trace.is_copy,
            hashtags=trace.hashtags,
        )
        return entry

    def n_posts(self, topic: int) -> int:
        """Posts of a topic, 0 of an unknown one."""
        entry = self._entries.get(topic)
        return 0 if entry is None else entry.n_posts

    def merge(self, old: int, new: int) -> None:
        """Topic ``old`` is part of ``new`` from now on."""
        gone = self._entries.pop(old, None)
        self.windows.forget(old)
        if gone is not None:
            self._entry_of(new, gone).absorb(gone)

    def move(self, traces: Sequence[PostTrace], n_posts: int, old: int, new: int, bin_s: int) -> None:
        """``n_posts`` posts, which topic ``old`` counted, belong to ``new`` from now on.

        ``traces`` are those of them that are still remembered, the latest: languages, sources and copies of the
        others are taken to be like theirs, and like the topic's where none is remembered. Paces move with what is
        remembered, which is what they are made of.
        """
        if not n_posts or (old not in self._entries and not traces):
            return
        like = self._entries.get(old)
        part = TopicEntry(new, *_times(traces, like))
        for trace in traces:
            part.count(trace)
            part.pulse.count(trace.at_s, bin_s, trace.author, trace.is_copy)
        part.resize(n_posts, part if traces or like is None else like)
        if like is not None:
            like.give(part)
            like.measured_at_posts = 0  # other posts than before: look again
        self._entry_of(new, part).absorb(part)
        self._entries[new].measured_at_posts = 0

    def split(self, child: int, parent: int) -> None:
        """Topic ``child`` left ``parent``."""
        if child in self._entries:
            self._entries[child].parent = parent

    def _entry_of(self, topic: int, like: TopicEntry) -> TopicEntry:
        """Its entry, opened when there is none, seen as early as ``like``."""
        return self._entries.setdefault(topic, TopicEntry(topic, like.first_seen_s, like.last_seen_s))

    def retire(self, numbers: Iterable[int]) -> None:
        """Forget topics that take no more posts; their last report stays in the store."""
        for number in numbers:
            gone = self._entries.pop(number, None)
            if gone is not None and gone.pulse.life.worth_until_s is not None:
                self.windows.finish(number, gone.pulse.life.worth_until_s)

    def forget_post(self, post_id: str) -> None:
        """Nothing: a deleted post stays counted."""

    def forget_author(self, author: int, until_s: float) -> Collection[str]:
        """Nothing: an author stays counted, as one hash among those of a topic."""
        return ()

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere."""
        blocks: dict[int, list[TopicEntry]] = {}
        for entry in self:
            blocks.setdefault(entry.number // BLOCK_TOPICS, []).append(entry)
        entries = (packed(f"ledger/{block}", held) for block, held in sorted(blocks.items()))
        return StatePart((packed("watch", self.watch), packed("windows", self.windows), *entries))

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored."""
        self.watch = stored.unpacked("watch", BurstWatch)
        self.windows = stored.unpacked("windows", WindowLearner)
        blocks = sorted(stored.numbers("ledger"))
        entries = (entry for block in blocks for entry in stored.unpacked(f"ledger/{block}", list[TopicEntry]))
        self._entries = {entry.number: entry for entry in sorted(entries, key=lambda entry: entry.number)}


def _times(traces: Sequence[PostTrace], like: TopicEntry | None) -> tuple[float, float]:
    """First and last event time of posts that move."""
    if traces:
        return traces[0].at_s, traces[0].at_s
    return (like.first_seen_s, like.last_seen_s) if like is not None else (0.0, 0.0)


def topic_id(number: int) -> TopicId:
    """The id people see.

    Examples
    --------
    >>> topic_id(12), topic_number("t12")
    ('t12', 12)
    """
    return f"t{number}"


def topic_number(identifier: TopicId) -> int:
    """Inverse of :func:`topic_id`."""
    return int(identifier.removeprefix("t"))
