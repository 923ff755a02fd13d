"""What one step will commit, collected while it runs; and posts in the form the store keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from pipeline.store.records import StoredBackground, StoredCentres, StoredMove, StoredPost, StoredSwitch
from pipeline.topics.memory.ledger import topic_id
from pipeline.types import Alert, EnrichedPost, Redirect, TopicReport, Verdict
from pipeline.types.voices import MarketReading

RANKINGS_KEPT = 2
"""The board shows a ranking and the movement since the one before."""


NO_QUOTE = ("", "")
"""Stands where a quote was whose post is deleted: the others keep their numbers, as they do in the store."""


@dataclass(frozen=True)
class Placement:
    """Where a post went when it was new."""

    topic_id: str
    cluster: int
    similarity: float | None
    is_copy: bool


@dataclass(frozen=True)
class Ranking:
    """Topic ids on each brand's board at one tick."""

    as_of: datetime
    of_brand: Mapping[str, Sequence[str]]


@dataclass
class Changes:
    """Results of one step. Later entries for one key replace earlier ones, but no change of a verdict is lost:
    however many ticks a step holds, the history has what it would have with one tick a step."""

    posts: dict[str, StoredPost] = field(default_factory=dict)
    moves: list[StoredMove] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)
    switches: list[StoredSwitch] = field(default_factory=list)
    reports: dict[str, TopicReport] = field(default_factory=dict)
    centres: dict[str, StoredCentres] = field(default_factory=dict)
    backgrounds: list[StoredBackground] = field(default_factory=list)
    verdicts: dict[tuple[str, str], list[Verdict]] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    deleted_posts: list[str] = field(default_factory=list)
    deleted_authors: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    revised: dict[str, EnrichedPost] = field(default_factory=dict)
    """Later revisions of posts that are new in this very step."""
    rankings: list[Ranking] = field(default_factory=list)
    markets: tuple[MarketReading, ...] = ()
    """Each brand's market as last read in this step; empty when it was not read anew."""

    def posts_in_order(self) -> list[StoredPost]:
        """All noted posts, each in the topic that its cluster belongs to at the end of the step."""
        last = {move.cluster: move.new_id for move in self.moves}
        return [
            msgspec.structs.replace(post, topic_id=last[post.cluster]) if post.cluster in last else post
            for post in self.posts.values()
        ]

    def decided(self, verdict: Verdict) -> None:
        """Note a verdict: of each run of one kind the first and the last are kept."""
        series = self.verdicts.setdefault((verdict.brand_id, verdict.topic_id), [])
        if len(series) > 1 and series[-2].kind == series[-1].kind == verdict.kind:
            series.pop()
        series.append(verdict)

    def verdicts_in_order(self) -> list[Verdict]:
        """All noted verdicts by time."""
        together = [verdict for series in self.verdicts.values() for verdict in series]
        return sorted(together, key=lambda verdict: verdict.as_of)

    def ranked(self, ranking: Ranking) -> None:
        """Note the boards of a tick; the latest :data:`RANKINGS_KEPT` are kept."""
        self.rankings = [*self.rankings, ranking][-RANKINGS_KEPT:]

    def quote_no_more(self, post_ids: Collection[str]) -> None:
        """These posts were deleted: alerts not yet committed lose what they quote of them."""
        gone = frozenset(post_ids)
        self.alerts = [
            msgspec.structs.replace(alert, quotes=tuple(NO_QUOTE if q[0] in gone else q for q in alert.quotes))
            for alert in self.alerts
        ]

    def forget_topic(self, number: int) -> None:
        """A topic was merged away: what this step said about it is void."""
        gone = topic_id(number)
        self.reports.pop(gone, None)
        self.centres.pop(gone, None)
        for key in [key for key in self.verdicts if key[1] == gone]:
            del self.verdicts[key]
        self.alerts = [alert for alert in self.alerts if alert.topic_id != gone]


def stored(enriched: EnrichedPost, place: Placement) -> StoredPost:
    """The row of a post."""
    post = enriched.post
    return StoredPost(
        post_id=post.post_id,
        rev=post.rev,
        topic_id=place.topic_id,
        cluster=place.cluster,
        text=post.text,
        event_time=post.event_time,
        similarity=place.similarity,
        language=enriched.language,
        source=post.source,
        author_id=None if post.author is None else post.author.id,
        author_handle=None if post.author is None else post.author.handle,
        url=post.url,
        is_copy=place.is_copy,
        is_reply=post.reply_to is not None,
        signals=enriched.signals,
        hazards=enriched.hazards,
    )
