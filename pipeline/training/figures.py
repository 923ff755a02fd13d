"""Measured figures beside their bars: what ``trendsieve eval polarization`` and ``eval risk`` print."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One measured figure.

    ``n`` counts the items behind it; ``low``/``high`` bound a 90 % interval where one was made; ``bar`` is the value to
    reach, from above unless ``lower_is_better``; ``note`` says in a few words what was held out.
    """

    name: str
    value: float
    n: int
    bar: float | None = None
    lower_is_better: bool = False
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is reached; ``None`` where there is none.

        Examples
        --------
        >>> Figure("false alarms", 0.01, 100, bar=0.02, lower_is_better=True).is_met
        True
        """
        if self.bar is None:
            return None
        return self.value <= self.bar if self.lower_is_better else self.value >= self.bar


def figure_table(title: str, figures: Iterable[Figure]) -> str:
    """A plain table, one figure a line, missed bars marked.

    Examples
    --------
    >>> print(figure_table("Heat", [Figure("AUC", 0.961, 32, bar=0.95, note="topic left out")]))
    Heat
      figure    value                    bar                n
      AUC        .961                 ≥ .950    met        32  topic left out
    """
    rows = list(figures)
    width = max([len("figure"), *(len(row.name) for row in rows)]) + 2
    lines = [title, f"  {'figure':<{width}}{'value':>7}  {'':14}{'bar':>7} {'':7}{'n':>9}"]
    for row in rows:
        interval = "" if row.low is None or row.high is None else f"[{_plain(row.low)}, {_plain(row.high)}]"
        bar = "" if row.bar is None else f"{'≤' if row.lower_is_better else '≥'} {_plain(row.bar)}"
        told = {None: "", True: "met", False: "MISSED"}[row.is_met]
        line = f"  {row.name:<{width}}{_plain(row.value):>7}  {interval:14}{bar:>7} {told:>6} {row.n:>9}  {row.note}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def _plain(value: float) -> str:
    """Three decimals without a leading zero; one decimal from 10 on."""
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"
