"""The figures of a benchmark as one picture."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.evaluation.speed.bench_figures import Figures


def can_plot() -> bool:
    """Whether matplotlib is here (extra ``bench``)."""
    return find_spec("matplotlib") is not None


def plot(figures: Figures, path: Path) -> None:
    """Write a PNG: speed of every stage, and what else was measured."""
    figure_module: Any = import_module("matplotlib.figure")
    parts = [_speed]
    parts += [_live] if figures.live else []
    parts += [_memory] if figures.memory else []
    parts += [_peers] if figures.peers else []
    picture = figure_module.Figure(figsize=(11, 5.2 * len(parts)), layout="constrained")
    for axes, draw in zip(picture.subplots(len(parts), 1, squeeze=False)[:, 0], parts, strict=True):
        draw(axes, figures)
    picture.savefig(path, dpi=110)


def _speed(axes: Any, figures: Figures) -> None:
    rates = [figures.reference, *figures.rates][::-1]
    names = [rate.name if rate.n_cores == 1 else f"{rate.name}, {rate.n_cores} cores" for rate in rates]
    ratios = [rate.posts_per_s / figures.reference.posts_per_s for rate in rates]
    bars = axes.barh(names, ratios, color=["#c2410c" if "whole" in name else "#475569" for name in names])
    axes.bar_label(bars, [f"{ratio:.2g}x" for ratio in ratios], padding=3, fontsize=8)
    axes.set_xscale("log")
    axes.set_xlabel("posts/s, in units of the stock encoder on one core (log scale)")
    axes.set_title(f"Speed on {figures.posts_name}")


def _live(axes: Any, figures: Figures) -> None:
    sizes = [cost.n_clusters for cost in figures.live]
    axes.plot(sizes, [cost.tracker_us for cost in figures.live], "o-", label="tracker")
    for name, column in (
        ("whole, default", [cost.default_us for cost in figures.live]),
        ("whole, firehose", [cost.firehose_us for cost in figures.live]),
    ):
        if None not in column:
            axes.plot(sizes, column, "o-", label=name)
    axes.set(xlabel="live clusters", ylabel="microseconds a post, one core", title="Cost of a post", ylim=(0, None))
    axes.legend()


def _memory(axes: Any, figures: Figures) -> None:
    axes.plot([point.n_posts for point in figures.memory], [point.resident_mb for point in figures.memory], "o-")
    axes.set(xlabel="posts so far", ylabel="resident MB", title="Memory over a long stream", ylim=(0, None))


def _peers(axes: Any, figures: Figures) -> None:
    for peer in figures.peers:
        axes.plot(peer.posts_per_s, peer.nmi, "o", label=f"{peer.name} (B-cubed {peer.bcubed:.2f})")
    axes.set(xlabel="posts/s, text to topics", ylabel="NMI", title=f"Peers on {figures.peers_name}", ylim=(0, 1))
    axes.set_xscale("log")
    axes.legend()
