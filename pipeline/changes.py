"""What one step will commit, collected while it runs; and posts in the form the store keeps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pipeline.store.contract import StoredPost
from pipeline.topics.ledger import topic_id
from pipeline.types import Alert, EnrichedPost, Redirect, TopicReport, Verdict


@dataclass
class Changes:
    """Results of one step. Later entries for one key replace earlier ones."""

    posts: dict[str, StoredPost] = field(default_factory=dict)
    redirects: list[Redirect] = field(default_factory=list)
    reports: dict[str, TopicReport] = field(default_factory=dict)
    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    deleted_posts: list[str] = field(default_factory=list)
    deleted_authors: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    revised: dict[str, EnrichedPost] = field(default_factory=dict)
    """Later revisions of posts that are new in this very step."""
    measured: bool = False

    def forget_topic(self, number: int) -> None:
        """A topic was merged away: what this step said about it is void."""
        gone = topic_id(number)
        self.reports.pop(gone, None)
        for key in [key for key in self.verdicts if key[1] == gone]:
            del self.verdicts[key]
        self.alerts = [alert for alert in self.alerts if alert.topic_id != gone]


def stored(enriched: EnrichedPost, topic: str, similarity: float | None, *, is_copy: bool) -> StoredPost:
    """The row of a post."""
    post = enriched.post
    return StoredPost(
        post_id=post.post_id,
        rev=post.rev,
        topic_id=topic,
        text=post.text,
        event_time=post.event_time,
        similarity=similarity,
        language=enriched.language,
        source=post.source,
        author_id=None if post.author is None else post.author.id,
        author_handle=None if post.author is None else post.author.handle,
        url=post.url,
        is_copy=is_copy,
        is_reply=post.reply_to is not None,
        signals=enriched.signals,
        hazards=enriched.hazards,
    )
