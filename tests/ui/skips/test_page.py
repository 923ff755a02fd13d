"""The skip log's page on a real store, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.i18n.texts import LANGUAGES
from pipeline.store.database import open_store
from pipeline.types import VerdictKind
from tests.samples import make_report, make_verdict
from tests.ui.app_pages import page, visit
from tests.ui.seed_store import seed


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_let_pass_is_listed(store_url: str, language: str) -> None:
    now = datetime.now(UTC)
    seed(store_url, now)
    store = open_store(store_url, lambda: now)
    with store.transaction() as tx:
        tx.save_reports("default", [make_report("t900", label="<i>carro</i>", as_of=now, last_seen=now, n_posts=300)])
        tx.save_verdicts([make_verdict("forno-aurora", "t900", kind=VerdictKind.RISKY, as_of=now)])
    store.close()
    shown = page(visit(page="skips", lang=language))
    assert "&lt;i&gt;carro" in shown
    assert "topic=t900" in shown
    assert "page=skips" not in shown.split("topic=t900")[1].split('"')[0], "a trend opens on its own page"


def test_a_store_without_brands_says_what_to_do(store_url: str) -> None:
    open_store(store_url, lambda: datetime.now(UTC)).close()
    assert "ts-empty" in page(visit(page="skips", lang="en"))
