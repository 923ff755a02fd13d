"""The exam on events of others as tables: what verdicts do today, and the judge's formula on the very same topics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from configs.settings import Settings
from pipeline.enrich.encoders.judge.open_judge import open_judge
from pipeline.evaluation.brands.event_sets import EventSet, Spoken, load_events
from pipeline.evaluation.brands.events_exam import EventRun, Own, event_figures, run_events
from pipeline.evaluation.brands.judge_exam import JudgeExam
from pipeline.evaluation.brands.ranking import auc
from pipeline.training.figures import Figure, figure_table
from pipeline.wiring.models import Models

LANGUAGES: tuple[Spoken, ...] = ("both", "it", "en")

OnStep = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _Runs:
    """Each event together, by language of the profiles; and as assessed."""

    together: dict[Spoken, EventRun]
    assessed: EventRun


def events_tables(data: Path, settings: Settings, models: Models, on_step: OnStep) -> list[str]:
    """Each event's posts together, as assessed, and how far the languages of a profile part; then the judge's formula.

    Where the judge is not installed its tables are missing, and a line says so.
    """
    events = load_events(data)
    own = events.is_own()
    together: dict[Spoken, EventRun] = {}
    for step, spoken in enumerate(LANGUAGES):
        on_step("events of others", step, len(LANGUAGES) + 1)
        together[spoken] = run_events(events, settings, models, spoken, together=True)
    on_step("events of others", len(LANGUAGES), len(LANGUAGES) + 1)
    runs = _Runs(together, run_events(events, settings, models, "both", together=False))
    n = f"{len(events.events)} news events, {len(events.brands)} brands, two annotators"
    tables = _tables(f"Verdicts on {n}", runs, own)
    judge = open_judge(settings.encoder, models.encoder, on_step)
    if judge is models.encoder:
        return [*tables, "The judge is not installed here: its formula was not measured."]
    on_step("the judge reads", 0, 0)
    exam = JudgeExam(judge, _posts(events))
    judged = _Runs(
        {spoken: exam.again(run, events.profiles(spoken)) for spoken, run in together.items()},
        exam.again(runs.assessed, events.profiles()),
    )
    return [*tables, *_tables("The judge's formula (not in verdicts yet) on the same topics", judged, own)]


def _tables(title: str, runs: _Runs, own: Own) -> list[str]:
    return [
        figure_table(f"{title}; the posts of each event together", event_figures(runs.together["both"], own)),
        figure_table("The same, as assessed", event_figures(runs.assessed, own, bars=False)),
        figure_table("Languages of the profile", [language_gap(runs.together["it"], runs.together["en"], own)]),
    ]


def language_gap(italian: EventRun, english: EventRun, own: Own) -> Figure:
    """How far a profile in one language ranks the same topics otherwise than one in the other."""
    one, other = (auc(run.value.ravel(), own.ravel()) or 0.0 for run in (italian, english))
    told = f"it {one:.3f}, en {other:.3f}"
    return Figure("pooled AUC, it against en", abs(one - other), own.size, 0.02, True, note=told)


def _posts(events: EventSet) -> dict[str, str]:
    with events.headlines.open("rb") as lines:
        rows = [msgspec.json.decode(line) for line in lines]
    return {row["id"]: row["text"] for row in rows}
