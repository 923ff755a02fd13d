"""Small real students: a SentencePiece model trained on the demo day, the real teacher, a table to match."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from configs.settings import CONFIGS_DIR
from ingest.position import START
from ingest.post import Post
from ingest.sources.jsonl.source import JsonlSource
from pipeline.enrich.encoders.student.static_encoder import TABLE_FILE, TABLE_KEY, TOKENIZER_FILE, StaticEncoder
from pipeline.enrich.encoders.student.student_folder import (
    HEADS_FILE,
    HeadAgreement,
    HeldBack,
    Manifest,
    write_manifest,
)
from pipeline.enrich.encoders.use.piece_tokenizer import unigram_tokenizer
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.enrich.sentiment import HEADS_PATH, read_heads, write_heads
from pipeline.training.student.distillation import piece_texts, save_student
from pipeline.training.student.distilled_heads import distil_heads
from pipeline.training.student.held_back import SHARED

NOW = datetime(2026, 3, 15, tzinfo=UTC)
N_PIECES = 1_500


@cache
def demo_posts() -> tuple[Post, ...]:
    """The bundled day, in order."""
    source = JsonlSource(CONFIGS_DIR / "demo" / "stream.jsonl.gz", lambda: NOW)
    return tuple(post for batch in source.fetch(START) for post in batch.posts)


@cache
def teacher() -> UseEncoder:
    """The real one, loaded once."""
    return UseEncoder(threads=1)


def small_piece_model(folder: Path, texts: Sequence[str]) -> Path:
    """A Unigram model of :data:`N_PIECES` pieces, as the teacher's is one of 128,000."""
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([text for text in texts if text]),
        model_prefix=str(folder / "small"),
        vocab_size=N_PIECES,
        model_type="unigram",
        normalization_rule_name="nmt_nfkc",
        num_threads=1,
        minloglevel=2,
    )
    return folder / "small.model"


def standby_student(folder: Path, teacher_id: str = "use-multilingual") -> Path:
    """A student of the default encoder that was never taught: its few pieces have the teacher's vectors of them.

    Heads and manifest are there too, so that everything that reads a student reads it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = [post.text for post in demo_posts()[:600]]
    tokenizer = unigram_tokenizer(small_piece_model(folder, texts))
    vectors = teacher().encode(texts)
    table = teacher().encode(piece_texts(tokenizer)) - vectors.mean(axis=0)
    # written as ``save_student`` does it, without the ten seconds that loading torch takes
    save_file({TABLE_KEY: table.astype(np.float32)}, folder / TABLE_FILE)
    tokenizer.save(str(folder / TOKENIZER_FILE))
    student = StaticEncoder(folder)
    write_heads(folder / HEADS_FILE, distil_heads(student.encode(texts), vectors, read_heads(HEADS_PATH), student.id))
    held_back = HeldBack(
        n_posts=0,
        cosine=0.0,
        truth=SHARED,
        n_scored=0,
        n_groups=0,
        nmi_teacher=0.0,
        nmi_student=0.0,
        bcubed_teacher=0.0,
        bcubed_student=0.0,
    )
    manifest = Manifest(
        encoder_id=student.id,
        teacher_id=teacher_id,
        made_at=NOW,
        n_posts=len(texts),
        n_pieces=len(table),
        n_pieces_met=len(table),
        dimension=student.dimension,
        held_back=held_back,
        heads=HeadAgreement(*[None] * 8),
    )
    write_manifest(folder, manifest)
    return folder


def random_student(folder: Path, piece_model: Path, dimension: int = 32, seed: int = 0) -> Tokenizer:
    """A student that knows nothing: right in form, its vectors drawn at random."""
    tokenizer = unigram_tokenizer(piece_model)
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(tokenizer.get_vocab_size(), dimension)).astype(np.float32)
    save_student(table, tokenizer, folder)
    return tokenizer
