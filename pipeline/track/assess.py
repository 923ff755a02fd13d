"""The whole pipeline over one file, in stream order, in memory: what ``trendsieve assess`` runs."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import msgspec

from configs.settings import Granularity, Settings
from ingest.position import START
from ingest.post import Post
from ingest.sources.contract import DeadLetter, Source, SourceBatch
from pipeline.enrich.intake import Intake
from pipeline.enrich.parallel.parallel_enricher import StreamEnricher
from pipeline.track.deduplicate import deduplicate
from pipeline.track.results.posts import Placement
from pipeline.track.stage import TopicStage
from pipeline.track.write_batch import Changes
from pipeline.types import TopicReport, Verdict

TICKS_IN_LIFE = 4
"""A file is measured at its end; ticks in between only catch topics before they expire, so many in that time."""

OnBatch = Callable[[int, Sequence[DeadLetter]], None]
"""Called after every batch with the posts read so far and the batch's dead letters."""


@dataclass(frozen=True)
class Assessment:
    """Everything said about a file.

    ``reports`` largest topic first; ``verdicts`` by (brand id, topic id); ``assignments``
    post id → final topic id, in stream order.
    """

    reports: tuple[TopicReport, ...]
    verdicts: Mapping[tuple[str, str], Verdict]
    assignments: Mapping[str, str]
    counts: Counter[str]


def file_settings(settings: Settings, granularity: Granularity | None = None) -> Settings:
    """Settings for a whole file: every topic is reported and measured at the end, and no verdict waits for more.

    Examples
    --------
    >>> file_settings(Settings()).report.min_posts
    1
    """
    tick_s = settings.topics.expire_after_s / TICKS_IN_LIFE
    report = msgspec.structs.replace(settings.report, min_posts=1, every_s=max(settings.report.every_s, tick_s))
    topics = settings.topics
    if granularity is not None:
        topics = msgspec.structs.replace(topics, granularity=granularity)
    verdict = msgspec.structs.replace(settings.verdict, hold_s=0.0)
    return msgspec.structs.replace(settings, report=report, topics=topics, verdict=verdict)


class Assessor:
    """Runs enrichment and topics over a finite source.

    Parameters
    ----------
    enricher, stage
        The two halves of the pipeline; the stage must be fresh. An enricher with processes of its own
        works ahead while topics are followed here; it belongs to the caller.
    """

    def __init__(self, enricher: StreamEnricher, stage: TopicStage) -> None:
        self._enricher = enricher
        self._stage = stage
        self._revisions: dict[str, int] = {}
        self._places: dict[str, Placement] = {}
        self._topic_of: dict[int, str] = {}
        self._redirects: dict[str, str] = {}
        self._reports: dict[str, TopicReport] = {}
        self._verdicts: dict[tuple[str, str], Verdict] = {}
        self._counts: Counter[str] = Counter()

    def run(self, source: Source, on_batch: OnBatch) -> Assessment:
        """Read the source to its end and measure everything.

        Raises
        ------
        InputError
            The source cannot be read at all.
        """
        n_posts = 0
        under_way: deque[SourceBatch] = deque()
        with closing(_posts_of(source, under_way)) as waiting:
            for enriched in self._enricher.enrich_stream(waiting):
                batch = under_way.popleft()
                changes = Changes()
                intake = Intake(enriched, (), batch.dead_letters)
                fresh = deduplicate(intake, self._known_revisions, self._placements, changes)
                self._stage.follow(fresh, changes)
                changes.counts["dead_letters"] += len(batch.dead_letters)
                self._keep(changes)
                n_posts += len(batch.posts)
                on_batch(n_posts, batch.dead_letters)
        changes = Changes()
        self._stage.finish(changes)
        self._keep(changes)
        return self._result()

    def _keep(self, changes: Changes) -> None:
        for post in changes.posts.in_order():
            self._revisions[post.post_id] = post.rev
            self._places[post.post_id] = Placement(post.topic_id, post.cluster, post.similarity, post.is_copy)
        self._topic_of.update({move.cluster: move.new_id for move in changes.posts.moves})
        self._reports.update(changes.reports)
        self._verdicts.update({key: series[-1] for key, series in changes.verdicts.items()})
        self._counts.update(changes.counts)
        for redirect in changes.redirects:
            self._redirects[redirect.old_id] = redirect.new_id
            self._reports.pop(redirect.old_id, None)

    def _result(self) -> Assessment:
        assignments = {post_id: self._final(place) for post_id, place in self._places.items()}
        used = set(assignments.values())
        settled = [report for report in self._reports.values() if report.topic_id in used]
        reports = sorted(settled, key=lambda report: (-report.n_posts, report.first_seen))
        known = {report.topic_id for report in reports}
        verdicts = {key: verdict for key, verdict in self._verdicts.items() if key[1] in known}
        return Assessment(tuple(reports), verdicts, assignments, self._counts)

    def _final(self, place: Placement) -> str:
        topic = self._topic_of.get(place.cluster, place.topic_id)
        while topic in self._redirects:
            topic = self._redirects[topic]
        return topic

    def _known_revisions(self, post_ids: Sequence[str]) -> Mapping[str, int]:
        return {post_id: self._revisions[post_id] for post_id in post_ids if post_id in self._revisions}

    def _placements(self, post_ids: Sequence[str]) -> Mapping[str, Placement]:
        return {post_id: self._places[post_id] for post_id in post_ids if post_id in self._places}


def _posts_of(source: Source, under_way: deque[SourceBatch]) -> Generator[Sequence[Post], None, None]:
    """The posts of each batch, and the batch itself into ``under_way`` for when they come back enriched."""
    for batch in source.fetch(START):
        under_way.append(batch)
        yield batch.posts
        if batch.end:
            return
