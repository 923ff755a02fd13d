"""Whether the memory of finished topics finds the right one, and keeps quiet when there is none: ``eval memory``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from configs.settings import Settings
from pipeline.evaluation.hazards.scenario_cases import load_cases
from pipeline.evaluation.lab_posts import lab_rows
from pipeline.signals.intervals import wilson
from pipeline.store.records import ArchivedTopic, StoredCentres
from pipeline.text.words import clean
from pipeline.track.precedents import MIN_POSTS, MIN_STANDING, PastTopics
from pipeline.training.figures import Figure, figure_table
from pipeline.types import FloatArray, Momentum, Stage, TopicReport
from pipeline.wiring.models import Models, load_models
from pipeline.wiring.track import build_past

MAX_TEXTS = 60
"""Posts of each half that are read: a centre hardly moves after that."""
_NO_VECTORS = np.zeros((0, 1), np.float32)
_NEVER = datetime(2026, 1, 1, tzinfo=UTC)

Halves = Mapping[str, tuple[Sequence[str], Sequence[str]]]
"""By event: texts of its past, texts of its present."""


@dataclass(frozen=True)
class Retrieval:
    """Of one present topic: whether its own past came first, and what stands out when that is taken away.

    ``own`` and ``other`` are standings; ``own`` is ``None`` where something else came first.
    """

    event: str
    own: float | None
    other: float | None


def evaluate_memory(data: Path, settings: Settings, on_step: Callable[[str, int, int], None]) -> str:
    """Tables of how often the right past topic is found, and how often something is said although there is none.

    Parameters
    ----------
    data
        Folder of the lab data.
    on_step
        Called with what is under way, how much is done, of how much (0: unknown).

    Raises
    ------
    InputError
        The lab data is not there.
    """
    on_step("loading models", 0, 0)
    models = load_models(settings)
    italian = {case.id: (case.posts("it"), case.posts("en")) for case in load_cases()}
    english = {event: (en, it) for event, (it, en) in italian.items()}
    sets: tuple[tuple[str, Halves], ...] = (
        ("News stories, first half past, second half present", _halves(data, "news")),
        ("Crises of 2012, the same", _halves(data, "crisislex_2012")),
        ("Scenario cases: past in Italian, present in English", italian),
        ("Scenario cases: past in English, present in Italian", english),
    )
    tables = []
    for title, halves in sets:
        on_step(title.partition(",")[0], 0, 0)
        tables.append(_table(title, retrievals(models, halves)))
    return "\n\n".join(tables)


def retrievals(models: Models, halves: Halves) -> list[Retrieval]:
    """Every present looked up among all pasts, and again without its own."""
    events = sorted(halves)
    past = {event: _archived(i, event, _centre(models, halves[event][0]), models) for i, event in enumerate(events)}
    found = []
    for event in events:
        present = _centre(models, halves[event][1])[None]
        everything = _looked_up(models, present, list(past.values()))
        _, other = _looked_up(models, present, [topic for name, topic in past.items() if name != event])
        own = everything[1] if everything[0] == event else None
        found.append(Retrieval(event, own, other))
    return found


def _looked_up(models: Models, centre: FloatArray, topics: Sequence[ArchivedTopic]) -> tuple[str, float | None]:
    memory: PastTopics = build_past(models, min_standing=-np.inf)
    memory.restore(topics, frozenset())
    best = memory.precedents(centre)[0]
    return (best[0].label, best[0].standing) if best else ("", None)


def _table(title: str, found: Sequence[Retrieval]) -> str:
    rows = []
    for least in (MIN_STANDING - 1, MIN_STANDING, MIN_STANDING + 1):
        hits = [r.own is not None and r.own >= least for r in found]
        false = [r.other is not None and r.other >= least for r in found]
        mark = "  <- used" if least == MIN_STANDING else ""
        rows.append(_figure(f"own past first, standing ≥ {least:g}{mark}", hits))
        rows.append(_figure("  something said without it", false, is_error=True))
    rows.insert(0, _figure("own past first, any standing", [r.own is not None for r in found]))
    return figure_table(title, rows)


def _figure(name: str, hits: Sequence[bool], *, is_error: bool = False) -> Figure:
    low, high = wilson(sum(hits) / len(hits), len(hits))
    return Figure(name, sum(hits) / len(hits), len(hits), low=low, high=high, lower_is_better=is_error)


def _halves(data: Path, name: str) -> Halves:
    file = "clustering/mstream_news" if name == "news" else f"clustering/{name}"
    texts: dict[str, list[str]] = {}
    for row in lab_rows(data, file):
        if row["label"] is not None:
            texts.setdefault(str(row["label"]), []).append(str(row["text"]))
    large = {event: some for event, some in texts.items() if len(some) >= 2 * MIN_POSTS}
    return {event: (some[: len(some) // 2], some[len(some) // 2 :]) for event, some in large.items()}


def _centre(models: Models, texts: Sequence[str]) -> FloatArray:
    step = max(1, len(texts) // MAX_TEXTS)
    vectors = models.encoder.encode([clean(text) or text for text in texts[::step]])
    return np.asarray(vectors.mean(axis=0), np.float32)


def _archived(number: int, event: str, centre: FloatArray, models: Models) -> ArchivedTopic:
    report = TopicReport(
        topic_id=f"t{number}",
        as_of=_NEVER,
        label=event,
        keywords=(),
        first_seen=_NEVER,
        last_seen=_NEVER,
        n_posts=MIN_POSTS,
        n_copies=0,
        n_authors=0,
        languages=(),
        sources=(),
        stage=Stage.FADING,
        momentum=Momentum(0.0, 0.0, 0.0, (), 600),
    )
    lies = StoredCentres(report.topic_id, models.encoder.id, centre, _NO_VECTORS, _NO_VECTORS, ())
    return ArchivedTopic(report, lies, ())
