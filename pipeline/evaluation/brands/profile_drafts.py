"""Does a profile drafted from guidelines rank topics nearly as well as one written by hand? ``eval profiles`` tells.

The nine brands of ``trendsieve eval fit``, each with an about page or house style in Italian and one in English
(``fit_guidelines/``): texts of ours, frozen before the drafting was written. What is drafted is judged as it comes,
without the strategist who should look at it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from configs.settings import Settings
from pipeline.brand.fit.fit import BrandFitter
from pipeline.brand.profile.profile import BrandProfile
from pipeline.evaluation.brands.fit_brands import BOTH, LANGUAGES, SPOKEN, FitBrand, load_fit_brands
from pipeline.evaluation.brands.fit_measures import Run, brand_auc, judged, passing
from pipeline.evaluation.brands.fit_topics import draw, read_pool
from pipeline.evaluation.lab_posts import require_lab
from pipeline.services.profile_draft.profile_draft import Drafter, draft_profile
from pipeline.training.figures import Figure, figure_table
from pipeline.training.remembering_encoder import RememberingEncoder

FOLDER = Path(__file__).parent / "fit_guidelines"
DRAWS = 6
MAX_LOSS = 0.02
"""Of mean AUC, against the hand-written profiles: what "nearly as well" is taken to mean."""


def guidelines(brand_id: str, language: str) -> str:
    """The guidelines of a brand of ``eval fit`` in one language.

    Examples
    --------
    >>> guidelines("sala-luna", "en").splitlines()[0]
    'Sala Luna — who we are'
    """
    return (FOLDER / f"{brand_id}.{language}.txt").read_text(encoding="utf-8")


def drafted(brand: FitBrand, drafter: Drafter) -> FitBrand:
    """The brand with profiles drafted from its guidelines, in the order of ``SPOKEN``; ``both`` from both texts."""
    spoken = {language: [guidelines(brand.id, language)] for language in LANGUAGES}
    spoken[BOTH] = [text for texts in spoken.values() for text in texts]
    profiles = [draft_profile(spoken[s], drafter, brand.id, brand.profiles[0].name).profile for s in SPOKEN]
    return msgspec.structs.replace(brand, profiles=tuple(profiles))


def evaluate_drafts(data: Path, settings: Settings, on_step: Callable[[str, int, int], None]) -> str:
    """Rank the topics of ``eval fit`` with both kinds of profiles.

    Parameters
    ----------
    data
        Folder of the lab data.
    settings
        For the encoder and the default threshold.
    on_step
        Called with what is under way, how much is done, of how much (0: unknown).

    Raises
    ------
    InputError
        The lab data is not there.
    """
    require_lab(data, "risk")
    from pipeline.wiring.models import load_models
    from pipeline.wiring.services import build_drafter
    from pipeline.wiring.track import build_fitter

    on_step("loading the encoder", 0, 0)
    models = load_models(settings)
    models = replace(models, encoder=RememberingEncoder(models.encoder))
    on_step("embedding lab posts", 0, 0)
    draws = [draw(read_pool(data, models.encoder), seed) for seed in range(DRAWS)]
    on_step("drafting profiles", 0, 0)
    by_hand = load_fit_brands()
    drafter = build_drafter(models)
    from_text = tuple(drafted(brand, drafter) for brand in by_hand)

    def make(profiles: Sequence[BrandProfile]) -> BrandFitter:
        return build_fitter(models, profiles)

    on_step("judging draws", 0, 0)
    runs = judged(draws, by_hand, make), judged(draws, from_text, make)
    ride = settings.verdict.ride_percentile
    tables = [
        figure_table("Drafted profiles against hand-written ones: AUC", compared(*runs)),
        figure_table("Each brand, drafted from both texts: AUC", per_brand(*runs)),
        figure_table(
            f"Rides at the default threshold (percentile {ride:g}), drafted from both texts", rides(*runs, ride)
        ),
    ]
    return "\n\n".join(tables)


def compared(by_hand: Run, from_text: Run) -> list[Figure]:
    """Mean and worst AUC of both, and what drafting costs."""
    figures = []
    for spoken in (BOTH, *LANGUAGES):
        hand, text = brand_auc(by_hand, spoken), brand_auc(from_text, spoken)
        worst = int(text.argmin())
        figures += [
            Figure(f"mean AUC, {spoken}, hand-written", float(hand.mean()), len(hand)),
            Figure(f"mean AUC, {spoken}, drafted", float(text.mean()), len(text)),
            Figure(f"worst brand, {spoken}, drafted", float(text[worst]), len(text), note=from_text.brands[worst].id),
            Figure(f"lost by drafting, {spoken}", float(hand.mean() - text.mean()), len(text), MAX_LOSS, True),
        ]
    return figures


def per_brand(by_hand: Run, from_text: Run) -> list[Figure]:
    """AUC of each brand, with the hand-written profile's beside it."""
    hand, text = brand_auc(by_hand, BOTH), brand_auc(from_text, BOTH)
    facets = [len(brand.profiles[SPOKEN.index(BOTH)].facets) for brand in from_text.brands]
    return [
        Figure(brand.id, float(text[i]), facets[i], note=f"hand-written {hand[i]:.3f}; n: facets drafted")
        for i, brand in enumerate(from_text.brands)
    ]


def rides(by_hand: Run, from_text: Run, threshold: float) -> list[Figure]:
    """What passes the threshold with either."""
    figures = []
    for name, run in (("hand-written", by_hand), ("drafted", from_text)):
        for side, says in (("own", "on-brand"), ("off", "off-brand")):
            figures.append(Figure(f"{says} topics ridden, {name}", *passing(run, run.warm, side, threshold)))
    return figures
