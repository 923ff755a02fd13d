"""What a topic and its parts are to each brand, from where they stand: the same live and in a backtest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.brand.fit.fit import BrandFitter, Standing
from pipeline.types import BrandFit, BrandNuance, Hazard, Nuance

Fits = tuple[tuple[BrandFit | None, BrandNuance | None], ...]
"""For each brand: the fit of the whole topic, and its best part."""


@dataclass(frozen=True)
class Part:
    """A nuance of a topic with its own hazards."""

    nuance: Nuance
    hazards: tuple[Hazard, ...]


def fits_of(
    fitter: BrandFitter,
    n_brands: int,
    standing: Standing,
    row: int,
    parts: Sequence[Part],
    post_z: NDArray[np.float64],
    post_ids: tuple[str, ...],
) -> Fits:
    """Of one topic, for each brand of the fitter.

    Parameters
    ----------
    standing, row
        Where topics stand: this one in ``row``, its parts in the rows after it.
    parts
        Its nuances; one with a floor hazard is nobody's.
    post_z, post_ids
        Its posts with their z-scores ``(n, columns)``, for evidence; none where they are not at hand.
    """
    safe = [
        (row + 1 + i, part)
        for i, part in enumerate(parts)
        if not any(hazard.tier == "floor" for hazard in part.hazards)
    ]
    found: list[tuple[BrandFit | None, BrandNuance | None]] = []
    for brand in range(n_brands):
        nuances = [_nuance(fitter, brand, part, standing, part_row) for part_row, part in safe]
        known = [nuance for nuance in nuances if nuance is not None]
        best = max(known, key=lambda nuance: (nuance.percentile, nuance.z), default=None)
        found.append((fitter.fit(brand, standing, row, post_z, post_ids), best))
    return tuple(found)


def _nuance(fitter: BrandFitter, brand: int, part: Part, standing: Standing, row: int) -> BrandNuance | None:
    if not fitter.names_a_facet(brand, standing, row):
        return None
    fit = fitter.fit(brand, standing, row, standing.z[:0], ())
    best, nuance = fit.facets[0], part.nuance
    grave = tuple(hazard.name for hazard in part.hazards if hazard.tier != "low")
    if fit.no_go:
        grave = (*grave, "no_go")
    return BrandNuance(
        nuance.label, best.name, best.z, fit.percentile, nuance.post_ids, grave, nuance.share, nuance.n_posts
    )
