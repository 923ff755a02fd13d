"""Complete, valid rows of the archive to start a test from; every builder takes changes by field name.

Examples
--------
>>> make_centres("t7").nuances.shape
(2, 4)
>>> make_feedback("t7").report.topic_id
't7'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from pipeline.store.records import StoredBackground, StoredCentres, StoredFeedback
from pipeline.types import FloatArray, Hazard
from tests.samples import NOW, make_report, make_score, make_verdict


def halves(*shape: int, seed: int = 0) -> FloatArray:
    """Numbers around 0 that float16 can hold."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float16).astype(np.float32)


def make_centres(topic_id: str = "t1", **changes: Any) -> StoredCentres:
    """A topic in four dimensions with two nuances; it and the second nuance were read without closing hashtags."""
    hazard = Hazard(name="health", tier="medium", share=make_score(0.3), evidence=("p2",))
    centres = StoredCentres(
        topic_id=topic_id,
        encoder_id="enc",
        centre=halves(4, seed=1),
        bodies=halves(1, 4, seed=2),
        nuances=halves(2, 4, seed=3),
        nuance_hazards=((), (hazard,)),
        nuance_bodies=halves(1, 4, seed=4),
        nuance_bodies_of=(1,),
        unread=(),
        background=None,
    )
    return msgspec.structs.replace(centres, **changes)


def make_background(number: int, members: Sequence[int], entries: Sequence[int], seed: int = 0) -> StoredBackground:
    """In four dimensions; an entry has the same place whatever background brings it."""
    places = [halves(4, seed=1000 * seed + entry) for entry in entries]
    return StoredBackground(
        number=number,
        as_of=NOW,
        encoder_id="enc",
        members=np.array(members, np.int64),
        entries=np.array(entries, np.int64),
        centres=np.array(places, np.float32).reshape(-1, 4),
    )


def make_feedback(topic_id: str = "t1", brand_id: str = "forno-aurora", **changes: Any) -> StoredFeedback:
    """An approving word from the board, not stored yet."""
    feedback = StoredFeedback(
        id=0,
        brand_id=brand_id,
        topic_id=topic_id,
        at=NOW,
        by="ada",
        channel="board",
        right=True,
        wanted=None,
        note="",
        verdict=make_verdict(brand_id, topic_id),
        report=make_report(topic_id),
    )
    return msgspec.structs.replace(feedback, **changes)


def as_values(centres: StoredCentres) -> dict[str, Any]:
    """With arrays as lists, to compare; arrays without rows are equal whatever their width."""
    values = msgspec.structs.asdict(centres)
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}
