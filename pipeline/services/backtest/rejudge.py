"""Stored topics judged again under another profile: from the centres that were kept, without a look at any post.

A topic is held against the background it was held against then, so an unchanged profile says what was said. Only a
profile's own texts are embedded. What cannot be known any more (evidence posts of new facets, what a topic says
without closing hashtags that nobody read then) is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.brand.fit.fit import BrandFitter, Standing, TopicView
from pipeline.brand.fit.topic_fit import Part, fits_of
from pipeline.brand.profile.profile import BrandProfile
from pipeline.store.records import ArchivedTopic, StoredBackground, StoredCentres
from pipeline.types import BrandFit, BrandNuance, FloatArray, TopicReport, Verdict
from pipeline.verdict.decision import decide
from pipeline.verdict.findings import Findings, find
from pipeline.verdict.judge import judge
from pipeline.verdict.rules import VerdictRules


@dataclass(frozen=True)
class Rejudged:
    """What the rules say of a stored topic. ``unread``: its closing hashtags carry it, and nobody read it without."""

    report: TopicReport
    fit: BrandFit
    nuance: BrandNuance | None
    found: Findings
    verdict: Verdict
    unread: bool


@dataclass(frozen=True)
class _Seen:
    """Stored topics as one profile sees them: ``rows`` their own and their parts', ``bodies`` the same without tags."""

    rows: TopicView
    starts: NDArray[np.int64]
    bodies: TopicView
    body_rows: NDArray[np.int64]
    """Row of ``rows`` that each row of ``bodies`` belongs to; ascending."""


class StoredTopics:
    """Topics of an archive with the backgrounds they were held against, stacked once for any number of profiles.

    Parameters
    ----------
    topics
        Those that can be judged: with centres, all of one encoder and dimension.
    backgrounds
        Of :meth:`~pipeline.store.contract.ArchiveReader.backgrounds`: all that ``topics`` name.
    """

    def __init__(self, topics: Sequence[ArchivedTopic], backgrounds: Sequence[StoredBackground]) -> None:
        self.topics = tuple(topics)
        kept = [_centres(topic) for topic in topics]
        sizes = [1 + len(centres.nuances) for centres in kept]
        self.starts = np.cumsum([0, *sizes])[:-1].astype(np.int64)
        self.centres = _stack([part for centres in kept for part in (centres.centre[None], centres.nuances)])
        bodies, rows = [], []
        for start, centres in zip(self.starts.tolist(), kept, strict=True):
            bodies += [centres.bodies, centres.nuance_bodies]
            rows += [start] * len(centres.bodies) + [start + 1 + nuance for nuance in centres.nuance_bodies_of]
        self.bodies, self.body_rows = _stack(bodies), np.array(rows, np.int64)
        self.entries = np.concatenate([b.entries for b in backgrounds] or [np.zeros(0, np.int64)])
        self.entry_centres = _stack([b.centres for b in backgrounds])
        order = np.argsort(self.entries)
        self.entries, self.entry_centres = self.entries[order], self.entry_centres[order]
        self.members = {b.number: np.searchsorted(self.entries, b.members) for b in backgrounds}
        self.of_background: dict[int | None, list[int]] = {}
        for i, centres in enumerate(kept):
            self.of_background.setdefault(centres.background, []).append(i)


@dataclass(frozen=True)
class Candidate:
    """A profile that topics are judged for, and its thresholds."""

    profile: BrandProfile
    rules: VerdictRules


def rejudge(stored: StoredTopics, candidates: Sequence[Candidate], fitter: BrandFitter) -> list[tuple[Rejudged, ...]]:
    """What the rules say of each topic for each candidate, both in their order. No verdict is held back.

    Parameters
    ----------
    candidates, fitter
        Profiles, also several of one brand, and a fitter of exactly these; what it learned before is replaced.
    """
    seen = _Seen(fitter.see(stored.centres), stored.starts, fitter.see(stored.bodies), stored.body_rows)
    entries = fitter.see(stored.entry_centres)
    found: dict[int, tuple[Rejudged, ...]] = {}
    for number, topics in stored.of_background.items():
        members = stored.members[number] if number is not None else np.zeros(0, np.int64)
        fitter.learn_seen(entries.take(members))
        standing, rows = _stand(fitter, seen, stored, topics)
        for topic, row in zip(topics, rows, strict=True):
            found[topic] = _judged(stored.topics[topic], candidates, fitter, standing, row)
    return [found[i] for i in range(len(stored.topics))]


def _stand(fitter: BrandFitter, seen: _Seen, stored: StoredTopics, topics: Sequence[int]) -> tuple[Standing, list[int]]:
    """Where topics of one background stand, with and without their closing hashtags, and the first row of each."""
    sizes = [1 + len(_centres(stored.topics[i]).nuances) for i in topics]
    rows = np.concatenate([seen.starts[i] + np.arange(size) for i, size in zip(topics, sizes, strict=True)])
    standing = fitter.stand_seen(seen.rows.take(rows))
    bodies = np.flatnonzero(np.isin(seen.body_rows, rows))
    if len(bodies):
        mine = np.searchsorted(rows, seen.body_rows[bodies])  # topics are taken in order, so rows ascend
        standing = standing.at_most(mine.tolist(), fitter.stand_seen(seen.bodies.take(bodies)))
    return standing, np.cumsum([0, *sizes])[:-1].tolist()


def _judged(
    topic: ArchivedTopic, candidates: Sequence[Candidate], fitter: BrandFitter, standing: Standing, row: int
) -> tuple[Rejudged, ...]:
    report, centres = topic.report, _centres(topic)
    told = {verdict.brand_id: verdict for verdict in topic.verdicts}
    parts = [Part(nuance, hazards) for nuance, hazards in zip(report.nuances, centres.nuance_hazards, strict=True)]
    fits = fits_of(fitter, len(candidates), standing, row, parts, standing.z[:0], ())
    judged = []
    for brand, (candidate, (fit, nuance)) in enumerate(zip(candidates, fits, strict=True)):
        assert fit is not None, "a topic with a centre has a fit"
        brand_id, rules = candidate.profile.id, candidate.rules
        last = told.get(brand_id)
        fit = _quoting(fit, None if last is None else last.fit)
        found = find(report, fit, nuance, rules)
        near = standing.percentile[row : row + 1 + len(parts), brand] >= rules.watch_percentile
        unread = any(place < len(near) and bool(near[place]) for place in centres.unread)
        as_of = report.as_of if last is None else last.as_of
        verdict = Verdict(brand_id, report.topic_id, decide(found), fit, nuance, (), as_of)
        judged.append(Rejudged(report, fit, nuance, found, verdict, unread))
    return tuple(judged)


def explained(rejudged: Rejudged, rules: VerdictRules) -> Verdict:
    """The verdict with its reasons, and what would change it: dear, so only for those that are looked at."""
    verdict = rejudged.verdict
    return judge(verdict.brand_id, rejudged.report, rejudged.fit, rejudged.nuance, rules, verdict.as_of)


def _quoting(fit: BrandFit, told: BrandFit | None) -> BrandFit:
    """With the posts that were quoted then for facets and themes of the same name."""
    if told is None:
        return fit
    facets = {facet.name: facet.evidence for facet in told.facets}
    themes = {theme.theme: theme.evidence for theme in told.no_go}
    return msgspec.structs.replace(
        fit,
        facets=tuple(msgspec.structs.replace(facet, evidence=facets.get(facet.name, ())) for facet in fit.facets),
        no_go=tuple(msgspec.structs.replace(theme, evidence=themes.get(theme.theme, ())) for theme in fit.no_go),
    )


def _centres(topic: ArchivedTopic) -> StoredCentres:
    assert topic.centres is not None, "only topics with centres are judged again"
    return topic.centres


def _stack(parts: Sequence[FloatArray]) -> FloatArray:
    """One array of all rows; the dimension of parts without rows does not count."""
    filled = [part for part in parts if len(part)]
    return np.vstack(filled) if filled else np.zeros((0, parts[0].shape[1] if parts else 0), np.float32)
