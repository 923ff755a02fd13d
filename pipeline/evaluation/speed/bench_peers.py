"""Two well-known online topic models beside ours, on the same labelled file, in the same run.

BERTopic online as its documentation describes it (IncrementalPCA, MiniBatchKMeans, OnlineCountVectorizer),
with our embeddings and, because it cannot find it out, the true number of topics. river's TextClust with words and
a fixed radius: on news titles that is far better than the automatic radius of its documentation's example.
All of them are timed from text to topics.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from configs.errors import InputError
from configs.settings import Settings
from ingest.position import START
from ingest.post import Post
from ingest.sources.jsonl.source import JsonlSource
from pipeline.enrich.encoders.encoder import open_encoder
from pipeline.evaluation.speed.bench_clock import on_cores
from pipeline.evaluation.speed.bench_figures import PeerScore
from pipeline.evaluation.speed.bench_pipeline import PostList
from pipeline.text.words import clean
from pipeline.track.assess import Assessor, file_settings
from pipeline.training.clustering_scores import score_clustering
from pipeline.training.labels import read_labels
from pipeline.wiring.clock import utc_now
from pipeline.wiring.enrich import build_enricher
from pipeline.wiring.models import load_models
from pipeline.wiring.track import build_topic_stage

NEEDED = ("bertopic", "river")
CHUNK_POSTS = 1_000
_SEED = 0


def missing_peers() -> str | None:
    """One line for the reader when the peers cannot run here."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    return f"peers not installed ({', '.join(missing)}): pip install 'trendsieve[bench]'" if missing else None


def peer_scores(path: Path, settings: Settings, on_step: Callable[[str], None]) -> tuple[PeerScore, ...]:
    """Score ours and the peers on one core.

    Raises
    ------
    InputError
        The file has no labels, or cannot be read.
    """
    labels = dict(read_labels(path))
    posts = [post for batch in JsonlSource(path, utc_now).fetch(START) for post in batch.posts]
    truth = [labels.get(post.post_id) for post in posts]
    known = {label for label in truth if label is not None}
    if not known:
        raise InputError(f'{path}: no post has a label; give each scored line "id" and "label"')
    settings = msgspec.structs.replace(settings, encoder=msgspec.structs.replace(settings.encoder, threads=1))
    ways: tuple[tuple[str, Callable[[], Sequence[str]]], ...] = (
        ("Trendsieve, whole pipeline", lambda: _ours(posts, settings)),
        ("BERTopic online, true K given", lambda: _bertopic(posts, settings, len(known))),
        ("river TextClust", lambda: _textclust(posts)),
    )
    scores = []
    with on_cores(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other people's libraries warn of their own future
        for name, way in ways:
            on_step(name)
            started = time.perf_counter()
            found = way()
            elapsed_s = time.perf_counter() - started
            score = score_clustering(truth, found)
            assert score is not None, "there are labels"
            speed = len(posts) / elapsed_s
            scores.append(PeerScore(name, score.nmi_geometric, score.bcubed_f1, score.n_found, score.n_true, speed))
    return tuple(scores)


def _ours(posts: Sequence[Post], settings: Settings) -> Sequence[str]:
    settings = file_settings(settings)
    models = load_models(settings)
    assessor = Assessor(build_enricher(settings, models), build_topic_stage(settings, models, ()))
    result = assessor.run(PostList(posts), lambda n_posts, letters: None)
    return [result.assignments[post.post_id] for post in posts]


def _bertopic(posts: Sequence[Post], settings: Settings, n_topics: int) -> Sequence[str]:
    bertopic: Any = import_module("bertopic")
    vectorizers: Any = import_module("bertopic.vectorizers")
    clusters: Any = import_module("sklearn.cluster")
    decomposition: Any = import_module("sklearn.decomposition")
    encoder = open_encoder(settings.encoder)
    model = bertopic.BERTopic(
        umap_model=decomposition.IncrementalPCA(n_components=5),
        hdbscan_model=clusters.MiniBatchKMeans(n_clusters=n_topics, random_state=_SEED),
        vectorizer_model=vectorizers.OnlineCountVectorizer(stop_words="english", decay=0.01),
    )
    texts = [clean(post.text) or post.text for post in posts]
    found: list[str] = []
    for start, stop in _chunks(len(texts), max(CHUNK_POSTS, n_topics)):
        chunk = texts[start:stop]
        # in double: the second chunk of a float32 stream is refused by MiniBatchKMeans, whose centres are double
        model.partial_fit(chunk, encoder.encode(chunk).astype("float64"))
        found.extend(str(topic) for topic in model.topics_)
    return found


def _chunks(n: int, size: int) -> list[tuple[int, int]]:
    """Cuts of ``size``, the rest with the last: the first fit needs as many posts as topics, and PCA a few.

    Examples
    --------
    >>> _chunks(25, 10), _chunks(7, 10)
    ([(0, 10), (10, 25)], [(0, 7)])
    """
    starts = list(range(0, max(n - size + 1, 1), size))
    return list(zip(starts, [*starts[1:], n], strict=True))


def _textclust(posts: Sequence[Post]) -> Sequence[str]:
    compose, cluster, features = (
        import_module(f"river.{name}") for name in ("compose", "cluster", "feature_extraction")
    )
    stop_words: Any = import_module("sklearn.feature_extraction.text")
    bag = features.BagOfWords(lowercase=True, ngram_range=(1, 1), stop_words=set(stop_words.ENGLISH_STOP_WORDS))
    model = compose.Pipeline(
        bag,
        cluster.TextClust(real_time_fading=False, fading_factor=0.001, tgap=100, auto_r=False, radius=0.8),
    )
    found = []
    for post in posts:
        text = clean(post.text)
        model.learn_one(text)
        found.append(str(model.predict_one(text)))
    return found
