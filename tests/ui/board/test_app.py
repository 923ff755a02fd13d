"""The Streamlit script on a real store, without a browser: both pages, both languages, every control."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import streamlit as st

from configs.settings import Settings
from pipeline.store.database import open_store
from pipeline.types import Stage
from tests.ui.app_pages import page, params, run, topics, visit, words
from tests.ui.seed_store import HOSTILE, OLD_ID, TRENDS, add_trend, seed
from ui.server import APP, board_command


@pytest.mark.usefixtures("seeded")
def test_the_board_lists_every_trend_in_rank_order() -> None:
    app = visit()
    assert topics(app) == [trend.topic_id for trend in TRENDS]
    assert "Price of butter" in words(app)
    assert "Medium risk: politics in 22% of posts" in words(app)
    assert "Live" in words(app)


@pytest.mark.usefixtures("seeded")
def test_the_board_speaks_italian() -> None:
    app = visit(lang="it")
    assert "Rischio medio: politica nel 22% dei post" in words(app)
    assert "1.284 post" in words(app)
    assert app.text_input(key="search").label == "Cerca"


@pytest.mark.usefixtures("seeded")
def test_filters_write_the_address_and_the_address_sets_the_filters() -> None:
    app = visit()
    app.text_input(key="search").set_value("butter ")
    assert topics(run(app)) == ["t4"]
    assert params(app)["q"] == "butter"
    app.text_input(key="search").set_value("")
    app.number_input(key="min_posts").set_value(5000)
    assert topics(run(app)) == ["t3", "t8", "t9"]
    app.button_group(key="stages").set_value([Stage.FADING])
    assert topics(run(app)) == ["t8", "t9"]
    assert params(app) == {"min": "5000", "stage": "fading"}

    again = visit(min="5000", stage="fading", verdict="IGNORE", q="derby")
    assert topics(again) == ["t9"]
    assert again.text_input(key="search").value == "derby"
    assert again.number_input(key="min_posts").value == 5000
    assert again.button_group(key="stages").value == [Stage.FADING]


@pytest.mark.usefixtures("seeded")
def test_another_brand_has_other_verdicts() -> None:
    app = visit()
    app.selectbox(key="brand").set_value("lido-sport")
    run(app)
    assert params(app)["brand"] == "lido-sport"
    assert "Trends ranked for Lido Sport" in words(app)
    assert 'class="ts-badge ts-ride"' not in page(app)
    assert topics(visit(brand="nobody")) == [trend.topic_id for trend in TRENDS]


def test_a_paused_list_stands_still_and_still_watches_the_feed(seeded: str) -> None:
    app = visit(brand="forno-aurora")
    app.toggle(key="pause").set_value(True)
    run(app)
    assert params(app)["pause"] == "1"
    assert "Paused" in words(app)
    before = topics(app)
    add_trend(seeded, msgspec.structs.replace(TRENDS[0], topic_id="t50"), datetime.now(UTC) - timedelta(hours=1))
    st.cache_data.clear()
    assert topics(run(app)) == before
    assert "The feed is silent." in words(app)
    app.toggle(key="pause").set_value(False)
    assert topics(run(app)) == ["t50", *before]


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize(
    ("lang", "why"),
    [
        ("en", "Never ride: disaster in 71% of posts (n = 240)"),
        ("it", "Mai cavalcare: disastro nel 71% dei post (n = 240)"),
    ],
)
def test_a_topic_page_gives_every_reason_with_its_posts(lang: str, why: str) -> None:
    app = visit(topic="t7", lang=lang)
    assert why in words(app)
    assert "Lido Sport" in words(app)
    assert page(app).count("<blockquote>") > 10
    assert "javascript:" not in page(app)
    assert 'href="https://example.org/t7-p0"' in page(app)


@pytest.mark.usefixtures("seeded")
def test_what_is_not_known_is_said_on_the_topic_page() -> None:
    said = words(visit(topic="t5"))
    assert "Not enough evidence: window of opportunity, tone, where people talk, where it comes from" in said
    assert "Tone" not in said, "a card without any evidence is named, not drawn"
    assert words(visit(topic="t13")).count("Other brands") == 0


@pytest.mark.usefixtures("seeded")
def test_hostile_posts_stay_text_on_both_pages() -> None:
    for app in (visit(), visit(topic="t10")):
        assert HOSTILE in words(app)
        assert "<script>alert" not in page(app)
        assert "<b onmouseover" not in page(app)


@pytest.mark.usefixtures("seeded")
def test_an_old_link_leads_to_the_topic_it_became() -> None:
    app = visit(topic=OLD_ID)
    assert "La colazione lenta della domenica" in words(app)
    assert f"pointed to {OLD_ID}" in words(app)


@pytest.mark.usefixtures("seeded")
def test_an_unknown_topic_offers_the_way_back() -> None:
    app = visit(topic="t12345", q="pane")
    assert "This topic is not in the store" in words(app)
    assert 'href="?q=pane"' in page(app)


def test_an_empty_store_says_what_to_do(store_url: str) -> None:
    open_store(store_url, lambda: datetime.now(UTC)).close()
    assert "No brand profile yet" in words(visit())
    assert "Ancora nessun profilo di brand" in words(visit(lang="it"))


def test_a_silent_feed_raises_the_alarm(store_url: str) -> None:
    old = datetime.now(UTC) - timedelta(minutes=10)
    seed(store_url, old)
    assert "The feed is silent. Nothing new has been stored for 10 min" in words(visit())
    assert "Da 10 min non arriva nulla di nuovo" in words(visit(topic="t1", lang="it"))


def test_a_store_that_is_away_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRENDSIEVE_STORE__URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert "The store does not answer" in words(visit())
    st.cache_resource.clear()


def test_wrong_settings_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRENDSIEVE_BOARD__PORT", "many")
    assert "The settings cannot be used" in words(visit())


def test_the_command_serves_this_store_and_phones_nobody() -> None:
    command = board_command(Settings(), "sqlite:///x.db", "my.toml")
    assert command[4] == str(APP)
    assert {"--browser.gatherUsageStats=false", "--server.headless=true", "--server.port=8501"} <= set(command)
    assert command[-5:] == ["--", "--store", "sqlite:///x.db", "--settings", "my.toml"]
