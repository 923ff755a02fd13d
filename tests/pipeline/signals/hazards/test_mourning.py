"""A topic that mourns a known person is heard as a whole; jokes about buried phones and other deaths are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.signals.hazards.mourning import says_farewell, with_mourning
from pipeline.types import FloatArray

NAMES = ("celebrity_death", "death", "politics")
STAR, DEATH = 0, 1


def rows(*stars_and_deaths: tuple[float, float]) -> FloatArray:
    """Strengths of posts, politics quiet."""
    return np.array([(star, death, 0.1) for star, death in stars_and_deaths], np.float32)


def test_farewells_beside_clear_posts_are_the_same_mourning() -> None:
    texts = ["se n'è andata a 60 anni"] * 2 + ["RIP principessa", "ciao 🕊️", "gone too soon"] + ["che sole"] * 5
    strengths = rows((0.8, 0.2), (0.7, 0.1), *[(0.1, 0.0)] * 8)
    heard = with_mourning(NAMES, strengths, texts)
    assert (heard[:, STAR] >= 0.5).tolist() == [True] * 5 + [False] * 5
    np.testing.assert_array_equal(heard[:, 1:], strengths[:, 1:])


def test_those_who_speak_of_a_death_without_a_name_join_those_who_name_it() -> None:
    strengths = rows((0.8, 0.2), (0.1, 0.7), *[(0.0, 0.0)] * 8)
    assert (with_mourning(NAMES, strengths, ["x"] * 10)[:, STAR] >= 0.5).sum() == 2


def test_jokes_about_buried_phones_are_no_mourning() -> None:
    texts = ["RIP la mia dieta", "rip to my phone", "lutto: finita la nutella", "rest in peace, frullatore"]
    strengths = rows(*[(0.2, 0.2)] * 4)
    np.testing.assert_array_equal(with_mourning(NAMES, strengths, texts), strengths)


def test_two_grave_posts_do_not_make_a_mass_of_jokes_mourning() -> None:
    strengths = rows((0.8, 0.0), (0.8, 0.0), *[(0.0, 0.0)] * 8)
    heard = with_mourning(NAMES, strengths, ["a", "b", *["RIP diet 🕊️"] * 8])
    np.testing.assert_array_equal(heard, strengths)


def test_a_topic_of_deaths_without_a_known_name_stays_one() -> None:
    strengths = rows((0.6, 0.9), (0.1, 0.9), (0.1, 0.9), (0.0, 0.0))
    np.testing.assert_array_equal(with_mourning(NAMES, strengths, ["RIP"] * 4), strengths)


def test_too_little_of_the_topic_is_not_the_topic() -> None:
    strengths = rows((0.9, 0.0), (0.9, 0.0), *[(0.0, 0.0)] * 18)
    assert (with_mourning(NAMES, strengths, ["x"] * 20, min_share=0.2)[:, STAR] >= 0.5).sum() == 2
    np.testing.assert_array_equal(with_mourning(NAMES, strengths, ["x"] * 20, min_share=0.2), strengths)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RIP Anna", True),
        ("r.i.p. maestro", True),
        ("RIPAnnaRossi non ci credo", True),
        ("che la terra ti sia lieve", True),
        ("RIP my sleep schedule", False),
        ("RIPMyDiet", False),
        ("rip il mio telefono", False),
        ("a ripe pear, ripped jeans", False),
        ("grazie di tutto capitano", False),
    ],
)
def test_words_of_mourning(text: str, expected: bool) -> None:
    assert says_farewell(text) is expected


@given(
    hnp.arrays(np.float32, st.tuples(st.integers(0, 12), st.just(3)), elements=st.floats(0, 1, width=32)),
    st.lists(st.sampled_from(["RIP", "che sole", "🕊", "funerali domani"]), min_size=12, max_size=12),
)
def test_nothing_is_lowered_and_nothing_else_is_touched(strengths: FloatArray, words: list[str]) -> None:
    before = strengths.copy()
    heard = with_mourning(NAMES, strengths, words[: len(strengths)])
    np.testing.assert_array_equal(strengths, before)
    assert np.all(heard >= strengths)
    np.testing.assert_array_equal(heard[:, 1:], strengths[:, 1:])
    again = with_mourning(NAMES, heard, words[: len(strengths)])
    if np.any(heard != strengths):
        assert np.all(again >= heard)


def test_hazards_without_these_names_pass_and_wrong_shapes_are_refused() -> None:
    strengths = np.ones((2, 1), np.float32)
    assert with_mourning(["politics"], strengths, ["RIP", "RIP"]) is strengths
    with pytest.raises(ValueError, match="do not match"):
        with_mourning(NAMES, strengths, ["RIP", "RIP"])
