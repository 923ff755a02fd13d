"""``trendsieve eval polarization``: every figure about heat, disasters, the random walk and division, on lab data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from configs.errors import InputError
from configs.settings import EncoderSettings, Settings
from pipeline.enrich.encoders.encoder import open_encoder
from pipeline.enrich.encoders.use.use_encoder import USE_MULTILINGUAL
from pipeline.evaluation.lab_posts import LabScorer
from pipeline.evaluation.signals.division import division_figures
from pipeline.evaluation.signals.heat import heat_figures
from pipeline.evaluation.signals.random_walk import random_walk_figures
from pipeline.training.figures import figure_table

Tell = Callable[[str, int, int], None]
"""Called with (what is under way, how much is done, of how much; 0: unknown)."""


def evaluate_polarization(data: Path, settings: Settings, tell: Tell) -> str:
    """All figures as tables.

    Parameters
    ----------
    data
        Folder of the lab data.
    settings
        Its threads are used; the encoder is the one that ships, for which heat was calibrated.

    Raises
    ------
    InputError
        There is no such folder, or a file in it is missing.
    """
    if not data.is_dir():
        raise InputError(f"{data}: is not a folder; name the folder of the lab data with --data")
    encoder = open_encoder(EncoderSettings(id=USE_MULTILINGUAL, threads=settings.encoder.threads))
    walks = random_walk_figures(data, tell)
    heat, disasters = heat_figures(data, LabScorer(encoder), tell)
    tell("division", 0, 0)
    tables = [
        figure_table("Heat", heat),
        figure_table("Disasters", disasters),
        figure_table("Random walk", walks),
        figure_table("Division", division_figures(data)),
    ]
    return "\n\n".join(tables)
