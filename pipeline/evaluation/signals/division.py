"""How division does: with camps hidden, with campaign hashtags visible, and on topics that nobody is divided about."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.signals.stance_bags import (
    StanceTarget,
    bag_auc,
    hashtags_in,
    load_targets,
    plain_trace,
    read_rows,
    trace_of,
)
from pipeline.signals.polarization.camps import find_camps
from pipeline.signals.polarization.division import MIN_POSTS, Division
from pipeline.text.words import clean
from pipeline.topics.memory.recent_posts import MAX_PER_TOPIC
from pipeline.training.figures import Figure
from pipeline.types import Score
from pipeline.types.traces import PostTrace, TopicPosts

BAR = 0.80
DIVIDED = 0.1
"""An everyday topic above it is counted as a false alarm."""
MAX_COST_MS = 20.0

_ORDINARY: tuple[tuple[str, str, Callable[[dict[str, Any]], str | None]], ...] = (
    ("everyday hashtags", "polarization/troll_topics_en", lambda r: _of_group(r, "non_polarized")),
    ("game hashtags", "polarization/troll_topics_en", lambda r: _of_group(r, "non_polarized_game")),
    ("airline reviews", "streams/airline_2015", lambda r: str(r.get("brand"))),
    ("world cup day", "streams/fifa_2022_day1", lambda r: "day"),
    ("disasters", "clustering/crisislex_2012", lambda r: r["label"]),
)


def division_figures(data: Path) -> tuple[Figure, ...]:
    """All figures of :mod:`pipeline.signals.polarization.division`; about half a minute.

    Parameters
    ----------
    data
        Folder of the lab data.

    Raises
    ------
    InputError
        A file is missing.
    """
    targets = load_targets(data)
    return (
        *_bag_figures(targets, hidden=True),
        *_bag_figures(targets, hidden=False),
        *_side_figures(targets),
        *_contested_figures(data),
        *(_ordinary_figure(data, *row) for row in _ORDINARY),
        _cost_figure(targets),
    )


def _bag_figures(targets: Sequence[StanceTarget], *, hidden: bool) -> Iterator[Figure]:
    """A bag without an answer scores 0: silence is never a division."""
    shown = "hidden" if hidden else "visible"
    by_language: dict[str, list[float]] = {}
    for target in targets:
        traces = [trace_of(i, post, hidden=hidden) for i, post in enumerate(target.posts)]
        answered: list[bool] = []

        def score(rows: NDArray[np.intp], traces: Sequence[PostTrace] = traces, said: list[bool] = answered) -> float:
            found = _measure([traces[row] for row in rows])
            said.append(found is not None)
            return 0.0 if found is None else found.value

        auc = bag_auc(target, score)
        by_language.setdefault(target.language, []).append(auc)
        note = f"{target.language}, {np.mean(answered):.0%} of bags answered"
        yield Figure(f"AUC {target.name}, hashtags {shown}", auc, len(answered), note=note)
    for language, aucs in by_language.items():
        name = f"AUC mean over targets {language}, hashtags {shown}"
        # the bar is for camps hidden; with campaign hashtags visible it is another, easier question
        bar = BAR if hidden else None
        yield Figure(name, float(np.mean(aucs)), len(aucs), bar=bar, note="trained on nothing")


def _side_figures(targets: Sequence[StanceTarget]) -> Iterator[Figure]:
    """Of the posts that declare a side, how many declare that of their label: all posts of a target at once."""
    for hidden in (True, False):
        right = declared = 0
        for target in targets:
            signs = np.array(find_camps([trace_of(i, p, hidden=hidden) for i, p in enumerate(target.posts)]).post_sides)
            right += _agreeing(signs, np.array([post.is_for for post in target.posts]))
            declared += int(np.count_nonzero(signs))
        shown = "hidden" if hidden else "visible"
        note = "the better of the two orientations, per target"
        yield Figure(f"declared posts on their side, hashtags {shown}", right / max(declared, 1), declared, note=note)


def _contested_figures(data: Path) -> Iterator[Figure]:
    """Contested hashtags of accounts whose camp is known and hidden."""
    right = declared = 0
    answered = []
    for rows in _topics(data, "polarization/troll_topics_en", lambda r: _of_group(r, "polarized")).values():
        traces = _traces(rows)
        answered.append(_measure(traces) is not None)
        signs = np.array(find_camps(traces).post_sides)
        is_right = np.array([row["label"] == "right" for row in rows])
        known = np.array([row["label"] in ("left", "right") for row in rows])
        if answered[-1]:
            right += _agreeing(signs[known], is_right[known])
            declared += int(np.count_nonzero(signs[known]))
    yield Figure("contested hashtags answered", float(np.mean(answered)), len(answered), note="of 256 posts each")
    yield Figure("declared posts on their account's side", right / max(declared, 1), declared, note="where answered")


def _ordinary_figure(data: Path, name: str, file: str, topic: Callable[[dict[str, Any]], str | None]) -> Figure:
    scores = [_measure(_traces(rows)) for rows in _topics(data, file, topic).values()]
    false = [score is not None and score.value >= DIVIDED for score in scores]
    note = f"called divided at D ≥ {DIVIDED}; answered {sum(score is not None for score in scores)}"
    return Figure(f"false alarms, {name}", float(np.mean(false)), len(scores), lower_is_better=True, note=note)


def _cost_figure(targets: Sequence[StanceTarget]) -> Figure:
    target = targets[-1]
    traces = [trace_of(i, post, hidden=False) for i, post in enumerate(target.posts[:MAX_PER_TOPIC])]
    spent = []
    for _ in range(20):
        start = time.process_time()
        _measure(traces)
        spent.append((time.process_time() - start) * 1000)
    return Figure(
        f"ms a topic of {len(traces)} posts", float(np.median(spent)), len(spent), bar=MAX_COST_MS, lower_is_better=True
    )


def _measure(traces: Sequence[PostTrace]) -> Score | None:
    measure = Division()
    measure.update(TopicPosts(traces, np.zeros((len(traces), 0), np.float32)))
    return measure.get()


def _agreeing(signs: NDArray[np.intp], truth: NDArray[np.bool_]) -> int:
    """Declared posts whose sign goes with the truth, whichever sign means which camp."""
    same = int(np.count_nonzero((signs > 0) & truth) + np.count_nonzero((signs < 0) & ~truth))
    return max(same, int(np.count_nonzero(signs)) - same)


def _topics(
    data: Path, file: str, topic: Callable[[dict[str, Any]], str | None]
) -> Mapping[tuple[str, int], list[dict[str, Any]]]:
    """Distinct posts by topic, cut into stretches as long as what a topic remembers."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in read_rows(data / f"{file}.jsonl.gz"):
        name = topic(row)
        if name is not None:
            found.setdefault(name, {}).setdefault(clean(row["text"]).lower(), row)
    return {
        (name, start): list(rows.values())[start : start + MAX_PER_TOPIC]
        for name, rows in found.items()
        for start in range(0, len(rows), MAX_PER_TOPIC)
        if len(rows) - start >= MIN_POSTS
    }


def _traces(rows: Sequence[dict[str, Any]]) -> list[PostTrace]:
    return [
        plain_trace(i, clean(row["text"]), row.get("author"), hashtags_in(row["text"])) for i, row in enumerate(rows)
    ]


def _of_group(row: dict[str, Any], group: str) -> str | None:
    return str(row["target"]) if row["group"] == group else None
