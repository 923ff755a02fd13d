"""``trendsieve feedback``: say that a verdict is right or wrong, and see what the opinions would change."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import TYPE_CHECKING

import msgspec

from configs.errors import InputError
from configs.settings import Settings
from pipeline.commands.stores import existing_store, store_argument, with_store
from pipeline.types import VerdictKind

if TYPE_CHECKING:
    from pipeline.services.feedback.proposal import ProposedChange
    from pipeline.store.records import StoredFeedback

SHOWN = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with opinions."""
    kinds = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    add = kinds.add_parser("add", help="say that the verdict on a topic is right or wrong")
    _brand(add)
    add.add_argument("--topic", required=True, metavar="ID", help="a topic of the store")
    verdict = add.add_mutually_exclusive_group(required=True)
    verdict.add_argument("--right", action="store_true", help="the verdict is right")
    verdict.add_argument("--wrong", action="store_true", help="the verdict is wrong")
    add.add_argument(
        "--wanted", type=str.upper, choices=[kind.value for kind in VerdictKind], help="what would be right"
    )
    _signed(add)
    listed = kinds.add_parser("list", help="opinions of a brand, newest first, and how often each rule was right")
    _brand(listed)
    listed.add_argument("--json", action="store_true", help="one JSON object, for programs")
    proposed = kinds.add_parser("propose", help="show what the opinions would change in the profile; changes nothing")
    _brand(proposed)
    proposed.add_argument("--json", action="store_true", help="one JSON object, for programs")
    applied = kinds.add_parser("apply", help="make the proposal that was shown the newest version of the profile")
    _brand(applied)
    applied.add_argument("--proposal", required=True, metavar="DIGEST", help="as 'feedback propose' names it")
    _signed(applied)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    settings = with_store(settings, arguments.store)
    return {"add": _add, "list": _list, "propose": _propose, "apply": _apply}[arguments.what](arguments, settings)


def _add(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.services.feedback.desk import give_opinion
    from pipeline.wiring.clock import utc_now

    if arguments.right and arguments.wanted:
        raise InputError("--wanted: a verdict that is right needs no other; leave --wanted out, or say --wrong")
    with existing_store(settings) as store:
        opinion = give_opinion(
            store,
            arguments.topic,
            arguments.brand,
            arguments.right,
            utc_now(),
            by=_author(arguments),
            channel="command",
            wanted=None if arguments.wanted is None else VerdictKind(arguments.wanted),
            note=arguments.note,
        )
    _print(_line(opinion))
    return 0


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.services.feedback.proposal import precision

    with existing_store(settings) as store:
        opinions = store.feedback(arguments.brand)
    if arguments.json:
        lines = [_Opinion.of(opinion) for opinion in opinions]
        _print(msgspec.json.encode({"opinions": lines, "precision": precision(opinions)}).decode())
        return 0
    _print(f"{len(opinions)} opinions" + (f", the newest {SHOWN}:" if len(opinions) > SHOWN else ""))
    for opinion in opinions[:SHOWN]:
        _print("  " + _line(opinion))
    for rule in precision(opinions):
        share = f"[{rule.share.low:.2f}–{rule.share.high:.2f}]"
        _print(f"  right in {rule.n_right:>3} of {rule.n:>3} {share}  {rule.kind.value} by {rule.rule or '?'}")
    return 0


def _propose(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.services.feedback.desk import proposal_of
    from pipeline.wiring.clock import utc_now

    with existing_store(settings) as store:
        proposal = proposal_of(store, arguments.brand, _defaults(settings), utc_now())
    _print(msgspec.json.encode(proposal).decode() if arguments.json else written(proposal))
    return 0


def _apply(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipeline.services.feedback.desk import apply_proposal
    from pipeline.wiring.clock import utc_now

    with existing_store(settings) as store:
        number = apply_proposal(
            store,
            arguments.brand,
            arguments.proposal,
            _defaults(settings),
            utc_now(),
            author=_author(arguments),
            note=arguments.note,
        )
    _print(f"{arguments.brand}: applied as version {number}; 'trendsieve profile rollback' brings an older one back")
    return 0


def written(proposal: ProposedChange) -> str:
    """The proposal for a terminal: what would change, and what each opinion does."""
    lines = [f"{proposal.brand_id}: {proposal.n_opinions} opinions, {proposal.n_counted} ask for a change"]
    if proposal.why_not:
        lines.append(f"nothing is proposed: {proposal.why_not}")
    else:
        lines.append(f"proposal {proposal.digest}")
        lines += [
            f"  {kind:<9} {change.name:<28} {change.before:g} -> {change.after:g}  (yours: {change.base:g}, "
            f"net opinions beyond chance: {change.evidence:+g})"
            for kind, changes in (("weight", proposal.facets), ("threshold", proposal.thresholds))
            for change in changes
            if abs(change.after - change.before) > 1e-9
        ]
        lines.append(f"apply it: trendsieve feedback apply --brand {proposal.brand_id} --proposal {proposal.digest}")
    for effect in proposal.effects[:SHOWN]:
        what = (
            "moves nothing: " + effect.why if effect.direction == "none" else f"{effect.direction} ({effect.threshold})"
        )
        opinion = "right" if effect.right else f"wrong, {effect.wanted.value if effect.wanted else '?'} wanted"
        said = f"{effect.kind.value} is {opinion}"
        lines.append(
            f"  {effect.at:%Y-%m-%d} {effect.by}: {said} on {effect.label!r}, weight {effect.weight:.2f}: {what}"
        )
    return "\n".join(lines)


class _Opinion(msgspec.Struct, frozen=True):
    """One opinion as JSON."""

    id: int
    at: str
    by: str
    channel: str
    topic_id: str
    label: str
    kind: VerdictKind
    right: bool
    wanted: VerdictKind | None
    note: str

    @classmethod
    def of(cls, opinion: StoredFeedback) -> _Opinion:
        return cls(
            opinion.id,
            opinion.at.isoformat(),
            opinion.by,
            opinion.channel,
            opinion.topic_id,
            opinion.report.label,
            opinion.verdict.kind,
            opinion.right,
            opinion.wanted,
            opinion.note,
        )


def _line(opinion: StoredFeedback) -> str:
    told = "right" if opinion.right else "wrong" + (f", {opinion.wanted.value} wanted" if opinion.wanted else "")
    note = f" ({opinion.note})" if opinion.note else ""
    return (
        f"{opinion.at:%Y-%m-%d %H:%M} {opinion.by}: {opinion.verdict.kind.value} on {opinion.report.label!r} "
        f"({opinion.topic_id}) is {told}{note}"
    )


def _brand(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--brand", required=True, metavar="ID", help="a brand of the store")
    store_argument(parser)


def _signed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--author", default="", metavar="NAME", help="who says so (default: the user of this machine)")
    parser.add_argument("--note", default="", metavar="TEXT", help="why")


def _author(arguments: argparse.Namespace) -> str:
    if arguments.author.strip():
        return str(arguments.author).strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return "command"


def _defaults(settings: Settings) -> tuple[float, float]:
    return settings.verdict.ride_percentile, settings.verdict.watch_percentile


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
