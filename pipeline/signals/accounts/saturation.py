"""How many brand or promotional accounts already jumped on a topic, and what its audience answers them.

An account is promotional by the share of its posts in the topic that advertise, not by one word:
what advertises is decided in :mod:`pipeline.signals.accounts.promotion`. A brand that only chats along, without
selling anything, is not recognised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from pipeline.signals.intervals import AuthorShares, wilson
from pipeline.topics.memory.interactions import Interaction
from pipeline.types import Saturation, Score
from pipeline.types.post_marks import PostMark
from pipeline.types.traces import PostTrace, TopicPosts

MIN_POSTS = 5
PROMOTIONAL_SHARE = 0.5
"""Share of an account's posts that have to advertise."""
FELT = 0.5
"""Probability from which an answer counts as negative or positive."""
MAX_EVIDENCE = 5


def saturation(posts: TopicPosts, parents: Sequence[Interaction]) -> Saturation | None:
    """Measure one topic; ``None`` below ``MIN_POSTS`` posts.

    ``n_brands`` and ``share`` are ``None`` where no author is known, the answers where no reply
    to a promotional post is.

    Parameters
    ----------
    posts
        The topic.
    parents
        Their links to parents (:func:`pipeline.topics.memory.interactions.interactions`).
    """
    traces = posts.traces
    if len(traces) < MIN_POSTS:
        return None
    shares = AuthorShares([trace.author for trace in traces])
    promotional = np.array([bool(trace.marks & int(PostMark.PROMOTIONAL)) for trace in traces])
    own = np.array([trace.repost_of is None for trace in traces])  # who reposts an offer does not make it
    post_share = shares.share(promotional & own, "promotional-post-share/1")
    if post_share is None:  # cannot be: there are posts
        return None
    authors = {trace.author for trace in traces if trace.author is not None}
    brands = _promotional_accounts(traces, promotional & own)
    rows = np.flatnonzero(promotional & own).tolist()
    return Saturation(
        n_brands=len(brands) if authors else None,
        share=_account_share(len(brands), len(authors)),
        post_share=post_share,
        n_disclosed=sum(bool(trace.marks & int(PostMark.DISCLOSED)) for trace in traces),
        evidence=_of_different_authors(traces, rows),
        **_answers(traces, parents, set(rows), brands, shares),  # type: ignore[arg-type] # fields by name
    )


def _promotional_accounts(traces: Sequence[PostTrace], promotional: np.ndarray) -> set[int]:
    written: Counter[int] = Counter()
    selling: Counter[int] = Counter()
    for trace, sells in zip(traces, promotional.tolist(), strict=True):
        if trace.author is not None and trace.repost_of is None:
            written[trace.author] += 1
            selling[trace.author] += sells
    return {author for author, n in written.items() if selling[author] >= PROMOTIONAL_SHARE * n}


def _account_share(n_brands: int, n_authors: int) -> Score | None:
    if not n_authors:
        return None
    low, high = wilson(n_brands / n_authors, n_authors)
    return Score(n_brands / n_authors, n_authors, low, high, "promotional-account-share/1")


def _answers(
    traces: Sequence[PostTrace],
    parents: Sequence[Interaction],
    rows: set[int],
    brands: set[int],
    shares: AuthorShares,
) -> dict[str, Score | tuple[str, ...] | None]:
    """Replies and quotes to promotional posts, or to promotional accounts where the source names only those."""
    answers = np.zeros(len(traces), np.bool_)
    for found in parents:
        to_brand = found.parent_row in rows or (found.parent_row is None and found.parent_author in brands)
        if found.kind != "repost" and to_brand and traces[found.row].author not in brands:
            answers[found.row] = True
    negative = np.array([trace.negative >= FELT and trace.negative > trace.positive for trace in traces])
    positive = np.array([trace.positive >= FELT and trace.positive > trace.negative for trace in traces])
    order = sorted(np.flatnonzero(answers).tolist(), key=lambda row: -traces[row].negative)
    return {
        "answers_negative": shares.share(negative, "negative-answer-share/1", answers),
        "answers_positive": shares.share(positive, "positive-answer-share/1", answers),
        "answers": tuple(traces[row].post_id for row in order[:MAX_EVIDENCE]),
    }


def _of_different_authors(traces: Sequence[PostTrace], rows: Sequence[int]) -> tuple[str, ...]:
    first: list[int] = []
    again: list[int] = []
    seen: set[int] = set()
    for row in rows:
        author = traces[row].author
        (again if author in seen else first).append(row)
        if author is not None:
            seen.add(author)
    return tuple(traces[row].post_id for row in (first + again)[:MAX_EVIDENCE])
