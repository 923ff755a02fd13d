"""Sentence encoders: text in, unit vectors out. One protocol, an explicit table of kinds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from configs.errors import ConfigError
from configs.settings import EncoderSettings
from pipeline.enrich.encoders.use.use_encoder import USE_MULTILINGUAL, UseEncoder
from pipeline.text.words import EMBED_MAX_CHARS
from pipeline.types import FloatArray

_DEFAULTS = {"encoder.id": USE_MULTILINGUAL, "encoder.judge": "e5-small"}
_MODEL_FILES = ("modules.json", "config.json")


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


class SentenceTransformerEncoder:
    """Any sentence-transformers model, by id or folder; the GPU is used when there is one.

    Parameters
    ----------
    prompt
        Name of the model's own prompt that texts get, where it has one of that name.
    key
        The setting that named the model, for errors.

    Raises
    ------
    ConfigError
        The model is not on this machine, or cannot be loaded (damaged folder). Nothing is downloaded here.
    """

    def __init__(
        self,
        model_id: str,
        device: str = "auto",
        threads: int = 2,
        prompt: str | None = None,
        key: str = "encoder.id",
    ) -> None:
        self._model = self._load(model_id, device, threads, key)
        # the library gives every model empty prompts of the usual names
        self._prompt = prompt if prompt and self._model.prompts.get(prompt) else None
        self._id = f"st:{model_id}" if self._prompt is None else f"st:{model_id}:{self._prompt}"
        size = self._model.get_embedding_dimension()
        if size is None:
            raise ConfigError("settings", key, f"'{model_id}' has no fixed dimension", "choose another model")
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
            [text[:EMBED_MAX_CHARS] for text in texts],
            prompt_name=self._prompt,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.ascontiguousarray(vectors, np.float32)

    @staticmethod
    def _load(model_id: str, device: str, threads: int, key: str) -> Any:
        # Asked before torch loads (10 s): a start never waits for a network, and never sends anything to one.
        if not _is_here(model_id):
            raise _not_loadable(key, model_id, "is no folder of this machine and not in the cache of downloaded models")
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(threads)
        try:
            return SentenceTransformer(model_id, device=None if device == "auto" else device, local_files_only=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise _not_loadable(key, model_id, f"cannot be loaded ({type(error).__name__})") from error


def _is_here(model_id: str) -> bool:
    """Whether a model is a folder with a model in it, or was downloaded before."""
    if Path(model_id).is_dir():
        return any((Path(model_id) / name).is_file() for name in _MODEL_FILES)
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        # sentence-transformers looks for a bare name among its own models too
        names = (model_id, f"sentence-transformers/{model_id}") if "/" not in model_id else (model_id,)
        return any(isinstance(try_to_load_from_cache(name, file), str) for name in names for file in _MODEL_FILES)
    except HFValidationError:
        return False


def _not_loadable(key: str, model_id: str, problem: str) -> ConfigError:
    fix = f"use '{_DEFAULTS[key]}', or the folder of a downloaded sentence-transformers model"
    return ConfigError("settings", key, f"'{model_id}' {problem}", fix)


def open_encoder(settings: EncoderSettings) -> Encoder:
    """The encoder that the settings name; heavy libraries load only for the one chosen."""
    if settings.id == USE_MULTILINGUAL:
        return UseEncoder(settings.threads)
    if settings.id == "static":
        if not settings.static:
            raise ConfigError("settings", "encoder.static", "is not set", "name the folder made by trendsieve distill")
        from pipeline.enrich.encoders.student.static_encoder import StaticEncoder

        return StaticEncoder(Path(settings.static))
    return SentenceTransformerEncoder(settings.id, settings.device, settings.threads)
