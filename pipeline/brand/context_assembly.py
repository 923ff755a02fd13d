"""Puts the reader of voices together; :mod:`pipeline.wiring` is where it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from configs.settings import VoicesSettings
from pipeline.brand.audience import load_audience
from pipeline.brand.competitors import AccountBook
from pipeline.brand.competitors_series import Period
from pipeline.brand.context import ContextReader
from pipeline.brand.experts import Everyday, ExpertIndex
from pipeline.brand.fit import BrandFitter
from pipeline.brand.profile import BrandProfile
from pipeline.brand.shared_space import SharedSpace
from pipeline.enrich.encoders import Encoder


def assemble_context(
    settings: VoicesSettings,
    profiles: Sequence[BrandProfile],
    encoder: Encoder,
    space: SharedSpace,
    everyday: Everyday,
    fitter: BrandFitter,
) -> ContextReader:
    """What tells of the voices of a topic.

    Raises
    ------
    ConfigError
        The audience file of a brand cannot be used.
    """
    salt = "" if settings.audience_salt is None else settings.audience_salt.reveal()
    starts = np.cumsum([0, *(len(profile.facets) for profile in profiles)]).tolist()
    return ContextReader(
        [profile.id for profile in profiles],
        [load_audience(profile, salt) for profile in profiles],
        AccountBook(profiles, salt),
        ExpertIndex(profiles, encoder, space, everyday),
        fitter,
        [np.arange(start, stop) for start, stop in pairwise(starts)],
        Period(settings.recent_days, settings.baseline_days),
    )
