"""``trendsieve draft``: what speaks against publishing a post, with reasons."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from configs.errors import InputError
from configs.settings import Settings
from pipeline.commands.stores import existing_store, profile_of, store_argument, store_is_there, with_store

if TYPE_CHECKING:
    from pipeline.services.draft_check.draft_check import DraftAdvice, DraftTopic

OUTCOMES = {
    "stop": "DO NOT PUBLISH as it is",
    "caution": "REWORK or have it checked",
    "nothing_found": "NOTHING FOUND, which is no clearance",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to check, for whom."""
    parser.add_argument("text", nargs="?", metavar="TEXT", help="the draft (default: read from standard input)")
    parser.add_argument("--brand", required=True, metavar="FILE|ID", help="brand file, or id of a brand in the store")
    parser.add_argument("--topic", metavar="ID", help="the topic of the store that the draft would join")
    store_argument(parser)
    parser.add_argument("--at", type=_moment, metavar="DATE", help="when it appears, e.g. 2026-01-27 (default: now)")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Check one draft. Exit 0 whatever was found: advice is the result."""
    from pipeline.services.draft_check.draft_check import DraftBrand, check_draft
    from pipeline.services.draft_check.reader import days_of
    from pipeline.signals.hazards.solemn_days import load_solemn_days
    from pipeline.wiring.clock import utc_now
    from pipeline.wiring.models import load_models
    from pipeline.wiring.services import build_draft_reader

    settings = with_store(settings, arguments.store)
    text = (arguments.text if arguments.text is not None else sys.stdin.read()).strip()
    if not text:
        raise InputError("draft: is empty; give the text of the post as an argument or on standard input")
    text = text[: settings.ingest.max_text_chars]
    profile = profile_of(arguments.brand, settings)
    topic = _topic(arguments, text, settings)
    at = arguments.at or utc_now()
    draft = build_draft_reader(settings, load_models(settings), profile).read(text, at)
    days = days_of(load_solemn_days(), at, settings.report.markets)
    advice = check_draft(draft, DraftBrand(profile.id, profile.tone), topic, days)
    sys.stdout.write((msgspec.json.encode(advice).decode() if arguments.json else written(advice)) + "\n")
    return 0


def written(advice: DraftAdvice) -> str:
    """The advice for a terminal."""
    lines = [OUTCOMES[advice.outcome] + (f" (topic: {advice.topic})" if advice.topic else "")]
    for finding in advice.findings:
        lines.append(f"  {finding.severity:<8} {finding.text}  [{finding.code}]")
    if advice.fit is not None:
        near = ", ".join(facet.name for facet in advice.fit.facets[:2]) or "no facet in particular"
        lines.append(f"  fit      percentile {advice.fit.percentile:.0f}, near {near}")
    return "\n".join([*lines, advice.limits])


def _topic(arguments: argparse.Namespace, text: str, settings: Settings) -> DraftTopic | None:
    """The topic that was named or, where there is a store, the one that a hashtag of the draft belongs to."""
    from pipeline.services.draft_check.reader import hashtag_topic, topic_of

    if arguments.topic is None and not store_is_there(settings):
        return None
    with existing_store(settings) as store:
        if arguments.topic is not None:
            report, tag = store.report(arguments.topic), ""
            if report is None:
                raise InputError(
                    f"{arguments.topic}: is no topic of the store; the board shows a topic's id in its address"
                )
        else:
            found = hashtag_topic(text, store.reports(settings.report.min_posts))
            if found is None:
                return None
            report, tag = found
    return topic_of(report, settings.verdict.hot, settings.verdict.divided, tag)


def _moment(text: str) -> datetime:
    """An aware moment; a date is its noon, in UTC, so that it is the same date in most markets.

    Examples
    --------
    >>> _moment("2026-01-27").isoformat()
    '2026-01-27T12:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it like 2026-01-27") from None
    if len(text) <= len("2026-01-27"):
        moment = moment.replace(hour=12)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
