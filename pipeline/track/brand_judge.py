"""Every brand's verdict on every measured topic, and the alerts that follow from changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.settings import ReportSettings, VerdictSettings
from pipeline.brand.fit.fit import BrandFitter, Standing
from pipeline.brand.fit.topic_fit import Fits, fits_of
from pipeline.brand.profile.profile import BrandProfile
from pipeline.brand.voices.account_book import AccountBook
from pipeline.brand.voices.context import ContextReader, StreamVoices, TopicVoices
from pipeline.store.records import StoredCentres
from pipeline.store.vector_codec import as_kept
from pipeline.topics.memory.account_watch import AccountWatch
from pipeline.track.reporter import TOPICS_AT_ONCE, Measured
from pipeline.track.topic_centres import Place, kept_centres, n_centres, parts_of, stacked, without_tags
from pipeline.types import Alert, FloatArray, TopicReport, Verdict, VerdictKind
from pipeline.types.voices import MarketReading
from pipeline.verdict.alert import alerts_for, quoted_ids
from pipeline.verdict.case import Case
from pipeline.verdict.hysteresis import hold
from pipeline.verdict.judge import judge
from pipeline.verdict.rules import rules_of


@dataclass(frozen=True)
class Judgement:
    """Verdicts of one tick, the alerts for those that became worth telling, and where the fresh topics lay."""

    verdicts: tuple[Verdict, ...]
    alerts: tuple[Alert, ...]
    centres: tuple[StoredCentres, ...]

    @classmethod
    def joined(cls, parts: Sequence[Judgement], place: Mapping[str, int]) -> Judgement:
        """Parts that were judged apart, in the order of ``place``, by topic id."""
        return cls(
            tuple(sorted(chain.from_iterable(part.verdicts for part in parts), key=lambda it: place[it.topic_id])),
            tuple(sorted(chain.from_iterable(part.alerts for part in parts), key=lambda it: place[it.topic_id])),
            tuple(sorted(chain.from_iterable(part.centres for part in parts), key=lambda it: place[it.topic_id])),
        )


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
    context
        Tells of the voices of a topic: audience, experts, rivals.
    versions
        Numbers of the profiles in the store, in their order; empty: they have none.
    """

    def __init__(
        self,
        profiles: Sequence[BrandProfile],
        fitter: BrandFitter,
        verdict: VerdictSettings,
        report: ReportSettings,
        alert_kinds: frozenset[VerdictKind],
        context: ContextReader,
        versions: Sequence[int | None] = (),
    ) -> None:
        self.profiles = tuple(profiles)
        self._fitter = fitter
        self._rules = tuple(rules_of(profile, verdict, report) for profile in profiles)
        self._watched = np.array([rules.watch_percentile for rules in self._rules])
        self._alert_kinds = alert_kinds
        self._context = context
        self._versions = tuple(versions) or (None,) * len(self.profiles)
        self._last: dict[tuple[str, str], Verdict] = {}
        self._rates: dict[str, float] = {}
        self._background: int | None = None

    @property
    def encoder_id(self) -> str:
        """Whose embeddings are compared."""
        return self._fitter.encoder_id

    def restore(self, verdicts: Iterable[Verdict], reports: Iterable[TopicReport]) -> None:
        """Continue from the verdicts and reports in the store."""
        self._last = {(verdict.brand_id, verdict.topic_id): verdict for verdict in verdicts}
        self._rates = {report.topic_id: _liveliness(report) for report in reports}

    def unjudged(self) -> frozenset[str]:
        """Topics whose last verdict for some brand was made with another version of its profile, or is missing."""
        topics = {topic for _, topic in self._last}
        return frozenset(
            topic
            for topic in topics
            for profile, version in zip(self.profiles, self._versions, strict=True)
            if (last := self._last.get((profile.id, topic))) is None or last.profile_version != version
        )

    def remember(self, verdicts: Iterable[Verdict], reports: Iterable[TopicReport]) -> None:
        """These topics were judged elsewhere."""
        self._last.update({(verdict.brand_id, verdict.topic_id): verdict for verdict in verdicts})
        self._rates.update({report.topic_id: _liveliness(report) for report in reports})

    def forget(self, topic_id: str) -> None:
        """A topic was merged away or retired."""
        for profile in self.profiles:
            self._last.pop((profile.id, topic_id), None)
        self._rates.pop(topic_id, None)

    def learn_background(self, centres: FloatArray, number: int | None = None) -> None:
        """Topic centres ``(n, d)`` of this deployment, to compare fits with, and what the archive knows them by."""
        self._fitter.learn_background(centres)
        self._background = number

    @property
    def book(self) -> AccountBook:
        """Who is who by handle and name: posts are read with it as they come."""
        return self._context.book

    def markets(self, accounts: AccountWatch, now_s: float) -> tuple[MarketReading, ...]:
        """Each brand's market, when that may have changed since it was asked last."""
        return self._context.markets(accounts, now_s)

    def judge(
        self,
        measured: Sequence[Measured],
        as_of: datetime,
        *,
        final: bool = False,
        stream: StreamVoices | None = None,
    ) -> Judgement:
        """Verdicts for all brands on these topics, in their order.

        ``final``: the stream has ended, so there is nothing to wait for and no verdict is held. ``stream``: what the
        voices of a topic are held against; without it nothing is said of them.
        """
        verdicts: list[Verdict] = []
        alerts: list[Alert] = []
        centres: list[StoredCentres] = []
        fitted = self._fits([topic for topic in measured if topic.fresh])
        contexts = iter(() if stream is None else self._context.read(_voices(measured), stream))
        for topic in measured:
            self._rates[topic.report.topic_id] = _liveliness(topic.report)
            fits, lies = next(fitted) if topic.fresh else (None, None)
            if lies is not None:
                centres.append(lies)
            told = next(contexts, None) if topic.fresh else None
            for brand, profile in enumerate(self.profiles):
                key = (profile.id, topic.report.topic_id)
                last = self._last.get(key)
                fit, nuance = fits[brand] if fits is not None else (last.fit, last.nuance) if last else (None, None)
                verdict = judge(profile.id, topic.report, fit, nuance, self._rules[brand], as_of)
                version = self._versions[brand]
                # what another profile said is no reason to wait: a saved change counts at once
                if not final and (last is None or last.profile_version == version):
                    verdict = hold(last, verdict, Case(topic.report, fit, nuance), self._rules[brand])
                context = told[brand] if told is not None else last.context if last and not topic.fresh else None
                # a topic that was not read again carries the fit of the profile it was read with
                made_with = version if fits is not None or last is None else last.profile_version
                if context is not None or made_with is not None:
                    verdict = msgspec.structs.replace(verdict, context=context, profile_version=made_with)
                verdicts.append(verdict)
                alert = self._alert(last, verdict, topic, as_of)
                if alert is not None:
                    alerts.append(alert)
                self._last[key] = verdict
        return Judgement(tuple(verdicts), tuple(alerts), tuple(centres))

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

    def _fits(self, topics: Sequence[Measured]) -> Iterator[tuple[Fits, StoredCentres | None]]:
        """What each topic is to each brand, and where it lies, in their order; ``TOPICS_AT_ONCE`` share one search."""
        for start in range(0, len(topics), TOPICS_AT_ONCE):
            some = topics[start : start + TOPICS_AT_ONCE]
            centres = stacked(some)
            if centres is None:
                yield from ((self._unknown(), None) for _ in some)
                continue
            # topics that some brand would at least watch have to fit without their closing hashtags as well
            standing, said = self._fitter.stand(centres), without_tags(some)
            watched = [row for row in said if bool((standing.percentile[row] >= self._watched).any())]
            means = as_kept(self._fitter.read([said[row] for row in watched]))
            if watched:
                standing = standing.at_most(watched, self._fitter.stand(means))
            bodies = {row: None for row in said} | dict(zip(watched, means, strict=True))
            z = self._fitter.z(np.vstack([topic.posts.embeddings for topic in some if len(topic.posts)]))
            row, post = 0, 0
            for topic in some:
                posts = z[post : post + len(topic.posts)]
                place = Place(self._fitter.encoder_id, self._background, row)
                yield self._fits_of(topic, standing, row, posts), kept_centres(topic, centres, bodies, place)
                row, post = row + n_centres(topic), post + len(topic.posts)

    def _fits_of(self, topic: Measured, standing: Standing, row: int, post_z: NDArray[np.float64]) -> Fits:
        """Of one topic, which stands in ``row``, its parts in the rows after it."""
        if not len(topic.posts):
            return self._unknown()
        ids = tuple(trace.post_id for trace in topic.posts.traces)
        return fits_of(self._fitter, len(self.profiles), standing, row, parts_of(topic), post_z, ids)

    def _unknown(self) -> Fits:
        return tuple((None, None) for _ in self.profiles)


def _voices(measured: Sequence[Measured]) -> list[TopicVoices]:
    """Of the topics that were looked at now."""
    return [
        TopicVoices(topic.report, topic.traces, topic.posts, topic.centre, topic.clusters)
        for topic in measured
        if topic.fresh
    ]


def _liveliness(report: TopicReport) -> float:
    """Posts an hour now, with the size of the topic as a tie-breaker."""
    return report.momentum.rate_per_h + report.n_posts / 1e6
