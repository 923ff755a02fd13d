"""Whom a list of domains comes from."""

from __future__ import annotations

from pipeline.i18n.texts import Texts
from ui.elements.element import Markup, el

LIST_NAME, LIST_URL = "CRED-1", "https://github.com/aloth/cred-1"
LICENSE_NAME, LICENSE_URL = "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"


def credit_markup(texts: Texts) -> Markup:
    """Whose list it is and under which licence: CC BY asks for it wherever the list is used."""
    return el(
        "p",
        texts.text("exposure.unlisted"),
        " ",
        texts.text("credit.list"),
        " ",
        el("a", LIST_NAME, href=LIST_URL, target="_blank"),
        " ",
        texts.text("credit.by"),
        " ",
        el("a", LICENSE_NAME, href=LICENSE_URL, target="_blank"),
        ".",
        class_="ts-second ts-credit",
    )
