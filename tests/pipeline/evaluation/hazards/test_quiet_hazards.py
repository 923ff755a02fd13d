"""The quiet hazards: posts that stay frozen and blind, and figures that can be low."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from configs.settings import CONFIGS_DIR
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.evaluation.hazards.quiet_hazards import QUIET, QuietTheme, QuietThemes, load_quiet, quiet_figures
from pipeline.text.words import folded_words
from pipeline.types import FloatArray

FROZEN = "75c374dc2f504e4f89262738d99ee1b237e44471b47aa75c7056bf881b288324"


def test_the_posts_are_as_they_were_before_the_sentences_were_widened() -> None:
    assert hashlib.sha256(QUIET.read_bytes()).hexdigest() == FROZEN


def test_half_speak_half_only_sound_and_none_is_an_example_sentence() -> None:
    held, seeds = load_quiet(), load_seeds(CONFIGS_DIR / "hazards.toml")
    known = {folded_words(text) for hazard in seeds.hazards for text in hazard.texts} | {
        folded_words(text) for text in seeds.negatives
    }
    names = {hazard.name for hazard in seeds.hazards}
    for themes in (held.quiet, held.alike):
        for language in ("en", "it"):
            posts = [post for theme in themes if theme.language == language for post in theme.posts]
            assert len(set(posts)) == 72
            assert not known & {folded_words(post) for post in posts}
        assert all(set(theme.any) <= names for theme in themes)


def test_figures_tell_who_hears_from_who_guesses() -> None:
    themes = QuietThemes(
        quiet=tuple(QuietTheme(("legal",), lang, ("they lied",) * 3) for lang in ("en", "it")),
        alike=tuple(QuietTheme(("legal",), lang, ("we laughed",) * 3) for lang in ("en", "it")),
    )

    def hears(texts: Sequence[str]) -> FloatArray:
        return np.array([[0.9 if "lied" in text else 0.1] for text in texts], np.float32)

    def is_deaf(texts: Sequence[str]) -> FloatArray:
        return np.full((len(texts), 1), 0.2, np.float32)

    sharp, dull = (
        [figure.value for figure in quiet_figures(["legal"], ["high"], score, themes=themes)]
        for score in (hears, is_deaf)
    )
    assert sharp == [1.0, 1.0, 0.0, 1.0, 0.0] * 2
    assert dull == [0.5, 0.0, 0.0, 0.0, 0.0] * 2
