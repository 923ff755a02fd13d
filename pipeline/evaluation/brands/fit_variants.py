"""Ways to score fit, on the same draws: ``python -m pipeline.evaluation.brands.fit_variants --data FOLDER``.

The one in use was chosen on one half of the posts; the other half shows what it is worth.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.settings import Settings
from pipeline.brand.essence_index import EssenceIndex
from pipeline.brand.fit import TOP_FACETS, BrandFitter, TopicView
from pipeline.brand.profile import BrandProfile
from pipeline.brand.shared_space import SharedSpace
from pipeline.evaluation.brands.fit_brands import BOTH, LANGUAGES, SPOKEN, load_fit_brands
from pipeline.evaluation.brands.fit_measures import brand_auc, judged, mean_ndcg, passing, pooled_auc
from pipeline.evaluation.brands.fit_topics import TOPIC_POSTS, Topics, draw, half_of, read_pool
from pipeline.evaluation.brands.fit_trial import MakeFitter
from pipeline.evaluation.remembering_encoder import RememberingEncoder
from pipeline.wiring import Models, load_models

DRAWS = 4
Values = NDArray[np.float64]


class TopFacets(BrandFitter):
    """Mean of the best two facets, without evidence: the fit of before."""

    def _values(self, brand: int, seen: TopicView, z: Values) -> Values:
        best = -np.sort(-z * self._index.weights_of(brand), axis=1)[:, :TOP_FACETS]
        return np.asarray(best.mean(axis=1), np.float64)


class AllFacets(BrandFitter):
    """Weighted mean of all facets."""

    def _values(self, brand: int, seen: TopicView, z: Values) -> Values:
        return np.asarray((z * self._index.weights_of(brand)).mean(axis=1), np.float64)


class BestCosine(BrandFitter):
    """The largest facet cosine as it is."""

    def _values(self, brand: int, seen: TopicView, z: Values) -> Values:
        return np.asarray(seen.cosines[:, self._index.columns_of(brand)].max(axis=1, initial=-1.0), np.float64)


class EvidenceOnly(BrandFitter):
    """Log-softmax against the concepts alone."""

    def _values(self, brand: int, seen: TopicView, z: Values) -> Values:
        cosines = seen.cosines[:, self._index.columns_of(brand)]
        return self._bank.evidence(cosines, self._index.weights_of(brand), seen.mass)


def variants(models: Models) -> dict[str, MakeFitter]:
    """Name and maker of every variant."""
    nowhere = np.zeros_like(models.space.language)
    before = SharedSpace(models.background.mean, nowhere)
    centred = SharedSpace(models.space.mean, nowhere)
    shared = models.space

    def maker(kind: type[BrandFitter], space: SharedSpace) -> MakeFitter:
        def make(profiles: Sequence[BrandProfile]) -> BrandFitter:
            index = EssenceIndex(profiles, models.encoder, space)
            return kind(index, models.concept_embeddings, models.reference_embeddings)

        return make

    return {
        "top 2, English mean": maker(TopFacets, before),
        "top 2, mean of both": maker(TopFacets, centred),
        "top 2, no language": maker(TopFacets, shared),
        "all facets, no language": maker(AllFacets, shared),
        "best cosine, no language": maker(BestCosine, shared),
        "evidence, no language": maker(EvidenceOnly, shared),
        "top 2 + evidence, mean of both": maker(BrandFitter, centred),
        "top 2 + evidence, no language": maker(BrandFitter, shared),
    }


def row(name: str, make: MakeFitter, draws: Sequence[Topics], ride: float) -> str:
    """One line of the table."""
    run = judged(draws, load_fit_brands(), make)
    aucs = [brand_auc(run, spoken) for spoken in SPOKEN]
    gap = np.mean(
        [np.nanmean(np.abs(brand_auc(run, spoken, "it") - brand_auc(run, spoken, "en"))) for spoken in LANGUAGES]
    )
    cells = [
        float(aucs[SPOKEN.index(BOTH)].mean()),
        min(float(values.min()) for values in aucs),
        pooled_auc(run),
        mean_ndcg(run),
        float(gap),
        *(passing(run, run.warm, side, ride)[0] for side in ("off", "risky", "own")),
    ]
    return f"  {name:<32}" + "".join(f"{cell:>9.3f}" for cell in cells)


def main() -> None:
    """Print one table for each half, of pure topics and of topics half of strangers."""
    parser = argparse.ArgumentParser(description="Compare ways to score brand fit.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the lab data")
    data, settings = parser.parse_args().data, Settings()
    models = load_models(settings)
    models = replace(models, encoder=RememberingEncoder(models.encoder))
    pool = read_pool(data, models.encoder)
    names = ("AUC", "worst", "pooled", "nDCG@10", "gap", "off", "risky", "on-brand")
    for which, told in ((0, "the half that was chosen on"), (1, "the other half")):
        for strangers in (0, TOPIC_POSTS // 2):
            print(f"{told}, {strangers} of {TOPIC_POSTS} posts strangers")
            print(f"  {'':<32}" + "".join(f"{name:>9}" for name in names))
            draws = [draw(half_of(pool, which), seed, strangers=strangers) for seed in range(DRAWS)]
            for name, make in variants(models).items():
                print(row(name, make, draws, settings.verdict.ride_percentile), flush=True)


if __name__ == "__main__":
    main()
