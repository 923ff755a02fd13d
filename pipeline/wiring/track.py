"""The stateful half, built: reporter, judge, topic stage, the owner of a shard."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from configs.settings import CONFIGS_DIR, Settings
from ingest.streams import DEAD_LETTERS, ENRICHED, POSTS, open_stream
from pipeline.brand.fit.essence_index import EssenceIndex
from pipeline.brand.fit.fit import BrandFitter
from pipeline.brand.profile.profile import BrandProfile
from pipeline.brand.profile.versions import NumberedProfile, ProfileWatch
from pipeline.brand.voices.context import assemble_context
from pipeline.brand.voices.experts import Everyday
from pipeline.enrich.assembly import useful_processes
from pipeline.enrich.intake import EnrichedIntake, RecordIntake
from pipeline.enrich.parallel.parallel_enricher import PostEnricher
from pipeline.signals.exposure.unreliable_domains import load_domains
from pipeline.signals.hazards.solemn_days import load_solemn_days
from pipeline.signals.polarization import MEASURES
from pipeline.signals.reader import HazardTable, SignalReader
from pipeline.store.contract import Store, StoreReader
from pipeline.topics.clustering.tracker import TopicTracker
from pipeline.topics.memory.ledger import Ledger
from pipeline.topics.memory.recent_posts import RecentPosts
from pipeline.topics.memory.topic_background import TopicBackground
from pipeline.topics.memory.topic_memory import TopicMemory
from pipeline.topics.naming.naming import TopicNamer
from pipeline.topics.naming.stop_words import StopWords
from pipeline.track.brand_judge import BrandJudge
from pipeline.track.precedents import MIN_STANDING, PastTopics
from pipeline.track.profile_reload import LiveJudge
from pipeline.track.reporter import TopicReporter
from pipeline.track.stage import TopicStage
from pipeline.track.worker import Tools, Worker
from pipeline.types import VerdictKind
from pipeline.wiring.clock import utc_now
from pipeline.wiring.enrich import build_enricher, raw_intake
from pipeline.wiring.models import Models


def build_reporter(settings: Settings, models: Models) -> TopicReporter:
    """What measures topics."""
    hazards = models.seeds.hazards
    table = HazardTable(
        tuple(hazard.name for hazard in hazards),
        tuple(hazard.tier for hazard in hazards),
        settings.verdict.hazard_share,
    )
    domains = load_domains(CONFIGS_DIR / "unreliable_domains" / "cred1.csv")
    signals = SignalReader(MEASURES, table, domains, load_solemn_days(), settings.report.markets)
    return TopicReporter(settings.report, TopicNamer(StopWords(), models.entities), signals)


def build_judge(
    settings: Settings, models: Models, profiles: Sequence[BrandProfile], versions: Sequence[int | None] = ()
) -> BrandJudge:
    """What decides for brands; ``versions``: numbers of the profiles in the store, where they have some."""
    kinds = frozenset(VerdictKind(kind) for kind in settings.alerts.kinds)
    fitter = build_fitter(models, profiles)
    everyday = Everyday(models.concept_embeddings, models.concept_lines)
    context = assemble_context(settings.voices, profiles, models.encoder, models.space, everyday, fitter)
    return BrandJudge(profiles, fitter, settings.verdict, settings.report, kinds, context, versions)


def build_live_judge(
    settings: Settings, models: Models, profiles: Sequence[BrandProfile], store: StoreReader
) -> LiveJudge:
    """What decides for brands whose profiles may be changed while the process runs."""

    def build(found: Sequence[NumberedProfile]) -> BrandJudge:
        return build_judge(settings, models, [it.profile for it in found], [it.version for it in found])

    return LiveJudge(ProfileWatch(profiles, store, utc_now), build)


def build_fitter(models: Models, profiles: Sequence[BrandProfile]) -> BrandFitter:
    """What says how well a topic fits each brand, with everyday concepts as its background."""
    index = EssenceIndex(profiles, models.encoder, models.space)
    return BrandFitter(index, models.concept_embeddings, models.reference_embeddings)


def build_past(models: Models, min_standing: float = MIN_STANDING) -> PastTopics:
    """The memory of finished topics, empty."""
    return PastTopics(models.space, models.concept_embeddings, models.encoder.id, min_standing)


def fresh_memory(settings: Settings, models: Models) -> Callable[[], TopicMemory]:
    """Makes empty memories for a shard."""

    def make() -> TopicMemory:
        dimension = models.encoder.dimension
        return TopicMemory(
            TopicTracker(
                models.background, settings.topics, None if models.student is None else models.student.background
            ),
            Ledger(),
            RecentPosts(dimension),
            TopicBackground(dimension),
        )

    return make


def build_topic_stage(settings: Settings, models: Models, profiles: Sequence[BrandProfile]) -> TopicStage:
    """The stateful half, in memory: what ``assess`` runs on; it ends on as many processes as enrich."""
    return TopicStage(
        fresh_memory(settings, models)(),
        build_reporter(settings, models),
        build_judge(settings, models, profiles),
        settings.report,
        useful_processes(settings.encoder),
    )


def build_worker(
    settings: Settings,
    models: Models,
    profiles: Sequence[BrandProfile],
    store: Store,
    *,
    enriched: bool,
    enricher: PostEnricher | None = None,
) -> Worker:
    """The owner of a shard; ``enriched`` reads ``enriched.v1``, otherwise posts go through ``enricher`` first.

    Without an ``enricher`` one is built for this process; one that is given belongs to the caller.
    """
    encoder, student = models.encoder, models.student
    reader = open_stream(settings, ENRICHED if enriched else POSTS).reader(f"track-{settings.shard}")
    intake: RecordIntake
    if enriched:
        student_id = None if student is None else student.encoder.id
        intake = EnrichedIntake(encoder.id, encoder.dimension, ENRICHED, student_id)
    else:
        last = store.switches(settings.shard, 1)
        read_last = last[0].to_encoder if last else encoder.id
        intake = raw_intake(settings, models, enricher or build_enricher(settings, models), reader, read_last)
    tools = Tools(
        reader=reader,
        dead_letters=open_stream(settings, DEAD_LETTERS).writer(),
        intake=intake,
        store=store,
        reporter=build_reporter(settings, models),
        judges=build_live_judge(settings, models, profiles, store),
        fresh_memory=fresh_memory(settings, models),
        encoder_id=encoder.id,
        dimension=encoder.dimension,
        clock=utc_now,
        past=build_past(models),
    )
    return Worker(settings, tools)
