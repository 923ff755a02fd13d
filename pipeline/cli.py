"""The ``trendsieve`` command: parses words, calls one room, turns errors into one clear line."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from configs.errors import TrendsieveError, UsageError
from configs.loading import load_settings
from configs.settings import Settings
from pipeline.commands import assess, backtest, demo, distill, draft, feedback, profile, skips, stages
from pipeline.evaluation import commands as evaluate

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2

COLLECT_AFTER = (50_000, 20, 50)
"""Posts live in very many small objects that form no cycles: looking for cycles as often as Python does by default
takes an eighth of the time of a run."""

Run = Callable[[argparse.Namespace, Settings], int]


class _Parser(argparse.ArgumentParser):
    """Wrong flags end like every other wrong input: one line, exit 2.

    Flags cannot be shortened: a script that says ``--gran`` would break when a flag is added.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> None:  # type: ignore[override] # argparse declares NoReturn; UsageError leaves too
        raise UsageError(f"{message}; see {self.prog} --help")


_TABLE: tuple[tuple[str, str, Callable[[argparse.ArgumentParser], None], Run], ...] = (
    ("assess", "judge every topic of a file of posts for one or more brands", assess.arguments, assess.run),
    ("demo", "play the bundled day of posts and open the board on it", demo.arguments, demo.run),
    (
        "run",
        "follow a source live: collect, cluster, judge and alert in one process",
        stages.run_arguments,
        stages.run,
    ),
    ("board", "serve the live board of a store", stages.board_arguments, stages.board),
    (
        "replay",
        "play a file of old posts into the stream in compressed time",
        stages.replay_arguments,
        stages.replay,
    ),
    ("collect", "move a source's posts onto the stream posts.v1", stages.collect_arguments, stages.collect),
    (
        "enrich",
        "read posts.v1, add language, vectors and signals, write enriched.v1",
        stages.no_arguments,
        stages.enrich,
    ),
    (
        "track",
        "own a shard: read enriched.v1, follow topics, judge them, write the store",
        stages.track_arguments,
        stages.track,
    ),
    (
        "feedback",
        "say that verdicts are right or wrong, and see what that would change in a profile",
        feedback.arguments,
        feedback.run,
    ),
    ("skips", "list bandwagons a brand let pass, and how they ended", skips.arguments, skips.run),
    (
        "draft",
        "say what speaks against publishing a post, for a brand, a topic and a day",
        draft.arguments,
        draft.run,
    ),
    ("alert", "deliver waiting alerts to Slack", stages.alert_arguments, stages.alert),
    ("distill", "teach a fast static encoder on your own posts, for floods of them", distill.arguments, distill.run),
    (
        "backtest",
        "judge the stored topics again under a changed profile and list what would change",
        backtest.arguments,
        backtest.run,
    ),
    ("profile", "check, version and draft brand profiles", profile.arguments, profile.run),
    ("eval", "measure quality on labelled data", evaluate.eval_arguments, evaluate.evaluate),
    ("bench", "measure the speed of every stage on this machine", evaluate.bench_arguments, evaluate.bench),
)

COMMANDS: tuple[str, ...] = tuple(name for name, _, _, _ in _TABLE)


def build_parser() -> argparse.ArgumentParser:
    """The command line as a parser; every command takes ``--config``."""
    parser = _Parser(
        prog="trendsieve",
        description="Which trends truly fit a brand, which single nuance is theirs, and which are risky bandwagons.",
        epilog="Settings come from --config and from TRENDSIEVE_<SECTION>__<KEY> variables; the README lists them all.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for name, text, add_arguments, run in _TABLE:
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        command.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML)")
        add_arguments(command)
        command.set_defaults(run=run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit 0 with results, 1 when the work failed, 2 on wrong words, input or configuration."""
    gc.set_threshold(*COLLECT_AFTER)
    try:
        arguments = build_parser().parse_args(argv)
        settings = load_settings(arguments.config, os.environ)
        run: Run = arguments.run
        return run(arguments, settings)
    except UsageError as error:
        print(f"trendsieve: {error}", file=sys.stderr)
        return EXIT_USAGE
    except TrendsieveError as error:
        print(f"trendsieve: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("trendsieve: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
