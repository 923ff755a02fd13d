"""How many bad drafts the check notices, and how many good ones it troubles: ``trendsieve eval drafts``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from configs.settings import CONFIGS_DIR, Settings, convert, read_toml
from pipeline.brand.profile.profile import load_profile
from pipeline.enrich.encoders.encoder import open_encoder
from pipeline.enrich.hazards.seeds import Tier, load_seeds
from pipeline.services.draft_check.draft_check import DraftAdvice, DraftBrand, DraftTopic, check_draft
from pipeline.services.draft_check.draft_risks import LINE, fit_draft_risks
from pipeline.services.draft_check.reader import DraftReader, days_of
from pipeline.signals.hazards.solemn_days import load_solemn_days
from pipeline.signals.intervals import wilson
from pipeline.training.figures import Figure, figure_table
from pipeline.types import Hazard, Score
from pipeline.wiring.models import load_models
from pipeline.wiring.services import build_draft_reader

BLIND_SET = CONFIGS_DIR / "drafts" / "blind_set.toml"
SECOND_SET = CONFIGS_DIR / "drafts" / "second_set.toml"
"""Written when the check stood, so it says how far the first one flatters it."""
YEAR = 2025
POSTS = 100
SHARE = Score(0.5, POSTS, 0.42, 0.58, "given")
"""What a topic of the set is said to be measured at."""


class _Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    label: str
    keywords: tuple[str, ...]
    hazards: tuple[tuple[str, Tier], ...]
    mood: str


class DraftCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft with the findings of which one has to be named; none: it has to pass."""

    id: str
    lang: str
    brand: str
    wanted: tuple[str, ...]
    text: str
    day: Annotated[str, Meta(pattern=r"^\d\d-\d\d$")] | None = None
    topic: str | None = None


class _Set(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    ordinary_day: str
    topics: tuple[_Topic, ...]
    drafts: tuple[DraftCase, ...]


@dataclass(frozen=True)
class DraftResult:
    """What the check said of one draft."""

    case: DraftCase
    advice: DraftAdvice

    @property
    def is_flagged(self) -> bool:
        """Whether it was held back at all."""
        return self.advice.outcome != "nothing_found"

    @property
    def named(self) -> frozenset[str]:
        """Findings that hold a draft back, without the tone's kind."""
        codes = [finding.code for finding in self.advice.findings if finding.severity != "note"]
        return frozenset("tone" if code.startswith("tone_") or code == "contempt" else code for code in codes)

    @property
    def is_right(self) -> bool:
        """Whether one of the wanted findings was named."""
        return bool(self.named & frozenset(self.case.wanted))


def check_set(
    settings: Settings, on_step: Callable[[str, int, int], None], path: Path = BLIND_SET
) -> list[DraftResult]:
    """Every draft of a frozen set, checked."""
    on_step("loading models", 0, 0)
    stored = convert(read_toml(path), _Set, str(path))
    topics = {topic.id: _topic(topic) for topic in stored.topics}
    models, calendar = load_models(settings), load_solemn_days()
    readers: dict[str, tuple[DraftBrand, DraftReader]] = {}
    results = []
    for i, case in enumerate(stored.drafts):
        on_step("checking drafts", i, len(stored.drafts))
        if case.brand not in readers:
            profile = load_profile(CONFIGS_DIR / "brands" / f"{case.brand}.toml")
            reader = build_draft_reader(settings, models, profile)
            readers[case.brand] = (DraftBrand(profile.id, profile.tone), reader)
        brand, reader = readers[case.brand]
        month, day = map(int, (case.day or stored.ordinary_day).split("-"))
        at = datetime(YEAR, month, day, 12, tzinfo=UTC)
        topic = None if case.topic is None else topics[case.topic]
        days = days_of(calendar, at, settings.report.markets)
        results.append(DraftResult(case, check_draft(reader.read(case.text, at), brand, topic, days)))
    return results


def evaluate_drafts(settings: Settings, on_step: Callable[[str, int, int], None]) -> str:
    """Recall and false alarms on the frozen set of drafts, with what was missed and what was troubled.

    Parameters
    ----------
    on_step
        Called with what is under way, how much is done, of how much (0: unknown).
    """
    first = check_set(settings, on_step)
    second = check_set(settings, on_step, SECOND_SET)
    on_step("fitting heads", 0, 0)
    tables = (
        _told("Drafts, first frozen set", first),
        _told("Drafts, written when the check stood", second),
        figure_table("Heads alone, each sentence left out with its translation", _head_figures(settings)),
    )
    return "\n\n".join(tables)


def _head_figures(settings: Settings) -> list[Figure]:
    risks = fit_draft_risks(load_seeds(CONFIGS_DIR / "draft_risks.toml"), open_encoder(settings.encoder))
    loud: NDArray[np.bool_] = np.any(risks.left_out >= LINE, axis=1)
    harmless = risks.owners < 0
    return [
        _figure("bad sentences heard by some head", loud[~harmless].tolist()),
        _figure("harmless sentences heard", loud[harmless].tolist(), is_error=True),
    ]


def _told(title: str, results: Sequence[DraftResult]) -> str:
    bad = [result for result in results if result.case.wanted]
    good = [result for result in results if not result.case.wanted]
    # beside a hazardous topic every draft is held back: what the copy alone gives away is the harder question
    alone = [result for result in bad if not any(f.code == "topic_hazard" for f in result.advice.findings)]
    figures = [
        _figure("bad drafts held back", [r.is_flagged for r in bad]),
        _figure("  for a reason that was wanted", [r.is_right for r in bad]),
        *(_figure(f"  the same, {lang}", [r.is_right for r in bad if r.case.lang == lang]) for lang in ("it", "en")),
        _figure("  held back without a grave topic", [r.is_flagged for r in alone]),
        _figure("good drafts troubled", [r.is_flagged for r in good], is_error=True),
    ]
    lines = [figure_table(title, figures)]
    lines += [f"  missed    {r.case.id}: {', '.join(sorted(r.named)) or 'nothing'}" for r in bad if not r.is_right]
    lines += [f"  troubled  {r.case.id}: {', '.join(sorted(r.named))}" for r in good if r.is_flagged]
    return "\n".join(lines)


def _figure(name: str, hits: list[bool], *, is_error: bool = False) -> Figure:
    low, high = wilson(sum(hits) / len(hits), len(hits))
    return Figure(name, sum(hits) / len(hits), len(hits), low=low, high=high, lower_is_better=is_error)


def _topic(given: _Topic) -> DraftTopic:
    hazards = tuple(Hazard(name, tier, SHARE, ()) for name, tier in given.hazards)
    return DraftTopic(given.label, hazards, ((given.mood, SHARE),))
