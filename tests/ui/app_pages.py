"""The Streamlit script without a browser: visit a page, read what it shows."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.ui.seen_markup import Seen
from ui.server import APP


def visit(**params: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in params.items():
        app.query_params[name] = value
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def page(app: AppTest) -> str:
    """Everything the page shows as HTML."""
    return "".join(element.value for element in app.get("html"))


def words(app: AppTest) -> str:
    """Everything the page says."""
    shown = "".join(
        element.value
        for element in app.get("html")
        if "<style" not in element.value and "<script>//" not in element.value
    )
    return " ".join(" ".join(Seen(shown).texts).split())


def topics(app: AppTest) -> list[str]:
    """Topic ids of the rows, top to bottom."""
    seen = Seen(page(app))
    return [
        value.removeprefix("row-") for name, value in seen.attributes if name == "data-key" and value.startswith("row-")
    ]


def params(app: AppTest) -> dict[str, str]:
    return {name: values[0] if isinstance(values, list) else values for name, values in app.query_params.items()}
