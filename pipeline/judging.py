"""Every brand's verdict on every measured topic, and the alerts that follow from changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from configs.settings import ReportSettings, VerdictSettings
from pipeline.alerts.rules import alerts_for, quoted_ids
from pipeline.brand.closing_tags import bodies
from pipeline.brand.fit import BrandFitter, Standing
from pipeline.brand.profile import BrandProfile
from pipeline.reporting import SETTLED_POSTS, TOPICS_AT_ONCE, Measured, SubTopic
from pipeline.types import Alert, BrandFit, BrandNuance, FloatArray, TopicReport, Verdict, VerdictKind
from pipeline.verdict import VerdictRules, judge

Fits = tuple[tuple[BrandFit | None, BrandNuance | None], ...]
"""For each brand: the fit of the whole topic, and its best part."""


@dataclass(frozen=True)
class Judgement:
    """Verdicts of one tick, and the alerts for those that became worth telling."""

    verdicts: tuple[Verdict, ...]
    alerts: tuple[Alert, ...]


class BrandJudge:
    """Judges topics for all brands. Remembers the last verdicts; nothing else.

    Parameters
    ----------
    profiles, fitter
        The brands, in the order of the fitter's index.
    verdict, report
        Thresholds and what counts as evidence.
    alert_kinds
        Verdicts that are told.
    """

    def __init__(
        self,
        profiles: Sequence[BrandProfile],
        fitter: BrandFitter,
        verdict: VerdictSettings,
        report: ReportSettings,
        alert_kinds: frozenset[VerdictKind],
    ) -> None:
        self.profiles = tuple(profiles)
        self._fitter = fitter
        self._rules = tuple(_rules(profile, verdict, report) for profile in profiles)
        self._alert_kinds = alert_kinds
        self._last: dict[tuple[str, str], Verdict] = {}
        self._rates: dict[str, float] = {}

    def restore(self, verdicts: Iterable[Verdict], reports: Iterable[TopicReport]) -> None:
        """Continue from the verdicts and reports in the store."""
        self._last = {(verdict.brand_id, verdict.topic_id): verdict for verdict in verdicts}
        self._rates = {report.topic_id: _liveliness(report) for report in reports}

    def remember(self, verdicts: Iterable[Verdict], reports: Iterable[TopicReport]) -> None:
        """These topics were judged elsewhere."""
        self._last.update({(verdict.brand_id, verdict.topic_id): verdict for verdict in verdicts})
        self._rates.update({report.topic_id: _liveliness(report) for report in reports})

    def forget(self, topic_id: str) -> None:
        """A topic was merged away or retired."""
        for profile in self.profiles:
            self._last.pop((profile.id, topic_id), None)
        self._rates.pop(topic_id, None)

    def learn_background(self, centres: FloatArray) -> None:
        """Topic centres ``(n, d)`` of this deployment, to compare fits with."""
        self._fitter.learn_background(centres)

    def judge(self, measured: Sequence[Measured], as_of: datetime) -> Judgement:
        """Verdicts for all brands on these topics, in their order."""
        verdicts: list[Verdict] = []
        alerts: list[Alert] = []
        fitted = self._fits([topic for topic in measured if topic.fresh])
        for topic in measured:
            self._rates[topic.report.topic_id] = _liveliness(topic.report)
            fits = next(fitted) if topic.fresh else None
            for brand, profile in enumerate(self.profiles):
                key = (profile.id, topic.report.topic_id)
                last = self._last.get(key)
                fit, nuance = fits[brand] if fits is not None else (last.fit, last.nuance) if last else (None, None)
                verdict = judge(profile.id, topic.report, fit, nuance, self._rules[brand], as_of)
                verdicts.append(verdict)
                alert = self._alert(last, verdict, topic, as_of)
                if alert is not None:
                    alerts.append(alert)
                self._last[key] = verdict
        return Judgement(tuple(verdicts), tuple(alerts))

    def ranked(self, brand_id: str) -> list[str]:
        """Topic ids for the brand's board: what to act on first, then what moves most."""
        mine = [verdict for (brand, _), verdict in self._last.items() if brand == brand_id]
        return [verdict.topic_id for verdict in sorted(mine, key=self._board_order)]

    def _board_order(self, verdict: Verdict) -> tuple[int, float, str]:
        # RISKY before WATCH: a bandwagon that tempts today is more urgent than one to keep an eye on
        urgency = (VerdictKind.RIDE, VerdictKind.NUANCE, VerdictKind.RISKY, VerdictKind.WATCH, VerdictKind.IGNORE)
        return (urgency.index(verdict.kind), -self._rates.get(verdict.topic_id, 0.0), verdict.topic_id)

    def _alert(self, last: Verdict | None, verdict: Verdict, topic: Measured, as_of: datetime) -> Alert | None:
        if verdict.kind not in self._alert_kinds:
            return None
        ids = quoted_ids(verdict, topic.report)
        texts = {trace.post_id: trace.text for trace in topic.posts.traces}
        quotes = tuple((post_id, texts[post_id]) for post_id in ids if post_id in texts)
        return alerts_for(last, verdict, topic.report, self._alert_kinds, quotes, as_of)

    def _fits(self, topics: Sequence[Measured]) -> Iterator[Fits]:
        """What each topic is to each brand, in their order; ``TOPICS_AT_ONCE`` share one search."""
        for start in range(0, len(topics), TOPICS_AT_ONCE):
            some = topics[start : start + TOPICS_AT_ONCE]
            centres = [centre for topic in some for centre in _centres(topic)]
            if not centres or not self.profiles:
                yield from (tuple((None, None) for _ in self.profiles) for _ in some)
                continue
            standing = self._without_bait(self._fitter.stand(np.vstack(centres)), some)
            z = self._fitter.z(np.vstack([topic.posts.embeddings for topic in some if len(topic.posts)]))
            row, post = 0, 0
            for topic in some:
                yield self._fits_of(topic, standing, row, z[post : post + len(topic.posts)])
                row, post = row + len(_centres(topic)), post + len(topic.posts)

    def _without_bait(self, standing: Standing, topics: Sequence[Measured]) -> Standing:
        """Topics that some brand would at least watch have to fit without their closing hashtags as well."""
        watched = np.array([rules.watch_percentile for rules in self._rules])
        read: dict[int, tuple[str, ...]] = {}
        row = 0
        for topic in topics:
            ids = [frozenset(sub.nuance.post_ids) for sub in topic.sub_topics]
            for place in range(len(_centres(topic))):
                # too few posts are never ridden, and a raw stream has thousands of such topics
                enough = len(topic.posts) >= SETTLED_POSTS
                if enough and bool((standing.percentile[row + place] >= watched).any()):
                    traces = topic.posts.traces
                    read[row + place] = bodies(
                        [trace for trace in traces if trace.post_id in ids[place - 1]] if place else traces
                    )
            row += len(_centres(topic))
        return self._fitter.stand_without(standing, {row: said for row, said in read.items() if said})

    def _fits_of(self, topic: Measured, standing: Standing, row: int, post_z: NDArray[np.float64]) -> Fits:
        """Of one topic, which stands in ``row``, its sub-topics in the rows after it."""
        if not len(topic.posts):
            return tuple((None, None) for _ in self.profiles)
        ids = tuple(trace.post_id for trace in topic.posts.traces)
        safe = [
            (row + 1 + i, sub)
            for i, sub in enumerate(topic.sub_topics)
            if not any(hazard.tier == "floor" for hazard in sub.hazards)
        ]
        found: list[tuple[BrandFit | None, BrandNuance | None]] = []
        for brand in range(len(self.profiles)):
            subs = [self._nuance(brand, sub, standing, sub_row) for sub_row, sub in safe]
            known = [nuance for nuance in subs if nuance is not None]
            best = max(known, key=lambda nuance: (nuance.percentile, nuance.z), default=None)
            found.append((self._fitter.fit(brand, standing, row, post_z, ids), best))
        return tuple(found)

    def _nuance(self, brand: int, sub: SubTopic, standing: Standing, row: int) -> BrandNuance | None:
        fit = self._fitter.fit(brand, standing, row, standing.z[:0], ())
        if not fit.facets:
            return None
        best = fit.facets[0]
        grave = tuple(hazard.name for hazard in sub.hazards if hazard.tier != "low")
        return BrandNuance(sub.nuance.label, best.name, best.z, fit.percentile, sub.nuance.post_ids, grave)


def _centres(topic: Measured) -> list[FloatArray]:
    """Of the topic and of its sub-topics; none where no post is known any more."""
    return [topic.centre, *(sub.centre for sub in topic.sub_topics)] if len(topic.posts) else []


def _liveliness(report: TopicReport) -> float:
    """Posts an hour now, with the size of the topic as a tie-breaker."""
    return report.momentum.rate_per_h + report.n_posts / 1e6


def _rules(profile: BrandProfile, verdict: VerdictSettings, report: ReportSettings) -> VerdictRules:
    own = profile.thresholds
    return VerdictRules(
        ride_percentile=own.ride_percentile if own.ride_percentile is not None else verdict.ride_percentile,
        watch_percentile=own.watch_percentile if own.watch_percentile is not None else verdict.watch_percentile,
        hot=verdict.hot,
        evidence_posts=report.evidence_posts,
        evidence_authors=report.evidence_authors,
        divided=verdict.divided,
        unverified_share=verdict.unverified_share,
        narrow_share=verdict.narrow_share,
    )
