"""What flows through the pipeline: ``Post → EnrichedPost → Assignment → Topic →
TopicReport → Verdict → Alert``. Frozen structs; batches are columns beside arrays.
"""

from __future__ import annotations

from pipeline.types.decisions import Alert, BrandFit, BrandNuance, FacetFit, Reason, Verdict, VerdictKind
from pipeline.types.posts import EnrichedBatch, EnrichedPost, Signals
from pipeline.types.scores import FloatArray, Score
from pipeline.types.signals import (
    Controversy,
    Creator,
    CreatorSignal,
    DatedPost,
    Dialogue,
    DialogueQuestion,
    Exposure,
    Hazard,
    Invitation,
    ListedDomain,
    Origin,
    Poles,
    Saturation,
    SolemnDay,
)
from pipeline.types.topics import Assignment, Burst, Momentum, Nuance, Redirect, Stage, TopicId, TopicReport, Window

__all__ = [
    "Alert",
    "Assignment",
    "BrandFit",
    "BrandNuance",
    "Burst",
    "Controversy",
    "Creator",
    "CreatorSignal",
    "DatedPost",
    "Dialogue",
    "DialogueQuestion",
    "EnrichedBatch",
    "EnrichedPost",
    "Exposure",
    "FacetFit",
    "FloatArray",
    "Hazard",
    "Invitation",
    "ListedDomain",
    "Momentum",
    "Nuance",
    "Origin",
    "Poles",
    "Reason",
    "Redirect",
    "Saturation",
    "Score",
    "Signals",
    "SolemnDay",
    "Stage",
    "TopicId",
    "TopicReport",
    "Verdict",
    "VerdictKind",
    "Window",
]
