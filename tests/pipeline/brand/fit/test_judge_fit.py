"""The judge's formula: bounds, order, what must not matter, and the texts its space is learned from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from configs.errors import ConfigError
from pipeline.brand.fit.judge_fit import BEST_FACETS, fit_values, percentile
from pipeline.brand.fit.judge_space import JudgeSpace, facet_vector, learn_space, post_centre
from pipeline.brand.fit.judge_texts import Both, Subjects, Wordings, as_facet, load_subjects, load_wordings
from pipeline.topics.clustering.post_vectors import unit

DIMENSION = 24
WORDS = ["bread", "bikes", "law", "war", "songs", "pane", "bici", "legge", "guerra", "canzoni"]


def encode(texts: Sequence[str]) -> np.ndarray:
    """A toy encoder: a direction a subject in both languages, and one each for a capital, a stop and Italian."""
    rows = np.zeros((len(texts), DIMENSION), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for i, word in enumerate(WORDS):
            if word in text.lower():
                row[i % 5] = 1.0
                row[20] += i >= 5
        row[21] = 0.7 * text[:1].isupper()
        row[22] = 0.7 * text.endswith(".")
        row[23] = 0.2
    return unit(rows)


@pytest.fixture(scope="module")
def space() -> JudgeSpace:
    subjects = Subjects(1, ("law", "war", "songs"), ("legge", "guerra", "canzoni"))
    ways = Wordings(1, (Both("{}", "{}"), Both("{}.", "{}.")), (Both("bread", "pane"), Both("law", "legge")))
    return learn_space(encode, subjects, ways)


def values(space: JudgeSpace, topics: Sequence[str], facets: Sequence[Sequence[str]], *weights: float) -> list[float]:
    placed = space.place(encode(topics), encode([*WORDS]).mean(axis=0))
    own = space.place_facets(np.stack([facet_vector(encode, texts) for texts in facets]))
    return fit_values(space, placed, own, np.array(weights or [1.0] * len(facets))).tolist()


def test_a_brand_s_own_topic_fits_and_a_subject_does_not(space: JudgeSpace) -> None:
    bread, war = values(space, ["Bread today", "the war"], [["pane", "bread"]])
    assert bread > 0 > war


def test_how_a_topic_is_said_hardly_matters(space: JudgeSpace) -> None:
    told = values(space, ["bread", "Bread.", "pane"], [["bread", "pane"]])
    other = values(space, ["law"], [["bread", "pane"]])[0]
    assert max(told) - min(told) < 0.25 * (min(told) - other)


def test_a_facet_s_stop_and_capital_do_not_matter_at_all(space: JudgeSpace) -> None:
    assert values(space, ["bread"], [["Bread."]]) == values(space, ["bread"], [["bread"]])


def test_a_lighter_facet_counts_less(space: JudgeSpace) -> None:
    facets = [["bread"], ["bikes"]]
    assert values(space, ["bikes"], facets, 1.0, 0.2)[0] < values(space, ["bikes"], facets, 1.0, 1.0)[0]


def test_many_facets_do_not_drown_the_best_ones(space: JudgeSpace) -> None:
    few = values(space, ["bread"], [["bread"]] * BEST_FACETS)[0]
    many = values(space, ["bread"], [["bread"]] * BEST_FACETS + [["songs"]] * 30)[0]
    assert many == pytest.approx(few)


@given(arrays(np.float64, st.integers(1, 8), elements=st.floats(-40, 40)))
def test_a_percentile_is_monotone_and_bounded(some: np.ndarray) -> None:
    found = percentile(np.sort(some))
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 100)).all()


def test_a_stream_about_one_subject_does_not_become_the_centre() -> None:
    everyday = encode(["bread", "bikes", "law", "war", "songs"])
    category = np.arange(5)
    cold = post_centre(everyday[:0], everyday, category)
    one = post_centre(np.repeat(everyday[:1], 500, axis=0), everyday, category)
    assert np.linalg.norm(one - cold) < 0.05
    assert np.allclose(cold, everyday.mean(axis=0), atol=1e-6)


def test_a_placed_vector_says_nothing_of_wording(space: JudgeSpace) -> None:
    placed = space.place(encode(["bread", "war"]), np.zeros(DIMENSION, np.float32))
    assert np.abs(placed @ space.wording.T).max() < 1e-5
    assert np.linalg.norm(placed, axis=1) == pytest.approx([1.0, 1.0])


def test_the_texts_that_ship_are_whole() -> None:
    subjects, wordings = load_subjects(), load_wordings()
    assert len(subjects.en) == len(subjects.it) > 50
    assert len(wordings.said()) == 2 * len(wordings.wordings)
    assert len({text for way in wordings.said() for text in way}) > 1_500
    assert all(as_facet(text) == text for text in (*subjects.en, *subjects.it))


def test_a_subject_in_one_language_only_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "subjects.toml"
    path.write_text('version = 1\nen = ["law", "war"]\nit = ["legge"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="both languages"):
        load_subjects(path)


def test_a_wording_without_a_place_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wordings.toml"
    text = 'version = 1\nwordings = [{ en = "about", it = "su {}" }]\ntexts = [{ en = "law", it = "legge" }]\n'
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="where the text stands"):
        load_wordings(path)
