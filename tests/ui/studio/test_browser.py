"""The studio in a real Chromium: it fits narrow and wide screens, keeps edits, and asks nobody outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

SIZES = ((420, 900), (1366, 768), (1920, 1080))


@pytest.mark.parametrize(
    ("lang", "added", "field"), [("en", "added “sugar”", "Limits"), ("it", "in più «sugar»", "Limiti")]
)
def test_the_studio_fits_the_screen_and_says_what_changes(
    page: Page, address: str, tmp_path: Path, lang: str, added: str, field: str
) -> None:
    shots = Path(os.environ.get("TRENDSIEVE_SCREENSHOTS", tmp_path))
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(f"{address}?page=studio&brand=forno-aurora&lang={lang}")
        expect(page.get_by_role("tab")).to_have_count(6, timeout=60_000)
        expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0)
        expect(page.locator(".ts-beside")).to_be_visible()
        (shots / f"studio-{lang}-{size[0]}.png").write_bytes(page.screenshot())
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.evaluate(
            "[...document.querySelectorAll('.ts-pages a')].every(a => a.getBoundingClientRect().right <= innerWidth)"
        )
    page.get_by_role("tab", name=field, exact=True).click()
    themes = page.locator("textarea:visible").first
    themes.fill(f"{themes.input_value()}\nsugar")
    themes.press("Control+Enter")
    expect(page.locator(".ts-profile-changes")).to_contain_text(added)
    page.locator(".ts-pages a").first.click()
    expect(page.locator(".ts-board tbody tr").first).to_be_visible()
    page.go_back()
    expect(page.locator(".ts-profile-changes")).to_contain_text(added)
