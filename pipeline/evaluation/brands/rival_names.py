"""Names that are also words: which posts about a brand's trade, and about something else, count as naming it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from configs.settings import CONFIGS_DIR, Settings
from pipeline.brand.profile.profile import load_profiles
from pipeline.brand.voices.context import TRADE_Z
from pipeline.evaluation.brands.fit_cases import load_cases
from pipeline.text.words import clean
from pipeline.wiring.models import load_models
from pipeline.wiring.track import build_fitter


def evaluate_names(settings: Settings) -> str:
    """A table of the cases of ``fit_cases.toml``, post by post, as Markdown.

    Their ``own`` posts speak of the trade of a shipped brand, their ``collision`` posts of something that shares its
    name: northern lights, a singer, lamps, bridal veils.
    """
    models = load_models(settings)
    profiles = load_profiles(("brands/*.toml",), CONFIGS_DIR)
    fitter = build_fitter(models, profiles)
    ids = [profile.id for profile in profiles]
    starts = np.cumsum([0, *(len(profile.facets) for profile in profiles)]).tolist()
    counted: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for case in load_cases():
        brand = ids.index(case.brand)
        z = fitter.z(models.encoder.encode([clean(post) for post in case.posts]))[:, starts[brand] : starts[brand + 1]]
        counted[case.kind] += int((z.max(axis=1) >= TRADE_Z).sum())
        total[case.kind] += len(z)
    rows = (("own", "speak of the trade"), ("collision", "share the name alone"))
    lines = [f"| {what} | {counted[kind]} of {total[kind]} |" for kind, what in rows]
    return "\n".join(["| posts that | count as naming it |", "| --- | --- |", *lines])
