"""The composition root: the only place where parts are built and put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain

import numpy as np

from configs.settings import CONFIGS_DIR, Secret, Settings
from ingest.collect import Collector, CursorLog
from ingest.sources.contract import Source
from ingest.streams import CONNECTOR_STATE, DEAD_LETTERS, ENRICHED, POSTS, open_stream
from ingest.streams.contract import StreamReader
from pipeline.alerts.sender import AlertSender
from pipeline.backtesting import Backtester
from pipeline.brand.concept_background import concept_background
from pipeline.brand.concepts import Concept, as_posted, load_concepts
from pipeline.brand.context_assembly import assemble_context
from pipeline.brand.draft_risks import fit_draft_risks
from pipeline.brand.draft_words import load_draft_words
from pipeline.brand.essence_index import EssenceIndex
from pipeline.brand.experts import Everyday
from pipeline.brand.fit import BrandFitter
from pipeline.brand.precedents import MIN_STANDING, PastTopics
from pipeline.brand.profile import BrandProfile
from pipeline.brand.profile_draft import Drafter
from pipeline.brand.profile_versions import NumberedProfile, ProfileWatch, stored_brand
from pipeline.brand.shared_space import SharedSpace, learn_space
from pipeline.draft_reading import DraftReader
from pipeline.enrich.encoders import Encoder, open_encoder
from pipeline.enrich.enricher import Enricher
from pipeline.enrich.entities import EntityFinder
from pipeline.enrich.firehose import RESUMED, START, FirehoseSwitch
from pipeline.enrich.language import LanguageDetector
from pipeline.enrich.late_processes import LateProcesses
from pipeline.enrich.paired_student import open_student
from pipeline.enrich.parallel_enricher import ParallelEnricher, PostEnricher
from pipeline.enrich.text import clean, words
from pipeline.enrich_worker import EnrichWorker
from pipeline.enriching import assemble_enricher, keep_products_on_one_core, process_enricher, useful_processes
from pipeline.intake import EnrichedIntake, RawIntake, RecordIntake
from pipeline.judging import BrandJudge, rules_of
from pipeline.live_judge import LiveJudge
from pipeline.polarization import MEASURES
from pipeline.reporting import TopicReporter
from pipeline.risk.hazard_seeds import HazardSeeds, load_seeds
from pipeline.risk.solemn_days import load_solemn_days
from pipeline.risk.unreliable_domains import load_domains
from pipeline.store.contract import Store, StoredBrand, StoreReader
from pipeline.switching_intake import Reader, SwitchingIntake
from pipeline.topic_signals import HazardTable, SignalReader
from pipeline.topic_stage import TopicStage
from pipeline.topics.checkpoint import TopicMemory
from pipeline.topics.ledger import Ledger
from pipeline.topics.naming import TopicNamer
from pipeline.topics.post_vectors import Background, learn_background
from pipeline.topics.recent_posts import RecentPosts
from pipeline.topics.stop_words import StopWords
from pipeline.topics.topic_background import TopicBackground
from pipeline.topics.tracker import TopicTracker
from pipeline.types import FloatArray, VerdictKind
from pipeline.worker import Tools, Worker


def utc_now() -> datetime:
    """The wall clock: injected wherever time is needed."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Student:
    """The encoder that takes over in a flood, and what everyday posts look like to it."""

    encoder: Encoder
    background: Background


@dataclass(frozen=True)
class Models:
    """Everything loaded once per process: encoder, background, seeds, language models (on first use).

    ``concept_embeddings`` ``(n, d) float32``: one mean vector an everyday concept; ``concept_lines`` ``(m, d)``: its
    first English and first Italian sentence; ``reference_embeddings``: mean vectors of the concepts in the tone of
    dictionaries and newspapers. ``space``: where fit is judged.
    ``student``: in processes that follow a live stream, when the settings name one.
    """

    encoder: Encoder
    seeds: HazardSeeds
    concept_embeddings: FloatArray
    concept_lines: FloatArray
    reference_embeddings: FloatArray
    background: Background
    space: SharedSpace
    entities: EntityFinder
    student: Student | None = None


def load_models(settings: Settings) -> Models:
    """Load the encoder and learn what everyday posts look like to it (about two seconds)."""
    encoder = open_encoder(settings.encoder)
    concepts = load_concepts(CONFIGS_DIR / "concepts.toml")
    texts = [text for concept in concepts for text in concept.texts]
    embeddings = encoder.encode([clean(text) for text in texts])
    means = _concept_means(concepts, embeddings)
    english = np.cumsum([0, *(len(concept.texts) for concept in concepts[:-1])])
    italian = english + [len(concept.english) for concept in concepts]
    posted = np.array([concept.tone == "everyday" for concept in concepts])
    tokens = [[words(clean(text)) for text in concept.texts] for concept in as_posted(concepts)]
    firsts = [of_concept[0] for of_concept in tokens]
    background = learn_background(encoder.id, embeddings[english[posted]], firsts, [*chain.from_iterable(tokens)])
    keep_products_on_one_core()
    return Models(
        encoder,
        load_seeds(CONFIGS_DIR / "hazards.toml"),
        concept_embeddings=means[posted],
        concept_lines=embeddings[np.concatenate([english[posted], italian[posted]])],
        reference_embeddings=means[~posted],
        background=background,
        space=learn_space(embeddings[english], embeddings[italian]),
        entities=EntityFinder(),
    )


def load_live_models(settings: Settings) -> Models:
    """The models of a process that follows a live stream: with the student beside the default encoder, if one is set.

    Raises
    ------
    ConfigError
        ``encoder.static`` names no student of the default encoder.
    """
    models = load_models(settings)
    student = open_student(settings.encoder, models.encoder)
    if student is None:
        return models
    return replace(models, student=Student(student, concept_background(student)))


def build_enricher(settings: Settings, models: Models) -> Enricher:
    """The stateless half of the pipeline, in this process."""
    return assemble_enricher(settings.encoder, models.encoder, models.seeds)


def build_student_enricher(settings: Settings, models: Models) -> Enricher | None:
    """The same around the student, if there is one."""
    if models.student is None:
        return None
    return assemble_enricher(settings.encoder, models.student.encoder, models.seeds)


@contextmanager
def open_file_enricher(settings: Settings, models: Models) -> Iterator[LateProcesses]:
    """The stateless half for a file: on every core once the file turns out to be long; ends with the block."""
    alone = build_enricher(settings, models)
    n_processes = useful_processes(settings.encoder)
    with closing(LateProcesses(alone, partial(process_enricher, settings), n_processes)) as enricher:
        yield enricher


@contextmanager
def open_live_enricher(settings: Settings, models: Models) -> Iterator[PostEnricher]:
    """The stateless half for a stream: in this process unless the settings ask for more; ends with the block."""
    if settings.encoder.processes <= 1:
        yield build_enricher(settings, models)
        return
    with ParallelEnricher(partial(process_enricher, settings), settings.encoder.processes) as enricher:
        yield enricher


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


def build_backtester(settings: Settings, models: Models) -> Backtester:
    """What judges stored topics again."""
    return Backtester(
        lambda profiles: build_fitter(models, profiles),
        lambda profile: rules_of(profile, settings.verdict, settings.report),
        models.encoder.id,
    )


def build_fitter(models: Models, profiles: Sequence[BrandProfile]) -> BrandFitter:
    """What says how well a topic fits each brand, with everyday concepts as its background."""
    index = EssenceIndex(profiles, models.encoder, models.space)
    return BrandFitter(index, models.concept_embeddings, models.reference_embeddings)


def build_past(models: Models, min_standing: float = MIN_STANDING) -> PastTopics:
    """The memory of finished topics, empty."""
    return PastTopics(models.space, models.concept_embeddings, models.encoder.id, min_standing)


def build_draft_reader(settings: Settings, models: Models, profile: BrandProfile) -> DraftReader:
    """What reads drafts for one brand; fits the heads of ``draft_risks.toml`` (a second)."""
    risks = fit_draft_risks(load_seeds(CONFIGS_DIR / "draft_risks.toml"), models.encoder)
    return DraftReader(
        profile,
        build_enricher(settings, models),
        build_fitter(models, [profile]),
        risks,
        models.seeds,
        load_draft_words(),
    )


def build_drafter(models: Models) -> Drafter:
    """What drafts a profile from guidelines."""
    detector = LanguageDetector()

    def chunks_of(texts: Sequence[str], language: str | None) -> list[tuple[str, ...]]:
        return [parsed.chunks for parsed in models.entities.parse(texts, language)]

    return Drafter(
        place=lambda texts: models.space.place(models.encoder.encode([clean(text) for text in texts])),
        language_of=lambda texts: detector.detect(texts, [()] * len(texts)),
        chunks_of=chunks_of,
        stop_words=StopWords().of,
    )


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


def raw_intake(
    settings: Settings, models: Models, enricher: PostEnricher, reader: StreamReader, read_last: str
) -> RecordIntake:
    """What reads raw posts: ``enricher``, or the student instead while ``reader`` is too far behind.

    ``read_last``: the id of the encoder that read the posts before, if the caller knows.
    """
    default, student = RawIntake(enricher, POSTS), build_student_enricher(settings, models)
    if student is None:
        return default
    return SwitchingIntake(
        Reader(default, models.encoder.id),
        Reader(RawIntake(student, POSTS), student.encoder_id),
        FirehoseSwitch(settings.encoder),
        reader.lag,
        utc_now,
        RESUMED if read_last == student.encoder_id else START,
    )


def build_enrich_worker(settings: Settings, models: Models, enricher: PostEnricher) -> EnrichWorker:
    """A member of the enrich group."""
    reader = open_stream(settings, POSTS).reader(f"enrich-{settings.shard}")
    return EnrichWorker(
        reader,
        open_stream(settings, ENRICHED).writer(),
        open_stream(settings, DEAD_LETTERS).writer(),
        raw_intake(settings, models, enricher, reader, models.encoder.id),
        settings.shard,
        settings.ingest.batch_posts,
        utc_now,
    )


@contextmanager
def open_collector(settings: Settings, source: Source) -> Iterator[Collector]:
    """What moves a source's posts onto ``posts.v1``; its writers close with the block."""
    with (
        closing(open_stream(settings, POSTS).writer()) as posts,
        closing(open_stream(settings, DEAD_LETTERS).writer()) as dead_letters,
        closing(CursorLog(open_stream(settings, CONNECTOR_STATE), source.name)) as cursor,
    ):
        yield Collector(source, posts, dead_letters, cursor, utc_now, settings.ingest.heartbeat_s)


@contextmanager
def open_sender(settings: Settings, store: Store, webhook: Secret) -> Iterator[AlertSender]:
    """What empties the outbox into Slack; its connections close with the block."""
    import httpx

    from pipeline.alerts.slack import SlackSink, SlackWebhook

    with httpx.Client(timeout=settings.alerts.timeout_s) as client:
        names = {brand.brand_id: brand.name for brand in store.brands()}
        sink = SlackSink(SlackWebhook(webhook, client), settings.alerts.language, settings.board.public_url, names)
        yield AlertSender(store, sink, utc_now)


def stored_brands(profiles: Sequence[BrandProfile]) -> list[StoredBrand]:
    """Profiles in the form the board reads."""
    return [stored_brand(profile) for profile in profiles]


def _concept_means(concepts: Sequence[Concept], embeddings: FloatArray) -> FloatArray:
    means = np.empty((len(concepts), embeddings.shape[1]), np.float32)
    start = 0
    for row, concept in zip(means, concepts, strict=True):
        row[:] = embeddings[start : start + len(concept.texts)].mean(axis=0)
        start += len(concept.texts)
    return means
