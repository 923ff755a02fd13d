"""The answer of the draft check as HTML."""

from __future__ import annotations

from pipeline.i18n.texts import Texts
from ui.draft.view_model import AdviceView, FindingView
from ui.elements.element import Markup, el
from ui.elements.pieces import icon


def advice_markup(view: AdviceView, texts: Texts) -> Markup:
    """The outcome first, then each finding, then what was not looked at."""
    findings = (
        el("ul", (_finding(finding) for finding in view.findings), class_="ts-findings") if view.findings else None
    )
    return el(
        "section",
        el("h2", icon(view.icon), " ", view.title),
        el("p", view.text),
        findings,
        el("p", view.fit, class_="ts-second"),
        el("p", view.limits, class_="ts-note"),
        class_=f"ts-card ts-draft ts-{view.icon}",
        lang=texts.language,
        role="status",
    )


def _finding(finding: FindingView) -> Markup:
    return el(
        "li",
        el(
            "p",
            el("span", finding.severity, class_=f"ts-tier ts-tier-{finding.tier}"),
            " ",
            el("strong", finding.text),
        ),
        el("p", finding.advice, class_="ts-second") if finding.advice else None,
        (el("blockquote", quote, dir="auto", class_="ts-second") for quote in finding.quotes),
        class_="ts-hazard",
    )
