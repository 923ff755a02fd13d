"""Opinions in a store: kept with what they were about, shown before they change anything, and applied as versions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from configs.errors import InputError
from pipeline.brand.profile.profile import BrandProfile, Facet
from pipeline.brand.profile.toml import parse_profile, profile_toml
from pipeline.brand.profile.versions import roll_back, save_version, stored_brand
from pipeline.cli import main
from pipeline.services.feedback.desk import FROM_FEEDBACK, apply_proposal, base_of, give_opinion, proposal_of
from pipeline.store.database import DatabaseStore, open_store
from pipeline.types import VerdictKind
from tests.samples import make_report, make_verdict

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DEFAULTS = (99.0, 95.0)
BRAND = BrandProfile(id="forno", name="Forno", facets=(Facet("pane", "breakfast"), Facet("tavola", "table")))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
def store(url: str) -> Iterator[DatabaseStore]:
    store = open_store(url, lambda: NOW)
    with store.transaction() as tx:
        tx.save_brands([stored_brand(BRAND)])
        tx.save_reports("default", [make_report(f"t{i}") for i in range(1, 16)])
        tx.save_verdicts([make_verdict("forno", f"t{i}") for i in range(1, 16)])
    save_version(store, BRAND, "strategist", "first", NOW)
    yield store
    store.close()


def complain(store: DatabaseStore, n: int = 14, at: datetime = NOW + timedelta(hours=1)) -> None:
    for i in range(1, n + 1):
        give_opinion(store, f"t{i}", "forno", False, at, by=f"p{i}", channel="board", wanted=VerdictKind.IGNORE)


def test_an_opinion_keeps_what_it_was_about(store: DatabaseStore) -> None:
    given = give_opinion(store, "t1", "forno", True, NOW, by="  ", channel="board", wanted=VerdictKind.WATCH)
    (kept,) = store.feedback("forno")
    assert kept.id > 0
    assert msgspec.structs.replace(kept, id=0) == given
    assert (kept.by, kept.wanted) == ("board", None), "somebody without a name; what is right needs no other"
    assert kept.verdict == store.verdicts("t1")[0]
    with pytest.raises(InputError, match="is no topic"):
        give_opinion(store, "t99", "forno", True, NOW, by="", channel="board")
    with pytest.raises(InputError, match="has no verdict"):
        give_opinion(store, "t1", "nobody", True, NOW, by="", channel="board")


def test_a_proposal_changes_nothing_until_it_is_applied(store: DatabaseStore) -> None:
    complain(store)
    proposal = proposal_of(store, "forno", DEFAULTS, NOW + timedelta(hours=2))
    assert proposal.changes
    assert len(store.profile_versions("forno")) == 1
    later = NOW + timedelta(hours=2)
    number = apply_proposal(store, "forno", proposal.digest, DEFAULTS, later, author="ada", note="looks right")
    newest = store.profile_versions("forno")[0]
    assert (number, newest.version, newest.author) == (2, 2, "ada")
    assert newest.note.startswith(FROM_FEEDBACK)
    assert parse_profile(newest.toml, "stored") == proposal.profile
    assert parse_profile(store.brands()[0].toml, "stored") == proposal.profile


def test_what_was_not_shown_is_not_applied(store: DatabaseStore) -> None:
    with pytest.raises(InputError, match="nothing to apply"):
        apply_proposal(store, "forno", "x", DEFAULTS, NOW, author="ada")
    complain(store, 10)
    shown = proposal_of(store, "forno", DEFAULTS, NOW + timedelta(hours=2))
    complain(store, 14)
    with pytest.raises(InputError, match="look at it again"):
        apply_proposal(store, "forno", shown.digest, DEFAULTS, NOW + timedelta(hours=2), author="ada")
    assert len(store.profile_versions("forno")) == 1


def test_applied_opinions_do_not_pile_up_and_a_new_profile_starts_afresh(store: DatabaseStore) -> None:
    complain(store)
    later = NOW + timedelta(hours=2)
    apply_proposal(store, "forno", proposal_of(store, "forno", DEFAULTS, later).digest, DEFAULTS, later, author="ada")
    assert base_of(store, "forno").base == BRAND
    assert not proposal_of(store, "forno", DEFAULTS, later).changes
    roll_back(store, "forno", 1, "bo", "too strict", later + timedelta(hours=1))
    start = base_of(store, "forno")
    assert (start.base, start.current) == (BRAND, BRAND)
    assert proposal_of(store, "forno", DEFAULTS, later + timedelta(hours=2)).n_opinions == 0


def test_a_brand_without_versions_starts_from_what_was_loaded(url: str) -> None:
    store = open_store(url, lambda: NOW)
    with store.transaction() as tx:
        tx.save_brands([stored_brand(BRAND)])
    assert base_of(store, "forno").since is None
    assert parse_profile(profile_toml(base_of(store, "forno").base), "again") == BRAND
    with pytest.raises(InputError, match="it knows: forno"):
        base_of(store, "nobody")
    store.close()


def test_the_commands_add_list_propose_and_apply(
    store: DatabaseStore, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    brand = ["--brand", "forno", "--store", url]
    for i in range(1, 15):
        topic = ["--topic", f"t{i}", "--wrong", "--wanted", "ignore", "--author", f"p{i}"]
        assert main(["feedback", "add", *brand, *topic]) == 0
    assert "RIDE on" in capsys.readouterr().out
    assert main(["feedback", "list", *brand]) == 0
    told = capsys.readouterr().out
    assert "14 opinions" in told
    assert "right in   0 of  14" in told
    assert main(["feedback", "propose", *brand]) == 0
    told = capsys.readouterr().out
    assert "threshold ride" in told
    assert "99 -> 99." in told
    assert main(["feedback", "propose", *brand, "--json"]) == 0
    digest = json.loads(capsys.readouterr().out)["digest"]
    assert main(["feedback", "apply", *brand, "--proposal", "wrong"]) == 2
    assert digest in capsys.readouterr().err
    assert main(["feedback", "apply", *brand, "--proposal", digest, "--author", "ada"]) == 0
    assert "applied as version 2" in capsys.readouterr().out
    assert main(["feedback", "list", *brand, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["opinions"]) == 14


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["add", "--topic", "t1", "--right", "--wanted", "RIDE"], "needs no other"),
        (["add", "--topic", "t1"], "--right"),
        (["add", "--topic", "t77", "--wrong"], "is no topic"),
        (["apply"], "--proposal"),
    ],
)
def test_errors_say_what_to_do(
    store: DatabaseStore, url: str, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["feedback", *words[:1], "--brand", "forno", "--store", url, *words[1:]]) == 2
    assert told in capsys.readouterr().err
