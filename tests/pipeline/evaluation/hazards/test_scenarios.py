"""Scenario cases: frozen texts of many voices; streams that replay; every topic counts; the bar that must hold."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest

from configs.demo.bank import LANGS
from configs.demo.writer import spoken
from configs.errors import ConfigError
from configs.loading import load_settings
from configs.settings import CONFIGS_DIR
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.evaluation.hazards.scenario_cases import CHATTER_POSTS, Case, case_stream, is_of_case, load_cases
from pipeline.evaluation.hazards.scenarios import CaseResult, case_result, case_table, run_cases, scenario_figures
from pipeline.track.assess import Assessment
from pipeline.types import Hazard, Momentum, Score, Stage, TopicReport, Verdict, VerdictKind

CASES = load_cases()
FROZEN = "8c7a399e900c4d7e1da0eca68cab4e412d82ff8f0e491f1b7ad90bd123855afd"
"""Digest of all posts as written before their first verdict: texts are not edited until a verdict is right."""
AS_OF = datetime(2026, 3, 14, 23, tzinfo=UTC)


def test_the_cases_are_twenty_and_cover_every_expectation() -> None:
    assert Counter(case.expected for case in CASES) == {"avoid": 9, "watch": 3, "adapt": 4, "ride": 4}
    assert len({case.brand.id for case in CASES}) == len(CASES) == 20


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_has_forty_posts_about_half_in_each_language(case: Case) -> None:
    sizes = [len(case.posts(lang)) for lang in LANGS]
    assert sum(sizes) >= 40
    assert min(sizes) >= 0.45 * sum(sizes)


def test_no_post_is_a_variant_of_another() -> None:
    said = [set(spoken(post).split()) for case in CASES for lang in LANGS for post in case.posts(lang)]
    assert max(len(one & other) / len(one | other) for one, other in combinations(said, 2)) < 0.6


def test_the_posts_are_those_of_the_first_verdicts() -> None:
    posts = "\n".join(post for case in CASES for lang in LANGS for post in case.posts(lang))
    assert hashlib.sha256(posts.encode()).hexdigest() == FROZEN


def test_expected_hazards_exist_and_every_case_to_avoid_has_one() -> None:
    known = {hazard.name for hazard in load_seeds(CONFIGS_DIR / "hazards.toml").hazards}
    assert {name for case in CASES for name in (*case.hazards_any, *case.hazards_also)} <= known
    assert all(case.hazards_any for case in CASES if case.expected in ("avoid", "watch"))


def test_two_cases_of_one_id_are_refused(tmp_path: Path) -> None:
    text = (CONFIGS_DIR / "scenarios" / "5-harmless-moments.toml").read_text(encoding="utf-8")
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="norwegian"):
        load_cases(tmp_path)


def test_a_stream_holds_every_post_of_the_case_once_in_order_of_time() -> None:
    case = CASES[0]
    lines = case_stream(case, seed=5)
    assert [line.created_at for line in lines] == sorted(line.created_at for line in lines)
    mine = [line for line in lines if is_of_case(line.id)]
    assert sorted(line.text for line in mine) == sorted(post for lang in LANGS for post in case.posts(lang))
    assert len(lines) - len(mine) >= 400
    assert len(lines) - len(mine) == pytest.approx(CHATTER_POSTS, abs=10)
    assert len({line.author for line in mine}) >= 30
    earlier: set[str] = set()
    for line in lines:
        assert line.reply_to is None or line.reply_to in earlier
        earlier.add(line.id)


def test_a_stream_follows_from_its_seed() -> None:
    assert case_stream(CASES[3], seed=5) == case_stream(CASES[3], seed=5)
    assert case_stream(CASES[3], seed=5) != case_stream(CASES[3], seed=6)


def test_a_case_of_a_calendar_day_happens_on_it() -> None:
    days = {case.id: case.day for case in CASES if case.day is not None}
    assert days == {"spaghettios": "12-07", "bk-iwd": "03-08"}
    for case in CASES:
        if case.day is not None:
            assert {line.created_at[5:10] for line in case_stream(case, seed=5)} == {case.day}


def _hazard(name: str, tier: str = "floor") -> Hazard:
    return Hazard(name, tier, Score(0.5, 10, 0.3, 0.7, "test"), ())  # type: ignore[arg-type]  # a tier of the test


def _report(topic: str, hazards: Sequence[Hazard] = ()) -> TopicReport:
    return TopicReport(
        topic_id=topic,
        as_of=AS_OF,
        label=topic,
        keywords=(),
        first_seen=AS_OF,
        last_seen=AS_OF,
        n_posts=10,
        n_copies=0,
        n_authors=10,
        languages=(),
        sources=(),
        stage=Stage.PEAK,
        momentum=Momentum(0.0, 0.0, 0.0, (), 600),
        hazards=tuple(hazards),
    )


def _result(case: Case, topics: Sequence[tuple[int, int, VerdictKind, Sequence[Hazard]]]) -> CaseResult:
    """The result where topic ``i`` holds (posts of the case, others), with a verdict and hazards."""
    places: dict[str, str] = {}
    for i, (of_case, others, _, _) in enumerate(topics):
        places |= {f"case-{i}-{j}": f"t{i}" for j in range(of_case)}
        places |= {f"chatter-{i}-{j}": f"t{i}" for j in range(others)}
    reports = tuple(_report(f"t{i}", hazards) for i, (_, _, _, hazards) in enumerate(topics))
    verdicts = {
        (case.brand.id, f"t{i}"): Verdict(case.brand.id, f"t{i}", kind, None, None, (), AS_OF)
        for i, (_, _, kind, _) in enumerate(topics)
    }
    return case_result(case, Assessment(reports, verdicts, places, Counter()))


AVOID = next(case for case in CASES if case.expected == "avoid")
RIDE = next(case for case in CASES if case.expected == "ride")


def test_one_inviting_topic_however_small_breaks_a_case_to_avoid() -> None:
    result = _result(AVOID, [(20, 0, VerdictKind.RISKY, ()), (1, 0, VerdictKind.NUANCE, ())])
    assert result.invites
    assert scenario_figures([result])[0].is_met is False


def test_a_topic_of_the_chatter_is_not_the_cases() -> None:
    result = _result(AVOID, [(20, 3, VerdictKind.RISKY, ()), (2, 9, VerdictKind.RIDE, ())])
    assert not result.invites
    assert result.kept_together == pytest.approx(20 / 22)


def test_a_hazard_counts_where_most_posts_of_the_case_are() -> None:
    name = AVOID.hazards_any[0]
    large = _result(AVOID, [(20, 0, VerdictKind.RISKY, [_hazard(name)]), (5, 0, VerdictKind.WATCH, ())])
    small = _result(AVOID, [(20, 0, VerdictKind.RISKY, ()), (5, 0, VerdictKind.WATCH, [_hazard(name)])])
    assert large.is_right_hazard_named is True
    assert small.is_right_hazard_named is False
    assert _result(RIDE, [(20, 0, VerdictKind.RIDE, ())]).is_right_hazard_named is None


def test_a_false_gate_is_a_floor_hazard_of_a_harmless_case_in_any_topic() -> None:
    result = _result(
        RIDE, [(20, 0, VerdictKind.RIDE, [_hazard("legal", "high")]), (2, 0, VerdictKind.RISKY, [_hazard("death")])]
    )
    assert result.false_gates == ("death",)
    assert _result(AVOID, [(2, 0, VerdictKind.RISKY, [_hazard("self_harm")])]).false_gates == ()


def test_a_case_drowned_in_chatter_is_told() -> None:
    result = _result(RIDE, [(3, 30, VerdictKind.IGNORE, ())])
    assert (result.topics, result.kept_together, result.invites) == ((), 0.0, False)
    assert "drowned" in case_table([result])


def test_the_table_has_a_row_a_case() -> None:
    rows = [_result(case, [(40, 0, VerdictKind.WATCH, ())]) for case in CASES]
    assert len(case_table(rows).splitlines()) == 2 + len(CASES)


@pytest.mark.slow
def test_no_case_to_avoid_invites_and_a_told_grouping_is_whole() -> None:
    settings = load_settings(None, {})
    runs = run_cases(CASES, settings, lambda text, done, total: None)
    assert not [result.case.id for result in runs.assessed if result.case.expected == "avoid" and result.invites]
    assert all(result.topics for result in runs.assessed)
    # a topic told at the end loses no more than what sits in somebody else's cluster
    assert min(result.kept_together for result in runs.grouped) >= 0.9
    # a hazard that nothing hears is told with a share of 0
    assert all({name for name, _ in heard.expected} == set(heard.case.hazards_any) for heard in runs.heard)


@pytest.mark.slow
def test_a_case_gets_the_same_verdicts_again() -> None:
    settings = load_settings(None, {})
    first, again = (run_cases(CASES[:1], settings, lambda text, done, total: None) for _ in range(2))
    assert (first.assessed, first.grouped) == (again.assessed, again.grouped)
