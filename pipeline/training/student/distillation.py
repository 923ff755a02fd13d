"""Teach a static student to say what the teacher says: a table of piece vectors, trained in a minute.

The student is a sentence-transformers ``StaticEmbedding``. Every piece starts with the teacher's
vector of the piece itself, then a few passes of cosine regression (``EmbedDistillLoss``) turn the
mean of a post's pieces towards the teacher's centred vector of the post. Pieces that no post had
follow the others: a linear map learned from the trained pieces moves them from where they started.

Sources: Kim et al., "EmbedDistill", 2023 (matching vectors computed beforehand);
Tissier et al. and model2vec (static students); Ethayarajh, EMNLP 2019 (why centre).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from pipeline.enrich.encoders.encoder import Encoder
from pipeline.enrich.encoders.use.piece_tokenizer import NO_PIECE, SPACE_MARK, Pieces
from pipeline.types import FloatArray

log = logging.getLogger(__name__)

_START_LENGTH = 0.25
"""Length of a piece's first vector for an idf of 1: with it Adam's step moves common and rare pieces alike."""
_MIN_IDF = 0.1
_MAP_RIDGE = 0.1
_MAP_MIN_COUNT = 5
"""Pieces met less often say more of the posts they were in than of themselves."""
_BLOCK_TEXTS = 1_024


class Lesson(msgspec.Struct, frozen=True):
    """How long and how fast the student learns.

    ``minutes`` bounds the training itself; ``None`` runs all ``epochs``.
    """

    epochs: int = 3
    batch_posts: int = 256
    learning_rate: float = 6e-3
    seed: int = 7
    minutes: float | None = None


def embed_in_blocks(teacher: Encoder, texts: Sequence[str], on_texts: Callable[[int], None]) -> FloatArray:
    """``(len(texts), d) float32`` vectors of the teacher; ``on_texts`` hears how many are done."""
    out = np.empty((len(texts), teacher.dimension), np.float32)
    for start in range(0, len(texts), _BLOCK_TEXTS):
        block = texts[start : start + _BLOCK_TEXTS]
        out[start : start + len(block)] = teacher.encode(block)
        on_texts(start + len(block))
    return out


def piece_texts(tokenizer: Tokenizer) -> list[str]:
    """What to show the teacher for each piece, in order of the ids; ``<unk>`` stands for the empty text.

    Examples
    --------
    >>> from tokenizers.models import Unigram
    >>> piece_texts(Tokenizer(Unigram([("<unk>", 0.0), ("▁", -1.0), ("▁pane", -2.0)], 0, False)))
    ['', '_', 'pane']
    """
    names = [tokenizer.id_to_token(i) or "" for i in range(tokenizer.get_vocab_size())]
    shown = [name.replace(SPACE_MARK, " ").strip() or "_" for name in names]
    shown[NO_PIECE] = ""
    return shown


def train_table(
    posts: Pieces,
    teacher: FloatArray,
    piece_vectors: FloatArray,
    tokenizer: Tokenizer,
    lesson: Lesson,
    stopwatch: Callable[[], float],
) -> FloatArray:
    """The student's table.

    Parameters
    ----------
    posts, teacher
        ``n`` distinct posts and the teacher's vectors of them, ``(n, d) float32``.
    piece_vectors
        ``(pieces, d) float32``: the teacher's vectors of :func:`piece_texts`.
    tokenizer
        The one ``posts`` was cut with.
    lesson
        Length and speed.
    stopwatch
        Seconds that have passed, e.g. ``time.monotonic``.

    Returns
    -------
    ``(pieces, d) float32``, finite, ``<unk>`` not zero. Equal inputs give equal tables when no time limit cuts.
    """
    mean = teacher.mean(axis=0)
    target = teacher - mean
    counts = np.bincount(posts.ids, minlength=len(piece_vectors))
    idf = np.log(max(len(posts), 3) / (1 + counts)).clip(_MIN_IDF)
    start: FloatArray = ((piece_vectors - mean) * (idf * _START_LENGTH)[:, None]).astype(np.float32)
    trained = _regress(posts, target, start, tokenizer, lesson, stopwatch)
    table = follow_the_trained(start, trained, counts)
    table[NO_PIECE] = start[NO_PIECE]  # the empty text has been no post, and any unknown sign must not pull it away
    return table


def follow_the_trained(start: FloatArray, trained: FloatArray, counts: NDArray[np.int64]) -> FloatArray:
    """Move pieces that no post had as training moved the others: by the best linear map between the two.

    Parameters
    ----------
    start, trained
        ``(pieces, d) float32`` before and after.
    counts
        ``(pieces,)`` how often each piece was met.

    Examples
    --------
    >>> start = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    >>> trained = np.where(np.arange(60)[:, None] < 50, 2 * start, start)
    >>> moved = follow_the_trained(start, trained, np.where(np.arange(60) < 50, 100, 0))
    >>> bool(np.allclose(moved[50:], 2 * start[50:], atol=0.2))
    True
    """
    known = counts >= _MAP_MIN_COUNT
    out = trained.copy()
    unseen = counts == 0
    if known.sum() < start.shape[1] // 4:
        return out  # too few to learn from: they stay where they started
    x, y = start[known].astype(np.float64), trained[known].astype(np.float64)
    ridge = _MAP_RIDGE * float(np.square(x).sum()) / len(x) * np.eye(x.shape[1])
    out[unseen] = start[unseen] @ np.linalg.solve(x.T @ x + ridge, x.T @ y).astype(np.float32)
    return out


def save_student(table: FloatArray, tokenizer: Tokenizer, folder: Path) -> None:
    """Write a folder that ``SentenceTransformer(folder)`` loads."""
    model = _model(table, tokenizer)
    model.save(str(folder), create_model_card=False)


def _regress(
    posts: Pieces,
    target: FloatArray,
    start: FloatArray,
    tokenizer: Tokenizer,
    lesson: Lesson,
    stopwatch: Callable[[], float],
) -> FloatArray:
    """Passes over the posts in random order; the step shrinks to nothing towards the end."""
    import torch
    from sentence_transformers.sentence_transformer.losses import EmbedDistillLoss

    model = _model(start, tokenizer)
    bag = model[0].embedding
    bag.sparse = True  # a step touches the pieces of 256 posts, not 128,000 rows and their moments
    loss_of = EmbedDistillLoss(model, distance_metric="cosine")
    optimizer = torch.optim.SparseAdam(bag.parameters(), lr=lesson.learning_rate)
    rng = np.random.default_rng(lesson.seed)
    torch.set_num_threads(1)  # sparse steps do not spread over cores; two threads only wait for each other
    began, limit_s = stopwatch(), None if lesson.minutes is None else lesson.minutes * 60
    n_steps = lesson.epochs * -(-len(posts) // lesson.batch_posts)
    step = 0
    for epoch in range(lesson.epochs):
        order = rng.permutation(len(posts))
        losses = []
        for first in range(0, len(order), lesson.batch_posts):
            done = step / n_steps if limit_s is None else max(step / n_steps, (stopwatch() - began) / limit_s)
            if done >= 1.0:
                break
            rows = order[first : first + lesson.batch_posts]
            optimizer.param_groups[0]["lr"] = lesson.learning_rate * (1 - done)
            optimizer.zero_grad()
            loss = loss_of([_features(posts.rows(rows))], torch.from_numpy(target[rows]))
            loss.backward()
            optimizer.step()  # type: ignore[no-untyped-call] # torch leaves this one without types
            losses.append(float(loss.detach()))
            step += 1
        log.info("student_epoch", extra={"epoch": epoch, "loss": sum(losses) / max(len(losses), 1), "steps": step})
    table: FloatArray = bag.weight.detach().numpy()
    return table


def _features(pieces: Pieces) -> dict[str, Any]:
    """A batch as ``StaticEmbedding`` makes it of texts; cutting once, not once an epoch, halves the time."""
    import torch

    return {"input_ids": torch.from_numpy(pieces.ids.astype(np.int64)), "offsets": torch.from_numpy(pieces.ends[:-1])}


def _model(table: FloatArray, tokenizer: Tokenizer) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    weights = torch.from_numpy(table.copy())
    return SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu")
