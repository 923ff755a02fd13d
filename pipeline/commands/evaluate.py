"""``trendsieve eval`` and ``trendsieve bench``: every figure we publish is made by one of these."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from configs.settings import Settings
from pipeline.commands import words


def eval_arguments(parser: argparse.ArgumentParser) -> None:
    """What to measure."""
    kinds = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    topics = kinds.add_parser(
        "topics",
        help="clustering quality on labelled posts",
        description="Measure how well posts are grouped into topics, against labels.",
    )
    topics.add_argument("file", type=Path, metavar="FILE", help='posts with "label"; null labels are fed, not scored')
    topics.add_argument("--granularity", choices=("coarse", "normal", "fine"), help="size of topics (default: normal)")


def bench_arguments(parser: argparse.ArgumentParser) -> None:
    """How much to run."""
    parser.add_argument(
        "--posts", type=words.amount, default=4000, metavar="N", help="posts of the bundled stream to time (4000)"
    )


def evaluate(arguments: argparse.Namespace, settings: Settings) -> int:
    """Measure quality and print it."""
    from pipeline.evaluation.topics import evaluate_topics

    sys.stdout.write(evaluate_topics(arguments.file, settings, arguments.granularity) + "\n")
    return 0


def bench(arguments: argparse.Namespace, settings: Settings) -> int:
    """Time every stage and print a table."""
    from pipeline.evaluation.bench import bench_stages

    sys.stdout.write(bench_stages(settings, arguments.posts) + "\n")
    return 0
