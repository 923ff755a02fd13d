"""``trendsieve bench``: every stage, the whole pipeline, many live topics, a long stream, peers; all in one run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from configs.errors import InputError
from configs.settings import CONFIGS_DIR, Settings
from ingest.position import START
from ingest.post import Post
from ingest.sources.jsonl.source import JsonlSource
from pipeline.brand.profile.profile import load_profiles
from pipeline.enrich.assembly import STATIC
from pipeline.enrich.encoders.student.static_encoder import StaticEncoder
from pipeline.enrich.encoders.use.use_encoder import USE_MULTILINGUAL
from pipeline.evaluation.speed.bench_clock import Reference, on_cores, timed
from pipeline.evaluation.speed.bench_figures import Figures, LiveCost, MemoryPoint, PeerScore, Rate
from pipeline.evaluation.speed.bench_live import live_costs
from pipeline.evaluation.speed.bench_long import memory_over
from pipeline.evaluation.speed.bench_peers import missing_peers, peer_scores
from pipeline.evaluation.speed.bench_pipeline import enrich_rate, pipeline_rates
from pipeline.evaluation.speed.bench_plot import can_plot, plot
from pipeline.evaluation.speed.bench_stages import bench_stages
from pipeline.evaluation.speed.bench_student import quick_student
from pipeline.text.words import clean
from pipeline.wiring.clock import utc_now
from pipeline.wiring.models import load_models

DEMO_STREAM = CONFIGS_DIR / "demo" / "stream.jsonl.gz"
REFERENCE_POSTS = 1_500
JSON_FILE, PLOT_FILE = "bench.json", "bench.png"

OnStep = Callable[[str, int, int], None]
"""Called with what is under way, how much of it is done, and of how much (0: unknown)."""


class BenchPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to measure.

    ``posts`` is read up to ``max_posts``. ``student``: folder of a static student, ``None`` makes one in the
    run. ``peers``: a labelled file, ``None`` leaves the peers out. ``long_posts`` 0: no long stream.
    """

    posts: Path = DEMO_STREAM
    max_posts: int = 10_000
    student: Path | None = None
    peers: Path | None = None
    long_posts: int = 0
    live: bool = True


def run_bench(plan: BenchPlan, settings: Settings, on_step: OnStep) -> Figures:
    """Measure.

    Raises
    ------
    InputError
        The posts cannot be read, or there are none.
    """
    default = _with_encoder(settings, USE_MULTILINGUAL, None)
    posts = _posts(plan.posts, plan.max_posts)
    profiles = load_profiles(("brands/*.toml",), CONFIGS_DIR)
    load_before = os.getloadavg()[0]
    reference = Reference([post.text for post in posts[:: -(-len(posts) // REFERENCE_POSTS)]])

    def step(text: str) -> None:
        on_step(text, 0, 0)

    def unit() -> None:
        step("reference: the stock encoder")
        reference.measure()

    unit()
    rates = bench_stages(posts, default, profiles, step)
    unit()
    rates.append(enriched := enrich_rate("default", posts, default))
    rates += pipeline_rates("default", posts, default, profiles, step)
    unit()
    with _student(plan.student, posts, on_step) as folder:
        firehose = _with_encoder(settings, STATIC, str(folder))
        rates += _student_rates(folder, posts)
        rates.append(fast := enrich_rate("firehose", posts, firehose))
        rates += pipeline_rates("firehose", posts, firehose, profiles, step)
        unit()
        live: tuple[LiveCost, ...] = ()
        if plan.live:
            background = load_models(default).background
            live = live_costs(background, default.topics, enriched.us_per_post, fast.us_per_post, step)
        memory: tuple[MemoryPoint, ...] = ()
        if plan.long_posts:
            n = plan.long_posts
            memory = memory_over(posts, firehose, n, lambda done: on_step("long stream", done, n))
    peers, notes = _peers(plan.peers, default, step)
    return Figures(
        posts_name=plan.posts.name,
        reference=reference.rate(),
        load_before=load_before,
        load_after=os.getloadavg()[0],
        rates=tuple(rates),
        live=live,
        memory=memory,
        peers_name=None if plan.peers is None else plan.peers.name,
        peers=peers,
        notes=notes,
    )


def save(figures: Figures, folder: Path) -> str:
    """Figures as JSON and, where matplotlib is installed, as a picture. Returns a line that says what was written.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / JSON_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")
        if not can_plot():
            return f"{folder / JSON_FILE}; no picture: pip install 'trendsieve[bench]'"
        plot(figures, folder / PLOT_FILE)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from error
    return f"{folder / JSON_FILE}, {folder / PLOT_FILE}"


def _posts(path: Path, limit: int) -> list[Post]:
    found: list[Post] = []
    for batch in JsonlSource(path, utc_now).fetch(START):
        found.extend(batch.posts)
        if len(found) >= limit or batch.end:
            break
    if not found:
        raise InputError(f"{path}: has no usable post")
    return found[:limit]


def _with_encoder(settings: Settings, encoder_id: str, folder: str | None) -> Settings:
    replace = msgspec.structs.replace
    return replace(settings, encoder=replace(settings.encoder, id=encoder_id, static=folder))


@contextmanager
def _student(given: Path | None, posts: Sequence[Post], on_step: OnStep) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    texts = list(dict.fromkeys(clean(post.text) or post.text for post in posts))
    with tempfile.TemporaryDirectory(prefix="trendsieve-bench-") as folder:
        quick_student(texts, Path(folder), lambda done, total: on_step("making a static student", done, total))
        yield Path(folder)


def _student_rates(folder: Path, posts: Sequence[Post]) -> list[Rate]:
    """Cold: the student meets every word for the first time, as the other encoder does."""
    with on_cores(1):
        raw, cleaned = StaticEncoder(folder), StaticEncoder(folder)
        texts = [clean(post.text) or post.text for post in posts]
        raw.encode(["x"])
        return [
            timed("encode, static student, raw posts", len(posts), lambda: raw.encode([p.text for p in posts])),
            timed("encode, static student, as embedded", len(posts), lambda: cleaned.encode(texts)),
        ]


def _peers(
    path: Path | None, settings: Settings, step: Callable[[str], None]
) -> tuple[tuple[PeerScore, ...], tuple[str, ...]]:
    if path is None:
        return (), ()
    missing = missing_peers()
    return ((), (missing,)) if missing else (peer_scores(path, settings, step), ())
