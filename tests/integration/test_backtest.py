"""Stored topics judged again: an unchanged profile says what was said, a changed one is explained, no post is read."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from configs.errors import InputError
from configs.settings import CONFIGS_DIR, Settings
from pipeline.brand.profile.profile import BrandProfile, Facet, Thresholds, load_profiles
from pipeline.brand.profile.versions import stored_brand
from pipeline.cli import main
from pipeline.services.backtest.backtester import Archive, Backtester, Other, read_archive
from pipeline.services.backtest.comparison import BacktestReport
from pipeline.services.backtest.rejudge import Candidate, StoredTopics, rejudge
from pipeline.types import BrandFit, FloatArray
from pipeline.verdict.judge import judge
from pipeline.verdict.rules import rules_of
from pipeline.wiring.services import build_backtester
from tests.demo_shard import NOW, demo_records, fill, loaded, opened, run_to_end, shard_settings

pytestmark = pytest.mark.slow

PROFILES = load_profiles(("brands/*.toml",), CONFIGS_DIR)
BAKERY = next(profile for profile in PROFILES if profile.id == "forno-aurora")


class CountingEncoder:
    """The encoder, with what it was asked to read."""

    def __init__(self) -> None:
        self._inner = loaded().models.encoder
        self.id = self._inner.id
        self.dimension = self._inner.dimension
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> FloatArray:
        self.texts += texts
        return self._inner.encode(texts)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A shard that followed the demo's records to their end."""
    made = shard_settings(tmp_path_factory.mktemp("backtest"))
    fill(made, demo_records())
    with opened(made) as store:
        run_to_end(made, store)
        with store.transaction() as tx:
            tx.save_brands([stored_brand(profile) for profile in PROFILES])
            tx.save_profile_version(BAKERY.id, stored_brand(BAKERY).toml, "ada", "first", NOW)
    return made


@pytest.fixture(scope="module")
def archive(settings: Settings) -> Iterator[Archive]:
    with opened(settings) as store:
        until = store.data_as_of()
        assert until is not None
        yield read_archive(store, until - timedelta(days=30), until, 1)


@pytest.fixture
def backtester(settings: Settings) -> Backtester:
    return build_backtester(settings, loaded().models)


def test_the_archive_of_these_tests_has_everything_in_it(archive: Archive) -> None:
    """Without this the tests below would prove little."""
    kept = [topic.centres for topic in archive.topics if topic.centres is not None]
    assert len(kept) == len(archive.topics) > 5
    assert any(len(centres.nuances) for centres in kept)
    assert any(len(centres.bodies) for centres in kept)
    assert any(centres.unread for centres in kept)
    assert len({centres.background for centres in kept}) > 1
    assert len({verdict.kind for topic in archive.topics for verdict in topic.verdicts}) > 2


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.id)
def test_an_unchanged_profile_says_what_was_said(
    profile: BrandProfile, archive: Archive, backtester: Backtester
) -> None:
    report = backtester.run(archive, profile, Other(profile))
    assert report.n_unchanged == report.n_topics == len(archive.topics)
    assert (report.newly_ridden, report.no_longer_ridden, report.flipped, report.differs_anyway) == ((), (), (), ())


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.id)
def test_a_fit_measured_again_is_the_fit_that_was_measured(
    profile: BrandProfile, archive: Archive, backtester: Backtester
) -> None:
    stored = StoredTopics(archive.topics, archive.backgrounds["default"])
    candidate = Candidate(profile, backtester.rules_of(profile))
    for topic, (again,) in zip(
        archive.topics, rejudge(stored, [candidate], backtester.fitter_of([profile])), strict=True
    ):
        (told,) = (verdict for verdict in topic.verdicts if verdict.brand_id == profile.id)
        assert told.fit is not None
        _same_fit(again.fit, told.fit)
        assert again.verdict.kind == told.measured
        assert (again.nuance is None) == (told.nuance is None)
        if again.nuance is not None and told.nuance is not None:
            assert msgspec.structs.replace(again.nuance, z=told.nuance.z) == told.nuance
            assert again.nuance.z == pytest.approx(told.nuance.z, abs=1e-4)


def _same_fit(again: BrandFit, told: BrandFit) -> None:
    assert again.percentile == told.percentile
    assert again.value == pytest.approx(told.value, abs=1e-4)
    assert (again.n, again.n_own) == (told.n, told.n_own)
    assert [(facet.name, facet.evidence) for facet in again.facets] == [
        (facet.name, facet.evidence) for facet in told.facets
    ]
    np.testing.assert_allclose([f.z for f in again.facets], [f.z for f in told.facets], atol=1e-4)


def test_other_thresholds_give_exactly_what_the_rules_give(
    archive: Archive, backtester: Backtester, settings: Settings
) -> None:
    """The fits are those of then; so every verdict can be worked out from what is stored, without the backtest."""
    bold = msgspec.structs.replace(BAKERY, thresholds=Thresholds(ride_percentile=60.0, watch_percentile=50.0))
    rules = rules_of(bold, settings.verdict, settings.report)
    report = backtester.run(archive, bold, Other(BAKERY))
    expected = {}
    for topic in archive.topics:
        (told,) = (verdict for verdict in topic.verdicts if verdict.brand_id == BAKERY.id)
        expected[topic.report.topic_id] = judge(BAKERY.id, topic.report, told.fit, told.nuance, rules, told.as_of).kind
    changed = {t.topic_id: t.after for t in (*report.newly_ridden, *report.no_longer_ridden, *report.flipped)}
    assert len(changed) > 1
    for topic in archive.topics:
        (told,) = (verdict for verdict in topic.verdicts if verdict.brand_id == BAKERY.id)
        assert changed.get(topic.report.topic_id, told.measured) == expected[topic.report.topic_id]
    assert report.n_unchecked > 0, "topics come near that nobody read without their closing hashtags"


def test_every_change_is_explained_before_and_after(archive: Archive, backtester: Backtester) -> None:
    other = msgspec.structs.replace(
        BAKERY,
        facets=(Facet(name="bikes", text={"it": "pedalare in città", "en": "cycling in the city"}),),
        thresholds=Thresholds(ride_percentile=97.0, watch_percentile=90.0),
    )
    report = backtester.run(archive, other, Other(BAKERY))
    listed = (*report.newly_ridden, *report.no_longer_ridden, *report.flipped)
    assert listed
    for topic in listed:
        assert topic.before != topic.after
        assert topic.reasons_before
        assert topic.reasons_after
    assert report.differs_anyway == ()


def test_only_the_profile_s_own_texts_are_read(archive: Archive, settings: Settings) -> None:
    encoder = CountingEncoder()
    build_backtester(settings, replace(loaded().models, encoder=encoder)).run(archive, BAKERY, Other(None))
    own = {text for facet in BAKERY.facets for text in (*facet.texts(), *facet.examples)} | set(BAKERY.no_go)
    assert set(encoder.texts) <= own
    assert encoder.texts


def test_a_new_brand_has_no_verdicts_to_compare_with(archive: Archive, backtester: Backtester) -> None:
    new = msgspec.structs.replace(BAKERY, id="new", name="New")
    report = backtester.run(archive, new, Other(None))
    assert sum(count.before for count in report.kinds) == 0
    assert {t.topic_id for t in report.newly_ridden} == {t.topic_id for t in report.ridden}
    same = backtester.run(archive, BAKERY, Other(BAKERY))
    assert [t.topic_id for t in report.ridden] == [t.topic_id for t in same.ridden]


def test_against_a_version_both_are_judged_again(archive: Archive, backtester: Backtester) -> None:
    bold = msgspec.structs.replace(BAKERY, thresholds=Thresholds(ride_percentile=60.0, watch_percentile=50.0))
    there, back = backtester.run(archive, bold, Other(BAKERY, 1)), backtester.run(archive, BAKERY, Other(bold, 2))
    assert (there.against, back.against) == ("1", "2")
    assert [(c.before, c.after) for c in there.kinds] == [(c.after, c.before) for c in back.kinds]
    assert {t.topic_id for t in there.newly_ridden} == {t.topic_id for t in back.no_longer_ridden}
    assert there.n_missed_before == len(back.missed)


def test_what_another_deployment_judged_differs_anyway(archive: Archive, backtester: Backtester) -> None:
    """The store's verdicts were made with other thresholds than the profile in force has: said apart."""
    bold = msgspec.structs.replace(BAKERY, thresholds=Thresholds(ride_percentile=60.0, watch_percentile=50.0))
    report = backtester.run(archive, bold, Other(bold))
    assert report.differs_anyway
    assert (report.newly_ridden, report.no_longer_ridden, report.flipped) == ((), (), ())


def test_topics_of_another_encoder_are_not_compared(archive: Archive, settings: Settings) -> None:
    encoder = CountingEncoder()
    encoder.id = "another"
    models = replace(loaded().models, encoder=encoder)
    with pytest.raises(InputError, match=f"{loaded().models.encoder.id}.*another.*encoder.id"):
        build_backtester(settings, models).run(archive, BAKERY, Other(BAKERY))


def test_topics_without_centres_are_counted_not_judged(archive: Archive, backtester: Backtester) -> None:
    first, *others = archive.topics
    holed = replace(archive, topics=(msgspec.structs.replace(first, centres=None), *others))
    report = backtester.run(holed, BAKERY, Other(BAKERY))
    assert (report.n_unjudged, report.n_topics) == (1, len(others))
    bare = replace(archive, topics=(msgspec.structs.replace(first, centres=None),))
    with pytest.raises(InputError, match="no centres"):
        backtester.run(bare, BAKERY, Other(BAKERY))


def test_an_archive_without_topics_is_an_empty_report(archive: Archive, backtester: Backtester) -> None:
    report = backtester.run(replace(archive, topics=()), BAKERY, Other(BAKERY))
    assert (report.n_topics, report.n_unjudged) == (0, 0)


# --- the command ----------------------------------------------------------------------


def test_the_command_prints_a_table_or_json(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.wiring.models.load_models", lambda _settings: loaded().models)
    command = ["backtest", "--brand", BAKERY.id, "--store", settings.store.url, "--min-posts", "1"]
    assert main([*command, "--json"]) == 0
    report = msgspec.json.decode(capsys.readouterr().out, type=BacktestReport)
    assert report.brand_id == BAKERY.id
    assert report.n_topics > 5
    assert main([*command, "--against", "1"]) == 0
    told = capsys.readouterr().out
    assert "against version 1" in told
    assert "would be ridden now: 0" in told


def test_a_profile_can_come_through_standard_input(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way the board tries an edited profile."""
    monkeypatch.setattr("pipeline.wiring.models.load_models", lambda _settings: loaded().models)
    bold = msgspec.structs.replace(BAKERY, thresholds=Thresholds(ride_percentile=60.0, watch_percentile=50.0))
    monkeypatch.setattr("sys.stdin", io.StringIO(stored_brand(bold).toml))
    assert main(["backtest", "--brand", "-", "--store", settings.store.url, "--min-posts", "1", "--json"]) == 0
    report = msgspec.json.decode(capsys.readouterr().out, type=BacktestReport)
    assert report.n_unchanged < report.n_topics
    assert report.differs_anyway == ()


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--brand", "nobody"], ("nobody", "forno-aurora")),
        (["--brand", "nope.toml"], ("nope.toml", "cannot be read")),
        (["--brand", BAKERY.id, "--against", "9"], ("forno-aurora", "9", "1")),
        (["--brand", BAKERY.id, "--against", "yesterday"], ("--against", "yesterday", "stored")),
        (["--brand", BAKERY.id, "--days", "0"], ("--days",)),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    arguments: list[str], names: tuple[str, ...], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", "--store", settings.store.url, *arguments]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert all(name in told for name in names)


def test_no_store_and_an_empty_one_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    brand = str(CONFIGS_DIR / "brands" / "forno-aurora.toml")
    assert main(["backtest", "--store", url, "--brand", brand]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert not (tmp_path / "store.db").exists()
    with opened(msgspec.structs.replace(Settings(), store=msgspec.structs.replace(Settings().store, url=url))):
        pass
    assert main(["backtest", "--store", url, "--brand", brand]) == 2
    assert "trendsieve run" in capsys.readouterr().err
