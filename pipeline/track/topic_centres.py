"""Where measured topics lie: the numbers that fit is measured from, exactly as they are kept.

Fit is measured from centres as the archive gives them back (float16), so that a stored topic can be judged again and
stands where it stood.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.brand.fit.closing_tags import bodies
from pipeline.brand.fit.topic_fit import Part
from pipeline.store.records import StoredCentres
from pipeline.store.vector_codec import as_kept
from pipeline.track.reporter import SETTLED_POSTS, Measured
from pipeline.types import FloatArray


def n_centres(topic: Measured) -> int:
    """Rows of a topic among stacked centres: its own and its parts'; none where no post is known any more."""
    return 1 + len(topic.sub_topics) if len(topic.posts) else 0


def stacked(topics: Sequence[Measured]) -> FloatArray | None:
    """``(n, d)``: centre of each topic and, after it, of its parts, as kept; ``None`` where there is none at all."""
    centres = [centre for topic in topics if len(topic.posts) for centre in _centres(topic)]
    return as_kept(np.vstack(centres)) if centres else None


def parts_of(topic: Measured) -> list[Part]:
    """The topic's nuances as brands see them."""
    return [Part(sub.nuance, sub.hazards) for sub in topic.sub_topics]


def without_tags(topics: Sequence[Measured]) -> dict[int, tuple[str, ...]]:
    """What posts say without their closing hashtags, by row of :func:`stacked`, where hashtags carry a topic or part.

    Nothing of topics too small to be ridden: a raw stream has thousands of such.
    """
    said: dict[int, tuple[str, ...]] = {}
    row = 0
    for topic in topics:
        traces = topic.posts.traces
        if len(traces) >= SETTLED_POSTS and any(trace.hashtags for trace in traces):
            said[row] = bodies(traces)
            for place, sub in enumerate(topic.sub_topics, start=1):
                ids = frozenset(sub.nuance.post_ids)
                said[row + place] = bodies([trace for trace in traces if trace.post_id in ids])
        row += n_centres(topic)
    return {row: texts for row, texts in said.items() if texts}


@dataclass(frozen=True)
class Place:
    """Whose numbers centres are, which background fit was measured against, and the topic's first row among them."""

    encoder_id: str
    background: int | None
    row: int


def kept_centres(
    topic: Measured, centres: FloatArray, without: Mapping[int, FloatArray | None], place: Place
) -> StoredCentres | None:
    """The archive's row of a topic; ``None`` where no post is known any more.

    Parameters
    ----------
    centres
        ``(n, d)`` of all topics, as :func:`stacked` gave them.
    without
        By row, where closing hashtags carry it: mean ``(d,)`` of what is said without; ``None`` where nobody asked.
    place
        Where the topic is among them.
    """
    n_rows = n_centres(topic)
    if not n_rows:
        return None
    mine = centres[place.row : place.row + n_rows]
    tagged = {i: without[place.row + i] for i in range(n_rows) if place.row + i in without}
    read = {i: mean for i, mean in tagged.items() if mean is not None}
    parts = sorted(i for i in read if i)
    nothing = mine[:0]
    return StoredCentres(
        topic_id=topic.report.topic_id,
        encoder_id=place.encoder_id,
        centre=mine[0],
        bodies=read[0][None] if 0 in read else nothing,
        nuances=mine[1:],
        nuance_hazards=tuple(sub.hazards for sub in topic.sub_topics),
        nuance_bodies=np.stack([read[i] for i in parts]) if parts else nothing,
        nuance_bodies_of=tuple(i - 1 for i in parts),
        unread=tuple(i for i, mean in tagged.items() if mean is None),
        background=place.background,
    )


def _centres(topic: Measured) -> list[FloatArray]:
    return [topic.centre, *(sub.centre for sub in topic.sub_topics)]
