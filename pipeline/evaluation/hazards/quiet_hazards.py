"""Hazards that speak softly, on posts of our own that were frozen before their example sentences were widened.

Mourning of a known person, calls to shun a brand, private lives, trouble with the law, inequality, violence at home:
half of the posts speak of it, half only sound like it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from configs.settings import convert, read_toml
from pipeline.enrich.hazards.heads import POST_THRESHOLD
from pipeline.signals.hazards.mourning import with_mourning
from pipeline.signals.hazards.topic_hazards import topic_hazards
from pipeline.text.words import clean
from pipeline.training.figures import Figure
from pipeline.types import FloatArray

QUIET = Path(__file__).with_name("blind_quiet_hazards.toml")


class QuietTheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Six posts that could be one topic; naming one of the hazards ``any`` is right, or wrong of look-alikes."""

    any: tuple[str, ...]
    language: Literal["en", "it"]
    posts: tuple[str, ...]


class QuietThemes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``quiet`` themes speak of a hazard, ``alike`` ones only sound like it."""

    quiet: tuple[QuietTheme, ...]
    alike: tuple[QuietTheme, ...]


def load_quiet(path: Path = QUIET) -> QuietThemes:
    """Read the frozen file.

    Examples
    --------
    >>> sum(len(theme.posts) for theme in load_quiet().quiet)
    144
    """
    return convert(read_toml(path), QuietThemes, str(path))


def quiet_figures(
    names: Sequence[str],
    tiers: Sequence[Literal["floor", "high", "medium", "low"]],
    score: Callable[[Sequence[str]], FloatArray],
    note: str = "",
    themes: QuietThemes | None = None,
) -> Iterator[Figure]:
    """How well posts and themes that speak of a hazard are told from those that only sound like it.

    Parameters
    ----------
    names, tiers
        One entry per column of the strengths.
    score
        Strengths ``(n, h)`` of ``n`` cleaned posts.
    note
        What was held out.
    themes
        Default: the frozen ones.
    """
    from sklearn.metrics import roc_auc_score

    held = themes or load_quiet()
    for language in ("en", "it"):
        found: dict[bool, list[tuple[QuietTheme, FloatArray]]] = {True: [], False: []}
        for speaks, some in ((True, held.quiet), (False, held.alike)):
            for theme in some:
                if theme.language == language:
                    found[speaks].append((theme, score([clean(post) for post in theme.posts])))
        strongest = {
            speaks: np.concatenate([_of(theme, rows, names).max(axis=1) for theme, rows in some])
            for speaks, some in found.items()
        }
        truth = np.repeat([True, False], [len(strongest[True]), len(strongest[False])])
        auc = roc_auc_score(truth, np.concatenate([strongest[True], strongest[False]]))
        yield Figure(f"{language}, quiet hazards: AUC of posts", float(auc), len(truth), note=note)
        for speaks, what in ((True, "posts heard"), (False, "look-alikes heard")):
            share = float((strongest[speaks] >= POST_THRESHOLD).mean())
            yield Figure(
                f"{language}, quiet hazards: {what}", share, len(strongest[speaks]), lower_is_better=not speaks
            )
        for speaks, what in ((True, "themes of six named"), (False, "look-alike themes named")):
            named = [_is_named(theme, rows, names, tiers) for theme, rows in found[speaks]]
            odd = [theme.any[0] for (theme, _), it in zip(found[speaks], named, strict=True) if it != speaks]
            yield Figure(
                f"{language}, quiet hazards: {what}",
                float(np.mean(named)),
                len(named),
                lower_is_better=not speaks,
                note=f"{'missed' if speaks else 'heard'}: {', '.join(odd) or 'none'}",
            )


def _of(theme: QuietTheme, rows: FloatArray, names: Sequence[str]) -> FloatArray:
    return rows[:, [names.index(name) for name in theme.any]]


def _is_named(
    theme: QuietTheme,
    rows: FloatArray,
    names: Sequence[str],
    tiers: Sequence[Literal["floor", "high", "medium", "low"]],
) -> bool:
    posts = [clean(post) for post in theme.posts]
    ids = [str(i) for i in range(len(posts))]
    heard = topic_hazards(names, tiers, with_mourning(names, rows, posts), ids, [None] * len(ids))
    return any(hazard.name in theme.any for hazard in heard)
