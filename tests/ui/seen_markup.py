"""Markup as a browser reads it: tags, attributes, words."""

from __future__ import annotations

from html.parser import HTMLParser

from pipeline.i18n.numbers import make_locale
from tests.samples import NOW
from ui.shared.freshness import freshness

STATUS = freshness(NOW, NOW, make_locale("en"), NOW, 120)
"""The line of a board that is up to date."""


class Seen(HTMLParser):
    """Collects tags, attributes and text, and checks that tags nest."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("img", "br", "hr"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
