"""Memory over a long stream: posts recombined from the words of real ones, the whole pipeline without a store."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np

from configs.settings import Settings
from ingest.post import Author, Post
from pipeline.enrich.intake import Intake
from pipeline.evaluation.speed.bench_figures import MemoryPoint
from pipeline.text.words import clean, words
from pipeline.track.write_batch import Changes
from pipeline.wiring.enrich import build_enricher
from pipeline.wiring.models import load_models
from pipeline.wiring.track import build_topic_stage

SAMPLE_POSTS = 50_000
BATCH_POSTS = 256
TICK_S = 6 * 3600.0
_WINDOW = 400
"""Posts of the original that are talked about at the same time."""
_POSTS_A_SUBJECT = 300
"""Synthetic posts after which the window moves on by one original."""
_STRANGE_WORDS = 0.25
_STATM = Path("/proc/self/statm")


def synthetic_posts(posts: Sequence[Post], n_posts: int, seed: int = 7) -> Iterator[list[Post]]:
    """Batches of ``n_posts`` posts, one an event second, that nobody wrote.

    Each repeats part of the words of one original and mixes in words of any other; subjects come and
    go because the originals come from a window that moves through the file, over and over.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> one = Post(post_id="1", text="bread and coffee at dawn", event_time=datetime(2026, 3, 2, tzinfo=UTC))
    >>> [len(batch) for batch in synthetic_posts([one], 300)]
    [256, 44]
    """
    rng = np.random.default_rng(seed)
    spoken = [said for post in posts if (said := words(clean(post.text)))]
    every_word = [word for said in spoken for word in said]
    began = posts[0].event_time
    for start in range(0, n_posts, BATCH_POSTS):
        size = min(BATCH_POSTS, n_posts - start)
        offsets = rng.integers(0, _WINDOW, size)
        authors = rng.zipf(1.4, size) % 100_000
        batch = []
        for i, offset, author in zip(range(start, start + size), offsets.tolist(), authors.tolist(), strict=True):
            said = spoken[(i // _POSTS_A_SUBJECT + offset) % len(spoken)]
            strange = rng.random(len(said)) < _STRANGE_WORDS
            picks = rng.integers(0, len(every_word), len(said))
            text = " ".join(every_word[p] if odd else w for w, odd, p in zip(said, strange, picks, strict=True))
            batch.append(
                Post(
                    post_id=f"long-{i}",
                    text=text,
                    event_time=began + timedelta(seconds=i),
                    author=Author(f"author-{author}"),
                )
            )
        yield batch


def memory_over(
    posts: Sequence[Post], settings: Settings, n_posts: int, on_posts: Callable[[int], None]
) -> tuple[MemoryPoint, ...]:
    """Follow ``n_posts`` synthetic posts and sample this process's resident memory on the way.

    Parameters
    ----------
    posts
        Originals.
    settings
        Names the encoder; the static student makes a million posts a matter of minutes.
    n_posts
        How long the stream is.
    on_posts
        Hears how many are done.
    """
    report = msgspec.structs.replace(settings.report, every_s=TICK_S)
    settings = msgspec.structs.replace(settings, report=report)
    models = load_models(settings)
    enricher = build_enricher(settings, models)
    stage = build_topic_stage(settings, models, ())
    points: list[MemoryPoint] = []
    done = 0
    for batch in synthetic_posts(posts, n_posts):
        stage.follow(Intake(enricher.enrich(batch), (), ()), Changes())
        before, done = done, done + len(batch)
        if done // SAMPLE_POSTS > before // SAMPLE_POSTS or done == n_posts:
            points.append(MemoryPoint(done, resident_mb()))
        on_posts(done)
    return tuple(points)


def resident_mb() -> float:
    """Resident memory of this process now; its peak so far where the system does not tell (macOS)."""
    if _STATM.exists():
        return int(_STATM.read_text().split()[1]) * resource.getpagesize() / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
