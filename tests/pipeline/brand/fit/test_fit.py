"""Fit of topics to brands with the real encoder: on-brand high, off-brand low, in both languages."""

from __future__ import annotations

from functools import cache

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.settings import CONFIGS_DIR
from pipeline.brand.fit.closing_tags import bodies
from pipeline.brand.fit.concept_evidence import ConceptEvidence
from pipeline.brand.fit.concepts import load_concepts
from pipeline.brand.fit.essence_index import EssenceIndex
from pipeline.brand.fit.fit import BrandFitter
from pipeline.brand.fit.shared_space import SharedSpace, learn_space
from pipeline.brand.profile.profile import BrandProfile, Facet, load_profile, load_profiles
from pipeline.evaluation.brands.fit_brands import FOLDER
from pipeline.types import BrandFit, FloatArray
from tests.demo_shard import make_trace, use_encoder

ON_BRAND = {
    "it": [
        "Domenica mattina: biscotti appena sfornati e caffè, tutta la famiglia a tavola.",
        "La pagnotta di oggi è venuta un po' storta, ma che profumo in cucina!",
        "Colazione lenta con i nonni, pane caldo e marmellata.",
        "Farina, uova, burro: oggi si fa la torta con i bambini.",
        "Il lievito madre stamattina era in gran forma, brioche per tutti.",
    ],
    "en": [
        "Sunday morning: biscuits just out of the oven and coffee, the whole family at the table.",
        "Today's loaf came out a bit crooked, but what a smell in the kitchen!",
        "A slow breakfast with the grandparents, warm bread and jam.",
        "Flour, eggs, butter: baking a cake with the kids today.",
        "The sourdough starter was in great shape this morning, brioche for everyone.",
    ],
}
OFF_BRAND = {
    "it": [
        "Rigore al novantesimo, l'arbitro non ha visto niente.",
        "La nuova scheda grafica costa più del mio affitto.",
        "Inflazione ancora in salita, la banca centrale alza i tassi.",
        "Il treno delle otto soppresso per lo sciopero, di nuovo.",
        "Qualcuno sa come si configura il router dopo l'aggiornamento?",
    ],
    "en": [
        "Penalty in the ninetieth minute, the referee saw nothing.",
        "The new graphics card costs more than my rent.",
        "Inflation is up again, the central bank raises rates.",
        "The eight o'clock train cancelled by the strike, again.",
        "Does anybody know how to configure the router after the update?",
    ],
}


@cache
def concepts() -> FloatArray:
    bank = load_concepts()
    return np.vstack([use_encoder().encode(list(concept.texts)).mean(axis=0) for concept in bank[:150]])


N_KEPT = 147
"""Of 150 concepts: the 2 % that fit a brand best are its own field."""


@cache
def space() -> SharedSpace:
    bank = load_concepts()[:150]
    english, italian = (
        [texts[0] for texts in said] for said in zip(*((c.english, c.italian) for c in bank), strict=True)
    )
    return learn_space(use_encoder().encode(english), use_encoder().encode(italian))


@cache
def embedded(kind: str, language: str) -> FloatArray:
    texts = {"on": ON_BRAND, "off": OFF_BRAND}[kind][language]
    return use_encoder().encode(texts)


def bakery() -> BrandProfile:
    return next(p for p in load_profiles(("brands/*.toml",), CONFIGS_DIR) if p.id == "forno-aurora")


@cache
def fitter(*profiles: BrandProfile) -> BrandFitter:
    return BrandFitter(EssenceIndex(profiles, use_encoder(), space()), concepts())


class _Hashable(BrandProfile, frozen=True):
    """A profile as a cache key: facets may hold a dict of texts."""

    def __hash__(self) -> int:
        return hash(msgspec.json.encode(self))


def hashable(profile: BrandProfile) -> BrandProfile:
    return msgspec.convert(msgspec.to_builtins(profile), _Hashable)


def fit_of(profile: BrandProfile, posts: FloatArray) -> BrandFit:
    fits = fitter(hashable(profile))
    ids = tuple(f"p{i}" for i in range(len(posts)))
    return fits.fit(0, fits.stand(posts.mean(axis=0)[None]), 0, fits.z(posts), ids)


@pytest.mark.parametrize("language", ["it", "en"])
def test_on_brand_is_high_and_off_brand_is_low(language: str) -> None:
    on, off = fit_of(bakery(), embedded("on", language)), fit_of(bakery(), embedded("off", language))
    assert on.percentile >= 95
    assert off.percentile < 95
    assert on.value > off.value + 1
    assert on.n == off.n == N_KEPT


def test_the_two_languages_are_close() -> None:
    it, en = fit_of(bakery(), embedded("on", "it")), fit_of(bakery(), embedded("on", "en"))
    assert abs(it.percentile - en.percentile) <= 5


def test_the_order_of_facets_is_of_no_consequence() -> None:
    profile = bakery()
    for facets in (profile.facets[::-1], profile.facets[2:] + profile.facets[:2]):
        other = msgspec.structs.replace(profile, facets=facets)
        for kind in ("on", "off"):
            one, two = fit_of(profile, embedded(kind, "it")), fit_of(other, embedded(kind, "it"))
            assert two.value == pytest.approx(one.value, abs=1e-4)
            assert two.percentile == pytest.approx(one.percentile, abs=0.7)
            assert {f.name for f in two.facets} == {f.name for f in one.facets}


def test_a_brand_is_not_moved_by_the_brands_beside_it() -> None:
    bread = hashable(bakery())
    bikes = hashable(BrandProfile(id="velo", name="Velo", facets=(Facet(text="city bicycles", name="bikes"),)))
    together = fitter(bikes, bread)
    posts = embedded("on", "it")
    centre = posts.mean(axis=0)[None]
    z, standing = together.z(centre), together.stand(centre)
    beside = together.fit(1, standing, 0, z, ("p0",))
    assert beside.value == pytest.approx(fit_of(bakery(), posts).value, abs=1e-4)
    assert together.fit(0, standing, 0, z, ("p0",)).value < beside.value


def test_percentiles_and_evidence_stay_within_bounds() -> None:
    rng = np.random.default_rng(1)
    ids = {f"p{i}" for i in range(5)}
    for posts in [*(embedded(kind, lang) for kind in ("on", "off") for lang in ("it", "en"))] + [
        rng.normal(size=(5, 512)).astype(np.float32) for _ in range(20)
    ]:
        fit = fit_of(bakery(), posts)
        assert 0 <= fit.percentile <= 100
        assert np.isfinite(fit.value)
        assert [f.z for f in fit.facets] == sorted((f.z for f in fit.facets), reverse=True)
        assert all(set(f.evidence) <= ids and len(f.evidence) <= 2 for f in fit.facets)


def test_evidence_is_the_posts_that_speak_most_to_the_facet() -> None:
    posts = np.vstack([embedded("off", "it")[:3], embedded("on", "it")[:2]])
    fits = fitter(hashable(bakery()))
    standing = fits.stand(embedded("on", "it").mean(axis=0)[None])
    fit = fits.fit(0, standing, 0, fits.z(posts), ("off0", "off1", "off2", "on0", "on1"))
    assert set(fit.facets[0].evidence) == {"on0", "on1"}


def test_a_background_of_its_own_topics_does_not_hide_the_next_good_trend() -> None:
    profile = hashable(bakery())
    fits = BrandFitter(EssenceIndex([profile], use_encoder(), space()), concepts())
    topics = [embedded(kind, lang).mean(axis=0) for kind in ("on", "off") for lang in ("it", "en")]
    fits.learn_background(np.vstack(topics * 3))
    posts = embedded("on", "it")
    fit = fits.fit(0, fits.stand(posts.mean(axis=0)[None]), 0, fits.z(posts), tuple("abcde"))
    assert fit.percentile >= 95
    assert fit.n > len(concepts())
    fits.learn_background(np.zeros((0, 512), np.float32))
    assert fits.n_background == N_KEPT


def test_concepts_in_another_tone_compete_and_are_no_background() -> None:
    index = EssenceIndex([hashable(bakery())], use_encoder(), space())
    alone, beside = (BrandFitter(index, concepts(), other) for other in (None, embedded("on", "it")))
    assert alone.n_background == beside.n_background == N_KEPT
    on = embedded("on", "it")[:1]
    assert beside.stand(on).value[0, 0] < alone.stand(on).value[0, 0]


def test_no_brands_and_no_texts_are_legal() -> None:
    index = EssenceIndex([], use_encoder(), space())
    fits = BrandFitter(index, concepts())
    fits.learn_background(np.zeros((3, 512), np.float32))
    assert fits.n_background == 0
    assert fits.z(np.zeros((2, 512), np.float32)).shape == (2, 0)
    assert index.similarities(np.zeros((0, 512), np.float32)).shape == (0, 0)


def one_language(language: str) -> BrandProfile:
    return load_profile(FOLDER / f"dispensa-rossa.{language}.toml")


@pytest.mark.parametrize("spoken", ["it", "en"])
def test_a_profile_in_one_language_reads_topics_of_the_other(spoken: str) -> None:
    profile = one_language(spoken)
    on = [fit_of(profile, embedded("on", language)) for language in ("it", "en")]
    off = [fit_of(profile, embedded("off", language)) for language in ("it", "en")]
    assert min(fit.percentile for fit in on) >= 95
    assert max(fit.value for fit in off) < min(fit.value for fit in on)


def test_the_language_of_a_topic_is_out_of_the_space() -> None:
    placed = space().place(np.vstack([embedded("on", "it"), embedded("on", "en")]))
    assert np.abs(placed @ space().language).max() < 1e-5
    assert np.linalg.norm(placed, axis=1) == pytest.approx(np.ones(len(placed)), abs=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(1, 150))
@settings(deadline=None, max_examples=15)
def test_a_topic_stands_where_it_stands_to_the_last_bit_whatever_is_beside_it(seed: int, n: int) -> None:
    judged = fitter(hashable(bakery()))
    topics = np.random.default_rng(0).normal(size=(200, concepts().shape[1])).astype(np.float32)
    rows = np.random.default_rng(seed).choice(len(topics), n, replace=False)
    together, some = judged.stand(topics), judged.stand(topics[rows])
    for ours, theirs in ((together.z, some.z), (together.value, some.value), (together.percentile, some.percentile)):
        np.testing.assert_array_equal(ours[rows], theirs)
    np.testing.assert_array_equal(judged.z(topics)[rows], judged.z(topics[rows]))


def test_a_concept_does_not_compete_with_itself() -> None:
    bank = ConceptEvidence(space().place(concepts()))
    assert np.isfinite(bank.of_concepts).all()
    assert (bank.mass(space().place(concepts())) > bank.of_concepts).all()
    with pytest.raises(ValueError, match="two or more"):
        ConceptEvidence(space().place(concepts()[:1]))


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=5), st.integers(0, 4), st.floats(0.01, 0.5))
def test_a_nearer_facet_never_weakens_the_evidence(cosines: list[float], which: int, step: float) -> None:
    bank = ConceptEvidence(np.eye(4, dtype=np.float32))
    near = np.array([cosines, cosines])
    near[1, which % len(cosines)] += step
    weights = np.linspace(1.0, 0.5, len(cosines))
    before, after = bank.evidence(near, weights, np.zeros(2))
    assert after >= before


def test_bait_fits_only_with_its_hashtags() -> None:
    fits = fitter(hashable(bakery()))
    bait = ["Prestiti veloci, chiamate ora pane colazione forno", "Scommesse e bonus per tutti colazione pane biscotti"]
    tags = ("pane", "colazione", "forno", "biscotti")
    standing = fits.stand(use_encoder().encode(bait).mean(axis=0)[None])
    said = bodies([make_trace(i, text=text, hashtags=tags) for i, text in enumerate(bait)])
    assert standing.percentile[0, 0] >= 99
    assert fits.stand_without(standing, {0: said}).percentile[0, 0] < 95
    own = [f"{text.rstrip('.!')} pane colazione" for text in ON_BRAND["it"]]
    standing = fits.stand(use_encoder().encode(own).mean(axis=0)[None])
    said = bodies([make_trace(i, text=text, hashtags=tags) for i, text in enumerate(own)])
    assert len(said) == len(own)
    assert fits.stand_without(standing, {0: said}).percentile[0, 0] >= 95


def test_reading_again_never_raises_a_fit_and_leaves_other_topics_alone() -> None:
    fits = fitter(hashable(bakery()))
    standing = fits.stand(np.vstack([embedded(kind, "it").mean(axis=0) for kind in ("off", "on")]))
    again = fits.stand_without(standing, {0: ON_BRAND["it"]})
    assert (again.value <= standing.value).all()
    assert (again.value[1] == standing.value[1]).all()
    assert fits.stand_without(standing, {}) is standing


def test_few_closing_hashtags_carry_no_topic() -> None:
    plain = [make_trace(i, text="the oven is warm and the bread is ready") for i in range(3)]
    tagged = make_trace(3, text="fast loans for everybody bread", hashtags=("bread",))
    assert bodies([*plain, tagged]) == ()
    assert bodies([make_trace(text="bread breakfast", hashtags=("bread", "breakfast"))]) == ()
    assert bodies([]) == ()
