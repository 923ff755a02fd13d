"""Builds the demo stream: ``python -m configs.demo.build``. Same seed, same bytes."""

from __future__ import annotations

import gzip
import io
import logging
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from configs.demo.bank import LANGS, Bank, Lang, load_banks
from configs.demo.grammar import pick, shuffled
from configs.demo.people import Account, make_people
from configs.demo.writer import BankWriter, Draft

log = logging.getLogger(__name__)

SEED = 20260314
MIDNIGHT = datetime(2026, 3, 14, tzinfo=UTC)
PEOPLE_PER_LANGUAGE = 900
NO_TIME_RATE = 0.006
LATE_RATE = 0.04
REPLY_RATE = 0.1
REVISED = 8

STREAM = Path(__file__).parent / "stream.jsonl.gz"
EXPECTED = Path(__file__).parent / "expected.json"

_REVISION_NOTE = {"it": "(corretto un errore)", "en": "(edited a typo)"}


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the stream, as ``trendsieve assess`` and the ``jsonl`` source read it.

    ``topic``, ``group`` and ``camp`` are the ground truth of the demo; ingest ignores them.
    """

    id: str
    text: str
    topic: str | None
    author: str
    lang: str
    source: str
    created_at: str | None = None
    rev: int | None = None
    reply_to: str | None = None
    repost_of: str | None = None
    links: tuple[str, ...] = ()
    metrics: dict[str, int] | None = None
    group: str | None = None
    camp: str | None = None


def build_lines(banks: Mapping[str, Bank], seed: int = SEED) -> list[Line]:
    """All lines in the order they arrive.

    Parameters
    ----------
    banks
        Text banks by key; the one without a hashtag is the chatter.
    seed
        Everything random follows from it.
    """
    rng = random.Random(f"{seed}:people")
    people: dict[Lang, list[Account]] = {lang: make_people(rng, lang, PEOPLE_PER_LANGUAGE) for lang in LANGS}
    seen: set[str] = set()
    drafts: list[Draft] = []
    for key, bank in banks.items():
        written = BankWriter(key, bank, people, seen, seed).write()
        start = len(drafts)
        drafts += [
            draft if draft.original is None else msgspec.structs.replace(draft, original=start + draft.original)
            for draft in written
        ]
    return _finish(drafts, random.Random(f"{seed}:lines"))


def pack(lines: Sequence[Line]) -> bytes:
    """JSON lines, gzip-compressed without a time or a name, so equal lines give equal bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0, filename="") as handle:
        for line in lines:
            handle.write(msgspec.json.encode(line) + b"\n")
    return buffer.getvalue()


def expected_of(banks: Mapping[str, Bank], lines: Sequence[Line]) -> bytes:
    """What a good monitor should find in these lines, as JSON."""
    per_topic = Counter(line.topic for line in lines)
    per_language = Counter((line.topic, line.lang) for line in lines)
    topics: list[dict[str, Any]] = []
    for key, bank in banks.items():
        if bank.expected is None:
            continue
        topics.append(
            {
                "key": key,
                "hashtag": bank.hashtag,
                "n_posts": per_topic[key],
                "languages": {lang: per_language[key, lang] for lang in LANGS},
                "groups": [group.name for group in bank.groups],
                **msgspec.to_builtins(bank.expected),
            }
        )
    report = {"n_posts": len(lines), "chatter": per_topic[None], "topics": topics}
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def _finish(drafts: Sequence[Draft], rng: random.Random) -> list[Line]:
    arrivals = [draft.second + _delay(rng) for draft in drafts]
    order = sorted(range(len(drafts)), key=lambda i: (arrivals[i], i))
    ids = {at: f"demo-{place + 1:05d}" for place, at in enumerate(order)}
    earlier: dict[str, list[str]] = {}
    lines: list[Line] = []
    for at in order:
        draft = drafts[at]
        line = _line(draft, ids[at], rng)
        if draft.reshared and draft.original is not None:
            line = msgspec.structs.replace(line, repost_of=ids[draft.original])
        elif draft.topic is not None:
            thread = earlier.setdefault(draft.topic, [])
            if thread and draft.account.source != "rss" and rng.random() < REPLY_RATE:
                line = msgspec.structs.replace(line, reply_to=pick(rng, thread[-60:]))
            thread.append(line.id)
        lines.append(line)
    return _with_revisions(lines, rng)


def _delay(rng: random.Random) -> float:
    """Seconds between writing and arriving; few posts come minutes late and out of order."""
    return rng.random() * (240 if rng.random() < LATE_RATE else 2)


def _line(draft: Draft, post_id: str, rng: random.Random) -> Line:
    timed = rng.random() >= NO_TIME_RATE
    written = MIDNIGHT + timedelta(seconds=draft.second)
    return Line(
        id=post_id,
        text=draft.text,
        topic=draft.topic,
        author=draft.account.handle,
        lang=draft.account.lang,
        source=draft.account.source,
        created_at=written.strftime("%Y-%m-%dT%H:%M:%SZ") if timed else None,
        links=(draft.link,) if draft.link else (),
        metrics=_metrics(rng) if draft.account.source != "rss" and rng.random() < 0.85 else None,
        group=draft.group if draft.topic else None,
        camp=draft.camp,
    )


def _metrics(rng: random.Random) -> dict[str, int]:
    likes = int(3 / (1.002 - rng.random()) ** 0.9) - 3  # a long tail: most get a handful, few get hundreds
    return {"likes": likes, "reposts": int(likes * 0.3 * rng.random()), "replies": int(likes * 0.2 * rng.random())}


def _with_revisions(lines: list[Line], rng: random.Random) -> list[Line]:
    """A few posts come again later under the same id, with ``rev`` 1 and a longer text."""
    places = [i for i, line in enumerate(lines) if line.created_at and not line.repost_of and line.source != "rss"]
    chosen = set(shuffled(rng, places[:-200])[:REVISED])
    out: list[Line] = []
    due: list[tuple[int, Line]] = []
    for place, line in enumerate(lines):
        out.append(line)
        if place in chosen:
            note = _REVISION_NOTE[line.lang]
            due.append((place + 40, msgspec.structs.replace(line, rev=1, text=f"{line.text} {note}")))
        while due and due[0][0] <= place:
            out.append(due.pop(0)[1])
    return out


def main() -> None:
    """Write the stream and the expectations beside this file."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    banks = load_banks()
    lines = build_lines(banks)
    STREAM.write_bytes(pack(lines))
    EXPECTED.write_bytes(expected_of(banks, lines))
    log.info("demo_written lines=%d topics=%d", len(lines), sum(bank.expected is not None for bank in banks.values()))


if __name__ == "__main__":
    main()
