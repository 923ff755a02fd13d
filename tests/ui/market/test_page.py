"""The market page on a real store, without a browser."""

from __future__ import annotations

import pytest

from pipeline.i18n.numbers import make_locale
from tests.ui.app_pages import page, run, visit, words
from tests.ui.seed_store import BRANDS


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize("lang", ["en", "it"])
def test_the_page_shows_the_first_brand_and_another_when_chosen(lang: str) -> None:
    text = make_locale("it" if lang == "it" else "en").text
    app = visit(page="market", lang=lang)

    assert text("market.title") in words(app)
    assert text("market.kind.brand_problem") in words(app)
    assert text("market.change.difference") in words(app)
    assert "data:image/svg+xml" in page(app)
    assert app.selectbox(key="market_brand").options == [brand.name for brand in BRANDS]

    app.selectbox(key="market_brand").select("lido-sport")
    run(app)
    assert "lido-sport" in app.query_params["brand"]
    assert text("market.none_title") in words(app)


@pytest.mark.usefixtures("store_url")
def test_a_store_without_brands_says_what_to_do() -> None:
    assert "No brand profile yet" in words(visit(page="market", lang="en"))
