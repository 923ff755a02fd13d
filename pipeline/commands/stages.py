"""The long-running commands: everything in one process, or each stage in its own."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import msgspec

from configs.errors import ConfigError, InputError
from configs.settings import CONFIGS_DIR, Settings
from pipeline.commands import words
from pipeline.commands.running import background, board_process, say, stopping, watch_board
from pipeline.commands.stores import opened_store

if TYPE_CHECKING:
    from pipeline.brand.profile.profile import BrandProfile
    from pipeline.store.contract import Store
    from pipeline.track.worker import StepResult


def no_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but ``--config``."""


def source_arguments(parser: argparse.ArgumentParser) -> None:
    """Where posts come from."""
    parser.add_argument("--source", metavar="NAME", help="a source by its name (default: source.kind of the settings)")
    parser.add_argument("--file", type=Path, metavar="FILE", help="file of posts, read by the jsonl source")


def brand_arguments(parser: argparse.ArgumentParser) -> None:
    """Which brands to judge for."""
    parser.add_argument(
        "--brand",
        type=Path,
        action="append",
        metavar="FILE",
        help="brand file; repeatable (default: brands of the settings)",
    )


def run_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``run``."""
    source_arguments(parser)
    brand_arguments(parser)
    parser.add_argument("--board", action="store_true", help="serve the board too")
    parser.add_argument("--until-end", action="store_true", help="stop when a finite source has been processed")


def board_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``board``."""
    parser.add_argument("--port", type=words.port, metavar="N", help="port to listen on (default: board.port)")


def replay_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``replay``."""
    parser.add_argument("posts", type=Path, metavar="POSTS", help="posts, one JSON object a line (.jsonl or .jsonl.gz)")
    parser.add_argument(
        "--speed", type=words.speed, metavar="X", help="event seconds a second, e.g. 60; default: as fast as possible"
    )


def collect_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``collect``."""
    source_arguments(parser)


def track_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``track``."""
    brand_arguments(parser)
    parser.add_argument("--until-end", action="store_true", help="stop when a finite source has been processed")


def alert_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``alert``."""
    parser.add_argument("--until-empty", action="store_true", help="stop when nothing is waiting any more")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Collector, worker and alerts as threads of one process, on the local stream."""
    from ingest.sources import build_source
    from pipeline.alerts.sinks import chosen_sink
    from pipeline.wiring.clock import utc_now
    from pipeline.wiring.enrich import open_collector, open_live_enricher
    from pipeline.wiring.models import load_live_models
    from pipeline.wiring.track import build_worker

    settings = with_source(settings, arguments)
    profiles = brands_of(settings, arguments)
    source = build_source(settings, utc_now)
    with stopping() as stop, opened_store(settings, profiles) as store, ExitStack() as closers:
        models = load_live_models(settings)
        enricher = closers.enter_context(open_live_enricher(settings, models))
        worker = build_worker(settings, models, profiles, store, enriched=False, enricher=enricher)
        closers.callback(worker.close)
        collector = closers.enter_context(open_collector(settings, source))
        server = closers.enter_context(board_process(settings, arguments.config)) if arguments.board else None
        begin = closers.enter_context(background(stop))  # entered last: its threads end before anything closes
        collected = Event()

        def collect_all() -> None:
            collector.run(stop)
            collected.set()

        begin("collect", collect_all)
        sink = chosen_sink(settings.alerts)
        if sink is not None:
            begin("alert", alert_loop(settings, store, sink, stop))
        if server is not None:
            begin("board", partial(watch_board, server, settings, stop))
        last_look = collected.is_set()

        def on_step(result: StepResult) -> None:
            # A run that died after its last commit, or is repeated, gets no second end mark:
            # an empty read that began after the source was through is the end, too.
            nonlocal last_look
            if arguments.until_end and last_look and result.n_records == 0:
                stop.set()
            last_look = collected.is_set()

        worker.run(stop, until_end=arguments.until_end, on_step=on_step)
    return 0


def collect(arguments: argparse.Namespace, settings: Settings) -> int:
    """One source onto ``posts.v1`` until it ends or is stopped."""
    from ingest.sources import build_source
    from pipeline.wiring.clock import utc_now
    from pipeline.wiring.enrich import open_collector

    settings = with_source(settings, arguments)
    with stopping() as stop, open_collector(settings, build_source(settings, utc_now)) as collector:
        done = collector.run(stop)
    say(f"collected {done.posts} posts, {done.deletions} deletions, {done.dead_letters} unusable lines")
    return 0


def replay(arguments: argparse.Namespace, settings: Settings) -> int:
    """A file of old posts onto ``posts.v1``, its day in compressed time."""
    from ingest.replay import replay as play
    from ingest.sources.jsonl.source import JsonlSource
    from ingest.streams import DEAD_LETTERS, POSTS, open_stream
    from pipeline.commands.progress import file_progress
    from pipeline.wiring.clock import utc_now

    source = JsonlSource(arguments.posts, utc_now)
    with (
        closing(open_stream(settings, POSTS).writer()) as posts,
        closing(open_stream(settings, DEAD_LETTERS).writer()) as dead,
        file_progress(source.total_bytes()) as progress,
    ):
        done = play(
            source,
            posts,
            arguments.speed,
            utc_now,
            time.sleep,
            dead_letters=dead,
            progress=lambda so_far: progress(source.bytes_read, so_far.posts),
        )
    say(f"replayed {done.posts} posts")
    return 0


def enrich(arguments: argparse.Namespace, settings: Settings) -> int:
    """``posts.v1`` → ``enriched.v1``; add processes up to the number of partitions."""
    from pipeline.wiring.enrich import build_enrich_worker, open_live_enricher
    from pipeline.wiring.models import load_live_models

    with stopping() as stop:
        models = load_live_models(settings)
        with (
            open_live_enricher(settings, models) as enricher,
            closing(build_enrich_worker(settings, models, enricher)) as worker,
        ):
            worker.run(stop)
    return 0


def track(arguments: argparse.Namespace, settings: Settings) -> int:
    """The one owner of a shard."""
    from pipeline.wiring.models import load_live_models
    from pipeline.wiring.track import build_worker

    profiles = brands_of(settings, arguments)
    with (
        stopping() as stop,
        opened_store(settings, profiles) as store,
        closing(build_worker(settings, load_live_models(settings), profiles, store, enriched=True)) as worker,
    ):
        worker.run(stop, until_end=arguments.until_end)
    return 0


def alert(arguments: argparse.Namespace, settings: Settings) -> int:
    """Empty the outbox into the sink that the settings switch on."""
    from pipeline.alerts.sinks import SINKS, chosen_sink

    sink = chosen_sink(settings.alerts)
    if sink is None:
        keys = [f"alerts.{kind.setting}" for kind in SINKS.values()]
        names = " or ".join(f"TRENDSIEVE_ALERTS__{kind.setting.upper()}" for kind in SINKS.values())
        raise ConfigError("settings", " or ".join(keys), "is not set", f"set {names}")
    with stopping() as stop, opened_store(settings, ()) as store:
        alert_loop(settings, store, sink, stop, until_empty=arguments.until_empty)()
    return 0


def board(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve the board until stopped."""
    if arguments.port is not None:
        settings = msgspec.structs.replace(settings, board=msgspec.structs.replace(settings.board, port=arguments.port))
    with stopping() as stop, opened_store(settings, ()), board_process(settings, arguments.config) as server:
        watch_board(server, settings, stop)
    return 0


# --- shared pieces ------------------------------------------------------------------


def with_source(settings: Settings, arguments: argparse.Namespace) -> Settings:
    """Settings with the source that the flags name."""
    source = settings.source
    if arguments.file is not None:
        if not arguments.file.is_file():  # before the model loads, not after
            problem = "is not a regular file" if arguments.file.exists() else "does not exist"
            raise InputError(f"{arguments.file}: {problem}; name a .jsonl or .jsonl.gz file")
        source = msgspec.structs.replace(source, kind="jsonl", path=str(arguments.file))
    if arguments.source is not None:
        source = msgspec.structs.replace(source, kind=arguments.source)
    return msgspec.structs.replace(settings, source=source)


def brands_of(settings: Settings, arguments: argparse.Namespace) -> tuple[BrandProfile, ...]:
    """Profiles of the flags or, without flags, of the settings."""
    from pipeline.brand.profile.profile import load_profiles

    if arguments.brand:
        return load_profiles([str(path.resolve()) for path in arguments.brand], Path("/"))
    base = CONFIGS_DIR if arguments.config is None else arguments.config.resolve().parent
    patterns = settings.brands or ("brands/*.toml",)
    return load_profiles(patterns, base)


def alert_loop(
    settings: Settings, store: Store, sink: str, stop: Event, *, until_empty: bool = False
) -> Callable[[], None]:
    """Deliver what waits in the outbox to the sink of that name, again and again."""
    from pipeline.wiring.alerts import open_sender
    from pipeline.wiring.clock import utc_now

    def loop() -> None:
        with open_sender(settings, store, sink) as sender:
            if not until_empty:
                sender.run(stop)
                return
            while not stop.is_set() and store.pending(utc_now(), 1):
                sender.step()
                stop.wait(0.1)

    return loop
