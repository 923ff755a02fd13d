"""The line of a topic says how sure each verdict is and what would change it; older keys stay."""

from __future__ import annotations

import msgspec

from pipeline.commands.assess_lines import topic_line
from pipeline.types import Change, Confidence, VerdictKind
from tests.samples import make_report, make_verdict

CHANGE = Change("fit_down", VerdictKind.WATCH, 99.4, 99.0, "if fit fell from percentile 99.4 to below 99: WATCH")


def test_confidence_doubts_and_changes_are_under_the_brand() -> None:
    verdict = make_verdict(confidence=Confidence.FAIR, doubts=("fit_down",), changes=(CHANGE,))
    brand = msgspec.json.decode(topic_line(make_report(), {"forno-aurora": verdict}))["brands"]["forno-aurora"]
    assert (brand["confidence"], brand["doubts"]) == ("fair", ["fit_down"])
    assert brand["changes"] == [
        {"code": "fit_down", "verdict": "WATCH", "now": 99.4, "needed": 99.0, "name": "", "text": CHANGE.text}
    ]
    assert {"verdict", "fit", "facets", "nuance", "reasons"} <= set(brand)


def test_a_verdict_without_confidence_has_none() -> None:
    brand = msgspec.json.decode(topic_line(make_report(), {"b": make_verdict()}))["brands"]["b"]
    assert (brand["confidence"], brand["doubts"], brand["changes"]) == (None, [], [])
