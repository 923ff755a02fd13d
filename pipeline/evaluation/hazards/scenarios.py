"""Every scenario case through the whole pipeline, judged for its brand: ``trendsieve eval scenarios``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from configs.demo.build import MIDNIGHT
from configs.settings import ReportSettings, Settings
from ingest.sources.jsonl.source import JsonlSource
from pipeline.enrich.parallel.parallel_enricher import StreamEnricher
from pipeline.evaluation.hazards.given_topic import GivenTopicStage
from pipeline.evaluation.hazards.scenario_cases import Case, case_stream, is_of_case, load_cases, pack
from pipeline.evaluation.hazards.scenario_hazards import HeardHazards, heard_hazards, heard_table
from pipeline.track.assess import Assessment, Assessor, file_settings
from pipeline.track.stage import TopicStage
from pipeline.training.figures import Figure, figure_table
from pipeline.types import TopicReport, Verdict, VerdictKind
from pipeline.wiring.enrich import build_enricher, open_file_enricher
from pipeline.wiring.models import Models, load_models
from pipeline.wiring.track import build_judge, build_reporter, build_topic_stage, fresh_memory

SEED = 5
INVITING = (VerdictKind.RIDE, VerdictKind.NUANCE)
BOARD_POSTS = ReportSettings().min_posts
NOW = MIDNIGHT + timedelta(days=365)
"""The clock of a run: after every case."""


@dataclass(frozen=True)
class CaseTopic:
    """A topic most of whose posts belong to the case; ``n_of_case`` of them."""

    report: TopicReport
    verdict: Verdict
    n_of_case: int


@dataclass(frozen=True)
class CaseResult:
    """What came out for one case: its topics, the one with most of its posts first (none: drowned in chatter).

    ``n_posts``: posts of the case that were read.
    """

    case: Case
    topics: tuple[CaseTopic, ...]
    n_posts: int

    @property
    def kinds(self) -> frozenset[VerdictKind]:
        """The verdicts of all its topics, however small."""
        return frozenset(topic.verdict.kind for topic in self.topics)

    @property
    def is_risky_on_the_board(self) -> bool:
        """Whether a topic large enough for the board came out as RISKY."""
        large = [topic for topic in self.topics if topic.report.n_posts >= BOARD_POSTS]
        return any(topic.verdict.kind is VerdictKind.RISKY for topic in large)

    @property
    def invites(self) -> bool:
        """Whether any of its topics came out as RIDE or NUANCE."""
        return any(kind in INVITING for kind in self.kinds)

    @property
    def kept_together(self) -> float:
        """Share of the posts in the largest topic."""
        return self.topics[0].n_of_case / self.n_posts if self.topics else 0.0

    @property
    def hazards(self) -> tuple[str, ...]:
        """Hazards named in topics that together hold at least half of the posts that reached a topic of the case."""
        posts: Counter[str] = Counter()
        for topic in self.topics:
            for hazard in topic.report.hazards:
                posts[hazard.name] += topic.n_of_case
        half = sum(topic.n_of_case for topic in self.topics) / 2
        return tuple(name for name, n in posts.most_common() if n >= half)

    @property
    def is_right_hazard_named(self) -> bool | None:
        """Whether one of the expected hazards is named; ``None`` where none is expected."""
        return bool(set(self.hazards) & set(self.case.hazards_any)) if self.case.hazards_any else None

    @property
    def false_gates(self) -> tuple[str, ...]:
        """Floor hazards named in any topic of a case that a brand may join."""
        if not self.case.is_friendly:
            return ()
        fine = {*self.case.hazards_any, *self.case.hazards_also}
        found = {h.name for topic in self.topics for h in topic.report.hazards if h.tier == "floor"}
        return tuple(sorted(found - fine))


@dataclass(frozen=True)
class CaseRuns:
    """All cases as ``assess`` judges them, and with the posts of each case put into one topic at the end.

    The second run parts the faults of the grouping from those of hazards, fit and verdict; ``heard`` are the hazards
    of single posts.
    """

    assessed: tuple[CaseResult, ...]
    grouped: tuple[CaseResult, ...]
    heard: tuple[HeardHazards, ...]


def evaluate_scenarios(settings: Settings, on_step: Callable[[str, int, int], None], seed: int = SEED) -> str:
    """Run all cases and print figures with their bars and one line a case.

    Parameters
    ----------
    settings
        As ``trendsieve assess`` would take them.
    on_step
        Called with what is under way, how much is done, of how much.
    seed
        Of the times, the authors and the chatter.
    """
    runs = run_cases(load_cases(), settings, on_step, seed)
    titles = (f"Scenario cases as assessed, seed {seed}", "The same, were the posts of each case one topic")
    tables = []
    for title, results in zip(titles, (runs.assessed, runs.grouped), strict=True):
        tables += [figure_table(title, scenario_figures(results)), case_table(results)]
    return "\n\n".join([*tables, "Hazards post by post, without topics\n" + heard_table(runs.heard)])


def run_cases(
    cases: Sequence[Case], settings: Settings, on_step: Callable[[str, int, int], None], seed: int = SEED
) -> CaseRuns:
    """Each case alone amid the chatter, as ``assess`` would judge that file for the brand of the case."""
    settings = file_settings(settings)
    models = load_models(settings)
    assessed, grouped = [], []
    with open_file_enricher(settings, models) as enricher, TemporaryDirectory() as folder:
        for i, case in enumerate(cases):
            on_step(case.id, i, len(cases))
            path = Path(folder, f"{case.id}.jsonl.gz")
            path.write_bytes(pack(case_stream(case, seed)))
            assessed.append(_judge(case, path, settings, enricher, build_topic_stage(settings, models, (case.brand,))))
            grouped.append(_judge(case, path, settings, enricher, _told_stage(settings, models, case)))
    alone = build_enricher(settings, models)
    return CaseRuns(tuple(assessed), tuple(grouped), tuple(heard_hazards(case, alone) for case in cases))


def scenario_figures(results: Sequence[CaseResult]) -> tuple[Figure, ...]:
    """The bars of the cases; every topic of a case has to respect them, however small."""
    avoid = [r for r in results if r.case.expected == "avoid"]
    watch = [r for r in results if r.case.expected == "watch"]
    friendly = [r for r in results if r.case.is_friendly]
    risky = [r for r in friendly if VerdictKind.RISKY in r.kinds]
    named = [r for r in results if r.is_right_hazard_named is not None]
    false_gates = [r for r in friendly if r.false_gates]
    return (
        _share("cases to avoid that come out as RIDE or NUANCE", [r for r in avoid if r.invites], avoid, 0.0, True),
        _share("cases to ride or adapt that are not RISKY", [r for r in friendly if r not in risky], friendly, 0.9),
        _share(
            f"the same, topics of {BOARD_POSTS} posts or more",
            [r for r in friendly if not r.is_risky_on_the_board],
            friendly,
        ),
        _share("cases with a right hazard named", [r for r in named if r.is_right_hazard_named], named, 1.0),
        _share("cases to watch that come out as RIDE or NUANCE", [r for r in watch if r.invites], watch, None, True),
        _share("cases to ride or adapt that come out as RIDE or NUANCE", [r for r in friendly if r.invites], friendly),
        _share("cases to ride or adapt with a false floor hazard", false_gates, friendly, None, True),
        Figure("posts of a case in its largest topic", _mean([r.kept_together for r in results]), len(results)),
    )


def case_table(results: Sequence[CaseResult]) -> str:
    """One row a case (Markdown): what was expected, what its largest topic got and why, verdicts of the others."""
    asked = ("case", "expected")
    columns = (*asked, "verdict", "other topics", "together", "hazards", "heat", "fit percentile", "main reason")
    return "\n".join([_cells(columns), "|" + "---|" * len(columns), *(_row(result) for result in results)])


def case_result(case: Case, assessment: Assessment) -> CaseResult:
    """What an assessment of the stream of a case says about the case."""
    of_case = Counter(topic for post, topic in assessment.assignments.items() if is_of_case(post))
    everything = Counter(assessment.assignments.values())
    reports = {report.topic_id: report for report in assessment.reports}
    topics = tuple(
        CaseTopic(reports[topic], assessment.verdicts[case.brand.id, topic], n)
        for topic, n in of_case.most_common()
        if 2 * n > everything[topic]
    )
    return CaseResult(case, topics, sum(of_case.values()))


def _told_stage(settings: Settings, models: Models, case: Case) -> TopicStage:
    return GivenTopicStage(
        fresh_memory(settings, models)(),
        build_reporter(settings, models),
        build_judge(settings, models, (case.brand,)),
        settings.report,
        lambda post_id: case.id if is_of_case(post_id) else None,
    )


def _judge(case: Case, path: Path, settings: Settings, enricher: StreamEnricher, stage: TopicStage) -> CaseResult:
    intake = settings.ingest
    source = JsonlSource(path, _now, intake.max_line_bytes, intake.max_text_chars, intake.batch_posts)
    return case_result(case, Assessor(enricher, stage).run(source, lambda n_posts, letters: None))


def _now() -> datetime:
    return NOW


def _share(
    name: str,
    found: Sequence[CaseResult],
    among: Sequence[CaseResult],
    bar: float | None = None,
    lower_is_better: bool = False,
) -> Figure:
    odd = found if lower_is_better else [result for result in among if result not in found]
    names = ", ".join(result.case.id for result in odd)
    note = f"{'are' if lower_is_better else 'are not'}: {names}" if names else ""
    return Figure(name, len(found) / max(len(among), 1), len(among), bar, lower_is_better, note=note)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(len(values), 1)


def _row(result: CaseResult) -> str:
    case = result.case
    if not result.topics:
        return _cells(
            (case.id, case.expected, "none", "", f"0 of {result.n_posts}", "", "", "", "drowned in the chatter")
        )
    main, *others = result.topics
    counts = Counter(str(topic.verdict.kind) for topic in others)
    rest = ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()))
    hazards = ", ".join(f"{h.name} {100 * h.share.value:.0f} %" for h in main.report.hazards)
    fit = main.verdict.fit
    heat = "unknown" if main.report.heat is None else f"{main.report.heat.value:.2f}"
    percentile = "unknown" if fit is None else f"{fit.percentile:.0f}"
    reason = main.verdict.reasons[0].text if main.verdict.reasons else ""
    together = f"{main.n_of_case} of {result.n_posts}"
    cells = (case.id, case.expected, str(main.verdict.kind), rest, together, hazards, heat, percentile, reason)
    return _cells(cells)


def _cells(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"
