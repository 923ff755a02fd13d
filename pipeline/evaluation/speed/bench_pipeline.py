"""The whole pipeline as ``trendsieve assess`` runs it, on one core and on two."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module

import msgspec

from configs.settings import Settings
from ingest.position import Position
from ingest.post import Post
from ingest.sources.contract import SourceBatch
from pipeline.brand.profile.profile import BrandProfile
from pipeline.enrich.assembly import process_enricher, usable_cores
from pipeline.enrich.intake import Intake
from pipeline.enrich.parallel.parallel_enricher import ParallelEnricher, StreamEnricher
from pipeline.evaluation.speed.bench_clock import on_cores, timed
from pipeline.evaluation.speed.bench_figures import Rate
from pipeline.track.assess import Assessor, file_settings
from pipeline.track.write_batch import Changes
from pipeline.types import EnrichedBatch
from pipeline.wiring.enrich import build_enricher
from pipeline.wiring.models import Models, load_models
from pipeline.wiring.track import build_topic_stage

BATCH_POSTS = 256
_LOOK_S = 0.05


class PostList:
    """A source of posts that are in memory already: reading and decoding a file is measured by itself."""

    name = "memory"

    def __init__(self, posts: Sequence[Post]) -> None:
        self._posts = tuple(posts)

    def fetch(self, position: Position) -> Iterator[SourceBatch]:
        """Everything, from the beginning."""
        for start in range(0, len(self._posts), BATCH_POSTS):
            stop = start + BATCH_POSTS
            yield SourceBatch(self._posts[start:stop], position, end=stop >= len(self._posts))


def pipeline_rates(
    name: str,
    posts: Sequence[Post],
    settings: Settings,
    profiles: Sequence[BrandProfile],
    on_step: Callable[[str], None],
) -> list[Rate]:
    """Time all of it with the encoder of ``settings``, on one core and, where there are two, on two.

    Models are loaded and worker processes are ready before the clock starts; nothing of these posts has been
    embedded yet. A file pays the start once, a stream never.
    """
    found = []
    for n_cores in (1, 2)[: usable_cores()]:
        title = f"whole pipeline, {name}"
        on_step(f"{title}, {n_cores} cores")
        own = msgspec.structs.replace(
            settings, encoder=msgspec.structs.replace(settings.encoder, threads=n_cores, processes=n_cores)
        )
        own = file_settings(own)
        with on_cores(n_cores):
            models = load_models(own)
            warm_topics(build_enricher(own, models).enrich(posts[:16]), own, models, profiles)
            stage = build_topic_stage(own, models, profiles)
            with _ready(own, models, n_cores) as enricher:
                assessor = Assessor(enricher, stage)
                work = partial(assessor.run, PostList(posts), lambda n_posts, letters: None)
                found.append(timed(title, len(posts), work, n_cores))
    return found


def enrich_rate(name: str, posts: Sequence[Post], settings: Settings) -> Rate:
    """Enrichment alone, on one core."""
    settings = msgspec.structs.replace(settings, encoder=msgspec.structs.replace(settings.encoder, threads=1))
    with on_cores(1):
        enricher = build_enricher(settings, load_models(settings))

        def work() -> None:
            for start in range(0, len(posts), BATCH_POSTS):
                enricher.enrich(posts[start : start + BATCH_POSTS])

        return timed(f"all of enrichment, {name}", len(posts), work)


def warm_topics(batch: EnrichedBatch, settings: Settings, models: Models, profiles: Sequence[BrandProfile]) -> None:
    """Measure a few topics once and load what naming needs: a stream pays for both once."""
    for language in ("en", "it"):
        models.entities.parse([language], language)
    import_module("scipy.cluster.hierarchy")
    stage, changes = build_topic_stage(settings, models, profiles), Changes()
    stage.follow(Intake(batch, (), ()), changes)
    stage.finish(changes)


@contextmanager
def _ready(settings: Settings, models: Models, n_processes: int) -> Iterator[StreamEnricher]:
    if n_processes == 1:
        yield build_enricher(settings, models)
        return
    with ParallelEnricher(partial(process_enricher, settings), n_processes) as enricher:
        enricher.start()
        while not enricher.ready():
            time.sleep(_LOOK_S)
        yield enricher
