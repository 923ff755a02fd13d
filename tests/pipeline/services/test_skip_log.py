"""What was let pass and how it ended: nothing invited is a skip, nothing unfinished has an end, misses are told."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.brand.profile.profile import BrandProfile, Facet
from pipeline.brand.profile.versions import stored_brand
from pipeline.cli import main
from pipeline.i18n.numbers import make_locale
from pipeline.i18n.texts import LANGUAGES, load_texts
from pipeline.services.skip_log import OUTCOMES, SkipLog, skip_log
from pipeline.store.database import open_store
from pipeline.store.records import ArchivedTopic
from pipeline.types import BrandFit, Burst, Hazard, Reason, Stage, VerdictKind
from tests.samples import make_report, make_score, make_verdict
from ui.query import BoardQuery
from ui.skips.markup import skips_markup
from ui.skips.view_model import TONE_OF, skips_view

START = datetime(2026, 5, 1, 8, tzinfo=UTC)
LATER = START + timedelta(days=5)
BURST = (Burst(START, START),)
DEATH = Hazard("death", "floor", make_score(0.5), ("p1",))


def topic(
    number: int = 1,
    kind: VerdictKind = VerdictKind.IGNORE,
    *,
    hours: float = 30.0,
    codes: Sequence[str] = ("no_fit", "bandwagon"),
    percentile: float = 40.0,
    hazards: tuple[Hazard, ...] = (),
    bursts: tuple[Burst, ...] = BURST,
    label: str = "pane",
) -> ArchivedTopic:
    last = START + timedelta(hours=hours)
    report = make_report(
        f"t{number}",
        as_of=last,
        first_seen=START,
        last_seen=last,
        hazards=hazards,
        bursts=bursts,
        stage=Stage.FADING,
        label=label,
    )
    fit = BrandFit(1.0, percentile, 400, ())
    reasons = tuple(Reason(code, code) for code in codes)
    return ArchivedTopic(
        report, None, (make_verdict("b", f"t{number}", kind=kind, fit=fit, reasons=reasons, as_of=last),)
    )


def log_of(*topics: ArchivedTopic, as_of: datetime | None = LATER, **histories: list[tuple[datetime, str]]) -> SkipLog:
    return skip_log("b", topics, histories, START - timedelta(days=1), as_of, 95.0)


def outcomes(log: SkipLog) -> list[str]:
    return [entry.outcome for entry in log.entries]


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (topic(hazards=(DEATH,)), "grave"),
        (topic(kind=VerdictKind.RISKY, codes=("hot",)), "quarrel"),
        (topic(hours=3), "short"),
        (topic(), "fine"),
        (topic(kind=VerdictKind.WATCH, percentile=97), "missed"),
    ],
)
def test_each_end_is_told(made: ArchivedTopic, wanted: str) -> None:
    log = log_of(made, t1=[(START, made.verdicts[0].kind.value)])
    assert outcomes(log) == [wanted]
    assert dict(log.counts)[wanted] == 1  # type: ignore[index] # an outcome, given as text


def test_what_is_not_over_has_no_end_and_does_not_count() -> None:
    made = topic()
    soon = made.report.last_seen + timedelta(minutes=10)
    log = log_of(made, as_of=soon)
    assert outcomes(log) == ["open"]
    assert log.borne_out is None


def test_an_invitation_was_no_skip() -> None:
    ridden = log_of(topic(), t1=[(START, "RIDE"), (START + timedelta(hours=2), "IGNORE")])
    assert ridden.entries == ()
    assert log_of(topic(kind=VerdictKind.NUANCE)).entries == ()


def test_what_tempted_nobody_is_no_bandwagon() -> None:
    calm = topic(bursts=(), codes=("no_fit",))
    report = msgspec.structs.replace(
        calm.report, n_posts=30, n_copies=0, momentum=msgspec.structs.replace(calm.report.momentum, significance=0.0)
    )
    assert log_of(msgspec.structs.replace(calm, report=report)).entries == ()
    assert log_of(topic()).entries[0].brand_id == "b"
    assert skip_log("other brand", [topic()], {}, START, LATER, 95.0).entries == ()


def test_a_warning_counts_from_when_it_was_given() -> None:
    warned = START + timedelta(hours=26)
    log = log_of(topic(codes=("no_fit",)), t1=[(START, "IGNORE"), (warned, "RISKY"), (LATER, "IGNORE")])
    entry = log.entries[0]
    assert (entry.refused_at, entry.kind_then) == (warned, VerdictKind.RISKY)
    assert entry.after_h == pytest.approx(4.0)
    assert entry.outcome == "short"


@given(
    st.lists(
        st.tuples(
            st.sampled_from([VerdictKind.WATCH, VerdictKind.RISKY, VerdictKind.IGNORE]),
            st.floats(0, 200),
            st.floats(0, 100),
            st.booleans(),
            st.sampled_from([("hot",), ("bandwagon",), ()]),
        ),
        max_size=12,
    )
)
def test_every_bandwagon_has_one_end_and_misses_are_never_hidden(
    given_topics: list[tuple[VerdictKind, float, float, bool, tuple[str, ...]]],
) -> None:
    topics = [
        topic(i, kind, hours=hours, percentile=percentile, hazards=(DEATH,) if grave else (), codes=codes)
        for i, (kind, hours, percentile, grave, codes) in enumerate(given_topics)
    ]
    log = log_of(*topics, as_of=START + timedelta(days=60))
    assert len(log.entries) == len(topics)
    assert sum(n for _, n in log.counts) == len(topics)
    cost = sum(outcome in ("missed", "fine") for outcome in outcomes(log))
    if log.borne_out is not None:
        assert log.borne_out.value == pytest.approx(1 - cost / log.borne_out.n)
        assert log.borne_out.low <= log.borne_out.value <= log.borne_out.high


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_end_has_words_and_labels_are_escaped(language: str) -> None:
    texts = load_texts(language)  # type: ignore[arg-type] # one of LANGUAGES
    assert {f"skips.outcome_{outcome}" for outcome in OUTCOMES} <= texts.keys()
    assert set(TONE_OF) == set(OUTCOMES)
    log = log_of(topic(label="<b>pane</b>"), topic(2, hazards=(DEATH,)))
    view = skips_view(log, BoardQuery(page="skips"), make_locale(language))  # type: ignore[arg-type] # the same
    shown = skips_markup(view, texts)
    assert "<b>" not in shown
    assert "topic=t2" in shown
    assert texts.text("skips.outcome_grave") in shown


def test_the_command_lists_counts_and_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = open_store(url, lambda: LATER)
    brand = BrandProfile(id="b", name="B", facets=(Facet("pane", "pane"),))
    archived = [topic(1), topic(2, hours=3, label="=cmd()"), topic(3, kind=VerdictKind.WATCH, percentile=97)]
    with store.transaction() as tx:
        tx.save_brands([stored_brand(brand)])
        tx.save_reports("default", [made.report for made in archived])
        tx.save_reports("default", [make_report("t9", as_of=LATER, last_seen=LATER, bursts=())])
        tx.save_verdicts([msgspec.structs.replace(made.verdicts[0], as_of=START) for made in archived])
        tx.save_verdicts([made.verdicts[0] for made in archived])
    store.close()
    words = ["skips", "--brand", "b", "--store", url]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "3 bandwagons" in told
    assert "a missed chance" in told
    assert main([*words, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["entries"]) == 3
    assert main([*words, "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["outcome"] for row in rows} == {"fine", "short", "missed"}
    assert "'=cmd()" in {row["label"] for row in rows}
    assert main([*words, "--days", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entries"] == []
    assert main(["skips", "--brand", "nobody", "--store", url]) == 2
    assert "it knows: b" in capsys.readouterr().err
