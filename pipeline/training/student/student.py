"""Make a student for one deployment and judge it before anybody uses it: what ``trendsieve distill`` runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from configs.errors import InputError, StudentRefused
from configs.settings import TopicSettings
from ingest.post import Post
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.enrich.encoders.student.static_encoder import StaticEncoder
from pipeline.enrich.encoders.student.student_folder import (
    HEADS_FILE,
    HeadAgreement,
    HeldBack,
    Manifest,
    write_manifest,
)
from pipeline.enrich.encoders.use.piece_tokenizer import PieceCutter, unigram_tokenizer
from pipeline.enrich.sentiment import HEADS_PATH, SignalHeads, read_heads, write_heads
from pipeline.text.words import text_hash
from pipeline.topics.clustering.post_vectors import unit
from pipeline.training.student.distillation import Lesson, embed_in_blocks, piece_texts, save_student, train_table
from pipeline.training.student.distilled_heads import MAX_POSTS, agreement, distil_heads
from pipeline.training.student.held_back import Sample, cluster_scores, embedded_text, make_sample
from pipeline.types import FloatArray

MAX_NMI_LOSS = 0.02
HELD_BACK_SHARE = 0.2
MIN_HELD_BACK, MAX_HELD_BACK = 500, 5_000
MIN_POSTS = 2_000
"""Fewer posts teach a student little more than the pieces it starts with."""


class Material(msgspec.Struct, frozen=True):
    """What the student learns from and what it is judged by: the newest posts, none of which it sees."""

    texts: tuple[str, ...]
    sample: Sample


class Tools(msgspec.Struct, frozen=True):
    """Collaborators: the teacher, its pieces, the clock and the stopwatch, and who hears of progress."""

    teacher: Encoder
    piece_model: Path
    topics: TopicSettings
    clock: Callable[[], datetime]
    stopwatch: Callable[[], float]
    on_texts: Callable[[int], None]


def split(posts: Sequence[Post], labels: Mapping[str, str]) -> Material:
    """Hold back the newest posts; teach every other text once, but no copy of what is held back.

    Raises
    ------
    InputError
        Too few posts, or none of the newest can be judged.
    """
    if len(posts) < MIN_POSTS:
        raise InputError(f"{len(posts)} usable posts are too few to teach a student; give at least {MIN_POSTS}")
    n_held = min(max(int(len(posts) * HELD_BACK_SHARE), MIN_HELD_BACK), MAX_HELD_BACK)
    sample = make_sample(posts[-n_held:], labels)
    seen = {text_hash(text, text) for post in sample.posts for text in (embedded_text(post),)}
    seen |= {text_hash(text, text) for text in sample.texts}
    texts = []
    for text in map(embedded_text, posts[:-n_held]):
        value = text_hash(text, text)
        if value not in seen:
            seen.add(value)
            texts.append(text)
    if len(texts) < MIN_POSTS // 2:
        raise InputError(f"only {len(texts)} different texts are left to teach; give at least {MIN_POSTS // 2}")
    return Material(tuple(texts), sample)


def make_student(material: Material, lesson: Lesson, tools: Tools, folder: Path) -> Manifest:
    """Train, store into ``folder``, and judge.

    Raises
    ------
    StudentRefused
        On the held-back posts the student loses more than :data:`MAX_NMI_LOSS`; what is in ``folder`` is to go.
    """
    teacher, sample = tools.teacher, material.sample
    tokenizer = unigram_tokenizer(tools.piece_model)
    names = piece_texts(tokenizer)
    both = embed_in_blocks(teacher, [*material.texts, *sample.texts], tools.on_texts)
    taught, held_vectors = both[: len(material.texts)], both[len(material.texts) :]
    piece_vectors = embed_in_blocks(teacher, names, lambda n_done: None)
    pieces = PieceCutter(tokenizer).cut(material.texts)
    save_student(train_table(pieces, taught, piece_vectors, tokenizer, lesson, tools.stopwatch), tokenizer, folder)
    student = StaticEncoder(folder)
    student_vectors = student.encode(sample.texts)
    cosine = float(np.mean(np.sum(student_vectors * unit(held_vectors - taught.mean(axis=0)), axis=1)))
    heads = _teach_heads(material, taught, held_vectors, student, student_vectors, folder)
    manifest = Manifest(
        encoder_id=student.id,
        teacher_id=teacher.id,
        made_at=tools.clock(),
        n_posts=len(material.texts),
        n_pieces=len(names),
        n_pieces_met=len(np.unique(pieces.ids)),
        dimension=student.dimension,
        held_back=_judge(sample, cosine, (teacher, held_vectors), (student, student_vectors), tools.topics),
        heads=heads,
    )
    write_manifest(folder, manifest)
    if manifest.held_back.nmi_loss > MAX_NMI_LOSS:
        raise StudentRefused(
            f"the student is refused: NMI {manifest.held_back.nmi_student:.3f} where the teacher reaches "
            f"{manifest.held_back.nmi_teacher:.3f} on {manifest.held_back.n_scored} held-back posts, a loss of more "
            f"than {MAX_NMI_LOSS}; nothing was written. More posts or more --minutes help"
        )
    return manifest


def _teach_heads(
    material: Material,
    taught: FloatArray,
    held_vectors: FloatArray,
    student: StaticEncoder,
    student_vectors: FloatArray,
    folder: Path,
) -> HeadAgreement:
    some = slice(None, None, -(-len(material.texts) // MAX_POSTS))  # from the whole stretch of time
    vectors = student.encode(material.texts[some])
    write_heads(folder / HEADS_FILE, distil_heads(vectors, taught[some], read_heads(HEADS_PATH), student.id))
    texts = material.sample.texts
    by_student = SignalHeads(folder / HEADS_FILE).score(student_vectors, texts)
    return agreement(by_student, SignalHeads(HEADS_PATH).score(held_vectors, texts))


def _judge(
    sample: Sample,
    cosine: float,
    teacher: tuple[Encoder, FloatArray],
    student: tuple[Encoder, FloatArray],
    topics: TopicSettings,
) -> HeldBack:
    of_teacher, of_student = (cluster_scores(sample, *both, topics) for both in (teacher, student))
    return HeldBack(
        n_posts=len(sample.posts),
        cosine=round(cosine, 4),
        truth=sample.truth,
        n_scored=sample.n_scored,
        n_groups=sample.n_groups,
        nmi_teacher=round(of_teacher.nmi_geometric, 4),
        nmi_student=round(of_student.nmi_geometric, 4),
        bcubed_teacher=round(of_teacher.bcubed_f1, 4),
        bcubed_student=round(of_student.bcubed_f1, 4),
    )
