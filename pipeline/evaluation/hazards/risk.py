"""Every figure about risk beside its bar: ``trendsieve eval risk``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from configs.settings import EncoderSettings
from pipeline.enrich.encoders.encoder import open_encoder
from pipeline.enrich.encoders.use.use_encoder import USE_MULTILINGUAL
from pipeline.enrich.sentiment import HEADS_PATH
from pipeline.evaluation.hazards.measure_hazards import HazardFigures
from pipeline.evaluation.lab_posts import require_lab
from pipeline.evaluation.signals.measure_heads import figures_of
from pipeline.training.figures import figure_table
from pipeline.training.remembering_encoder import RememberingEncoder


def evaluate_risk(data: Path, on_step: Callable[[str, int, int], None]) -> str:
    """Measure signal heads and hazards that ship with the default encoder.

    Parameters
    ----------
    data
        Folder of the lab data.
    on_step
        Called with what is under way, how much is done, of how much (0: unknown).

    Returns
    -------
    Tables of figures with their bars; a missed bar says so.

    Raises
    ------
    InputError
        The lab data is not there.
    """
    require_lab(data, "risk", "clustering")
    encoder = RememberingEncoder(open_encoder(EncoderSettings(id=USE_MULTILINGUAL)))
    on_step("fitting hazards", 0, 0)
    hazards = HazardFigures(data, encoder)
    tables = [
        figure_table("Figures of speech against crises, posts of our own", hazards.metaphors(on_step)),
        figure_table("Quiet hazards against look-alikes, posts of our own", hazards.quiet(on_step)),
        figure_table("Scenario cases", hazards.scenarios(on_step)),
        figure_table("Sensitive subjects, posts, themes never seen", hazards.subjects(on_step)),
        figure_table("Crisis topics, the event left out", hazards.crises(on_step)),
    ]
    on_step("signal heads", 0, 0)
    tables.insert(0, figure_table("Signal heads, test splits", figures_of(HEADS_PATH, data, encoder)))
    return "\n\n".join(tables)
