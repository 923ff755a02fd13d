"""Memory of finished topics: what was most like this one, in any language, how long it lasted and how it ended.

Centres are compared where brand fit is (:class:`~pipeline.brand.fit.shared_space.SharedSpace`), so a topic of last
month in the other language is as near as one in this. A cosine alone means nothing there either: some topics are near
everything. A past topic is a precedent when its cosine stands out from what the live topic has with everyday concepts
and with all other past topics.

Nothing here reads a clock or a store: topics come as they are looked at, finish when the shard retires them, and are
put back from the store in the order of their numbers, so a restart or a replay finds the same precedents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.brand.fit.shared_space import SharedSpace
from pipeline.store.records import ArchivedTopic, StoredCentres
from pipeline.topics.memory.ledger import topic_number
from pipeline.types import FloatArray, Precedent, PrecedentEnd, TopicReport, Verdict

MIN_POSTS = 20
"""Smaller topics are neither looked up nor remembered: as few posts are too few to judge, they are to compare."""
KEPT_FROM = 10
"""Distinct posts from which a centre is kept: a topic is read again whenever it gained a tenth, so one that reaches
``MIN_POSTS`` was read at this size or later, and what is kept here is what the store has."""
MAX_FINISHED = 20_000
"""Finished topics kept, the latest."""
MAX_CHANCE = 2_000
"""Past topics that chance is measured on."""
MAX_PRECEDENTS = 3
MIN_STANDING = 7.5
"""Robust standard deviations above what the topic has with everything else: what it lets through is in
``docs/memory.md``."""
MAD_TO_SIGMA = 1.4826
LEAST_SPREAD = 0.02
SHORT_H = 6.0
_GRAVE = frozenset({"floor", "high"})


@dataclass(frozen=True)
class Remembered:
    """What is kept of a topic: its last report and verdicts, and its centre ``(d,) float32`` as stored."""

    report: TopicReport
    centre: FloatArray
    verdicts: tuple[tuple[str, str], ...]
    """(brand id, kind) as last judged."""


class PastTopics:
    """Topics that were looked at, those of them that finished, and what is like what.

    Parameters
    ----------
    space
        Where centres are compared.
    everyday
        ``(n, d) float32`` embeddings of everyday concepts, as the encoder gave them: what chance looks like before
        there is a past.
    encoder_id
        Whose embeddings are compared; topics of another are left out.
    min_standing
        From where a past topic is a precedent.
    """

    def __init__(
        self, space: SharedSpace, everyday: FloatArray, encoder_id: str, min_standing: float = MIN_STANDING
    ) -> None:
        import faiss

        self._space = space
        self._encoder_id = encoder_id
        self._everyday = space.place(everyday)
        self._min_standing = min_standing
        self._index: Any = faiss.IndexFlatIP(everyday.shape[1])
        self._finished: list[Remembered] = []
        self._live: dict[str, Remembered] = {}
        self._compared: FloatArray | None = None

    def __len__(self) -> int:
        return len(self._finished)

    def restore(self, topics: Iterable[ArchivedTopic], live: frozenset[str]) -> None:
        """Begin again from the archive; topics in ``live`` are not finished yet."""
        known = [found for topic in topics if (found := _of_archive(topic, self._encoder_id)) is not None]
        self._live = {found.report.topic_id: found for found in known if found.report.topic_id in live}
        self._finished = []
        self._index.reset()
        self._compared = None
        self._add([found for found in known if found.report.topic_id not in live])

    def look(
        self, reports: Sequence[TopicReport], centres: Sequence[StoredCentres], verdicts: Sequence[Verdict]
    ) -> list[TopicReport]:
        """The reports of a tick with their precedents: looked up anew where a centre came with them, kept otherwise.

        Parameters
        ----------
        reports, verdicts
            Of all topics of the tick.
        centres
            Of those that were read again, as stored.
        """
        kinds: dict[str, list[tuple[str, str]]] = {}
        for verdict in verdicts:
            kinds.setdefault(verdict.topic_id, []).append((verdict.brand_id, verdict.kind.value))
        fresh = {lies.topic_id: lies.centre for lies in centres if lies.encoder_id == self._encoder_id}
        asking = [report.topic_id for report in reports if _distinct(report) >= MIN_POSTS and report.topic_id in fresh]
        found = dict(zip(asking, self.precedents(_stacked([fresh[topic] for topic in asking])), strict=True))
        told = []
        for report in reports:
            known = self._live.get(report.topic_id)
            # a report that was not read again carries what was found when it was
            like = found.get(report.topic_id, known.report.precedents if known is not None else ())
            report = report if report.precedents == like else msgspec.structs.replace(report, precedents=like)
            told.append(report)
            centre = fresh.get(report.topic_id, known.centre if known is not None else None)
            if centre is not None and _distinct(report) >= KEPT_FROM:
                self._live[report.topic_id] = Remembered(report, centre, tuple(sorted(kinds.get(report.topic_id, ()))))
        return told

    def finish(self, topic_ids: Iterable[str]) -> None:
        """These topics take no more posts: from now on they are the past."""
        self._add([self._live.pop(topic) for topic in topic_ids if topic in self._live])

    def forget(self, topic_id: str) -> None:
        """A topic was merged into another: it has no end of its own."""
        self._live.pop(topic_id, None)

    def precedents(self, centres: FloatArray) -> list[tuple[Precedent, ...]]:
        """Of each centre ``(n, d)``: the past topics that stand out, the nearest first."""
        if not len(centres) or not self._finished:
            return [() for _ in centres]
        placed = self._space.place(centres)
        cosines, rows = self._index.search(placed, min(MAX_PRECEDENTS, len(self._finished)))
        usual, spread = self._chance(placed)
        standing = (cosines - usual[:, None]) / spread[:, None]
        return [
            tuple(
                _precedent(self._finished[row], float(cosine), float(stands))
                for row, cosine, stands in zip(rows[i].tolist(), cosines[i], standing[i], strict=True)
                if stands >= self._min_standing
            )
            for i in range(len(placed))
        ]

    def _chance(self, placed: FloatArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Median and robust spread of each topic's cosines with everyday concepts and the past.

        Of a long past every so many-th topic by its number, which is the same however the topics came in.
        """
        if self._compared is None:
            step = 1 + len(self._finished) // MAX_CHANCE
            rows = [i for i, topic in enumerate(self._finished) if _number(topic) % step == 0]
            self._compared = np.vstack([self._everyday, *(self._index.reconstruct(i) for i in rows)])
        cosines = (placed @ self._compared.T).astype(np.float64)
        usual = np.median(cosines, axis=1)
        spread = MAD_TO_SIGMA * np.median(np.abs(cosines - usual[:, None]), axis=1)
        return usual, np.maximum(spread, LEAST_SPREAD)

    def _add(self, topics: Sequence[Remembered]) -> None:
        done = sorted((topic for topic in topics if _distinct(topic.report) >= MIN_POSTS), key=_finished_order)
        if not done:
            return
        self._finished += done
        self._compared = None
        if len(self._finished) > MAX_FINISHED:
            self._finished = done = sorted(self._finished, key=_finished_order)[-MAX_FINISHED:]
            self._index.reset()
        self._index.add(self._space.place(_stacked([topic.centre for topic in done])))


def ending_of(report: TopicReport) -> PrecedentEnd:
    """How a finished topic ended, by its last report; the gravest first."""
    if any(hazard.tier in _GRAVE for hazard in report.hazards):
        return "grave"
    if report.heat is not None and report.heat.low >= 0.5:
        return "quarrel"
    return "short" if _lasted_h(report) <= SHORT_H else "faded"


def _precedent(topic: Remembered, cosine: float, standing: float) -> Precedent:
    report = topic.report
    return Precedent(
        topic_id=report.topic_id,
        label=report.label,
        standing=round(standing, 2),
        similarity=round(cosine, 4),
        first_seen=report.first_seen,
        lasted_h=round(_lasted_h(report), 1),
        n_posts=report.n_posts,
        languages=tuple(language for language, _ in report.languages[:3]),
        hazards=tuple(hazard.name for hazard in report.hazards if hazard.tier in _GRAVE),
        verdicts=topic.verdicts,
        ended=ending_of(report),
    )


def _of_archive(topic: ArchivedTopic, encoder_id: str) -> Remembered | None:
    lies = topic.centres
    if lies is None or lies.encoder_id != encoder_id or _distinct(topic.report) < KEPT_FROM:
        return None
    kinds = sorted((verdict.brand_id, verdict.kind.value) for verdict in topic.verdicts)
    return Remembered(topic.report, lies.centre, tuple(kinds))


def _finished_order(topic: Remembered) -> tuple[float, int]:
    return topic.report.last_seen.timestamp(), _number(topic)


def _number(topic: Remembered) -> int:
    return topic_number(topic.report.topic_id)


def _distinct(report: TopicReport) -> int:
    return report.n_posts - report.n_copies


def _lasted_h(report: TopicReport) -> float:
    return (report.last_seen - report.first_seen).total_seconds() / 3600


def _stacked(centres: Sequence[FloatArray]) -> FloatArray:
    return np.stack(centres) if centres else np.zeros((0, 0), np.float32)
