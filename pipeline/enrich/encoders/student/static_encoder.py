"""The distilled student: a text is the mean of its pieces' vectors. Firehose mode, no torch in the process.

It reads a folder that ``SentenceTransformer`` can load too and gives the same vectors; it is made
by ``trendsieve distill`` (``docs/distillation.md``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from configs.errors import ConfigError
from pipeline.enrich.encoders.use.piece_tokenizer import NO_PIECE, PieceCutter, Pieces
from pipeline.text.words import EMBED_MAX_CHARS
from pipeline.types import FloatArray

TABLE_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"
TABLE_KEY = "embedding.weight"

_BLOCK_TEXTS = 2_048


class StaticEncoder:
    """Reads a student and encodes with it, on one core.

    The vectors are those of ``SentenceTransformer(folder).encode(…, normalize_embeddings=True)``
    up to rounding, and bit for bit the same whatever texts stand beside a text. A text without a
    single piece (empty, white space) has no mean: it gets the unit vector of ``<unk>``, which
    training sets to what the teacher says of the empty text.

    Parameters
    ----------
    folder
        What ``trendsieve distill --out`` wrote.

    Raises
    ------
    ConfigError
        The folder is missing, damaged, or holds another kind of model.
    """

    def __init__(self, folder: Path) -> None:
        self._table = _read_table(folder)
        self._cutter = PieceCutter(_read_tokenizer(folder, len(self._table)))
        self._id = student_id(folder)

    @property
    def id(self) -> str:
        return self._id

    @property
    def dimension(self) -> int:
        return int(self._table.shape[1])

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """``(len(texts), dimension) float32``, L2-normalised; any text is legal, also the empty one."""
        out = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), _BLOCK_TEXTS):
            block = [text[:EMBED_MAX_CHARS] for text in texts[start : start + _BLOCK_TEXTS]]
            out[start : start + len(block)] = mean_vectors(self._cutter.cut(block), self._table)
        return out


def mean_vectors(pieces: Pieces, table: FloatArray) -> FloatArray:
    """Unit vectors of texts: the direction of the mean of their pieces' rows.

    Parameters
    ----------
    pieces
        ``n`` texts.
    table
        ``(pieces, d) float32``.

    Examples
    --------
    >>> table = np.array([[1, 0], [3, 0], [0, 4]], np.float32)
    >>> mean_vectors(Pieces(np.array([1, 2], np.int32), np.array([0, 2, 2])), table).tolist()
    [[0.6000000238418579, 0.800000011920929], [1.0, 0.0]]
    """
    from scipy.sparse import csr_array

    ones = np.ones(len(pieces.ids), np.float32)
    # a sparse product adds the rows of a text one after the other: no copy of them, and no other text in the sum
    sums: FloatArray = csr_array((ones, pieces.ids, pieces.ends), shape=(len(pieces), len(table))) @ table
    lengths = np.sqrt(np.add.reduce(sums * sums, axis=1))
    nothing = ~(lengths > 0)
    if nothing.any():
        sums[nothing] = table[NO_PIECE]
        lengths[nothing] = np.sqrt(np.add.reduce(table[NO_PIECE] ** 2))
    sums /= lengths[:, None]
    return sums


def student_id(folder: Path) -> str:
    """Name of a student: what it says depends on its table and its tokenizer, and on nothing else.

    Raises
    ------
    ConfigError
        One of the two files cannot be read.
    """
    both = hashlib.sha256()
    try:
        for name in (TABLE_FILE, TOKENIZER_FILE):
            with (folder / name).open("rb") as handle:
                both.update(hashlib.file_digest(handle, "sha256").digest())
    except OSError as error:
        raise _unusable(folder, f"has no readable {name}") from error
    return f"static:{both.hexdigest()[:16]}"


def _read_table(folder: Path) -> FloatArray:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        table = load_file(folder / TABLE_FILE)[TABLE_KEY]
    except (OSError, SafetensorError, KeyError) as error:
        raise _unusable(folder, f"has no readable {TABLE_FILE} of a static student") from error
    # a row of zeros or a gap in <unk> would leave an empty text without a direction
    if table.ndim != 2 or not np.isfinite(table).all() or not table[:1].any():
        raise _unusable(folder, f"has a {TABLE_FILE} that is no table of vectors")
    return np.ascontiguousarray(table, np.float32)


def _read_tokenizer(folder: Path, n_rows: int) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    except Exception as error:  # the library raises a bare Exception for a missing and for a damaged file
        raise _unusable(folder, f"has no readable {TOKENIZER_FILE}") from error
    if tokenizer.get_vocab_size() != n_rows:
        raise _unusable(folder, f"has {n_rows} vectors for {tokenizer.get_vocab_size()} pieces")
    return tokenizer


def _unusable(folder: Path, problem: str) -> ConfigError:
    fix = "make a student with trendsieve distill POSTS --out FOLDER"
    return ConfigError("settings", "encoder.static", f"'{folder}' {problem}", fix)
