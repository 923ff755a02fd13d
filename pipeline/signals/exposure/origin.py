"""The one post, author or domain that most of a topic comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.signals.intervals import AuthorShares
from pipeline.topics.memory.interactions import Interaction
from pipeline.types import Origin
from pipeline.types.traces import PostTrace

MIN_ORIGIN_POSTS = 3
"""Posts that must come from one post, author or domain before it is called an origin."""
MIN_ORIGIN_SHARE = 0.1
"""Share of the topic that must: the busiest of many voices is no origin."""
MAX_EVIDENCE = 3
METHOD = "single-origin-share/1"


def single_origin(
    traces: Sequence[PostTrace],
    links: Sequence[Interaction],
    rows_of_domain: Mapping[str, Sequence[int]],
    shares: AuthorShares,
) -> Origin | None:
    """The largest origin, ``None`` where fewer than ``MIN_ORIGIN_POSTS`` posts or ``MIN_ORIGIN_SHARE`` share one.

    A post counts for the post that it reposts or quotes, for the author of that and for its own, and
    for the domains that it links to. Replies do not: an answer is a voice of its own.

    Parameters
    ----------
    traces
        The topic's posts.
    links
        Their links to parents (:func:`pipeline.topics.memory.interactions.interactions`).
    rows_of_domain
        Domain -> rows of the posts that link there.
    shares
        Made of the authors of the same posts.
    """
    posts, authors = _passed_on(traces, links)
    candidates = [
        *((-len(rows), 0, str(parent), rows) for parent, rows in posts.items()),
        *((-len(rows), 1, str(author), rows) for author, rows in authors.items()),
        *((-len(rows), 2, domain, set(rows)) for domain, rows in rows_of_domain.items()),
    ]
    if not candidates:
        return None
    _, kind, what, rows = min(candidates, key=lambda candidate: candidate[:3])
    flags = np.zeros(len(traces), np.bool_)
    flags[list(rows)] = True
    share = shares.share(flags, METHOD)
    if share is None or len(rows) < max(MIN_ORIGIN_POSTS, MIN_ORIGIN_SHARE * len(traces)):
        return None
    evidence = tuple(traces[row].post_id for row in sorted(rows)[:MAX_EVIDENCE])
    if kind == 0:
        return Origin("post", _post_id(traces, links, int(what)), share, evidence)
    return Origin("author" if kind == 1 else "domain", what, share, evidence)


def _passed_on(
    traces: Sequence[PostTrace], links: Sequence[Interaction]
) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """Rows by the post that they repost or quote, and by the author who wrote or is reposted or quoted."""
    posts: dict[int, set[int]] = {}
    authors: dict[int, set[int]] = {}
    for row, trace in enumerate(traces):
        if trace.author is not None:
            authors.setdefault(trace.author, set()).add(row)
    for found in links:
        if found.kind == "reply":
            continue
        members = posts.setdefault(found.parent, set())
        members.add(found.row)
        if found.parent_row is not None:
            members.add(found.parent_row)
        if found.parent_author is not None:
            authors.setdefault(found.parent_author, set()).add(found.row)
    return posts, authors


def _post_id(traces: Sequence[PostTrace], links: Sequence[Interaction], parent: int) -> str | None:
    """``None``: the parent is not among these posts."""
    found = (link.parent_row for link in links if link.parent == parent)
    row = next(found, None)
    return None if row is None else traces[row].post_id
