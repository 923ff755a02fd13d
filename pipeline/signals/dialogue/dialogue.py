"""Whether people talk with each other in a topic: replies, questions, what they make, where they invite to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.signals.dialogue.question_groups import question_groups
from pipeline.signals.intervals import AuthorShares
from pipeline.types import Dialogue, DialogueQuestion, Invitation, Score
from pipeline.types.post_marks import PostMark
from pipeline.types.traces import PostTrace, TopicPosts

MIN_POSTS = 5
MAX_QUESTIONS = 5
MAX_GROUPED = 128
"""Latest questions that are compared with each other."""
MAX_EVIDENCE = 3
MAX_OF_QUESTION = 5
_READS = frozenset({"en", "it"})
"""Languages in which making something is recognised."""


def dialogue(posts: TopicPosts) -> Dialogue | None:
    """Measure one topic on its distinct posts; ``None`` below ``MIN_POSTS`` of them.

    Replies are counted among the posts of ``posts.replying`` sources: of the others nobody knows.
    """
    distinct = posts.distinct()
    traces = distinct.traces
    if len(traces) < MIN_POSTS:
        return None
    shares = AuthorShares([trace.author for trace in traces])
    asks = _marked(traces, PostMark.ASKS)
    makes = _marked(traces, PostMark.SELF_MADE)
    read = np.array([trace.language in _READS for trace in traces])
    return Dialogue(
        n=len(traces),
        reply_share=_replies(distinct, shares),
        question_share=shares.share(asks, "question-share/1"),
        questions=_questions(distinct, np.flatnonzero(asks)),
        self_made_share=shares.share(makes, "self-made-share/1", read),
        self_made=tuple(traces[row].post_id for row in np.flatnonzero(makes & read)[:MAX_EVIDENCE].tolist()),
        invitations=_invitations(posts.traces),
    )


def _marked(traces: Sequence[PostTrace], mark: PostMark) -> NDArray[np.bool_]:
    bits = int(mark)
    return np.array([trace.marks & bits != 0 for trace in traces])


def _replies(posts: TopicPosts, shares: AuthorShares) -> Score | None:
    known = np.array([trace.source in posts.replying for trace in posts.traces])
    return shares.share(np.array([trace.is_reply for trace in posts.traces]), "reply-share/1", known)


def _questions(posts: TopicPosts, rows: NDArray[np.intp]) -> tuple[DialogueQuestion, ...]:
    rows = rows[-MAX_GROUPED:]
    if not len(rows):
        return ()
    found = []
    for group in question_groups(posts.embeddings[rows], posts.embeddings.mean(axis=0))[:MAX_QUESTIONS]:
        traces = [posts.traces[row] for row in rows[group].tolist()]
        authors = {trace.author for trace in traces if trace.author is not None}
        ids = tuple(trace.post_id for trace in traces)
        found.append(DialogueQuestion(ids[0], len(ids), len(authors), ids[:MAX_OF_QUESTION]))
    return tuple(found)


def _invitations(traces: Sequence[PostTrace]) -> tuple[Invitation, ...]:
    """Kinds of groups that posts invite to, most posts first; copies count, but originals are quoted first."""
    by_kind: dict[str, list[PostTrace]] = {}
    for trace in traces:
        for kind in trace.invitations:
            by_kind.setdefault(kind, []).append(trace)
    found = []
    for kind, inviting in by_kind.items():
        authors = {trace.author for trace in inviting if trace.author is not None}
        quoted = sorted(inviting, key=lambda trace: trace.is_copy)[:MAX_EVIDENCE]
        found.append(Invitation(kind, len(inviting), len(authors), tuple(trace.post_id for trace in quoted)))
    return tuple(sorted(found, key=lambda invitation: (-invitation.n_posts, invitation.kind)))
