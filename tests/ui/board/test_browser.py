"""The served board in a real Chromium: what a team sees and does, and that nothing leaves this machine."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from tests.ui.seed_store import TRENDS, add_trend

pytestmark = pytest.mark.browser

LAPTOP, WALL = (1366, 768), (1920, 1080)
LATE = msgspec.structs.replace(TRENDS[0], topic_id="t50", label="Pane di mezzanotte", previous_rank=None)


def rows(page: Page) -> list[str]:
    return page.locator(".ts-board .ts-label").all_inner_texts()


def test_a_day_at_the_board(page: Page, address: str, seeded: str) -> None:
    page.goto(address)
    labels = [trend.label for trend in TRENDS]
    expect(page.locator(".ts-board tbody tr")).to_have_count(len(labels), timeout=30_000)
    assert rows(page) == labels
    assert page.evaluate("document.documentElement.lang") == "en"
    wider = page.evaluate(
        "document.querySelector('.ts-scroll').scrollWidth - document.querySelector('.ts-scroll').clientWidth"
    )
    assert wider == 0, "the list must fit a laptop screen"

    # a filter is an address, and the address is the filter
    page.evaluate("window.sameVisit = true")
    page.locator(".ts-tile.ts-risky").click()
    expect(page.locator(".ts-board tbody tr")).to_have_count(2)
    assert "verdict=RISKY" in page.url

    # into a topic and back, by keyboard, without a reload
    page.locator(".ts-label").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ts-topic h1")).to_have_text("Alluvione in Romagna: raccolta di aiuti")
    expect(page.locator(".ts-reason").first).to_have_text("Never ride: disaster in 71% of posts (n = 240)")
    page.locator(".ts-languages a[lang=it]").click()
    expect(page.locator(".ts-reason").first).to_have_text("Mai cavalcare: disastro nel 71% dei post (n = 240)")
    expect(page.locator("html")).to_have_attribute("lang", "it")
    page.locator(".ts-back").click()
    expect(page.locator(".ts-board tbody tr")).to_have_count(2)
    expect(page.locator(".ts-col-verdict .ts-badge").first).to_have_text("Rischioso")
    page.go_back()
    expect(page.locator(".ts-topic h1")).to_be_visible()
    page.go_forward()
    expect(page.locator(".ts-board tbody tr")).to_have_count(2)
    page.locator(".ts-tile.ts-all").click()
    expect(page.locator(".ts-board tbody tr")).to_have_count(len(labels))
    assert page.evaluate("window.sameVisit") is True

    # a new trend arrives by itself, and the keyboard stays where it was
    page.locator("[data-key=row-t4]").focus()
    add_trend(seeded, LATE, datetime.now(UTC))
    expect(page.locator(".ts-label").first).to_have_text(LATE.label, timeout=15_000)
    expect(page.locator("[data-key=row-t4]")).to_be_focused()

    # paused, the list stands still; then the feed goes silent and the banner says so
    page.locator("[data-testid=stCheckbox]").click()
    expect(page.locator(".ts-state")).to_have_text("In pausa")
    add_trend(seeded, msgspec.structs.replace(LATE, topic_id="t51", label="Late"), datetime.now(UTC))
    page.wait_for_timeout(3_000)
    expect(page.locator(".ts-label").first).to_have_text(LATE.label)
    expect(page.locator(".ts-alarm")).to_contain_text("Il flusso tace.", timeout=60_000)
    page.locator("[data-testid=stCheckbox]").click()
    expect(page.locator(".ts-label").first).to_have_text("Late")


def test_typing_filters_and_a_shared_link_shows_the_same(page: Page, address: str) -> None:
    page.goto(f"{address}?lang=it&verdict=RIDE,WATCH")
    expect(page.locator(".ts-board tbody tr")).to_have_count(5, timeout=30_000)
    page.get_by_label("Cerca").fill("butter")
    expect(page.locator(".ts-board tbody tr")).to_have_count(1)
    page.wait_for_url("**q=butter**")
    shared = page.url
    page.get_by_label("Cerca").fill("nothing like this")
    expect(page.locator(".ts-empty")).to_contain_text("Nessun trend corrisponde")
    page.locator(".ts-button").click()
    expect(page.locator(".ts-board tbody tr")).to_have_count(len(TRENDS))
    expect(page.get_by_label("Cerca")).to_have_value("")
    page.goto(shared)
    expect(page.locator(".ts-label")).to_have_text(["Price of butter"], timeout=30_000)


def test_links_of_posts_open_elsewhere_and_only_on_the_web(page: Page, address: str) -> None:
    page.goto(f"{address}?topic=t10")
    expect(page.locator(".ts-topic h1")).to_contain_text("<script>", timeout=30_000)
    links = page.locator(".ts-quote a")
    assert links.count() > 5
    for link in links.all():
        assert (link.get_attribute("href") or "").startswith("https://example.org/")
        assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener noreferrer")


@pytest.mark.parametrize("size", [LAPTOP, WALL], ids=["laptop", "wall"])
@pytest.mark.parametrize("lang", ["en", "it"])
def test_both_pages_fit_the_screen(page: Page, address: str, tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    shots = Path(os.environ.get("TRENDSIEVE_SCREENSHOTS", tmp_path))
    shots.mkdir(parents=True, exist_ok=True)
    for name, query in (
        ("board", "?"),
        ("topic", "?topic=t4"),
        ("nuance", "?topic=t3"),
        ("solemn", "?topic=t7"),
        ("nothing", "?q=zzz"),
    ):
        page.goto(f"{address}{query}&lang={lang}")
        expect(page.locator(".ts-board, .ts-topic, .ts-empty h2").first).to_be_visible(timeout=30_000)
        if name in ("board", "nothing"):
            expect(page.locator("[data-testid=stTextInput] input")).to_be_visible()
            expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0)
        page.evaluate("document.fonts.ready")
        (shots / f"{name}-{lang}-{size[0]}.png").write_bytes(page.screenshot())
        sticking_out = page.evaluate(
            "[...document.querySelectorAll('.stHtml *')].filter(e => !e.closest('.ts-hidden') && e.offsetParent"
            " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className)"
        )
        assert sticking_out == []
        cut = page.evaluate(
            "[...document.querySelectorAll('.ts-badge, .ts-marker, .ts-figure, .ts-stage, .ts-second, .ts-tile')]"
            ".filter(e => e.offsetParent && e.closest('td') && e.getBoundingClientRect().right"
            " > e.closest('td').getBoundingClientRect().right + 1).map(e => e.textContent)"
        )
        assert cut == []


def test_an_old_feed_opens_with_its_banner(page: Page, address: str, seeded: str) -> None:
    add_trend(seeded, LATE, datetime.now(UTC) - timedelta(hours=1))
    page.goto(address)
    expect(page.locator(".ts-alarm")).to_contain_text("The feed is silent.", timeout=30_000)
    expect(page.locator(".ts-state")).to_have_text("Stale")
