"""Clustering quality on labelled posts: ``trendsieve eval topics FILE``."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from configs.errors import ConfigError, InputError
from configs.settings import Settings
from ingest.sources.jsonl.source import JsonlSource
from pipeline.enrich.parallel.parallel_enricher import PostEnricher
from pipeline.evaluation.clustering.turns import TakingTurns
from pipeline.track.assess import Assessor
from pipeline.training.clustering_scores import ClusteringScores, score_clustering
from pipeline.training.labels import read_labels
from pipeline.wiring.clock import utc_now
from pipeline.wiring.enrich import build_enricher, build_student_enricher
from pipeline.wiring.models import Models, load_live_models, load_models
from pipeline.wiring.track import build_topic_stage


def evaluate_topics(path: Path, settings: Settings, granularity: str | None, change_every: int | None = None) -> str:
    """Feed a labelled file in order and report the scores of the final topics.

    With ``change_every`` the default encoder and its student (``encoder.static``) take turns of so many posts.

    Raises
    ------
    InputError
        The file has no labels, or cannot be read.
    ConfigError
        Turns are asked for, and the settings name no student.
    """
    replace = msgspec.structs.replace
    # only the topics are scored here: one measurement at the end is enough
    settings = replace(settings, report=replace(settings.report, min_posts=10**9, every_s=1e9))
    if granularity is not None:
        settings = replace(settings, topics=replace(settings.topics, granularity=granularity))
    source = JsonlSource(path, utc_now, batch_posts=settings.ingest.batch_posts)
    labels = dict(read_labels(path))
    models = load_models(settings) if change_every is None else load_live_models(settings)
    enricher = build_enricher(settings, models)
    reader = enricher if change_every is None else TakingTurns(enricher, _student_of(settings, models), change_every)
    assessor = Assessor(reader, build_topic_stage(settings, models, ()))
    started = time.perf_counter()
    result = assessor.run(source, lambda n_posts, letters: None)
    elapsed_s = time.perf_counter() - started
    ids = list(result.assignments)
    scores = score_clustering([labels.get(i) for i in ids], [result.assignments[i] for i in ids])
    if scores is None:
        raise InputError(f'{path}: no post has a label; give each scored line "id" and "label"')
    return _table(path, settings, scores, len(ids) / elapsed_s)


def _student_of(settings: Settings, models: Models) -> PostEnricher:
    student = build_student_enricher(settings, models)
    if student is None:
        fix = "name a student of the default encoder, made by trendsieve distill"
        raise ConfigError("settings", "encoder.static", "is needed for --change-every", fix)
    return student


def _table(path: Path, settings: Settings, scores: ClusteringScores, posts_per_s: float) -> str:
    rows = (
        ("NMI (geometric)", f"{scores.nmi_geometric:.3f}"),
        ("NMI (arithmetic)", f"{scores.nmi_arithmetic:.3f}"),
        ("ARI", f"{scores.ari:.3f}"),
        ("B-cubed F1", f"{scores.bcubed_f1:.3f}"),
        ("B-cubed precision", f"{scores.bcubed_precision:.3f}"),
        ("B-cubed recall", f"{scores.bcubed_recall:.3f}"),
        ("homogeneity", f"{scores.homogeneity:.3f}"),
        ("completeness", f"{scores.completeness:.3f}"),
        ("clusters found / true", f"{scores.n_found} / {scores.n_true}"),
        ("posts scored", f"{scores.n_scored}"),
        ("posts/s, everything", f"{posts_per_s:.0f}"),
    )
    head = f"{path.name}, granularity {settings.topics.granularity}"
    return "\n".join([head, *(f"  {name:<24}{value:>12}" for name, value in rows)])
