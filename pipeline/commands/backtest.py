"""``trendsieve backtest``: the topics of a store under a changed brand profile, beside what was said of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from configs.errors import InputError
from configs.settings import Settings
from pipeline.commands import stores, words

if TYPE_CHECKING:
    from pipeline.brand.profile.profile import BrandProfile
    from pipeline.services.backtest.backtester import Other
    from pipeline.services.backtest.comparison import BacktestReport, BacktestTopic
    from pipeline.store.contract import Store

SHOWN = 12
"""Topics of a list on the terminal; ``--json`` has all."""
DAYS = 30
LABEL_CHARS = 44


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to judge again, and what to compare it with."""
    parser.add_argument(
        "--brand",
        required=True,
        metavar="FILE",
        help="the profile to try: a brand file, - for standard input, or an id",
    )
    stores.store_argument(parser)
    parser.add_argument(
        "--days", type=words.amount, default=DAYS, metavar="N", help=f"how far back from the newest report ({DAYS})"
    )
    parser.add_argument(
        "--against",
        default="stored",
        metavar="VERSION",
        help="'stored' (default): the verdicts in the store; or a version of the profile, judged again",
    )
    parser.add_argument(
        "--min-posts", type=words.amount, metavar="N", help="smallest topics looked at (default: report.min_posts)"
    )
    parser.add_argument("--json", action="store_true", help="print everything as one JSON document")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Judge again and print."""
    from pipeline.services.backtest.backtester import as_json, read_archive
    from pipeline.wiring.models import load_models
    from pipeline.wiring.services import build_backtester

    settings = stores.with_store(settings, arguments.store)
    with stores.existing_store(settings) as store:
        profile = _profile(arguments.brand, store)
        other = _other(arguments.against, profile, store)
        until = store.data_as_of()
        if until is None:
            raise InputError("store: holds no topic yet; fill it with 'trendsieve run', then ask again")
        min_posts = arguments.min_posts or settings.report.min_posts
        archive = read_archive(store, until - timedelta(days=arguments.days), until, min_posts)
    report = build_backtester(settings, load_models(settings)).run(archive, profile, other)
    if arguments.json:
        sys.stdout.write(as_json(report).decode() + "\n")
    else:
        sys.stdout.write(table(report) + "\n")
    return 0


def table(report: BacktestReport) -> str:
    """The report for a terminal: counts, then each list, largest topics first."""
    against = "what was said" if report.against == "stored" else f"version {report.against}"
    lines = [
        f"{report.brand_name}: {report.n_topics} topics, {report.since:%Y-%m-%d} to {report.until:%Y-%m-%d},"
        f" against {against}",
        "",
        "             before   after",
        *(f"{count.kind.value:<10} {count.before:>8} {count.after:>7}" for count in report.kinds),
        f"{'missed':<10} {report.n_missed_before:>8} {len(report.missed):>7}   watched, though they grew, lasted and"
        " stayed calm",
        "",
        f"unchanged: {report.n_unchanged}",
    ]
    for title, topics in (
        ("would be ridden now", report.newly_ridden),
        ("would be ridden no longer", report.no_longer_ridden),
        ("other changes", report.flipped),
        ("missed", report.missed),
        ("differ anyway (an earlier profile, other thresholds or another release judged them)", report.differs_anyway),
    ):
        lines += ["", f"{title}: {len(topics)}", *_listed(topics)]
    if report.n_unchecked:
        lines += ["", f"* {report.n_unchecked} topics end with hashtags and were never read without them:"]
        lines.append("  what they get after the change may be too friendly")
    if report.n_unjudged:
        lines += ["", f"{report.n_unjudged} topics were left out: no centres of this encoder are stored for them"]
    return "\n".join(lines)


def _listed(topics: Sequence[BacktestTopic]) -> list[str]:
    lines = []
    for topic in topics[:SHOWN]:
        label = topic.label if len(topic.label) <= LABEL_CHARS else topic.label[: LABEL_CHARS - 1] + "…"
        before = "—" if topic.before is None else topic.before.value
        mark = "*" if topic.unchecked else " "
        lines.append(f"  {label:<{LABEL_CHARS}} {topic.n_posts:>6} posts  {before:>6} → {topic.after.value}{mark}")
        before_texts, after_texts = (
            [reason.text for reason in told] for told in (topic.reasons_before, topic.reasons_after)
        )
        lines += _reason("before", before_texts, after_texts) + _reason("after", after_texts, before_texts)
    if len(topics) > SHOWN:
        lines.append(f"  … and {len(topics) - SHOWN} more (--json has all)")
    return lines


def _reason(word: str, texts: Sequence[str], others: Sequence[str]) -> list[str]:
    """The most important reason that the other verdict does not have too; the first where they share all."""
    told = next((text for text in texts if text not in others), texts[0] if texts else None)
    return [] if told is None else [f"    {word}: {told}"]


def _profile(brand: str, store: Store) -> BrandProfile:
    """A brand file, standard input, or what the store knows by this id.

    Raises
    ------
    ConfigError, InputError
        The file is wrong, or the store knows no such brand.
    """
    from pipeline.brand.profile.profile import load_profile
    from pipeline.brand.profile.toml import parse_profile

    if brand == "-":
        return parse_profile(sys.stdin.read(), "standard input")
    path = Path(brand)
    if path.suffix == ".toml" or path.is_file():
        return load_profile(path)
    known = _in_force(brand, store)
    return known if known is not None else stores.stored_profile(store, brand)


def _other(against: str, profile: BrandProfile, store: Store) -> Other:
    """What ``--against`` means for this brand.

    Raises
    ------
    InputError
        It is neither ``stored`` nor a version the store has.
    """
    from pipeline.brand.profile.toml import parse_profile
    from pipeline.brand.profile.versions import find_version
    from pipeline.services.backtest.backtester import STORED, Other

    if against == STORED:
        return Other(_in_force(profile.id, store))
    if not against.isdecimal() or int(against) < 1:
        raise InputError(f"--against: {against!r} is neither 'stored' nor the number of a version")
    version = find_version(store, profile.id, int(against))
    return Other(parse_profile(version.toml, f"version {version.version} of {profile.id}"), version.version)


def _in_force(brand_id: str, store: Store) -> BrandProfile | None:
    """The profile that judges for this brand now; ``None`` where the store does not know it."""
    from pipeline.brand.profile.versions import profile_of

    for version in store.profile_versions(brand_id):
        profile = profile_of(version)
        if profile is not None:
            return profile
    known = any(brand.brand_id == brand_id for brand in store.brands())
    return stores.stored_profile(store, brand_id) if known else None
