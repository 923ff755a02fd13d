"""Who answered, reposted or quoted whom, among the posts of one topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.types.pseudonyms import author_hash
from pipeline.types.traces import PostTrace

InteractionKind = Literal["reply", "repost", "quote"]


@dataclass(frozen=True)
class Interaction:
    """Post ``row`` points at a parent.

    ``parent_row`` is the parent's row where it is among the posts; ``parent_author`` its author's
    hash where that is known. Both ``None``: the parent is outside. ``parent`` is the hash of the
    parent itself, so posts with one parent can be counted also when it is outside.
    """

    row: int
    kind: InteractionKind
    parent: int
    parent_row: int | None
    parent_author: int | None


def interactions(traces: Sequence[PostTrace]) -> list[Interaction]:
    """Every link of these posts to a parent, in the order of the posts.

    A source may give the person answered in place of the post: then ``parent_author`` is known
    if that person wrote one of the posts, and ``parent_row`` is not.
    """
    if not any(trace.reply_to or trace.repost_of or trace.quote_of for trace in traces):
        return []
    row_of = {author_hash(trace.post_id): row for row, trace in enumerate(traces)}
    authors = {trace.author for trace in traces if trace.author is not None}
    found = []
    for row, trace in enumerate(traces):
        parents: tuple[tuple[InteractionKind, int | None], ...] = (
            ("reply", trace.reply_to),
            ("repost", trace.repost_of),
            ("quote", trace.quote_of),
        )
        for kind, parent in parents:
            if parent is None:
                continue
            parent_row = row_of.get(parent)
            named = parent if parent in authors else None
            author = named if parent_row is None else traces[parent_row].author
            found.append(Interaction(row, kind, parent, parent_row, author))
    return found
