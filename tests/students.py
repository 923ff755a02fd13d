"""Small real students: a SentencePiece model trained on the demo day, the real teacher, a table to match."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from configs.settings import CONFIGS_DIR
from ingest.position import START
from ingest.post import Post
from ingest.sources.jsonl import JsonlSource
from pipeline.enrich.distillation import save_student
from pipeline.enrich.encoders import UseEncoder
from pipeline.enrich.piece_tokenizer import unigram_tokenizer

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


def random_student(folder: Path, piece_model: Path, dimension: int = 32, seed: int = 0) -> Tokenizer:
    """A student that knows nothing: right in form, its vectors drawn at random."""
    tokenizer = unigram_tokenizer(piece_model)
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(tokenizer.get_vocab_size(), dimension)).astype(np.float32)
    save_student(table, tokenizer, folder)
    return tokenizer
