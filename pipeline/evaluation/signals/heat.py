"""Heat on topics nobody fitted it on: contested hashtags, everyday ones, games, Italian material, disasters.

Bags are random draws without repetition from one hashtag, label or event, scored by the measure that ships.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.lab_posts import UNTRAINED_DISASTER, Key, LabScorer, lab_rows
from pipeline.signals.polarization.heat import DISASTERS, Heat
from pipeline.signals.polarization.heat_scale import CONTESTED, HOSTILITY, NEGATIVE_FROM
from pipeline.training.figures import Figure
from pipeline.training.heat.fit_heat import area_under_curve
from pipeline.types.traces import PostTrace, TopicPosts

SIZES = (10, 30, 50, 100, 200)
BAR_SIZE = 50
DRAWS = 10
MOST_POSTS = 300
"""Posts taken of one hashtag, label or event."""
RESAMPLES = 1_000
AUC_BAR = 0.95

Bags = dict[str, list[float | None]]
"""Heat of each bag by topic; ``None``: not enough evidence or a disaster."""

ENGLISH = {
    "contested": "polarized",
    "everyday": "non_polarized",
    "games": "non_polarized_game",
}
ORGANIC: tuple[tuple[str, Key], ...] = (
    ("risk/en_crisis_crisislext6", lambda r: f"unrelated {r['event']}" if r["label"] == "off-topic" else None),
    ("streams/airline_2015", lambda r: f"airline {r['label'] or r['brand']}"),
    ("streams/fifa_2022_day1", lambda r: f"fifa {r['created_at'][:13]}"),
)
"""Everyday English posts of ordinary people; airline complaints are angry at a company, not at each other."""

ITALIAN_CONTESTED: tuple[tuple[str, Key], ...] = (
    ("risk/it_politics_sentipolc16", lambda r: "political" if r["label"] == "political" else None),
    ("polarization/conref_stance_it", lambda r: "referendum replies"),
    ("polarization/tw_stance_it_fr", lambda r: "referendum campaign" if r["lang"] == "it" else None),
    ("streams/it_election_2022_sample", lambda r: "election 2022"),
    ("streams/ira_it", lambda r: _first_tag(r, {"pd", "renzi", "m5s", "migranti", "trump", "grillo", "siria"})),
)
ITALIAN_EVERYDAY: tuple[tuple[str, Key], ...] = (
    ("risk/it_politics_sentipolc16", lambda r: "generic" if r["label"] == "generic" else None),
    ("risk/it_topic_sib200", lambda r: f"sib {r['label']}"),
    ("streams/ira_it", lambda r: _first_tag(r, {"napoli", "seriea", "milan", "inter", "juventus", "juve", "canale50"})),
)
CRISES: tuple[tuple[str, str, Key], ...] = (
    ("en", "clustering/crisislex_2012", lambda r: r["label"] if r["lang"] == "en" else None),
    ("it", "clustering/crisislex_2012", lambda r: f"{r['label']} it" if r["label"] and r["lang"] == "it" else None),
    ("en", "risk/en_crisis_crisislext6", lambda r: r["event"] if r["label"] == "on-topic" else None),
    ("en", "risk/en_crisis_nlpgettingstarted", lambda r: UNSEEN if r["label"] == "disaster" else None),
)
UNSEEN = "mixed disasters"
"""Posts on many disasters that no head was trained on (nlp-getting-started)."""

Tell = Callable[[str, int, int], None]


def heat_figures(data: Path, scorer: LabScorer, tell: Tell) -> tuple[tuple[Figure, ...], tuple[Figure, ...]]:
    """Figures of contested against everyday topics, and of disasters.

    Raises
    ------
    InputError
        A lab file is missing.
    """
    rng = np.random.default_rng(0)
    tell("posts of 42 hashtags", 0, 3)
    english = {
        kind: scorer.groups(lab_rows(data, "polarization/troll_topics_en"), _of_group(group), "en", MOST_POSTS)
        for kind, group in ENGLISH.items()
    }
    organic = _collect(data, scorer, ((("en", *source)) for source in ORGANIC))
    tell("Italian posts", 1, 3)
    contested_it = _collect(data, scorer, (("it", *source) for source in ITALIAN_CONTESTED))
    everyday_it = _collect(data, scorer, (("it", *source) for source in ITALIAN_EVERYDAY))
    tell("disasters", 2, 3)
    crises = _collect(data, scorer, CRISES)
    heat = (
        *_english_figures(english, organic, rng),
        *_italian_figures(contested_it, everyday_it, rng),
    )
    return heat, _disaster_figures(crises, rng)


def bags(topics: Mapping[str, list[PostTrace]], size: int, rng: np.random.Generator, draws: int = DRAWS) -> Bags:
    """Heat of ``draws`` random bags of each topic; topics with fewer posts give one bag of all they have, if half."""
    out: Bags = {}
    for topic, traces in topics.items():
        if 2 * len(traces) < size:
            continue
        n = min(size, len(traces))
        out[topic] = [_heat([traces[i] for i in rng.choice(len(traces), n, replace=False)]) for _ in range(draws)]
    return out


def separation(positive: Bags, negative: Bags, rng: np.random.Generator) -> tuple[float, float, float]:
    """AUC of the bags that have a heat, and its 90 % interval from drawing whole topics.

    Examples
    --------
    >>> separation({"a": [0.9], "b": [0.8]}, {"c": [0.1]}, np.random.default_rng(0))
    (1.0, 1.0, 1.0)
    """
    sides = [[_known(values) for values in side.values() if _known(values).size] for side in (positive, negative)]
    drawn = [
        area_under_curve(*(np.concatenate([side[i] for i in rng.integers(0, len(side), len(side))]) for side in sides))
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(drawn, (0.05, 0.95)).tolist()
    return area_under_curve(*(np.concatenate(side) for side in sides)), low, high


def _english_figures(
    topics: Mapping[str, Mapping[str, list[PostTrace]]],
    organic: Mapping[str, list[PostTrace]],
    rng: np.random.Generator,
) -> Iterable[Figure]:
    for size in SIZES:
        found = {kind: bags(posts, size, rng) for kind, posts in topics.items()}
        auc, low, high = separation(found["contested"], found["everyday"], rng)
        n = len(found["contested"]) + len(found["everyday"])
        bar = AUC_BAR if size == BAR_SIZE else None
        yield Figure(f"en AUC contested / everyday, {size} posts", auc, n, bar, low=low, high=high, note="hashtags")
        if size != BAR_SIZE:
            continue
        auc, low, high = separation(found["contested"], found["games"], rng)
        n = len(found["contested"]) + len(found["games"])
        yield Figure(f"en AUC contested / word games, {size} posts", auc, n, low=low, high=high, note="hashtags")
        yield from _single_figures(topics, rng)
        for kind, values in found.items():
            yield _above(f"en {kind} bags called contested", values)
    yield _above("en ordinary bags called contested", bags(organic, BAR_SIZE, rng))


def _single_figures(topics: Mapping[str, Mapping[str, list[PostTrace]]], rng: np.random.Generator) -> Iterable[Figure]:
    """What each signal would do alone, as the plain mean over a bag: what the scale is made of, and what it is not."""
    for name, read in SINGLE.items():
        means = {
            kind: {topic: _bag_means([read(trace) for trace in traces], rng) for topic, traces in posts.items()}
            for kind, posts in topics.items()
        }
        for other in ("everyday", "games"):
            auc, low, high = separation(means["contested"], means[other], rng)
            n = len(means["contested"]) + len(means[other])
            yield Figure(f"en AUC {name} alone, contested / {other}", auc, n, low=low, high=high, note="hashtags")


def _bag_means(values: list[float], rng: np.random.Generator) -> list[float | None]:
    n = min(BAR_SIZE, len(values))
    return [float(np.mean(rng.choice(values, n, replace=False))) for _ in range(DRAWS)]


def _strength_of(trace: PostTrace, hazard: str) -> float:
    return dict(trace.hazards).get(hazard, 0.0)


SINGLE: Mapping[str, Callable[[PostTrace], float]] = {
    "negative share": lambda trace: float(trace.negative >= NEGATIVE_FROM),
    "offensiveness": lambda trace: trace.offensive,
    "hostility": lambda trace: _strength_of(trace, HOSTILITY),
    "anger": lambda trace: 0.0 if trace.emotions is None else trace.emotions[0],
    "lack of joy": lambda trace: 1 - trace.positive,
    "politics": lambda trace: _strength_of(trace, "politics"),
}
"""The first three make the scale; the others were tried."""


def _italian_figures(
    contested: Mapping[str, list[PostTrace]], everyday: Mapping[str, list[PostTrace]], rng: np.random.Generator
) -> Iterable[Figure]:
    hot, calm = bags(contested, BAR_SIZE, rng), bags(everyday, BAR_SIZE, rng)
    auc, low, high = separation(hot, calm, rng)
    yield Figure(
        "it AUC contested / everyday, 50 posts", auc, len(hot) + len(calm), low=low, high=high, note="weak truth"
    )
    for topic, values in hot.items():
        known = _known(values)
        if known.size:
            yield Figure(f"it mean heat, {topic}", float(known.mean()), len(known), note="weak truth")
    yield _above("it contested bags called contested", hot)
    yield _above("it everyday bags called contested", calm)


def _disaster_figures(crises: Mapping[str, list[PostTrace]], rng: np.random.Generator) -> tuple[Figure, ...]:
    unseen = {topic: traces for topic, traces in crises.items() if topic == UNSEEN}
    events = {topic: traces for topic, traces in crises.items() if topic != UNSEEN}
    figures = []
    for name, topics, note in (
        ("crisis events", events, "head trained on them"),
        ("crisis events, sentences alone", _by_sentences(events), "nothing trained on them"),
        (UNSEEN, unseen, "never trained on"),
    ):
        values = bags(topics, BAR_SIZE, rng, draws=4 * DRAWS)
        every = [value for some in values.values() for value in some]
        above = sum(value is not None and value >= CONTESTED for value in every) / len(every)
        silent = sum(value is None for value in every) / len(every)
        figures.append(Figure(f"{name}: called contested", above, len(every), 0.0, True, note=note))
        figures.append(Figure(f"{name}: no heat given", silent, len(every), note=note))
    plain = bags({topic: [_unwarned(trace) for trace in traces] for topic, traces in events.items()}, BAR_SIZE, rng)
    figures.append(_above("crisis events were disasters not excluded", plain))
    return tuple(figures)


def _above(name: str, values: Bags) -> Figure:
    every = [value for some in values.values() for value in some]
    share = sum(value is not None and value >= CONTESTED for value in every) / len(every)
    return Figure(name, share, len(every), note=f"bags of {BAR_SIZE}, heat ≥ {CONTESTED}")


def _by_sentences(topics: Mapping[str, list[PostTrace]]) -> dict[str, list[PostTrace]]:
    """The hazard ``disaster`` as it would be without the trained head."""

    def again(trace: PostTrace) -> PostTrace:
        others = tuple((name, value) for name, value in trace.hazards if name != "disaster")
        untrained = dict(trace.hazards)[UNTRAINED_DISASTER]
        return msgspec.structs.replace(trace, hazards=(*others, ("disaster", untrained)))

    return {topic: [again(trace) for trace in traces] for topic, traces in topics.items()}


def _unwarned(trace: PostTrace) -> PostTrace:
    return msgspec.structs.replace(trace, hazards=tuple(pair for pair in trace.hazards if pair[0] not in DISASTERS))


def _heat(traces: list[PostTrace]) -> float | None:
    measure = Heat()
    measure.update(TopicPosts(traces, np.zeros((len(traces), 0), np.float32)))
    score = measure.get()
    return None if score is None else score.value


def _known(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([value for value in values if value is not None], np.float64)


def _of_group(group: str) -> Key:
    return lambda row: row["target"] if row["group"] == group else None


def _first_tag(row: Mapping[str, object], wanted: set[str]) -> str | None:
    tags = row["hashtags"]
    assert isinstance(tags, list)
    return next((f"#{tag.lower()}" for tag in tags if tag.lower() in wanted), None)


def _collect(data: Path, scorer: LabScorer, sources: Iterable[tuple[str, str, Key]]) -> dict[str, list[PostTrace]]:
    out: dict[str, list[PostTrace]] = {}
    for language, name, key in sources:
        out |= scorer.groups(lab_rows(data, name), key, language, MOST_POSTS)
    return out
