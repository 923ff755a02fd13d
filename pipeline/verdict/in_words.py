"""Reasons and changes as verdicts carry them: a code, its parameters as text, and the catalogue's English sentence."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from pipeline.i18n.numbers import far_locale
from pipeline.i18n.sentences import change_line, reason_text
from pipeline.types import Change, Reason, VerdictKind
from pipeline.types.reason_codes import ChangeCode, ReasonCode


def make_reason(code: ReasonCode, *, evidence: tuple[str, ...] = (), **params: object) -> Reason:
    """A reason with what its sentence names.

    Examples
    --------
    >>> make_reason(ReasonCode.THIN_POSTS, n=7, needed=20).text
    'Thin evidence: 7 distinct posts, 20 needed to judge'
    """
    shown = tuple((name, str(value)) for name, value in params.items())
    return Reason(code, _english(code, shown), evidence, shown)


def make_change(
    code: ChangeCode, kind: VerdictKind, now: float, needed: float, shown: Mapping[str, str], name: str = ""
) -> Change:
    """A change, with what its sentence names in ``shown``; the rest as in :class:`pipeline.types.Change`."""
    bare = Change(code, kind, now, needed, "", name, tuple(shown.items()))
    return msgspec.structs.replace(bare, text=change_line(bare, far_locale("en")) or "")


@lru_cache(maxsize=4096)
def _english(code: ReasonCode, params: tuple[tuple[str, str], ...]) -> str:
    """Of 19 thousand reasons of a World Cup day one thousand differ."""
    return reason_text(Reason(code, "", params=params), far_locale("en")) or ""
