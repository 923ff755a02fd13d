"""The profile studio without a browser: what is edited, saved, previewed and brought back."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

import ui.commands
from configs.settings import CONFIGS_DIR
from pipeline.brand.profile.profile import load_profile
from pipeline.brand.profile.toml import parse_profile, profile_toml
from pipeline.brand.profile.versions import save_version
from pipeline.services.backtest.comparison import BacktestReport, BacktestTopic, KindCount
from pipeline.store.database import open_store
from pipeline.types import Reason, Stage, VerdictKind
from tests.ui.app_pages import params, run, visit, words
from ui.studio.fields import PREFIX, ROWS

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BAKERY = load_profile(CONFIGS_DIR / "brands" / "forno-aurora.toml")
SKIN = load_profile(CONFIGS_DIR / "brands" / "lumen-skin.toml")


@pytest.fixture
def no_brand(store_url: str) -> str:
    open_store(store_url, lambda: NOW).close()
    return store_url


@pytest.fixture
def two_brands(store_url: str) -> str:
    store = open_store(store_url, lambda: NOW)
    for profile in (BAKERY, SKIN):
        save_version(store, profile, "brand file", "", NOW)
    store.close()
    return store_url


def versions(url: str, brand_id: str = BAKERY.id) -> list[tuple[int, str, str]]:
    store = open_store(url, lambda: NOW)
    found = [(version.version, version.author, version.note) for version in store.profile_versions(brand_id)]
    store.close()
    return found


def newest(url: str, brand_id: str = BAKERY.id) -> str:
    store = open_store(url, lambda: NOW)
    toml = store.profile_versions(brand_id)[0].toml
    store.close()
    return toml


def studio(**params: str) -> AppTest:
    return visit(page="studio", **params)


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [button for button in app.button if button.label == label]
    button.click()
    return run(app)


def row_key(app: AppTest, facet: int, field: str) -> str:
    return f"{PREFIX}{app.session_state[ROWS][facet][0]}_{field}"


@pytest.mark.usefixtures("two_brands")
def test_an_untouched_form_is_the_profile_as_saved() -> None:
    app = studio()
    assert "As saved: nothing has been changed." in words(app)
    assert app.text_area(key=f"{PREFIX}no_go").value.splitlines() == list(BAKERY.no_go)
    assert len(app.session_state[ROWS]) == len(BAKERY.facets)
    assert [button.disabled for button in app.button if button.label == "Save as a new version"] == [True]


def test_an_edit_is_said_saved_with_its_author_and_can_be_brought_back(two_brands: str) -> None:
    app = studio()
    app.number_input(key=row_key(app, 1, "weight")).set_value(0.4)
    app.text_area(key=f"{PREFIX}no_go").set_value("\n".join([*BAKERY.no_go, "sugar taxes"]))
    run(app)
    assert "Facet “honest-ingredients” · weight: 0.9 → 0.4" in words(app)
    assert "Themes to keep away from: added “sugar taxes”" in words(app)
    assert versions(two_brands) == [(1, "brand file", "")], "nothing changes until somebody saves"

    press(app, "Save as a new version")
    assert "Write your name first" in words(app)
    app.text_input(key="studio_author").set_value("Ada")
    app.text_input(key="studio_note").set_value("flour talks too much")
    press(app, "Save as a new version")
    assert "Saved as version 2." in words(app)
    assert versions(two_brands) == [(2, "Ada", "flour talks too much"), (1, "brand file", "")]
    saved = parse_profile(newest(two_brands), "saved")
    assert saved.facets[1].weight == 0.4
    assert saved == msgspec.structs.replace(
        BAKERY,
        no_go=(*BAKERY.no_go, "sugar taxes"),
        facets=(BAKERY.facets[0], msgspec.structs.replace(BAKERY.facets[1], weight=0.4), *BAKERY.facets[2:]),
    ), "what nobody touched is as it was"

    press(app, "Bring version 1 back")
    assert "Version 1 is in force again, as version 3." in words(app)
    assert parse_profile(newest(two_brands), "saved") == BAKERY
    assert app.number_input(key=row_key(app, 1, "weight")).value == 0.9, "the form shows what is in force"


def test_facets_come_and_go(two_brands: str) -> None:
    app = studio()
    app.button(key=f"studio_remove_{app.session_state[ROWS][0][0]}").click()
    run(app)
    press(app, "Add a facet")
    assert "The profile cannot be used like this" in words(app)
    assert "facets[4].text: is empty" in words(app)
    app.text_input(key=row_key(app, -1, "name")).set_value("rye")
    app.text_area(key=row_key(app, -1, "text_it")).set_value("pane di segale")
    run(app)
    assert "Facet “slow-breakfast”: removed" in words(app)
    assert "Facet “rye”: added" in words(app)
    app.text_input(key="studio_author").set_value("Ada")
    press(app, "Save as a new version")
    saved = parse_profile(newest(two_brands), "saved")
    assert [facet.name for facet in saved.facets] == [*(facet.name for facet in BAKERY.facets[1:]), "rye"]
    assert saved.facets[-1].text == {"it": "pane di segale"}


@pytest.mark.usefixtures("two_brands")
def test_edits_wait_while_another_page_or_brand_is_looked_at() -> None:
    app = studio()
    app.text_area(key=f"{PREFIX}essence").set_value("Bread, slowly.")
    run(app)
    app.query_params["page"] = "board"
    run(app)
    app.query_params["page"] = "studio"
    run(app)
    assert app.text_area(key=f"{PREFIX}essence").value == "Bread, slowly."
    app.selectbox(key="studio_brand").set_value(SKIN.id)
    run(app)
    assert params(app)["brand"] == SKIN.id
    assert app.text_area(key=f"{PREFIX}essence").value == SKIN.essence
    app.selectbox(key="studio_brand").set_value(BAKERY.id)
    run(app)
    assert app.text_area(key=f"{PREFIX}essence").value == "Bread, slowly."
    press(app, "Discard changes")
    assert app.text_area(key=f"{PREFIX}essence").value == BAKERY.essence


def test_a_version_saved_elsewhere_is_shown_or_warned_of(two_brands: str) -> None:
    app = studio()
    other = msgspec.structs.replace(BAKERY, essence="From elsewhere.")
    store = open_store(two_brands, lambda: NOW)
    save_version(store, other, "Tom", "", NOW)
    store.close()
    run(app)
    assert app.text_area(key=f"{PREFIX}essence").value == "From elsewhere.", "nothing was being edited"
    app.text_area(key=f"{PREFIX}essence").set_value("Mine.")
    run(app)
    store = open_store(two_brands, lambda: NOW)
    save_version(store, BAKERY, "Eva", "", NOW)
    store.close()
    run(app)
    assert "Version 3 was saved meanwhile by Eva" in words(app)
    assert app.text_area(key=f"{PREFIX}essence").value == "Mine."


REPORT = BacktestReport(
    brand_id=BAKERY.id,
    brand_name=BAKERY.name,
    since=datetime(2026, 2, 1, tzinfo=UTC),
    until=datetime(2026, 3, 1, tzinfo=UTC),
    against="stored",
    n_topics=412,
    n_unchanged=410,
    n_unjudged=2,
    n_unchecked=0,
    kinds=tuple(KindCount(kind, 5, 6) for kind in VerdictKind),
    newly_ridden=(
        BacktestTopic(
            topic_id="t4",
            label="Price of <b>butter</b>",
            n_posts=1284,
            first_seen=datetime(2026, 2, 2, tzinfo=UTC),
            last_seen=datetime(2026, 2, 3, tzinfo=UTC),
            stage=Stage.FADING,
            before=VerdictKind.WATCH,
            after=VerdictKind.RIDE,
            percentile_before=96.2,
            percentile_after=99.4,
            reasons_before=(Reason("thin_posts", "Only 7 distinct posts.", params=(("n", "7"), ("needed", "20"))),),
            reasons_after=(Reason("unknown_code", "Speaks to butter."),),
        ),
    ),
    no_longer_ridden=(),
    flipped=(),
    missed=(),
    ridden=(),
    differs_anyway=(),
    n_missed_before=0,
)
ANSWER = """
import os, sys
open({seen!r}, "w").write(" ".join(sys.argv[1:]) + "\\n" + sys.stdin.read())
sys.stdout.write({report!r})
"""


@pytest.mark.parametrize(
    ("lang", "ask", "says"),
    [
        ("en", "Preview", "412 topics of 28 days judged again: 1 verdict would be another one."),
        ("it", "Anteprima", "Rivalutati 412 trend di 28 giorni: cambierebbe 1 verdetto."),
    ],
)
@pytest.mark.usefixtures("two_brands")
def test_a_preview_asks_the_backtest_about_what_is_in_the_form(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lang: str, ask: str, says: str
) -> None:
    seen = tmp_path / "seen"
    program = ANSWER.format(seen=str(seen), report=msgspec.json.encode(REPORT).decode())
    monkeypatch.setattr(ui.commands, "COMMAND", (sys.executable, "-c", program))
    app = studio(lang=lang)
    app.text_area(key=f"{PREFIX}essence").set_value("Tried.")
    run(app)
    press(app, ask)
    arguments, _, toml = seen.read_text().partition("\n")
    assert arguments == "backtest --brand - --days 30 --json"
    assert parse_profile(toml, "asked").essence == "Tried."
    assert says in words(app)
    assert "Price of <b>butter</b>" in words(app), "a label is text"
    assert "Speaks to butter." in words(app)
    assert "96.2 → 99.4" in words(app) or "96,2 → 99,4" in words(app)
    app.text_area(key=f"{PREFIX}essence").set_value("Changed since.")
    run(app)
    assert ("preview again" if lang == "en" else "rifai l’anteprima") in words(app)


@pytest.mark.usefixtures("two_brands")
def test_a_preview_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    for program, says in (
        ("import sys; sys.stderr.write('trendsieve: store: holds no topic yet'); sys.exit(2)", "holds no topic yet"),
        ("print('{}')", "The answer cannot be read"),
    ):
        monkeypatch.setattr(ui.commands, "COMMAND", (sys.executable, "-c", program))
        assert says in words(press(studio(), "Preview"))


def test_guidelines_become_a_new_brand_that_waits_to_be_saved(no_brand: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = studio()
    assert "No brand profile yet" in words(app)
    draft = profile_toml(msgspec.structs.replace(BAKERY, id="new-brand", name="New Brand"), {"": "guessed"})
    monkeypatch.setattr(ui.commands, "COMMAND", (sys.executable, "-c", f"import sys; sys.stdout.write({draft!r})"))
    app.text_area(key="studio_guidelines").set_value("We bake.")
    press(app, "Draft")
    assert "A draft is in the form" in words(app)
    assert "New Brand is not followed yet" in words(app)
    assert params(app)["brand"] == "new-brand"
    app.text_input(key="studio_author").set_value("Ada")
    press(app, "Save as a new version")
    assert versions(no_brand, "new-brand") == [(1, "Ada", "")]
    assert "As saved: nothing has been changed." in words(app)


@pytest.mark.usefixtures("two_brands")
def test_the_studio_speaks_italian() -> None:
    app = studio(lang="it")
    assert "Studio del profilo" in words(app)
    app.number_input(key=f"{PREFIX}ride_percentile").set_value(97.5)
    run(app)
    assert "Soglie · cavalca dal percentile: 99 → 97,5" in words(app)


def upload(app: AppTest, toml: str) -> AppTest:
    app.file_uploader(key="studio_import").set_value([("brand.toml", toml.encode(), "application/toml")])
    return run(app)


@pytest.mark.usefixtures("two_brands")
def test_an_imported_file_is_a_change_of_its_brand_until_it_is_saved() -> None:
    edited = msgspec.structs.replace(SKIN, tone=("calm", "odd\nline"))
    app = upload(studio(), profile_toml(edited))
    assert "Read into the form; nothing is saved yet." in words(app)
    assert params(app)["brand"] == SKIN.id, "the file says whose it is"
    assert "Tone: removed “precise”" in words(app)
    assert "Tone: added “odd line”" in words(app), "text that no field can show travels all the same"
    broken = upload(studio(), "id = 'x'\n")
    assert "missing required field `name`" in words(broken)
