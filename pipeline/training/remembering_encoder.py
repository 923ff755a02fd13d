"""An encoder that embeds each text once: what is measured together shares most of its texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.enrich.encoders.encoder import Encoder
from pipeline.types import FloatArray


class RememberingEncoder:
    """A real encoder that gives a text the vector it gave it first.

    Parameters
    ----------
    inner
        What embeds new texts. Everything embedded stays in memory.
    """

    def __init__(self, inner: Encoder) -> None:
        self._inner = inner
        self._known: dict[str, FloatArray] = {}

    @property
    def id(self) -> str:
        """Of the encoder inside."""
        return self._inner.id

    @property
    def dimension(self) -> int:
        """Of the encoder inside."""
        return self._inner.dimension

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """``(n, d) float32``, L2-normalised, as the encoder inside."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._inner.encode(new), strict=True))
        return np.array([self._known[text] for text in texts], np.float32).reshape(len(texts), self.dimension)
