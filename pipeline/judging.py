"""Every brand's verdict on every measured topic, and the alerts that follow from changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from configs.settings import ReportSettings, VerdictSettings
from pipeline.alerts.rules import alerts_for, quoted_ids
from pipeline.brand.fit import BrandFitter
from pipeline.brand.profile import BrandProfile
from pipeline.reporting import Measured, SubTopic
from pipeline.types import Alert, BrandFit, BrandNuance, FloatArray, TopicReport, Verdict, VerdictKind
from pipeline.verdict import VerdictRules, judge


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
        for topic in measured:
            self._rates[topic.report.topic_id] = _liveliness(topic.report)
            fits = self._fits(topic) if topic.fresh else None
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
        ids = quoted_ids(verdict, topic.report)
        texts = {trace.post_id: trace.text for trace in topic.posts.traces}
        quotes = tuple((post_id, texts[post_id]) for post_id in ids if post_id in texts)
        return alerts_for(last, verdict, topic.report, self._alert_kinds, quotes, as_of)

    def _fits(self, topic: Measured) -> list[tuple[BrandFit | None, BrandNuance | None]]:
        if not len(topic.posts) or not self.profiles:
            return [(None, None) for _ in self.profiles]
        centres = [topic.centre, *(sub.centre for sub in topic.sub_topics)]
        z = self._fitter.z(np.vstack([*centres, topic.posts.embeddings]))  # one search for all of them
        topic_z, sub_z, post_z = z[0], z[1 : len(centres)], z[len(centres) :]
        ids = tuple(trace.post_id for trace in topic.posts.traces)
        found: list[tuple[BrandFit | None, BrandNuance | None]] = []
        for brand in range(len(self.profiles)):
            fit = self._fitter.fit(brand, topic_z, post_z, ids)
            subs = [
                self._nuance(brand, sub, z)
                for sub, z in zip(topic.sub_topics, sub_z, strict=True)
                if not any(hazard.tier == "floor" for hazard in sub.hazards)
            ]
            known = [nuance for nuance in subs if nuance is not None]
            best = max(known, key=lambda nuance: (nuance.percentile, nuance.z), default=None)
            found.append((fit, best))
        return found

    def _nuance(self, brand: int, sub: SubTopic, z: NDArray[np.float64]) -> BrandNuance | None:
        fit = self._fitter.fit(brand, z, np.zeros((0, len(z))), ())
        if not fit.facets:
            return None
        best = fit.facets[0]
        grave = tuple(hazard.name for hazard in sub.hazards if hazard.tier != "low")
        return BrandNuance(sub.nuance.label, best.name, best.z, fit.percentile, sub.nuance.post_ids, grave)


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
    )
