"""A post counts once, however often it is delivered; a later revision replaces its text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.intake import Intake, Mark, Revision
from pipeline.track.results.posts import Placement
from pipeline.track.write_batch import Changes
from pipeline.types import EnrichedBatch, EnrichedPost, FloatArray

KnownRevisions = Callable[[Sequence[str]], Mapping[str, int]]
Placements = Callable[[Sequence[str]], Mapping[str, Placement]]


def deduplicate(intake: Intake, known_revisions: KnownRevisions, placements: Placements, changes: Changes) -> Intake:
    """Only posts never seen before, in stream order; later revisions go to ``changes``.

    A post is clustered by the revision that came first, wherever the stream is cut, and keeps its place. A later one
    that brings counters becomes a mark where it came.

    Parameters
    ----------
    known_revisions, placements
        What the store knows of these post ids.
    """
    posts = intake.batch.posts
    newest = dict(known_revisions([enriched.post.post_id for enriched in posts]))
    first: list[int] = []
    later: dict[str, EnrichedPost] = {}
    counted: list[Mark] = []
    known = frozenset(newest)
    for i, enriched in enumerate(posts):
        post = enriched.post
        if post.post_id not in newest:
            first.append(i)
            newest[post.post_id] = post.rev
            continue
        changes.counts["duplicates"] += 1
        if post.rev > newest[post.post_id]:
            newest[post.post_id] = post.rev
            later[post.post_id] = enriched
            changes.counts["revisions"] += 1
            if post.metrics is not None:
                counted.append(Mark(i, Revision(post)))
    places = placements([post_id for post_id in later if post_id in known])
    for post_id, enriched in later.items():
        if post_id in places:
            changes.posts.add(enriched, places[post_id])
        elif post_id not in known:
            changes.posts.revised[post_id] = enriched
    return _kept(intake, counted, np.array(first, np.int64))


def _kept(intake: Intake, counted: Sequence[Mark], rows: NDArray[np.int64]) -> Intake:
    batch = intake.batch
    embeddings: FloatArray = batch.embeddings[rows]
    all_marks = sorted((*intake.marks, *counted), key=lambda mark: mark.after)
    marks = tuple(Mark(int(np.searchsorted(rows, mark.after)), mark.what) for mark in all_marks)
    kept = EnrichedBatch(tuple(batch.posts[i] for i in rows), embeddings, batch.encoder_id)
    return Intake(kept, marks, intake.dead_letters)
