"""Which encoder judges: multilingual-e5-small where it is installed, else the sieve, or what the settings name."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from configs.settings import EncoderSettings
from pipeline.enrich.encoders.encoder import Encoder, SentenceTransformerEncoder
from pipeline.enrich.encoders.judge.data_file import NEEDED, DataFile, find_data_file

log = logging.getLogger("trendsieve.judge")

E5_SMALL: Final = "e5-small"
SIEVE: Final = "sieve"

_QUERY: Final = "query"
"""The prompt that retrieval models have for short texts; posts and facets get the same one."""

OnStep = Callable[[str, int, int], None]
"""Hears what is under way, how much of it is done, and of how much."""


def open_judge(
    settings: EncoderSettings,
    sieve: Encoder,
    on_step: OnStep = lambda text, done, total: None,
    find: Callable[[], DataFile | None] = find_data_file,
) -> Encoder:
    """The encoder that the settings name as judge; heavy libraries load only for the one chosen.

    Parameters
    ----------
    settings
        ``judge``, ``cache``, ``device`` and ``threads``.
    sieve
        The encoder that reads every post. It judges too where the settings say so, and where the judge is not
        installed, which the log then says.
    on_step
        Hears of the conversion at the first start (a second or two).
    find
        Where the judge's weights are.

    Raises
    ------
    ConfigError
        The weights are damaged or other ones, the folder of the converted model is full or cannot be written, or the
        model named is not on this machine.

    Examples
    --------
    >>> from pipeline.enrich.encoders.encoder import UseEncoder
    >>> sieve = UseEncoder()
    >>> open_judge(EncoderSettings(judge="sieve"), sieve) is sieve
    True
    """
    if settings.judge == SIEVE:
        return sieve
    if settings.judge != E5_SMALL:
        return SentenceTransformerEncoder(settings.judge, settings.device, settings.threads, _QUERY, "encoder.judge")
    data_file = find()
    if data_file is None:
        log.warning("judge absent, the sieve judges", extra={"needs": " ".join(NEEDED), "sieve": sieve.id})
        return sieve
    folder = Path(settings.cache) if settings.cache else user_cache_path("trendsieve", appauthor=False)
    return _open_e5(data_file, folder, settings.threads, on_step)


def _open_e5(data_file: DataFile, folder: Path, threads: int, on_step: OnStep) -> Encoder:
    from pipeline.enrich.encoders.judge.e5_encoder import E5_ID, E5Encoder
    from pipeline.enrich.encoders.judge.e5_graph import e5_graph
    from pipeline.enrich.encoders.judge.e5_reader import read_e5
    from pipeline.enrich.encoders.judge.graph_cache import kept

    data_file.check()
    file = read_e5(data_file.path)
    name = f"{E5_ID.replace('/', '-')}-{data_file.sha256[:12]}.graph"
    graph = kept(folder / name, lambda: e5_graph(file, partial(on_step, "preparing the judge")))
    return E5Encoder(file, graph, threads)
