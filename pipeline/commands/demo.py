"""``trendsieve demo``: the bundled day in compressed time, with the board or as a table."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from subprocess import Popen
from threading import Event

import msgspec

from configs.errors import InputError
from configs.settings import CONFIGS_DIR, Settings
from pipeline.commands import words
from pipeline.commands.running import background, board_process, say, stopping, watch_board
from pipeline.commands.stores import opened_store
from pipeline.store.contract import StoreReader
from pipeline.types import VerdictKind

STREAM = CONFIGS_DIR / "demo" / "stream.jsonl.gz"
SPEED = 360.0
"""A simulated hour passes in ten seconds: the whole day in three minutes."""

TICK_S = 300.0
MIN_POSTS = 12


def arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of ``demo``."""
    parser.add_argument("--once", action="store_true", help="print the verdict table and exit, without a board")
    parser.add_argument(
        "--speed", type=words.speed, default=SPEED, metavar="X", help=f"event seconds a second ({SPEED:.0f})"
    )
    parser.add_argument("--port", type=words.port, metavar="N", help="port of the board (default: board.port)")
    parser.add_argument(
        "--folder", type=Path, default=Path("var/demo"), metavar="DIR", help="where the demo keeps its data"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Play the day from its beginning; old demo data is thrown away."""
    from ingest.replay import replay
    from ingest.sources.jsonl.source import JsonlSource
    from ingest.streams import POSTS, open_stream
    from pipeline.brand.profile.profile import load_profiles
    from pipeline.wiring.clock import utc_now
    from pipeline.wiring.models import load_models
    from pipeline.wiring.track import build_worker

    settings = _demo_settings(settings, arguments)
    profiles = load_profiles(("brands/*.toml",), CONFIGS_DIR)
    speed = None if arguments.once else arguments.speed
    server: Popen[bytes] | None = None
    with stopping(logging.WARNING) as stop, opened_store(settings, profiles) as store, ExitStack() as closers:
        if not arguments.once:
            server = closers.enter_context(board_process(settings, arguments.config))
            say(f"\n  Trendsieve board: {settings.board.public_url}   (Ctrl-C stops it)\n")
        worker = build_worker(settings, load_models(settings), profiles, store, enriched=False)
        closers.callback(worker.close)
        posts = closers.enter_context(closing(open_stream(settings, POSTS).writer()))
        source = JsonlSource(STREAM, utc_now)

        def play() -> None:
            with suppress(_Stopped):
                replay(source, posts, speed, utc_now, lambda wait_s: _pause(stop, wait_s))

        begin = closers.enter_context(background(stop))  # entered last: its threads end before anything closes
        begin("replay", play)
        if server is not None:
            begin("board", partial(watch_board, server, settings, stop))
        worker.run(stop, until_end=True)
        if arguments.once:
            _print_table(store, [(profile.id, profile.name) for profile in profiles])
        else:
            say("The day is over; the board stays up until Ctrl-C.")
            stop.wait()
    return 0


class _Stopped(Exception):
    """Ends the replay thread when the demo is stopped."""


def _pause(stop: Event, wait_s: float) -> None:
    if stop.wait(wait_s):
        raise _Stopped


def _demo_settings(settings: Settings, arguments: argparse.Namespace) -> Settings:
    replace = msgspec.structs.replace
    folder = arguments.folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*folder.glob("stream.sqlite*"), *folder.glob("demo.db*")):
            old.unlink()
    except OSError as error:
        raise InputError(
            f"{folder}: cannot hold the demo's data ({error.strerror}); choose another --folder"
        ) from error
    port = settings.board.port if arguments.port is None else arguments.port
    return replace(
        settings,
        stream=replace(settings.stream, kind="local", path=str(folder / "stream.sqlite")),
        store=replace(settings.store, url=f"sqlite:///{folder / 'demo.db'}"),
        report=replace(settings.report, every_s=TICK_S, min_posts=MIN_POSTS),
        board=replace(settings.board, port=port, public_url=f"http://{settings.board.host}:{port}"),
    )


def _print_table(store: StoreReader, brands: list[tuple[str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Trendsieve · demo day", header_style="bold")
    table.add_column("topic", max_width=44)
    for name in ("posts", "heat", "stage"):
        table.add_column(name, justify="right")
    for _, name in brands:
        table.add_column(name)
    for report in store.reports():
        verdicts = {verdict.brand_id: verdict.kind for verdict in store.verdicts(report.topic_id)}
        heat = "?" if report.heat is None else f"{report.heat.value:.2f}"
        cells = [_verdict_text(verdicts.get(brand_id)) for brand_id, _ in brands]
        table.add_row(Text(report.label), str(report.n_posts), heat, report.stage.value, *cells)
    width = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "140"))
    Console(width=width).print(table)


def _verdict_text(kind: VerdictKind | None) -> str:
    if kind is None:
        return "?"
    style = {"RIDE": "green", "NUANCE": "cyan", "WATCH": "yellow", "RISKY": "red", "IGNORE": "dim"}[kind.value]
    return f"[{style}]{kind.value}[/{style}]"
