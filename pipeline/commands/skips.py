"""``trendsieve skips``: bandwagons a brand let pass, and how they ended."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from configs.settings import Settings
from pipeline.commands import words
from pipeline.commands.stores import existing_store, store_argument, stored_profile, with_store

if TYPE_CHECKING:
    from pipeline.services.skip_log import SkipLog

DAYS = 30
SHOWN = 40
ENDED = {
    "grave": "turned out grave",
    "quarrel": "turned into a quarrel",
    "short": "over within hours",
    "missed": "turned out fine: a missed chance",
    "fine": "turned out fine, far from the brand",
    "open": "not over yet",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whose, and how far back."""
    parser.add_argument("--brand", required=True, metavar="ID", help="a brand of the store")
    parser.add_argument("--days", type=words.amount, default=DAYS, metavar="N", help=f"how far back ({DAYS})")
    store_argument(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object, for programs")
    form.add_argument("--csv", action="store_true", help="a table, for spreadsheets")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the log."""
    from pipeline.services.skip_log import read_skips
    from pipeline.wiring.clock import utc_now

    settings = with_store(settings, arguments.store)
    with existing_store(settings) as store:
        profile = stored_profile(store, arguments.brand)
        watch = profile.thresholds.watch_percentile
        span = timedelta(days=min(arguments.days, 36_500))
        watch = settings.verdict.watch_percentile if watch is None else watch
        log = read_skips(store, profile.id, span, utc_now(), watch)
    told = msgspec.json.encode(log).decode() if arguments.json else table(log) if arguments.csv else written(log)
    sys.stdout.write(told.rstrip("\n") + "\n")
    return 0


def written(log: SkipLog) -> str:
    """The log for a terminal."""
    counted = ", ".join(f"{n} {ENDED[outcome]}" for outcome, n in log.counts if n)
    lines = [f"{log.brand_id}: {len(log.entries)} bandwagons skipped since {log.since:%Y-%m-%d}"]
    if counted:
        lines.append(f"  {counted}")
    if log.borne_out is not None:
        share = log.borne_out
        lines.append(f"  skipping cost nothing in {share.value:.0%} of {share.n} [{share.low:.0%}–{share.high:.0%}]")
    for entry in log.entries[:SHOWN]:
        facts = f"{entry.n_posts} posts, {entry.lasted_h:.0f} h"
        grave = f" ({', '.join(entry.hazards)})" if entry.hazards else ""
        lines.append(
            f"  {entry.refused_at:%Y-%m-%d %H:%M} {entry.kind.value:<6} {entry.topic_id:<7} {entry.label} ({facts}): "
            f"{ENDED[entry.outcome]}{grave}"
        )
    return "\n".join(lines)


def table(log: SkipLog) -> str:
    """The log as CSV; a label that a spreadsheet would take for a formula is quoted as text."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    names = ("refused_at", "topic_id", "label", "verdict_then", "verdict", "reason", "outcome", "n_posts", "lasted_h")
    rows.writerow((*names, "after_h", "percentile", "hazards"))
    for entry in log.entries:
        rows.writerow(
            (
                entry.refused_at.isoformat(),
                entry.topic_id,
                _plain(entry.label),
                entry.kind_then.value,
                entry.kind.value,
                entry.reason.code if entry.reason is not None else "",
                entry.outcome,
                entry.n_posts,
                f"{entry.lasted_h:.1f}",
                f"{entry.after_h:.1f}",
                "" if entry.percentile is None else f"{entry.percentile:.1f}",
                " ".join(entry.hazards),
            )
        )
    return out.getvalue()


def _plain(text: str) -> str:
    """
    Examples
    --------
    >>> _plain("=1+1"), _plain("Pane")
    ("'=1+1", 'Pane')
    """
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
