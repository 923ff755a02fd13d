"""Word pieces: one Hugging Face tokenizer for training and inference, and a fast way to run it.

The pieces and their scores are those of the teacher's SentencePiece model, so the student starts
with subwords of 16 languages and any word, also one never seen, is a sum of known parts.
Cutting with the C++ ``sentencepiece`` would be faster still, but among cuts of equal score it
picks another one (7 of 20,000 tweets), so the two could not be proven equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram

SPACE_MARK = "▁"
"""What stands for the space before a word inside a piece."""

NO_PIECE = 0
"""Id of ``<unk>``, which also stands for a text without any piece."""

_MAX_CACHED_WORDS = 200_000
_MAX_CACHED_CHARS = 64
"""Longer words are links and noise: they do not come back."""


class Pieces(msgspec.Struct, frozen=True):
    """Texts as piece ids: text ``i`` is ``ids[ends[i]:ends[i + 1]]``.

    ``ids`` ``(m,) int32``; ``ends`` ``(n + 1,) int64``, beginning with 0.
    """

    ids: NDArray[np.int32]
    ends: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ends) - 1

    def rows(self, which: NDArray[np.int64]) -> Pieces:
        """The texts ``which`` ``(k,)``, in that order.

        Examples
        --------
        >>> three = Pieces(np.array([5, 6, 7], np.int32), np.array([0, 1, 1, 3]))
        >>> three.rows(np.array([2, 0])).ids.tolist()
        [6, 7, 5]
        """
        sizes = np.diff(self.ends)[which]
        ends = np.concatenate([[0], np.cumsum(sizes)])
        places = np.repeat(self.ends[which] - ends[:-1], sizes) + np.arange(ends[-1])
        return Pieces(self.ids[places], ends)


def unigram_tokenizer(model_file: Path) -> Tokenizer:
    """The Hugging Face form of a SentencePiece Unigram model: the same pieces, scores and normalisation.

    Parameters
    ----------
    model_file
        A ``sp.model`` whose pieces never cross a space.
    """
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined] # classes are made at import
    model.ParseFromString(model_file.read_bytes())
    tokenizer = Tokenizer(Unigram([(piece.piece, piece.score) for piece in model.pieces], NO_PIECE, False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            # SentencePiece itself cannot tell this sign from a space either
            normalizers.Replace(SPACE_MARK, " "),
            normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap),
            normalizers.Strip(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(SPACE_MARK, prepend_scheme="always", split=True)
    # scores change in the last digit when they are stored: cut with the stored ones from the start
    return Tokenizer.from_str(tokenizer.to_str())


class PieceCutter:
    """Cuts texts into piece ids, exactly as the tokenizer does, remembering words.

    A piece never crosses a space, so a text is the sum of its words and a word need be cut once.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._model = tokenizer.model
        self._known: dict[str, tuple[int, ...]] = {}

    def cut(self, texts: Sequence[str]) -> Pieces:
        """Pieces of ``n`` texts; a text of white space alone has none."""
        if len(self._known) > _MAX_CACHED_WORDS:
            self._known = {}
        known = self._known
        ids: list[int] = []
        ends = [0]
        for text in texts:
            for word in text.split(" "):
                found = known.get(word)
                ids += self._cut_word(word) if found is None else found
            ends.append(len(ids))
        return Pieces(np.array(ids, np.int32), np.array(ends, np.int64))

    def _cut_word(self, word: str) -> tuple[int, ...]:
        if word.isascii() and word.isprintable() and word:
            # normalisation leaves such a word as it is; without it a new word costs half
            found = tuple([token.id for token in self._model.tokenize(SPACE_MARK + word)])
        else:
            found = tuple(self._tokenizer.encode(storable(word), add_special_tokens=False).ids)
        if len(word) <= _MAX_CACHED_CHARS:
            self._known[word] = found
        return found


def storable(text: str) -> str:
    """Half surrogate pairs, which no tokenizer takes, become the replacement character."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if not text.isascii() else text
