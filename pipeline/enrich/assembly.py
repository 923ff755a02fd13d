"""The stateless half, put together: light enough to import in every worker process (no topics, brands or store)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from configs.errors import ConfigError
from configs.settings import CONFIGS_DIR, EncoderSettings, Settings
from pipeline.enrich.encoders.encoder import Encoder, open_encoder
from pipeline.enrich.encoders.student.student_folder import HEADS_FILE
from pipeline.enrich.encoders.use.use_encoder import USE_MULTILINGUAL, UseEncoder
from pipeline.enrich.enricher import Enricher
from pipeline.enrich.hazards.heads import open_hazards
from pipeline.enrich.hazards.seeds import HazardSeeds, load_seeds
from pipeline.enrich.language import LanguageDetector
from pipeline.enrich.sentiment import SignalHeads, load_heads

STATIC: Final = "static"
STATIC_PREFIX: Final = "static:"
"""How the id of every distilled student begins."""

MAX_PROCESSES: Final = 8
"""More encode faster than one owner of a shard can follow, and each holds its own models (0.4 GB)."""


def assemble_enricher(settings: EncoderSettings, encoder: Encoder, seeds: HazardSeeds) -> Enricher:
    """An enricher around ``encoder``.

    The signal heads that ship are trained on the default encoder's vectors, and a student brings
    its own; a deployment that clusters with another model embeds a second time for them.

    Raises
    ------
    StateMismatch
        The heads beside a student belong to another one.
    """
    heads = _heads(settings, encoder)
    signal_encoder = encoder
    if not encoder.id.startswith(STATIC_PREFIX) and heads.encoder_id != encoder.id:
        signal_encoder = UseEncoder(settings.threads)
    heads.check(signal_encoder.id, signal_encoder.dimension)
    return Enricher(encoder, LanguageDetector(), heads, signal_encoder, open_hazards(seeds, encoder))


def process_enricher(settings: Settings) -> Enricher:
    """The enricher of a worker process, with everything loaded; it keeps this whole process on one core.

    Parameters
    ----------
    settings
        As in the parent.
    """
    encoder_settings = msgspec.structs.replace(settings.encoder, threads=1)
    encoder = open_encoder(encoder_settings)
    enricher = assemble_enricher(encoder_settings, encoder, load_seeds(CONFIGS_DIR / "hazards.toml"))
    keep_products_on_one_core()
    return enricher


def keep_products_on_one_core() -> None:
    """Matrix products of this process run on one core each, from now on; call it when every library is loaded.

    Ours are too small to gain from more, the threads that wait for each other take the cores from the processes
    that enrich, and the last bits of a product depend on how many threads share it. Encoders spread whole blocks.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # publishes none

    threadpool_limits(limits=1, user_api="blas")


def useful_processes(settings: EncoderSettings, n_cores: int | None = None) -> int:
    """How many processes enrich a file: ``processes``, or by itself one a core.

    A sentence-transformers model stays in one: torch spreads over the cores (or the GPU) by itself.

    Examples
    --------
    >>> [useful_processes(EncoderSettings(), n) for n in (1, 2, 64)]
    [1, 2, 8]
    >>> useful_processes(EncoderSettings(processes=3), 2)
    3
    """
    if settings.processes > 0:
        return settings.processes
    if settings.id not in (USE_MULTILINGUAL, STATIC):
        return 1
    return max(1, min(usable_cores() if n_cores is None else n_cores, MAX_PROCESSES))


def usable_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _heads(settings: EncoderSettings, encoder: Encoder) -> SignalHeads:
    if not encoder.id.startswith(STATIC_PREFIX):
        return load_heads()
    if settings.static is None:
        raise ConfigError("settings", "encoder.static", "is not set", "name the folder made by trendsieve distill")
    return load_heads(Path(settings.static) / HEADS_FILE)
