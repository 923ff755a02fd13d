"""A backtest: the topics of a store under a changed profile, beside what was said of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from configs.errors import InputError
from pipeline.brand.fit.fit import BrandFitter
from pipeline.brand.profile.profile import BrandProfile
from pipeline.services.backtest.comparison import (
    JOINED,
    BacktestReport,
    BacktestTopic,
    Compared,
    Span,
    compare,
    grew,
    lasted,
)
from pipeline.services.backtest.rejudge import Candidate, Rejudged, StoredTopics, explained, rejudge
from pipeline.store.contract import ArchiveReader
from pipeline.store.records import ArchivedTopic, StoredBackground
from pipeline.types import Verdict
from pipeline.verdict.rules import VerdictRules

STORED = "stored"


@dataclass(frozen=True)
class Archive:
    """What a backtest reads from a store: topics, and by shard the backgrounds they name."""

    since: datetime
    until: datetime
    topics: tuple[ArchivedTopic, ...]
    backgrounds: Mapping[str, Sequence[StoredBackground]]


@dataclass(frozen=True)
class Other:
    """What a profile is compared with: the verdicts in the store, or version ``number`` as it would judge today.

    ``profile``: for the store, the profile in force; ``None`` where the store does not know the brand.
    """

    profile: BrandProfile | None
    number: int | None = None


def read_archive(reader: ArchiveReader, since: datetime, until: datetime, min_posts: int) -> Archive:
    """Everything a backtest needs of a store.

    Parameters
    ----------
    since, until
        Of the reports' event time; ``until`` is that of the newest.
    min_posts
        Smaller topics are left out.
    """
    topics = tuple(reader.archive(since, min_posts))
    named: dict[str, set[int]] = {}
    for topic in topics:
        if topic.centres is not None and topic.centres.background is not None:
            named.setdefault(topic.shard, set()).add(topic.centres.background)
    return Archive(
        since, until, topics, {shard: reader.backgrounds(shard, sorted(numbers)) for shard, numbers in named.items()}
    )


class Backtester:
    """Judges stored topics for one profile and another.

    Parameters
    ----------
    fitter_of
        Makes a fitter of some profiles: embeds their texts.
    rules_of
        Thresholds of a profile.
    encoder_id
        Centres of another encoder cannot be compared with.
    """

    def __init__(
        self,
        fitter_of: Callable[[Sequence[BrandProfile]], BrandFitter],
        rules_of: Callable[[BrandProfile], VerdictRules],
        encoder_id: str,
    ) -> None:
        self.fitter_of = fitter_of
        self.rules_of = rules_of
        self.encoder_id = encoder_id

    def run(self, archive: Archive, profile: BrandProfile, other: Other) -> BacktestReport:
        """Every topic of the archive under ``profile``, compared with ``other``.

        Raises
        ------
        InputError
            No topic has centres of this encoder.
        """
        usable = [topic for topic in archive.topics if self._usable(topic)]
        if archive.topics and not usable:
            raise InputError(self._why_none(archive.topics))
        stored = [_stored(usable, archive, shard) for shard in sorted({topic.shard for topic in usable})]
        tried = [Candidate(profile, self.rules_of(profile))]
        if other.profile is not None and other.profile != profile:
            tried.append(Candidate(other.profile, self.rules_of(other.profile)))
        fitter = self.fitter_of([candidate.profile for candidate in tried])
        against = STORED if other.number is None else str(other.number)
        compared = []
        for some in stored:
            for topic, (now, *others) in zip(some.topics, rejudge(some, tried, fitter), strict=True):
                was = None if other.profile is None else others[0] if others else now
                compared.append(_compared(topic, now, was, other, tried))
        span = Span(archive.since, archive.until, against, len(archive.topics) - len(usable))
        return compare(profile.id, profile.name, span, compared)

    def _usable(self, topic: ArchivedTopic) -> bool:
        return topic.centres is not None and topic.centres.encoder_id == self.encoder_id

    def _why_none(self, topics: Iterable[ArchivedTopic]) -> str:
        known = sorted({topic.centres.encoder_id for topic in topics if topic.centres is not None})
        if not known:
            return "store: its topics have no centres; replay the stream into an empty store with this release"
        return (
            f"store: its topics were read by the encoder '{known[0]}', this run uses '{self.encoder_id}'; "
            f"set encoder.id to the former, or replay the stream into an empty store"
        )


def _stored(topics: Sequence[ArchivedTopic], archive: Archive, shard: str) -> StoredTopics:
    return StoredTopics([topic for topic in topics if topic.shard == shard], archive.backgrounds.get(shard, ()))


def _compared(
    topic: ArchivedTopic, now: Rejudged, was: Rejudged | None, other: Other, tried: Sequence[Candidate]
) -> Compared:
    """One line: ``tried`` are the profile and, where there is another one, what it is compared with."""
    report, rules, old_rules = topic.report, tried[0].rules, tried[-1].rules
    told = next((verdict for verdict in topic.verdicts if verdict.brand_id == now.verdict.brand_id), None)
    anyway = other.number is None and told is not None and was is not None and told.measured != was.verdict.kind
    before: Verdict | None = told if other.number is None else None if was is None else was.verdict
    kind = None if before is None else before.measured
    near = _near(now)
    listed = anyway or near or kind != now.verdict.kind or now.verdict.kind in JOINED
    after = explained(now, rules) if listed else now.verdict
    if listed and other.number is not None and was is not None:
        before = explained(was, old_rules)
    line = BacktestTopic(
        topic_id=report.topic_id,
        label=report.label,
        n_posts=report.n_posts,
        first_seen=report.first_seen,
        last_seen=report.last_seen,
        stage=report.stage,
        before=kind,
        after=now.verdict.kind,
        percentile_before=None if before is None or before.fit is None else before.fit.percentile,
        percentile_after=now.fit.percentile,
        reasons_before=() if before is None else before.reasons,
        reasons_after=after.reasons,
        nuance_after=None if now.nuance is None else now.nuance.label,
        grew=grew(report, rules.evidence_posts),
        lasted=lasted(report),
        unchecked=now.unread,
    )
    return Compared(line, anyway, was is not None and _near(was), near)


def _near(judged: Rejudged) -> bool:
    """Whether joining was thinkable: the topic came near the brand, and nothing spoke against it.

    A nuance that came near does not count: among the many nuances of a month some do by chance.
    """
    found = judged.found
    return found.interests and not (found.thin or found.floor or found.high or found.guarded or found.contested)


def as_json(report: BacktestReport) -> bytes:
    """The report as one JSON document.

    Examples
    --------
    >>> from pipeline.services.backtest.comparison import Span, compare
    >>> day = datetime(2026, 1, 1)
    >>> as_json(compare("b", "B", Span(day, day, "stored", 0), []))[:15]
    b'{"brand_id":"b"'
    """
    return msgspec.json.encode(report)
