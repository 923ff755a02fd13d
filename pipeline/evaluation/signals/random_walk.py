"""The random-walk measure: against exact and sampled walks, on public retweet graphs, and its cost on a topic's size.

Source of the graphs: Garimella et al., "Quantifying controversy on social media", 2018; the labels were typed from
memory of the paper.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import diags
from scipy.sparse.linalg import splu

from configs.errors import InputError
from pipeline.signals.polarization.random_walk import Links, RandomWalk, hubs_of, largest_part, random_walk
from pipeline.signals.polarization.two_sides import Blocks, two_sides
from pipeline.training.figures import Figure
from pipeline.training.heat.fit_heat import area_under_curve

NULLS_OF_LARGE = 5
SAMPLED_WALKS = 2_000
SAMPLED_STEPS = 100
TOPIC_LINKS = 256
COST_BAR_MS = 10.0
CORRELATION_BAR = 0.985
REPEATS = 5

Tell = Callable[[str, int, int], None]


def random_walk_figures(data: Path, tell: Tell) -> tuple[Figure, ...]:
    """Figures of the measure.

    Raises
    ------
    InputError
        The graphs are missing.
    """
    graphs = read_graphs(data / "polarization" / "graphs")
    truth, found, exact, sampled = [], [], [], []
    for number, (name, is_controversial, pairs) in enumerate(graphs):
        tell(f"graph {name}", number, len(graphs))
        walk = random_walk(pairs, nulls=NULLS_OF_LARGE)
        if walk is None:
            continue
        blocks = Blocks.of([largest_part(pairs)[0]])
        group = two_sides(blocks)
        truth.append(is_controversial)
        found.append(walk)
        exact.append(exact_controversy(blocks, group))
        sampled.append(sampled_controversy(blocks, group, np.random.default_rng(0)))
    is_hot = np.array(truth)

    def auc(read: Callable[[RandomWalk], float]) -> float:
        values = np.array([read(walk) for walk in found])
        return area_under_curve(values[is_hot], values[~is_hot])

    observed = [walk.observed for walk in found]
    n = len(found)
    return (
        Figure("AUC of the excess over the null", auc(lambda walk: walk.excess.value), n, note="public retweet graphs"),
        Figure("AUC without the null", auc(lambda walk: walk.observed), n, note="public retweet graphs"),
        Figure("AUC of the null alone", auc(lambda walk: walk.null), n, note="size and degrees alone"),
        Figure("correlation with exact walks", _correlation(observed, exact), n, CORRELATION_BAR),
        Figure("correlation of 2,000 sampled walks with exact ones", _correlation(sampled, exact), n),
        *_topic_figures(),
    )


def read_graphs(folder: Path) -> list[tuple[str, bool, Links]]:
    """Name, whether it is labelled controversial, and links of every graph that is there, by file name.

    Raises
    ------
    InputError
        The folder or its list is missing.
    """
    try:
        topics = json.loads((folder / "topics.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{folder}: no topics.json ({error.strerror}); name the folder of the lab data with --data"
        ) from error
    out = []
    for topic in sorted(topics, key=lambda topic: str(topic["file"])):
        path = folder / topic["file"]
        if path.is_file():
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                links = np.loadtxt(lines, dtype=np.int64, ndmin=2, usecols=(0, 1))
            out.append((str(topic["topic"]), topic["label"] == "controversial", links))
    return out


def planted_camps(links: int, authors: int, across: float, rng: np.random.Generator) -> Links:
    """A made graph of two equal camps, ``(links, 2)``: a share ``across`` of the links goes to the other camp.

    Examples
    --------
    >>> planted_camps(5, 10, 0.0, np.random.default_rng(0)).shape
    (5, 2)
    """
    half = authors // 2
    camp = rng.integers(0, 2, links)
    other = np.where(rng.random(links) < across, 1 - camp, camp)
    # few are answered by many, as in any topic
    popular = np.minimum(rng.pareto(1.5, links).astype(np.int64), half - 1)
    return np.stack([rng.integers(0, half, links) + half * camp, popular + half * other], axis=1)


def exact_controversy(blocks: Blocks, group: NDArray[np.int64]) -> float:
    """The measure with walks of any length, by solving for their ends; of one graph.

    Examples
    --------
    >>> from pipeline.signals.polarization.random_walk import controversy
    >>> links, _ = largest_part(planted_camps(200, 60, 0.05, np.random.default_rng(0)))
    >>> blocks = Blocks.of([links])
    >>> bool(abs(exact_controversy(blocks, two_sides(blocks)) - controversy(blocks)[0]) < 0.05)
    True
    """
    hubs = hubs_of(blocks, group)
    free = np.setdiff1d(np.arange(len(group)), hubs)
    chance = np.zeros(len(group))
    chance[hubs] = 1.0 - group[hubs]
    if len(free):
        rows: Any = blocks.links[free]
        system = (diags(blocks.degree[free]) - rows[:, free]).tocsc()
        chance[free] = splu(system).solve(rows @ chance)
    first = np.array([chance[group == side].mean() for side in (0, 1)])
    return _from_ends(np.stack([first, 1 - first], axis=1))


def sampled_controversy(blocks: Blocks, group: NDArray[np.int64], rng: np.random.Generator) -> float:
    """The measure from ``SAMPLED_WALKS`` walks, as in the paper; of one graph."""
    hubs = hubs_of(blocks, group)
    end_at = np.full(len(group), -1)
    end_at[hubs] = group[hubs]
    each = SAMPLED_WALKS // 2
    place = np.concatenate([rng.choice(np.flatnonzero(group == side), each) for side in (0, 1)])
    began, ended = np.repeat((0, 1), each), end_at[place].copy()
    for _ in range(SAMPLED_STEPS):
        under_way = np.flatnonzero(ended < 0)
        here = place[under_way]
        step = (rng.random(len(here)) * blocks.degree[here]).astype(np.int64)
        place[under_way] = blocks.links.indices[blocks.links.indptr[here] + step]
        ended[under_way] = end_at[place[under_way]]
    counts = [[float(((began == side) & (ended == end)).sum()) + 0.5 for end in (0, 1)] for side in (0, 1)]
    return _from_ends(np.array(counts))


def _topic_figures() -> tuple[Figure, ...]:
    rng = np.random.default_rng(0)
    split = [planted_camps(TOPIC_LINKS, 150, 0.02, rng) for _ in range(20)]
    mixed = [planted_camps(TOPIC_LINKS, 150, 0.5, rng) for _ in range(20)]
    spent = []
    for pairs in split + mixed:
        times = []
        for _ in range(REPEATS):
            started = time.process_time()
            random_walk(pairs)
            times.append(time.process_time() - started)
        spent.append(min(times))
    excess = [[walk.excess.value for pairs in kind if (walk := random_walk(pairs))] for kind in (split, mixed)]
    auc = area_under_curve(np.array(excess[0]), np.array(excess[1]))
    cost = 1_000 * float(np.median(spent))
    note = f"best of {REPEATS}, {TOPIC_LINKS} links, null included"
    return (
        Figure("AUC made camps / made mixed graphs", auc, len(excess[0]) + len(excess[1]), note="not real posts"),
        Figure("processor ms a topic update", cost, len(spent), COST_BAR_MS, True, note=note),
    )


def _from_ends(reached: NDArray[np.float64]) -> float:
    began = reached / reached.sum(axis=0)
    return float(began[0, 0] * began[1, 1] - began[1, 0] * began[0, 1])


def _correlation(one: list[float], other: list[float]) -> float:
    return float(np.corrcoef(one, other)[0, 1])
