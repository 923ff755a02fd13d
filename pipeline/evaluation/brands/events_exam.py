"""Brand fit on real news events that others graded: the product's own verdicts.

Twice: as assessed, and with the posts of each event in one topic, which parts the faults of the grouping from those of
the fit. For that the posts follow each other by the minute: spread over a week, an event's first posts would have
expired before the rest could join them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.settings import Settings
from ingest.sources.jsonl.source import JsonlSource
from pipeline.brand.profile.profile import BrandProfile
from pipeline.evaluation.brands.event_sets import EventSet, Spoken
from pipeline.evaluation.brands.ranking import auc
from pipeline.evaluation.hazards.given_topic import GivenTopicStage
from pipeline.track.assess import Assessment, Assessor, file_settings
from pipeline.track.stage import TopicStage
from pipeline.training.figures import Figure
from pipeline.training.labels import read_labels
from pipeline.types import VerdictKind
from pipeline.wiring.enrich import build_enricher
from pipeline.wiring.models import Models
from pipeline.wiring.track import build_judge, build_reporter, build_topic_stage, fresh_memory

MIN_OWN = 3
"""A brand with fewer events of its own has no AUC worth naming."""
RESAMPLES = 1_000
INTERVAL = (0.05, 0.95)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""The clock of a run: after every event."""

Scores = NDArray[np.float64]
Own = NDArray[np.bool_]


@dataclass(frozen=True)
class EventRun:
    """What came out for ``(events, brands)``.

    ``value``: fit of the topic that holds most of the event's posts, ``-inf`` where there is none; ``joined``: whether
    that topic was called RIDE, NUANCE or a fit worth watching; ``ridden``: RIDE or NUANCE. ``posts``: by event the ids
    that topic's posts, in the order of the stream.
    """

    value: Scores
    joined: Own
    ridden: Own
    posts: tuple[tuple[str, ...], ...] = ()


def run_events(events: EventSet, settings: Settings, models: Models, spoken: Spoken, *, together: bool) -> EventRun:
    """The whole pipeline over the headlines, for all brands at once; ``together``: each event in one topic."""
    settings = file_settings(settings)
    profiles = events.profiles(spoken)
    labels = {post: label for post, label in read_labels(events.headlines) if label is not None}
    stage: TopicStage
    if together:
        memory, judge = fresh_memory(settings, models)(), build_judge(settings, models, profiles)
        stage = GivenTopicStage(memory, build_reporter(settings, models), judge, settings.report, labels.get)
    else:
        stage = build_topic_stage(settings, models, profiles)
    with TemporaryDirectory() as folder:
        path = _by_the_minute(events.headlines, Path(folder)) if together else events.headlines
        assessor = Assessor(build_enricher(settings, models), stage)
        assessment = assessor.run(JsonlSource(path, lambda: NOW), lambda _posts, _letters: None)
    return _outcome(events, profiles, labels, assessment)


def _by_the_minute(headlines: Path, folder: Path) -> Path:
    """The same posts, a minute apart."""
    path = folder / headlines.name
    with headlines.open("rb") as lines, path.open("wb") as out:
        for minute, line in enumerate(lines):
            row = msgspec.json.decode(line)
            row["created_at"] = (NOW - timedelta(days=30) + timedelta(minutes=minute)).isoformat()
            out.write(msgspec.json.encode(row) + b"\n")
    return path


def _outcome(
    events: EventSet, profiles: Sequence[BrandProfile], labels: dict[str, str], assessment: Assessment
) -> EventRun:
    shape = (len(events.events), len(profiles))
    value, joined, ridden = np.full(shape, -np.inf), np.zeros(shape, bool), np.zeros(shape, bool)
    topics: dict[str, Counter[str]] = {}
    members: dict[str, list[str]] = {}
    for post, topic in assessment.assignments.items():
        members.setdefault(topic, []).append(post)
        if post in labels:
            topics.setdefault(labels[post], Counter())[topic] += 1
    posts: list[tuple[str, ...]] = []
    for row, event in enumerate(events.events):
        posts.append(())
        if event not in topics:
            continue
        topic = topics[event].most_common(1)[0][0]
        posts[row] = tuple(members[topic])
        for column, profile in enumerate(profiles):
            verdict = assessment.verdicts[profile.id, topic]
            ridden[row, column] = verdict.kind in (VerdictKind.RIDE, VerdictKind.NUANCE)
            if verdict.fit is not None:
                value[row, column] = verdict.fit.value
                fits = verdict.fit.percentile >= (profile.thresholds.ride_percentile or 99.0)
                joined[row, column] = ridden[row, column] or (verdict.kind is VerdictKind.WATCH and fits)
    return EventRun(value, joined, ridden, tuple(posts))


def event_figures(run: EventRun, own: Own, bars: bool = True) -> list[Figure]:
    """Mean, worst and pooled AUC, recall at two precisions, and what the default threshold does; 90 % intervals over
    events, drawn again as a whole with all their brands."""
    counted = own.sum(axis=0) >= MIN_OWN

    def mean_auc(rows: NDArray[np.int64]) -> float:
        return float(np.mean(_aucs(run.value[rows], own[rows], counted)))

    def worst_auc(rows: NDArray[np.int64]) -> float:
        return float(np.min(_aucs(run.value[rows], own[rows], counted)))

    def pooled_auc(rows: NDArray[np.int64]) -> float:
        return auc(run.value[rows].ravel(), own[rows].ravel()) or 0.0

    def recall(precision: float) -> Callable[[NDArray[np.int64]], float]:
        return lambda rows: recall_at(run.value[rows].ravel(), own[rows].ravel(), precision)

    def off_brand(rows: NDArray[np.int64]) -> float:
        rides = run.ridden[rows]
        return float((rides & ~own[rows]).sum() / max(rides.sum(), 1))

    def found(rows: NDArray[np.int64]) -> float:
        return float((run.joined[rows] & own[rows]).sum() / max(own[rows].sum(), 1))

    n_brands, n_pairs, n_own = int(counted.sum()), own.size, int(own.sum())
    asked = (
        ("mean AUC over brands", mean_auc, n_brands, 0.95, False),
        ("worst brand's AUC", worst_auc, n_brands, 0.90, False),
        ("pooled AUC", pooled_auc, n_pairs, 0.94, False),
        ("recall at 90 % precision", recall(0.9), n_own, 0.45, False),
        ("recall at 80 % precision", recall(0.8), n_own, None, False),
        ("off-brand among RIDE and NUANCE", off_brand, int(run.ridden.sum()), 0.10, True),
        ("own pairs ridden, or watched because they fit", found, n_own, 0.45, False),
    )
    rows = np.arange(len(own))
    return [
        Figure(name, of(rows), n, bar if bars else None, lower, *_interval(of, len(own)))
        for name, of, n, bar, lower in asked
    ]


def recall_at(scores: Scores, own: Own, precision: float) -> float:
    """Most of the own that a threshold finds while at least ``precision`` of what it finds is own.

    Examples
    --------
    >>> recall_at(np.array([4.0, 3.0, 2.0, 1.0]), np.array([True, True, False, True]), 0.9)
    0.6666666666666666
    """
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(own[order])
    last = np.append(scores[order][1:] != scores[order][:-1], True)  # a threshold cannot part equal scores
    good = last & (hits >= precision * np.arange(1, len(order) + 1)) & np.isfinite(scores[order])
    return float(hits[good].max(initial=0) / max(own.sum(), 1))


def _aucs(value: Scores, own: Own, counted: NDArray[np.bool_]) -> list[float]:
    found = [auc(value[:, brand], own[:, brand]) for brand in np.flatnonzero(counted).tolist()]
    return [one for one in found if one is not None]


def _interval(of: Callable[[NDArray[np.int64]], float], n_events: int) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    drawn = [of(rng.integers(n_events, size=n_events)) for _ in range(RESAMPLES)]
    low, high = np.quantile(drawn, INTERVAL).tolist()
    return low, high
