"""What a viewer looks at, as it stands in the URL: the one truth for filters and selection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args
from urllib.parse import urlencode

import msgspec

from pipeline.i18n.texts import LANGUAGES, Language
from pipeline.types import Stage, VerdictKind

MAX_SEARCH_CHARS = 120

PageName = Literal["board", "studio", "draft", "skips", "market"]
PAGE_NAMES: tuple[PageName, ...] = get_args(PageName)
"""Pages an address may name; ``ui.app.PAGES`` has those that can be opened."""


class BoardQuery(msgspec.Struct, frozen=True):
    """Filters and selection. Empty tuples, 0 and ``None`` mean "not narrowed"."""

    brand: str | None = None
    verdicts: tuple[VerdictKind, ...] = ()
    stages: tuple[Stage, ...] = ()
    min_posts: int = 0
    search: str = ""
    topic: str | None = None
    language: Language | None = None
    paused: bool = False
    page: PageName = "board"
    """The page that is open, or, while ``topic`` is set, the one to come back to."""


def parse_query(params: Mapping[str, str]) -> BoardQuery:
    """Read a query from URL parameters; what makes no sense is dropped, nothing is raised.

    Examples
    --------
    >>> parse_query({"verdict": "RIDE,bogus", "min": "x", "topic": "t12"}).verdicts
    (<VerdictKind.RIDE: 'RIDE'>,)
    """
    verdicts = set(params.get("verdict", "").upper().split(","))
    stages = set(params.get("stage", "").lower().split(","))
    minimum = params.get("min", "")
    return BoardQuery(
        brand=params.get("brand") or None,
        verdicts=tuple(kind for kind in VerdictKind if kind.value in verdicts),
        stages=tuple(stage for stage in Stage if stage.value in stages),
        min_posts=int(minimum) if minimum.isascii() and minimum.isdigit() and len(minimum) < 10 else 0,
        search=params.get("q", "").strip()[:MAX_SEARCH_CHARS].strip(),
        topic=params.get("topic") or None,
        language=next((known for known in LANGUAGES if known == params.get("lang")), None),
        paused=params.get("pause") == "1",
        page=next((known for known in PAGE_NAMES if known == params.get("page")), "board"),
    )


def to_params(query: BoardQuery) -> dict[str, str]:
    """URL parameters of a query, without what is not narrowed. ``parse_query`` reads them back."""
    written = {
        "page": query.page if query.page != "board" else "",
        "topic": query.topic or "",
        "brand": query.brand or "",
        "verdict": ",".join(query.verdicts),
        "stage": ",".join(query.stages),
        "min": str(query.min_posts) if query.min_posts else "",
        "q": query.search,
        "lang": query.language or "",
        "pause": "1" if query.paused else "",
    }
    return {name: value for name, value in written.items() if value}


def href(query: BoardQuery, **changes: Any) -> str:
    """A relative link to a changed query.

    Examples
    --------
    >>> href(BoardQuery(brand="forno-aurora"), topic="t12")
    '?topic=t12&brand=forno-aurora'
    """
    return "?" + urlencode(to_params(msgspec.structs.replace(query, **changes)), safe=",")


def toggled(query: BoardQuery, kind: VerdictKind) -> tuple[VerdictKind, ...]:
    """The verdict filter after a click on ``kind``."""
    return tuple(known for known in VerdictKind if (known in query.verdicts) != (known is kind))
