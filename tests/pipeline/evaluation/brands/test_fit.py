"""``trendsieve eval fit``: clear without the lab data; topics share no post; nothing is its own background."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.brand.profile.profile import BrandProfile, Facet
from pipeline.cli import main
from pipeline.evaluation.brands.fit_brands import LANGUAGES, SPOKEN, load_fit_brands, shuffled
from pipeline.evaluation.brands.fit_cases import load_cases
from pipeline.evaluation.brands.fit_keywords import KeywordOverlap
from pipeline.evaluation.brands.fit_topics import RISKY, Pool, draw, read_pool
from pipeline.evaluation.brands.ranking import auc, ndcg
from tests.conftest import ROOT

LAB = ROOT.parent / "shared" / "data"
needs_lab = pytest.mark.skipif(not (LAB / "risk").is_dir(), reason="the lab data is not beside the repository")


def pool(n: int = 80) -> Pool:
    """Posts of two categories said in both languages, whose vector is their own number; and risky ones."""
    rows = [(language, f"sib:{i % 2}", f"s{i}") for language in LANGUAGES for i in range(n)]
    rows += [("en", f"{RISKY}crisis", f"r{i}") for i in range(n // 2)]
    language, category, sentence = (tuple(column) for column in zip(*rows, strict=True))
    vectors = np.eye(len(rows), dtype=np.float32)
    return Pool(vectors, tuple((f"w{i}",) for i in range(len(rows))), language, category, sentence)


def test_without_the_lab_data_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "fit", "--data", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1
    assert "--data" in message


def test_every_brand_has_one_profile_for_each_language_and_both() -> None:
    brands = load_fit_brands()
    assert len(brands) >= 6
    for brand in brands:
        italian, english, both = brand.profiles
        assert len(brand.profiles) == len(SPOKEN)
        assert len(both.facets) == len(italian.facets) == len(english.facets)
        for one, other, joined in zip(italian.facets, english.facets, both.facets, strict=True):
            assert set(joined.texts()) == {*one.texts(), *other.texts()}
            assert not set(one.examples) & set(other.examples)
        assert brand.own
        assert not set(brand.own) & set(brand.near)


@given(st.integers(0, 50))
def test_shuffling_deals_every_facet_once(seed: int) -> None:
    profiles = tuple(brand.profiles[2] for brand in load_fit_brands())
    dealt = shuffled(profiles, seed)
    names = sorted(facet.label() for profile in profiles for facet in profile.facets)
    assert sorted(facet.label() for profile in dealt for facet in profile.facets) == names
    assert shuffled(profiles, seed) == dealt


@given(st.integers(0, 20))
def test_topics_share_no_post_and_translations_share_a_half(seed: int) -> None:
    topics = draw(pool(), seed)
    used = (topics.centres > 0).sum(axis=0)
    assert used.max() == 1
    assert ((topics.centres > 0).sum(axis=1) == 8).all()
    n = 80
    half_of_post = np.full(len(used), -1)
    for half, centre in zip(topics.half, topics.centres, strict=True):
        half_of_post[centre > 0] = half
    both = (half_of_post[:n] >= 0) & (half_of_post[n : 2 * n] >= 0)
    assert both.any()
    assert (half_of_post[:n] == half_of_post[n : 2 * n])[both].all()


def test_strangers_are_harmless_and_of_the_same_language() -> None:
    everything = pool()
    for strangers in (0, 4):
        topics = draw(everything, 1, strangers=strangers)
        for language, category, centre in zip(topics.language, topics.category, topics.centres, strict=True):
            rows = np.flatnonzero(centre)
            assert {everything.language[row] for row in rows} == {language}
            others = [everything.category[row] for row in rows if everything.category[row] != category]
            assert len(others) <= strangers
            assert not any(other.startswith(RISKY) for other in others)


@settings(deadline=None)  # the first call imports scipy
@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=30))
def test_auc_and_ndcg_keep_their_bounds(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([float(score) for score, _ in rows])
    own = np.array([is_own for _, is_own in rows])
    area, gain = auc(scores, own), ndcg(scores, own)
    assert (area is None) == (own.all() or not own.any())
    assert (gain is None) == (not own.any())
    if area is not None:
        assert 0 <= area <= 1
        assert auc(-scores, own) == pytest.approx(1 - area)
    if gain is not None:
        assert 0 <= gain <= 1 + 1e-9
        assert ndcg(own.astype(float), own) == pytest.approx(1)


def test_keywords_find_shared_words_only_and_rare_ones_first() -> None:
    profiles = [BrandProfile("b", "B", (Facet(text="sourdough bread oven"),))]
    overlap = KeywordOverlap([("bread", "shop"), ("bread", "queue"), ("goal", "match")])
    rare, common, none = overlap.scores(profiles, [("sourdough",), ("bread",), ("goal",)])[:, 0]
    assert rare > common > none == 0


def test_cases_have_every_kind_in_both_languages_for_shipped_brands() -> None:
    cases = load_cases()
    for kind in ("own", "collision", "bait"):
        assert {case.language for case in cases if case.kind == kind} == {"it", "en"}
    assert len({case.brand for case in cases}) >= 3
    assert all(len(set(case.posts)) >= 5 for case in cases)
    assert all("#" in post for case in cases if case.kind == "bait" for post in case.posts)


@needs_lab
@pytest.mark.lab
def test_lab_categories_of_the_brands_exist() -> None:
    class Fast:
        id, dimension = "fast", 1

        def encode(self, texts: list[str]) -> np.ndarray:
            return np.zeros((len(texts), 1), np.float32)

    found = set(read_pool(LAB, Fast()).category)  # type: ignore[arg-type]  # vectors play no part
    for brand in load_fit_brands():
        assert {*brand.own, *brand.near} <= found


@needs_lab
@pytest.mark.lab
@pytest.mark.slow
def test_the_bars_of_our_own_sets_are_met(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "fit", "--data", str(LAB)]) == 0
    others, _, own = capsys.readouterr().out.partition("Regression tests")
    assert "mean AUC over brands" in others
    assert "mean AUC, both" in own
    assert "MISSED" not in own
