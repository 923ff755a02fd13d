"""What a benchmark found, as structs, as a table for people and as JSON for comparing runs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Rate(msgspec.Struct, frozen=True):
    """One thing timed: ``n_posts`` in ``wall_s`` seconds on ``n_cores`` cores."""

    name: str
    n_posts: int
    wall_s: float
    n_cores: int = 1

    @property
    def posts_per_s(self) -> float:
        """Speed."""
        return self.n_posts / self.wall_s

    @property
    def us_per_post(self) -> float:
        """Cost, in microseconds."""
        return 1e6 * self.wall_s / self.n_posts


class LiveCost(msgspec.Struct, frozen=True):
    """Cost of a post while ``n_clusters`` clusters in ``n_topics`` topics are alive, in microseconds on one core.

    ``default_us`` and ``firehose_us``: enrichment as measured in the same run, plus the tracker; ``None``
    where that mode was not measured.
    """

    n_clusters: int
    n_topics: int
    tracker_us: float
    default_us: float | None
    firehose_us: float | None


class MemoryPoint(msgspec.Struct, frozen=True):
    """Resident memory after so many posts."""

    n_posts: int
    resident_mb: float


class PeerScore(msgspec.Struct, frozen=True):
    """How one way of grouping did on a labelled file, embedding and everything else included in the time."""

    name: str
    nmi: float
    bcubed: float
    n_found: int
    n_true: int
    posts_per_s: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one run measured; empty where a part was not asked for.

    ``reference`` is the stock encoder on one core; its speed is the median of several measurements
    spread over the run, because a machine seldom stays equally busy. ``load_before``, ``load_after``:
    load average of the machine.
    """

    posts_name: str
    reference: Rate
    load_before: float
    load_after: float
    rates: tuple[Rate, ...] = ()
    live: tuple[LiveCost, ...] = ()
    memory: tuple[MemoryPoint, ...] = ()
    peers_name: str | None = None
    peers: tuple[PeerScore, ...] = ()
    notes: tuple[str, ...] = ()


def growth(costs: Sequence[float | None]) -> float | None:
    """Last over first; ``None`` when one of them is unknown.

    Examples
    --------
    >>> growth([200.0, 250.0, 300.0]), growth([None, 1.0]), growth([])
    (1.5, None, None)
    """
    if not costs or costs[0] is None or costs[-1] is None:
        return None
    return costs[-1] / costs[0]


def memory_growth(points: Sequence[MemoryPoint], settled_posts: int = 200_000) -> float | None:
    """Share by which memory grew after the first ``settled_posts``, at its highest; ``None`` for a short stream.

    Examples
    --------
    >>> memory_growth([MemoryPoint(200_000, 400.0), MemoryPoint(250_000, 412.0), MemoryPoint(300_000, 410.0)])
    0.03
    """
    later = [point.resident_mb for point in points if point.n_posts >= settled_posts]
    return None if len(later) < 2 else round(max(later[1:]) / later[0] - 1.0, 6)


def table(figures: Figures) -> str:
    """All of it, for a terminal."""
    parts = [_speed(figures)]
    if figures.live:
        parts.append(_live(figures.live))
    if figures.memory:
        parts.append(_memory(figures.memory))
    if figures.peers:
        parts.append(_peers(figures))
    parts.extend(figures.notes)
    return "\n\n".join(parts)


def _speed(figures: Figures) -> str:
    reference = figures.reference.posts_per_s
    lines = [
        f"{figures.posts_name}; load average {figures.load_before:.1f} before, {figures.load_after:.1f} after",
        f"{'':<38}{'cores':>6}{'posts':>9}{'posts/s':>12}{'x reference':>13}",
    ]
    for rate in (figures.reference, *figures.rates):
        ratio = rate.posts_per_s / reference
        lines.append(f"{rate.name:<38}{rate.n_cores:>6}{rate.n_posts:>9}{rate.posts_per_s:>12,.0f}{ratio:>13.2f}")
    return "\n".join(lines)


def _live(costs: Sequence[LiveCost]) -> str:
    lines = [
        f"{'live clusters':>13}{'topics':>9}{'tracker us':>12}{'default us':>12}{'firehose us':>13}  (one core, a post)"
    ]
    for cost in costs:
        both = f"{_number(cost.default_us, 12, 0)}{_number(cost.firehose_us, 13, 0)}"
        lines.append(f"{cost.n_clusters:>13}{cost.n_topics:>9}{cost.tracker_us:>12.0f}{both}")
    shares = [growth(column) for column in _columns(costs)]
    lines.append(
        f"{'growth':>13}{'':>9}{_number(shares[0], 12, 2)}{_number(shares[1], 12, 2)}{_number(shares[2], 13, 2)}"
    )
    return "\n".join(lines)


def _columns(costs: Sequence[LiveCost]) -> tuple[list[float | None], ...]:
    return [c.tracker_us for c in costs], [c.default_us for c in costs], [c.firehose_us for c in costs]


def _memory(points: Sequence[MemoryPoint]) -> str:
    share = memory_growth(points)
    lines = [f"{'posts':>10}{'resident MB':>13}"]
    lines += [f"{point.n_posts:>10}{point.resident_mb:>13.0f}" for point in points]
    lines.append("growth after 200,000 posts: " + ("unknown" if share is None else f"{share:.1%}"))
    return "\n".join(lines)


def _peers(figures: Figures) -> str:
    lines = [f"{figures.peers_name}", f"{'':<38}{'NMI':>7}{'B-cubed':>9}{'found/true':>13}{'posts/s':>10}"]
    for peer in figures.peers:
        found = f"{peer.n_found}/{peer.n_true}"
        lines.append(f"{peer.name:<38}{peer.nmi:>7.3f}{peer.bcubed:>9.3f}{found:>13}{peer.posts_per_s:>10,.0f}")
    return "\n".join(lines)


def _number(value: float | None, width: int, digits: int) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:>{width}.{digits}f}"
