"""``trendsieve assess``: a file of posts in, topics with verdicts out (the black-box contract)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from configs.errors import ConfigError, InputError
from configs.settings import Settings
from ingest.dead_letters import DeadLetterFile
from ingest.sources.contract import DeadLetter
from pipeline.brand.profile.profile import BrandProfile, load_profile
from pipeline.commands.progress import file_progress


def arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of the contract."""
    parser.add_argument("posts", type=Path, metavar="POSTS", help="posts, one JSON object a line (.jsonl or .jsonl.gz)")
    parser.add_argument(
        "--brand", type=Path, action="append", required=True, metavar="FILE", help="brand file; repeatable"
    )
    parser.add_argument("--granularity", choices=("coarse", "normal", "fine"), help="size of topics (default: normal)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="topics, one JSON object a line")
    parser.add_argument("--assignments", type=Path, metavar="FILE", help="post id and topic id, one JSON object a line")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Assess one file."""
    from ingest.sources.jsonl.source import JsonlSource
    from pipeline.commands.assess_lines import assignment_line, topic_line
    from pipeline.track.assess import Assessor, file_settings
    from pipeline.wiring.clock import utc_now
    from pipeline.wiring.enrich import open_file_enricher
    from pipeline.wiring.models import load_models
    from pipeline.wiring.track import build_topic_stage

    profiles = _profiles(arguments.brand)
    settings = file_settings(settings, arguments.granularity)
    source = JsonlSource(
        arguments.posts,
        utc_now,
        settings.ingest.max_line_bytes,
        settings.ingest.max_text_chars,
        settings.ingest.batch_posts,
    )
    total_bytes = source.total_bytes()
    _check_outputs(arguments)
    models = load_models(settings)
    stage = build_topic_stage(settings, models, profiles)
    dead_path = arguments.out.with_name(arguments.out.name + ".dead.jsonl")
    dead_path.unlink(missing_ok=True)
    with (
        DeadLetterFile(dead_path) as dead,
        open_file_enricher(settings, models) as enricher,
        file_progress(total_bytes) as progress,
    ):

        def on_batch(n_posts: int, letters: Sequence[DeadLetter]) -> None:
            dead.append(letters, utc_now())
            progress(source.bytes_read, n_posts)

        result = Assessor(enricher, stage).run(source, on_batch)
    brand_ids = [profile.id for profile in profiles]
    with arguments.out.open("wb") as out:
        for report in result.reports:
            mine = {
                b: result.verdicts[b, report.topic_id] for b in brand_ids if (b, report.topic_id) in result.verdicts
            }
            out.write(topic_line(report, mine))
    if arguments.assignments is not None:
        with arguments.assignments.open("wb") as out:
            for post_id, topic in result.assignments.items():
                out.write(assignment_line(post_id, topic))
    counts = result.counts
    summary = f"{counts['accepted']} posts in {len(result.reports)} topics"
    summary += f", {counts['duplicates']} duplicate ids, {counts['near_duplicates']} copies"
    summary += f", {counts['dead_letters']} unusable lines" + (f" -> {dead_path}" if counts["dead_letters"] else "")
    sys.stderr.write(summary + "\n")
    return 0


def _profiles(files: Sequence[Path]) -> list[BrandProfile]:
    profiles = [load_profile(file) for file in files]
    ids = [profile.id for profile in profiles]
    for file, brand_id in zip(files, ids, strict=True):
        if ids.count(brand_id) > 1:
            raise ConfigError(str(file), "id", f"'{brand_id}' is used by two brand files", "give each brand its own id")
    return profiles


def _check_outputs(arguments: argparse.Namespace) -> None:
    """No output may replace an input or the other output."""
    taken = [arguments.posts, *arguments.brand, *([] if arguments.config is None else [arguments.config])]
    for flag, path in (("--out", arguments.out), ("--assignments", arguments.assignments)):
        if path is None:
            continue
        if any(path.resolve() == other.resolve() for other in taken):
            raise InputError(f"{path}: is used by another argument; choose another file for {flag}")
        taken.append(path)
    for path in taken[1 + len(arguments.brand) + (arguments.config is not None) :]:
        _check_writable(path)


def _check_writable(path: Path) -> None:
    """Fail before an hour of work, not after it."""
    try:
        existed = path.exists()
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another output file") from error
