"""Do verdicts flap, and does the word for their confidence mean something? ``trendsieve eval verdicts FILE``.

A stream is followed at the pace of a live deployment, once with verdicts that follow every look at once, once with
verdicts that are held (:mod:`pipeline.verdict.hysteresis`). Then half of the posts that stand for each topic are
dropped at random and everything is measured again: a verdict that is called firm should be the same on the other half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from configs.errors import InputError
from configs.settings import CONFIGS_DIR, Settings
from ingest.position import START
from ingest.sources.jsonl.source import JsonlSource
from pipeline.brand.profile.profile import BrandProfile, load_profiles
from pipeline.enrich.intake import Intake
from pipeline.signals.intervals import wilson
from pipeline.topics.memory.ledger import topic_number
from pipeline.topics.memory.recent_posts import RecentPosts
from pipeline.topics.memory.topic_memory import TopicMemory
from pipeline.track.stage import TopicStage
from pipeline.track.write_batch import Changes
from pipeline.training.figures import Figure, figure_table
from pipeline.types import Confidence, EnrichedBatch, Verdict, VerdictKind
from pipeline.types.reason_codes import DoubtCode
from pipeline.verdict.standard_errors import on_normal_scale
from pipeline.wiring.clock import utc_now
from pipeline.wiring.enrich import build_enricher
from pipeline.wiring.models import Models, load_models
from pipeline.wiring.track import build_judge, build_reporter, build_topic_stage

DAY_S = 86_400.0
RETURN_S = 6 * 3600.0
"""A verdict that is back within this time has flapped."""
HALVES = 8
MEDIAN_TO_SIGMA = 1.4826
SEED = 7
OnStep = Callable[[str, int, int], None]
Key = tuple[str, str]
"""Brand and topic."""


@dataclass(frozen=True)
class Halved:
    """A verdict on the ``n_posts`` that are remembered of a topic, and the one on a random half of them."""

    whole: Verdict
    half: Verdict
    n_posts: int


@dataclass
class Followed:
    """A stream that was followed to its end: every change of kind of every verdict, in order."""

    stage: TopicStage
    history: dict[Key, list[tuple[datetime, VerdictKind]]] = field(default_factory=dict)
    last_seen: dict[Key, datetime] = field(default_factory=dict)

    def note(self, verdicts: Mapping[Key, Sequence[Verdict]]) -> None:
        """Verdicts of one step, those of one key by time."""
        for key, series in verdicts.items():
            told = self.history.setdefault(key, [])
            for verdict in series:
                if not told or told[-1][1] is not verdict.kind:
                    told.append((verdict.as_of, verdict.kind))
            self.last_seen[key] = series[-1].as_of

    @property
    def topic_days(self) -> float:
        """Days that verdicts stood, all added up."""
        return sum((end - self.history[key][0][0]).total_seconds() for key, end in self.last_seen.items()) / DAY_S

    @property
    def n_changes(self) -> int:
        """Changes of kind after the first verdict."""
        return sum(len(told) - 1 for told in self.history.values())

    @property
    def n_returns(self) -> int:
        """Changes back to the kind before the last one, within ``RETURN_S`` of leaving it."""
        return sum(
            before is kind and (at - left).total_seconds() <= RETURN_S
            for told in self.history.values()
            for (_, before), (left, _), (at, kind) in zip(told, told[1:], told[2:], strict=False)
        )


def evaluate_verdicts(path: Path, settings: Settings, on_step: OnStep) -> str:
    """Follow a file and print how steady its verdicts are; brands of the settings, or those that ship.

    Raises
    ------
    InputError
        The file holds no post.
    """
    models = load_models(settings)
    profiles = load_profiles(settings.brands, Path()) if settings.brands else shipped_brands()
    on_step("reading posts", 0, 0)
    enricher = build_enricher(settings, models)
    source = JsonlSource(path, utc_now, batch_posts=settings.ingest.batch_posts)
    batches = [enricher.enrich(batch.posts) for batch in source.fetch(START) if batch.posts]
    if not batches:
        raise InputError(f"{path}: has no post to follow")
    return stability_tables(path.name, batches, settings, models, profiles, on_step)


def shipped_brands() -> tuple[BrandProfile, ...]:
    """The three fictional brands of the demo and the sports brand of the examples."""
    return load_profiles(("brands/*.toml", "examples/*.toml"), CONFIGS_DIR)


def stability_tables(
    name: str,
    batches: Sequence[EnrichedBatch],
    settings: Settings,
    models: Models,
    profiles: Sequence[BrandProfile],
    on_step: OnStep,
) -> str:
    """Both tables for a stream that is read already."""
    on_step("verdicts that follow at once", 0, 0)
    at_once = follow(batches, held(settings, 0.0), models, profiles)
    on_step("verdicts that are held", 0, 0)
    calm = follow(batches, settings, models, profiles)
    on_step("half of the posts", 0, 0)
    halves = halved(at_once.stage.memory, settings, models, profiles, on_step)
    tables = [
        figure_table(f"Flapping: {name}", _flapping(at_once, calm)),
        figure_table("The same verdict on a random half of the posts", confidence_figures(halves)),
    ]
    return "\n\n".join(tables)


def held(settings: Settings, hold_s: float) -> Settings:
    """The settings with verdicts held for ``hold_s``."""
    return msgspec.structs.replace(settings, verdict=msgspec.structs.replace(settings.verdict, hold_s=hold_s))


def follow(
    batches: Iterable[EnrichedBatch], settings: Settings, models: Models, profiles: Sequence[BrandProfile]
) -> Followed:
    """Posts in stream order through topics and verdicts, as a worker does it."""
    followed = Followed(build_topic_stage(settings, models, profiles))
    for batch in batches:
        changes = Changes()
        followed.stage.follow(Intake(batch, (), ()), changes)
        followed.note(changes.verdicts)
        for redirect in changes.redirects:
            for profile in profiles:
                followed.history.pop((profile.id, redirect.old_id), None)
                followed.last_seen.pop((profile.id, redirect.old_id), None)
    return followed


def halved(
    memory: TopicMemory, settings: Settings, models: Models, profiles: Sequence[BrandProfile], on_step: OnStep
) -> tuple[Halved, ...]:
    """Verdicts on topics with enough evidence, beside those when half of their remembered posts are dropped.

    Numbers of posts and authors stay those of the whole topic, so that the halves differ by what is in them, not by
    there being fewer of them.
    """
    whole = _judged(memory, memory.recent, settings, models, profiles)
    rng = np.random.default_rng(SEED)
    n_posts = {key: len(memory.posts_of(topic_number(key[1]))) for key in whole}
    pairs: list[Halved] = []
    for i in range(HALVES):
        on_step("half of the posts", i, HALVES)
        some = RecentPosts(models.encoder.dimension)
        for segment in memory.recent.segments():
            for trace, embedding in zip(segment.traces, segment.embeddings.astype(np.float32), strict=False):
                if rng.random() < 0.5:
                    some.append(trace, embedding)
        other = _judged(memory, some, settings, models, profiles)
        pairs += [Halved(verdict, other[key], n_posts[key]) for key, verdict in whole.items() if key in other]
    return tuple(pairs)


def confidence_figures(pairs: Sequence[Halved]) -> list[Figure]:
    """Share of verdicts that still hold, a word at a time, for all and for those that say more than IGNORE."""
    figures = []
    for title, kinds in (("", set(VerdictKind)), (", not IGNORE", set(VerdictKind) - {VerdictKind.IGNORE})):
        for word in Confidence:
            mine = [pair for pair in pairs if pair.whole.confidence is word and pair.whole.kind in kinds]
            held_up = [pair.half.kind is pair.whole.kind for pair in mine]
            if held_up:
                low, high = wilson(sum(held_up) / len(held_up), len(held_up))
                share = sum(held_up) / len(held_up)
                figures.append(Figure(f"{word}{title}", share, len(held_up), low=low, high=high))
    return [*figures, *_fit_noise(pairs)]


def _fit_noise(pairs: Sequence[Halved]) -> list[Figure]:
    """What :data:`pipeline.verdict.standard_errors.TOPIC_NOISE` should lie between.

    Most topics stir little, a few much.

    Half of n posts differs from all of them with the variance that all of them have about the truth: σ²/n.
    """
    found = [
        pair.n_posts * (on_normal_scale(half.percentile, fit.n) - on_normal_scale(fit.percentile, fit.n)) ** 2
        for pair in pairs
        if (fit := pair.whole.fit) is not None and (half := pair.half.fit) is not None
    ]
    if not found:
        return []
    name = "noise of the fit of one post"
    return [
        Figure(f"{name}, by the median", float(MEDIAN_TO_SIGMA * np.sqrt(np.median(found))), len(found)),
        Figure(f"{name}, by the mean square", float(np.sqrt(np.mean(found))), len(found)),
    ]


def _judged(
    memory: TopicMemory, recent: RecentPosts, settings: Settings, models: Models, profiles: Sequence[BrandProfile]
) -> dict[Key, Verdict]:
    """The rules on everything remembered, with the background as it is; thin topics are left out."""
    if memory.clock_s is None:
        return {}
    with_these = copy(memory)
    with_these.recent = recent
    judge = build_judge(settings, models, profiles)
    judge.learn_background(memory.background.learned())
    reporter = build_reporter(settings, models)
    measured = reporter.measure(with_these, reporter.due(with_these, memory.clock_s), memory.clock_s)
    least = settings.report.evidence_posts
    enough = [topic for topic in measured if topic.report.n_posts - topic.report.n_copies >= least]
    at = datetime.fromtimestamp(memory.clock_s, tz=enough[0].report.as_of.tzinfo) if enough else None
    if at is None:
        return {}
    found = judge.judge(enough, at, final=True).verdicts
    return {(v.brand_id, v.topic_id): v for v in found if DoubtCode.THIN not in v.doubts}


def _flapping(at_once: Followed, calm: Followed) -> list[Figure]:
    figures = []
    for name, run in (("at once", at_once), ("held", calm)):
        days = max(run.topic_days, 1e-9)
        n = len(run.history)
        figures.append(Figure(f"changes of a verdict a day, {name}", run.n_changes / days, n))
        figures.append(Figure(f"of them back within six hours, {name}", run.n_returns / days, n))
    first = [_first_invitation(run) for run in (at_once, calm)]
    both = [key for key in first[0] if key in first[1]]
    late_min = sorted((first[1][key] - first[0][key]).total_seconds() / 60 for key in both)
    figures.append(Figure("verdicts that ever invite, at once", len(first[0]), len(at_once.history)))
    figures.append(Figure("verdicts that ever invite, held", len(first[1]), len(calm.history)))
    if late_min:
        figures.append(Figure("median minutes until it invites, held", late_min[len(late_min) // 2], len(both)))
        figures.append(Figure("mean minutes until it invites, held", sum(late_min) / len(both), len(both)))
    return figures


def _first_invitation(run: Followed) -> dict[Key, datetime]:
    invites = (VerdictKind.RIDE, VerdictKind.NUANCE)
    return {
        key: next(at for at, kind in told if kind in invites)
        for key, told in run.history.items()
        if any(kind in invites for _, kind in told)
    }
