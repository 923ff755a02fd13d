"""Hazards measured on topics and posts they were not fitted on: what ``trendsieve eval risk`` prints about them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.settings import CONFIGS_DIR
from pipeline.enrich.hazards.heads import POST_THRESHOLD, HazardModel, fit_hazards
from pipeline.enrich.hazards.seeds import HazardSeeds, load_seeds
from pipeline.evaluation.hazards.hazard_topics import CRISES, EVERYDAY, SUBJECTS, Group, bags, by_language, read_groups
from pipeline.evaluation.hazards.quiet_hazards import load_quiet, quiet_figures
from pipeline.signals.hazards.topic_hazards import topic_hazards
from pipeline.text.words import clean
from pipeline.training.figures import Figure
from pipeline.training.remembering_encoder import RememberingEncoder
from pipeline.training.sentiment import training_data
from pipeline.training.sentiment.train_heads import Table, binary_head, embedded
from pipeline.types import FloatArray

BLIND = Path(__file__).with_name("blind_hazards.toml")
"""Posts of our own, scored before anything was chosen on them; never example sentences."""
TOPIC_POSTS = 20
NEAR = 0.6
"""Cosine from which a sentence counts as a paraphrase of what is scored."""
DISASTER_PRIOR = 0.2

OnStep = Callable[[str, int, int], None]
Strengths = Callable[[Sequence[str]], FloatArray]
Head = Callable[[FloatArray], NDArray[np.float32]]


@dataclass(frozen=True)
class _Run:
    """Strengths ``(n, h)`` of crises and of everyday topics, under one disaster head."""

    grave: Sequence[FloatArray]
    calm: Sequence[FloatArray]


class HazardFigures:
    """Measures the hazards that ship with one encoder.

    Parameters
    ----------
    data
        Folder of the lab data.
    encoder
        Remembers the vectors of every text.
    """

    def __init__(self, data: Path, encoder: RememberingEncoder) -> None:
        self._data = data
        self._encoder = encoder
        self._seeds = load_seeds(CONFIGS_DIR / "hazards.toml")
        self._model = fit_hazards(self._seeds, encoder)

    def crises(self, on_step: OnStep) -> tuple[Figure, ...]:
        """Topics of crises against everyday topics; the disaster head is refitted without the event.

        "Sentences only" has no trained head at all: what a new kind of event would meet.
        """
        crises, everyday = by_language(read_groups(self._data, CRISES)), by_language(read_groups(self._data, EVERYDAY))
        table = embedded(training_data.disaster(self._data), self._encoder)
        # the encyclopedic sentences are among the everyday topics here
        table = table.where(table.groups != "sib200")
        events = sorted({group.name for language in ("en", "it") for group in crises[language]})
        runs: dict[str, list[_Run]] = {"en": [], "it": []}
        spoken: dict[str, list[_Run]] = {"en": [], "it": []}
        for i, event in enumerate(events):
            on_step(f"disaster head without {event}", i, len(events))
            head = _disaster_head(table.where(table.groups != event))
            for language, done in runs.items():
                of_event = [group for group in crises[language] if group.name == event]
                if of_event:
                    grave = self._rows(of_event, head)
                    done.append(_Run(grave, self._rows(everyday[language], head)))
                    spoken[language].append(_Run(_cut(grave, TOPIC_POSTS), self._figurative(language, head)))
        on_step("sentences only", 0, 0)
        against_speech = tuple(figure for language in spoken for figure in self._speech_figures(language, spoken))
        return against_speech + tuple(
            figure
            for language, done in runs.items()
            for size in (8, TOPIC_POSTS, 50)
            for figure in self._crisis_figures(
                f"{language}, topics of {size}",
                [_Run(_cut(run.grave, size), _cut(run.calm, size)) for run in done],
                _Run(*(_cut(self._rows(side[language], None), size) for side in (crises, everyday))),
                size == TOPIC_POSTS,
            )
        )

    def _crisis_figures(self, name: str, runs: Sequence[_Run], alone: _Run, barred: bool) -> Iterator[Figure]:
        """Every event counts by its topics; everyday topics are judged once per left-out event."""
        found = [raises_floor(self._model, bag) for run in runs for bag in run.grave]
        false = [raises_floor(self._model, bag) for run in runs for bag in run.calm]
        auc = np.average([self._auc(run) for run in runs if run.grave], weights=[len(r.grave) for r in runs if r.grave])
        note = f"{len(runs)} events left out one by one, {len(alone.calm)} everyday topics"
        yield Figure(f"{name}: AUC", float(auc), len(found), 0.99 if barred else None, note=note)
        yield Figure(f"{name}: crises found", float(np.mean(found)), len(found), 0.95 if barred else None)
        yield Figure(f"{name}: false alarms", float(np.mean(false)), len(alone.calm), 0.02 if barred else None, True)
        yield Figure(f"{name}: AUC, sentences only", self._auc(alone), len(alone.grave), note="no trained head")

    def _speech_figures(self, language: str, spoken: Mapping[str, Sequence[_Run]]) -> Iterator[Figure]:
        """The crises of before against topics of figures of speech alone."""
        runs = [run for run in spoken[language] if run.grave]
        auc = np.average([self._auc(run) for run in runs], weights=[len(run.grave) for run in runs])
        raised = [raises_floor(self._model, bag) for run in runs for bag in run.calm]
        n_clusters = len(runs[0].calm)
        note = f"{sum(len(run.grave) for run in runs)} crises, events left out; {n_clusters} pairs of blind themes"
        name = f"{language}, topics of {TOPIC_POSTS} against figures of speech"
        yield Figure(f"{name}: AUC", float(auc), n_clusters, 0.98, note=note)
        yield Figure(f"{name}: raised", float(np.mean(raised)), n_clusters, lower_is_better=True)

    def _figurative(self, language: str, head: Head) -> list[FloatArray]:
        """Topics of ``TOPIC_POSTS`` figures of speech: every pair of themes of ten."""
        blind = tomllib.loads(BLIND.read_text(encoding="utf-8"))
        score = self._strengths(self._model, head)
        themes = [
            score([clean(p) for p in theme["posts"]]) for theme in blind["metaphor"] if theme["language"] == language
        ]
        return [np.vstack(pair) for pair in combinations(themes, 2)]

    def _auc(self, run: _Run) -> float:
        from sklearn.metrics import roc_auc_score

        shares = [floor_share(self._model, bag) for bag in (*run.calm, *run.grave)]
        return float(roc_auc_score([False] * len(run.calm) + [True] * len(run.grave), shares))

    def metaphors(self, on_step: OnStep) -> tuple[Figure, ...]:
        """Themes of ten posts: figures of speech against crises behind innocent hashtags (:data:`BLIND`)."""
        on_step("figures of speech", 0, 0)
        blind = tomllib.loads(BLIND.read_text(encoding="utf-8"))
        posts = [clean(post) for themes in blind.values() for theme in themes for post in theme["posts"]]
        far = without_near(self._seeds, self._encoder, posts)
        n_left = _n_sentences(self._seeds) - _n_sentences(far)
        figures: list[Figure] = []
        for model, note in (
            (self._model, "without a trained head"),
            (fit_hazards(far, self._encoder), f"{n_left} sentences near the posts left out too"),
        ):
            for language in ("en", "it"):
                figures += _metaphor_figures(blind, language, model, self._strengths(model), note)
        return tuple(figures)

    def quiet(self, on_step: OnStep) -> tuple[Figure, ...]:
        """Mourning, shunned brands, private lives and the like against posts that only sound like them."""
        on_step("quiet hazards", 0, 0)
        held = load_quiet()
        posts = [clean(post) for theme in (*held.quiet, *held.alike) for post in theme.posts]
        far = without_near(self._seeds, self._encoder, posts)
        near = f"{_n_sentences(self._seeds) - _n_sentences(far)} sentences near the posts left out too"
        return tuple(
            figure
            for model, note in ((self._model, ""), (fit_hazards(far, self._encoder), near))
            for figure in quiet_figures(model.names, model.tiers, self._strengths(model), note)
        )

    def subjects(self, on_step: OnStep) -> tuple[Figure, ...]:
        """Posts with labels: the AUC of one hazard; every theme is unseen, for nothing is fitted on any of them."""
        from sklearn.metrics import roc_auc_score

        figures = []
        score = self._strengths(self._model)
        for i, (hazard, theme, yes, no) in enumerate(SUBJECTS):
            on_step(f"{hazard}: {theme}", i, len(SUBJECTS))
            column = self._model.names.index(hazard)
            present, absent = (
                np.concatenate([score(g.texts)[:, column] for g in read_groups(self._data, (source,), 2_000)])
                for source in (yes, no)
            )
            truth = [True] * len(present) + [False] * len(absent)
            value = float(roc_auc_score(truth, np.concatenate([present, absent])))
            figures.append(Figure(f"{hazard} {theme}", value, len(truth), 0.95, note=yes.file))
        return tuple(figures)

    def scenarios(self, on_step: OnStep) -> tuple[Figure, ...]:
        """The one-line trends of the scenario cases, with a model fitted without the sentences near any of them."""
        on_step("scenario cases", 0, 0)
        cases = json.loads((self._data / "scenarios" / "cases.json").read_text(encoding="utf-8"))
        far = without_near(
            self._seeds, self._encoder, [clean(case[key]) for case in cases for key in ("trend_en", "trend_it")]
        )
        model = fit_hazards(far, self._encoder)
        score = self._strengths(model)
        figures = []
        for expected, title, lower in (("avoid", "to avoid", False), (None, "others", True)):
            chosen = [c for c in cases if (c["expected"] == "avoid") == (expected is not None)]
            for language in ("en", "it"):
                rows = score([clean(case[f"trend_{language}"]) for case in chosen])
                grave = [bool((row[_floor(model)] >= POST_THRESHOLD).any()) for row in rows]
                odd = [case["id"] for case, is_grave in zip(chosen, grave, strict=True) if is_grave == lower]
                name = f"cases {title}, {language}: floor hazard"
                note = f"{'heard' if lower else 'missed'}: {', '.join(odd) or 'none'}"
                figures.append(Figure(name, float(np.mean(grave)), len(chosen), lower_is_better=lower, note=note))
        return tuple(figures)

    def _rows(self, groups: Sequence[Group], head: Head | None) -> list[FloatArray]:
        score = self._strengths(self._model, head)
        return [score(group.texts) for group in groups]

    def _strengths(self, model: HazardModel, head: Head | None = None) -> Strengths:
        def score(texts: Sequence[str]) -> FloatArray:
            vectors = self._encoder.encode(texts)
            return model.score(vectors, texts, None if head is None else head(vectors))

        return score


def _metaphor_figures(
    blind: Mapping[str, Any], language: str, model: HazardModel, score: Strengths, note: str
) -> Iterator[Figure]:
    from sklearn.metrics import roc_auc_score

    calm, grave = (
        [score([clean(p) for p in theme["posts"]]) for theme in blind[kind] if theme["language"] == language]
        for kind in ("metaphor", "crisis")
    )
    shares = [floor_share(model, rows) for rows in (*calm, *grave)]
    auc = float(roc_auc_score([False] * len(calm) + [True] * len(grave), shares))
    found, false = (float(np.mean([raises_floor(model, rows) for rows in themes])) for themes in (grave, calm))
    n = len(calm) + len(grave)
    yield Figure(f"{language}, themes of 10: AUC", auc, n, 0.98, note=note)
    yield Figure(f"{language}, themes of 10: crises found", found, len(grave))
    yield Figure(f"{language}, themes of 10: figures of speech raised", false, len(calm), lower_is_better=True)


def _disaster_head(table: Table) -> Head:
    weights, bias = binary_head(table, False, DISASTER_PRIOR)

    def probability(vectors: FloatArray) -> NDArray[np.float32]:
        return np.asarray(1 / (1 + np.exp(-(vectors @ weights[: vectors.shape[1]] + bias))), np.float32)

    return probability


def _cut(groups: Sequence[FloatArray], size: int) -> list[FloatArray]:
    return [bag for rows in groups for bag in bags(rows, size)]


def _floor(model: HazardModel) -> list[int]:
    return [i for i, tier in enumerate(model.tiers) if tier == "floor"]


def floor_share(model: HazardModel, bag: FloatArray) -> float:
    """Largest share any floor hazard has among the posts of a topic, ``(n, h)`` strengths."""
    return float((bag[:, _floor(model)] >= POST_THRESHOLD).mean(axis=0).max())


def raises_floor(model: HazardModel, bag: FloatArray) -> bool:
    """Whether the topic would be gated, at the operating point that ships."""
    ids = [str(i) for i in range(len(bag))]
    found = topic_hazards(model.names, model.tiers, bag, ids, [None] * len(ids))
    return any(hazard.tier == "floor" for hazard in found)


def without_near(
    seeds: HazardSeeds, encoder: RememberingEncoder, texts: Sequence[str], cosine: float = NEAR
) -> HazardSeeds:
    """The seeds without every sentence about as close to one of ``texts`` as a paraphrase."""
    targets = encoder.encode(texts)

    def far(candidates: tuple[str, ...]) -> tuple[str, ...]:
        close = (encoder.encode([clean(text) for text in candidates]) @ targets.T).max(axis=1) >= cosine
        return tuple(text for text, is_close in zip(candidates, close, strict=True) if not is_close)

    return msgspec.structs.replace(
        seeds,
        hazards=tuple(msgspec.structs.replace(h, en=far(h.en), it=far(h.it)) for h in seeds.hazards),
        traps=msgspec.structs.replace(seeds.traps, en=far(seeds.traps.en), it=far(seeds.traps.it)),
        everyday=msgspec.structs.replace(seeds.everyday, en=far(seeds.everyday.en), it=far(seeds.everyday.it)),
    )


def _n_sentences(seeds: HazardSeeds) -> int:
    return sum(len(hazard.texts) for hazard in seeds.hazards) + len(seeds.negatives)
