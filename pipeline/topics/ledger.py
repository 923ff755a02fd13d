"""One entry per topic: everything counted about it that outlives its recent posts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from pipeline.topics.author_sketch import AuthorSketch
from pipeline.topics.momentum import Pulse
from pipeline.topics.recent_posts import PostTrace
from pipeline.types import Stage, TopicId


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
    measured_at_posts: int = 0
    """Posts the topic had when its contents (name, heat, hazards …) were last looked at."""

    def count(self, trace: PostTrace, bin_s: int) -> None:
        """Take one more post into the totals."""
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
            sketch = AuthorSketch(self.authors)
            sketch.add(trace.author)
            self.authors = sketch.minimums()
        self.pulse.count(int(trace.at_s // bin_s), trace.is_copy)

    def n_authors(self) -> int:
        """Distinct known authors; 0 when the stream carries none."""
        return AuthorSketch(self.authors).count()

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


class Ledger:
    """All topics that can still take posts, by number."""

    def __init__(self) -> None:
        self._entries: dict[int, TopicEntry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[TopicEntry]:
        return iter(self._entries.values())

    def entry(self, number: int) -> TopicEntry:
        """Entry of a known topic. Raises KeyError for one that was never counted."""
        return self._entries[number]

    def count(self, trace: PostTrace, bin_s: int) -> TopicEntry:
        """Count a post in its topic, opening the entry with the first one."""
        entry = self._entries.get(trace.topic)
        if entry is None:
            entry = self._entries[trace.topic] = TopicEntry(trace.topic, trace.at_s, trace.at_s)
        entry.count(trace, bin_s)
        return entry

    def merge(self, old: int, new: int) -> None:
        """Topic ``old`` is part of ``new`` from now on."""
        gone = self._entries.pop(old)
        self._entries[new].absorb(gone)

    def retire(self, numbers: Iterable[int]) -> None:
        """Forget topics that take no more posts; their last report stays in the store."""
        for number in numbers:
            self._entries.pop(number, None)

    def restore(self, entries: Iterable[TopicEntry]) -> None:
        """Continue from stored entries."""
        self._entries = {entry.number: entry for entry in entries}


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
