"""Right or wrong on the topic's page, and what it would change in the profile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from pipeline.brand.profile.profile import BrandProfile, Facet
from pipeline.i18n.numbers import make_locale
from pipeline.i18n.texts import LANGUAGES, Language, load_texts
from pipeline.services.feedback.proposal import propose
from pipeline.store.database import DatabaseStore, open_store
from pipeline.types import VerdictKind
from tests.archive_samples import make_feedback
from tests.samples import NOW, make_report, make_verdict
from tests.ui.app_pages import page, visit
from tests.ui.seed_store import NEW_ID, OLD_ID
from ui.feedback.markup import proposal_markup
from ui.feedback.view_model import proposal_view

BRAND = BrandProfile(id="b", name="B", facets=(Facet("pane", "breakfast"), Facet("x", "<b>table</b>")))


@pytest.fixture
def store(seeded: str) -> Iterator[DatabaseStore]:
    store = open_store(seeded, lambda: datetime.now(UTC))
    yield store
    store.close()


def test_a_wrong_verdict_is_kept_with_what_would_be_right(store: DatabaseStore) -> None:
    app = visit(topic=OLD_ID, brand="forno-aurora", lang="it")
    app.selectbox(key="opinion_wanted").set_value("IGNORE")
    app.text_input(key="opinion_by").set_value("Ada")
    next(button for button in app.button if button.label == "Sbagliato").click().run()
    assert not app.exception
    (kept,) = store.feedback("forno-aurora")
    assert (kept.topic_id, kept.by, kept.channel) == (NEW_ID, "Ada", "board"), "an old link leads to the living topic"
    assert (kept.right, kept.wanted) == (False, VerdictKind.IGNORE)
    assert kept.verdict == next(v for v in store.verdicts(NEW_ID) if v.brand_id == "forno-aurora")
    assert "Registrato" in page(app)


def test_a_right_verdict_needs_no_name_and_wants_nothing_else(store: DatabaseStore) -> None:
    app = visit(topic=NEW_ID, brand="lido-sport", lang="en")
    app.selectbox(key="opinion_wanted").set_value("RISKY")
    next(button for button in app.button if button.label == "Right").click().run()
    (kept,) = store.feedback("lido-sport")
    assert (kept.by, kept.right, kept.wanted) == ("board", True, None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_proposal_shows_every_number_before_and_after(language: Language) -> None:
    opinions = [
        make_feedback(
            f"t{i}",
            "b",
            id=i,
            at=NOW,
            by=f"p{i}",
            right=False,
            wanted=VerdictKind.IGNORE,
            verdict=make_verdict("b", f"t{i}"),
            report=make_report(f"t{i}", label="<i>pane</i>"),
        )
        for i in range(60)
    ]
    proposal = propose(BRAND, BRAND, opinions, (99.0, 95.0), NOW + timedelta(hours=1))
    view = proposal_view(proposal, make_locale(language))
    assert view.digest == proposal.digest
    assert [change.moves for change in view.changes] == [abs(c.after - c.before) >= 0.005 for c in proposal.facets] + [
        True,
        False,
    ]
    shown = proposal_markup(view, load_texts(language))
    assert "<b>table" not in shown
    assert "<i>pane" not in shown
    assert "&lt;i&gt;pane" in shown
    assert make_locale(language).number(proposal.thresholds[0].after, 1) in shown
    assert view.more, "what is not listed is counted"
    nothing = proposal_view(propose(BRAND, BRAND, [], (99.0, 95.0), NOW), make_locale(language))
    assert (nothing.digest, nothing.effects, nothing.rules) == ("", (), ())


def test_every_direction_has_words() -> None:
    for language in LANGUAGES:
        keys = load_texts(language).keys()
        assert {f"feedback.does_{d}_{t}" for d in ("warmer", "colder") for t in ("ride", "watch")} <= keys


def test_the_section_applies_what_was_shown(store: DatabaseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = msgspec.structs.replace(BRAND, id="forno-aurora")
    from pipeline.brand.profile.versions import save_version

    save_version(store, profile, "strategist", "", datetime.now(UTC) - timedelta(days=1))
    with store.transaction() as tx:
        for i in range(14):
            report, verdict = make_report(f"x{i}"), make_verdict("forno-aurora", f"x{i}")
            at = datetime.now(UTC)
            tx.save_feedback(make_feedback(f"x{i}", at=at, by=f"p{i}", right=False, report=report, verdict=verdict))

    def section() -> None:
        import os

        from configs.settings import BoardSettings, VerdictSettings
        from ui.feedback.page import render_proposal
        from ui.visit import begin_visit

        visit = begin_visit(os.environ["TRENDSIEVE_STORE__URL"], BoardSettings(), VerdictSettings())
        render_proposal(visit, "forno-aurora")

    app = AppTest.from_function(section, default_timeout=30).run()
    assert not app.exception
    assert len(store.profile_versions("forno-aurora")) == 1, "shown, not applied"
    app.text_input(key="proposal_by").set_value("Ada")
    app.button[0].click().run()
    assert not app.exception
    newest = store.profile_versions("forno-aurora")[0]
    assert (newest.version, newest.author) == (2, "Ada")
    assert not app.button, "nothing is left to apply"
