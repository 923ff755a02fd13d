"""What the store would give the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pipeline.store.records import BoardRow, StoredBrand
from pipeline.types import VerdictKind
from tests.samples import NOW, make_post, make_report, make_verdict
from ui.board.view_model import BoardData
from ui.topic.view_model import TopicData

BRANDS = (StoredBrand("forno-aurora", "Forno Aurora", ""), StoredBrand("lido", "Lido Sport", ""))


def board(*rows: BoardRow, **changes: Any) -> BoardData:
    values = {"brands": BRANDS, "brand_id": "forno-aurora", "rows": rows, "as_of": NOW, "written_at": NOW} | changes
    return BoardData(**values)


def topic_data(**changes: Any) -> TopicData:
    lido = make_verdict("lido", kind=VerdictKind.IGNORE, fit=None, nuance=None, reasons=())
    values: dict[str, Any] = {
        "report": make_report(),
        "parent": None,
        "verdicts": (make_verdict(), lido),
        "histories": (("forno-aurora", ((NOW - timedelta(hours=1), "WATCH"), (NOW, "RIDE"))),),
        "newest": tuple(make_post(f"p{number}") for number in range(5)),
        "quoted": (make_post("p1"),),
        "brands": BRANDS,
        "as_of": NOW,
        "written_at": NOW,
    }
    return TopicData(**(values | changes))
