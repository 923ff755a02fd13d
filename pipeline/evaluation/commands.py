"""``trendsieve eval`` and ``trendsieve bench``: every figure we publish is made by one of these."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from configs.errors import InputError
from configs.settings import Settings
from pipeline.commands import words
from pipeline.commands.progress import file_progress, step_progress

OnStep = Callable[[str, int, int], None]

LAB_DATA = Path("../shared/data")
"""Third-party text to measure with, beside the repository; it does not ship."""


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
    topics.add_argument(
        "--change-every",
        type=words.amount,
        metavar="N",
        help="let the default encoder and its student (encoder.static) take turns of N posts",
    )
    bursts = kinds.add_parser(
        "bursts",
        help="how early bursts are noticed, and how often in vain",
        description="Compare the bursts noticed in a stream with a list of those that were in it.",
    )
    bursts.add_argument("file", type=Path, metavar="FILE", help="posts in the order of their time")
    bursts.add_argument("--truth", type=Path, required=True, metavar="FILE", help="listed bursts by stream name (JSON)")

    _on_lab_data(
        kinds,
        "polarization",
        "heat, division and the random walk, with what they must reach",
        "Measure heat, division and structure on contested, everyday and disaster topics (minutes).",
    )
    _on_lab_data(
        kinds,
        "risk",
        "signal heads and hazards, with what they must reach",
        "Measure sentiment, offence and hazards on labelled posts and left-out events (minutes).",
    )
    _on_lab_data(
        kinds,
        "fit",
        "brand fit, with what it must reach",
        "Measure brand fit on labelled categories, in Italian and English (a minute or two).",
    )
    _on_lab_data(
        kinds,
        "profiles",
        "profiles drafted from guidelines beside hand-written ones, with what they may lose",
        "Rank the topics of 'eval fit' with profiles drafted from guidelines, in both languages (a minute or two).",
    )
    _on_lab_data(
        kinds,
        "memory",
        "whether finished topics are found again, in either language",
        "Look up events among the past halves of events, of the same and of the other language (a minute).",
    )
    kinds.add_parser(
        "drafts",
        help="how many bad drafts the check notices, how many good ones it troubles",
        description="Check the frozen set of drafts that ships (a few seconds).",
    )
    kinds.add_parser(
        "backtest",
        help="how long a backtest of a month of topics takes, with what it must not exceed",
        description="Judge 5,000 synthetic topics of 30 days again under a changed profile (a minute).",
    )
    verdicts = kinds.add_parser(
        "verdicts",
        help="whether verdicts flap, and whether their confidence means something",
        description="Follow a stream with verdicts at once and held, then judge random halves of its posts (minutes).",
    )
    verdicts.add_argument("file", type=Path, metavar="FILE", help="posts in the order of their time")
    kinds.add_parser(
        "rivals",
        help="brand problem or market trend: coverage and false alarms where the truth is known",
        description="Read synthetic accounts of which it is known what moved (a minute).",
    )
    scenarios = kinds.add_parser(
        "scenarios",
        help="verdicts on documented marketing moments, with what they must reach",
        description="Judge each scenario case, retold in posts of our own amid everyday chatter, for its brand.",
    )
    scenarios.add_argument(
        "--seed", type=words.amount, metavar="N", help="of the times, the authors and the chatter (default: 5)"
    )


def _on_lab_data(
    kinds: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    help_text: str,
    description: str,
) -> None:
    parser = kinds.add_parser(name, help=help_text, description=description)
    parser.add_argument(
        "--data", type=Path, default=LAB_DATA, metavar="FOLDER", help=f"folder of the lab data ({LAB_DATA})"
    )


def bench_arguments(parser: argparse.ArgumentParser) -> None:
    """How much to run, on what."""
    parser.add_argument("--posts", type=Path, metavar="FILE", help="posts to time (default: the bundled demo day)")
    parser.add_argument(
        "--max-posts", type=words.amount, default=10_000, metavar="N", help="read at most N of them (10,000)"
    )
    parser.add_argument(
        "--student", type=Path, metavar="FOLDER", help="static student to time (default: one made in the run)"
    )
    parser.add_argument(
        "--peers",
        type=Path,
        metavar="FILE",
        help="also group this labelled file with BERTopic and river (pip install 'trendsieve[bench]')",
    )
    parser.add_argument(
        "--long",
        type=words.amount,
        nargs="?",
        const=1_000_000,
        metavar="N",
        help="also follow N synthetic posts and watch memory (1,000,000)",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write bench.json and bench.png there")


def evaluate(arguments: argparse.Namespace, settings: Settings) -> int:
    """Measure quality and print it."""
    measures: dict[str, Callable[[], int]] = {
        "backtest": lambda: _backtest(settings),
        "bursts": lambda: _bursts(arguments, settings),
        "drafts": lambda: _drafts(settings),
        "fit": lambda: _fit(arguments, settings),
        "memory": lambda: _memory(arguments, settings),
        "polarization": lambda: _polarization(arguments, settings),
        "profiles": lambda: _profiles(arguments, settings),
        "risk": lambda: _risk(arguments),
        "rivals": lambda: _rivals(settings),
        "scenarios": lambda: _scenarios(arguments, settings),
        "verdicts": lambda: _verdicts(arguments, settings),
        "topics": lambda: _topics(arguments, settings),
    }
    return measures[arguments.what]()


def _rivals(settings: Settings) -> int:
    from pipeline.evaluation.brands.rival_names import evaluate_names
    from pipeline.evaluation.brands.rivals import TRIALS, evaluate_rivals

    with step_progress() as on_step:
        tables = (evaluate_rivals(TRIALS, on_step), evaluate_names(settings))
    sys.stdout.write("\n\n".join(tables) + "\n")
    return 0


def _printed(measure: Callable[[OnStep], str]) -> int:
    """Run a measurement beside its progress bar and print what it found."""
    with step_progress() as on_step:
        tables = measure(on_step)
    sys.stdout.write(tables + "\n")
    return 0


def _topics(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.evaluation.clustering.topics import evaluate_topics

    sys.stdout.write(evaluate_topics(arguments.file, settings, arguments.granularity, arguments.change_every) + "\n")
    return 0


def _polarization(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.evaluation.signals.polarization import evaluate_polarization

    return _printed(lambda on_step: evaluate_polarization(arguments.data, settings, on_step))


def _risk(arguments: argparse.Namespace) -> int:
    from pipeline.evaluation.hazards.risk import evaluate_risk

    return _printed(lambda on_step: evaluate_risk(arguments.data, on_step))


def _fit(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.evaluation.brands.fit import evaluate_fit

    return _printed(lambda on_step: evaluate_fit(arguments.data, settings, on_step))


def _profiles(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.evaluation.brands.profile_drafts import evaluate_drafts

    return _printed(lambda on_step: evaluate_drafts(arguments.data, settings, on_step))


def _backtest(settings: Settings) -> int:
    from pipeline.evaluation.speed.backtest import evaluate_backtest

    return _printed(lambda on_step: evaluate_backtest(settings, on_step))


def _memory(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.evaluation.brands.memory import evaluate_memory

    return _printed(lambda on_step: evaluate_memory(arguments.data, settings, on_step))


def _drafts(settings: Settings) -> int:
    from pipeline.evaluation.brands.drafts import evaluate_drafts

    return _printed(lambda on_step: evaluate_drafts(settings, on_step))


def _verdicts(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.evaluation.brands.verdict_stability import evaluate_verdicts

    return _printed(lambda on_step: evaluate_verdicts(arguments.file, settings, on_step))


def _scenarios(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.evaluation.hazards.scenarios import SEED, evaluate_scenarios

    return _printed(lambda on_step: evaluate_scenarios(settings, on_step, arguments.seed or SEED))


def _bursts(arguments: argparse.Namespace, settings: Settings) -> int:
    from ingest.sources.jsonl.source import JsonlSource
    from pipeline.evaluation.clustering.bursts import evaluate_bursts
    from pipeline.wiring.clock import utc_now

    with file_progress(JsonlSource(arguments.file, utc_now).total_bytes()) as progress:
        scores = evaluate_bursts(arguments.file, arguments.truth, settings, progress)
    sys.stdout.write(scores + "\n")
    return 0


def bench(arguments: argparse.Namespace, settings: Settings) -> int:
    """Time every stage and print a table."""
    for flag, file in (("--posts", arguments.posts), ("--peers", arguments.peers)):
        if file is not None and not file.is_file():  # before minutes of work, not after
            raise InputError(f"{file}: is not a file; name a .jsonl or .jsonl.gz file of posts with {flag}")
    from pipeline.evaluation.speed.bench import DEMO_STREAM, BenchPlan, run_bench, save
    from pipeline.evaluation.speed.bench_figures import table

    plan = BenchPlan(
        posts=arguments.posts or DEMO_STREAM,
        max_posts=arguments.max_posts,
        student=arguments.student,
        peers=arguments.peers,
        long_posts=arguments.long or 0,
    )
    with step_progress() as on_step:
        figures = run_bench(plan, settings, on_step)
    sys.stdout.write(table(figures) + "\n")
    if arguments.out is not None:
        sys.stdout.write(save(figures, arguments.out) + "\n")
    return 0
