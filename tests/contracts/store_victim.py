"""A process that writes to a store until it is killed: ``python -m tests.contracts.store_victim URL MODE``.

``open``: does every kind of write in one transaction, says ``ready`` and waits inside it.
``loop``: commits numbered transactions as fast as it can, saying ``ready`` after each.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

import numpy as np

from ingest.position import START, Position
from pipeline.store.contract import Transaction
from pipeline.store.database import DatabaseStore, open_store
from pipeline.store.records import StoredBrand, StoredMove, StoredSwitch
from pipeline.types import Redirect, VerdictKind
from pipeline.types.state import NamedArray, StateSnapshot
from pipeline.types.voices import MarketKind, MarketReading
from tests.archive_samples import make_background, make_centres, make_feedback
from tests.samples import NOW, make_alert, make_post, make_report, make_score, make_verdict

Step = Callable[[Transaction], None]


def state_of(value: float, rows: int = 300) -> StateSnapshot:
    """A state that is full of one number, so that a mixture of two shows."""
    values = np.full((rows, 512), value, np.float32)
    return StateSnapshot(1, "enc", 512, str(value).encode(), (NamedArray("centroids", values),))


def every_write(number: int) -> list[Step]:
    """One call of each write method; run with number 0 first, any other then changes every table."""
    before, to = (START, Position("1")) if number == 0 else (Position("1"), Position("2"))
    kind = VerdictKind.WATCH if number == 0 else VerdictKind.RIDE
    mine = make_report("t1", n_posts=40 + number)
    return [
        lambda tx: tx.advance("default", before, to),
        lambda tx: tx.save_state("default", state_of(number, rows=300 - 100 * number)),
        lambda tx: tx.save_posts([make_post("p1", rev=number), make_post(f"n{number}"), make_post("p3", "t3")]),
        lambda tx: tx.delete_posts([f"n{number - 1}"], author_ids=["nobody"]),
        lambda tx: tx.save_reports("default", [mine, make_report(f"t3{number}"), make_report(f"t4{number}")]),
        lambda tx: tx.save_verdicts([make_verdict(kind=kind), make_verdict("b2", kind=kind)]),
        lambda tx: tx.save_ranks("forno-aurora", NOW.replace(minute=number), ["t1", f"t3{number}", f"t4{number}"]),
        lambda tx: tx.save_moves([StoredMove(1, "t3", f"t9{number}")]),
        lambda tx: tx.save_redirects([Redirect(f"t3{number}", "t1", NOW)]),
        lambda tx: tx.save_switches("default", [StoredSwitch(NOW, f"e{number}", "e", "backlog", "90000 posts wait")]),
        lambda tx: tx.save_brands([StoredBrand("b1", f"Brand {number}", "")]),
        lambda tx: tx.add_counts("default", {"accepted": number + 1}),
        lambda tx: tx.enqueue([make_alert(f"k{number}")]),
        lambda tx: tx.save_centres("default", [make_centres("t1", background=number)]),
        lambda tx: tx.save_backgrounds("default", [make_background(number, [number], [number])]),
        lambda tx: save_version(tx, number),
        lambda tx: tx.save_feedback(make_feedback("t1", note=f"n{number}")),
        lambda tx: tx.save_markets([market_of(number)]),
    ]


def market_of(number: int) -> MarketReading:
    """A reading that says little, another one for each number."""
    calm = make_score(0.5, n=40 + number)
    return MarketReading(brand_id="b1", as_of=NOW, kind=MarketKind.STEADY, own=calm, rivals=calm, difference=calm)


def save_version(tx: Transaction, number: int) -> None:
    """A step gives nothing back."""
    tx.save_profile_version("b1", f"version {number}", "ada", "", NOW)


def _wait_inside(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        for step in every_write(1):
            step(tx)
        _ready()
        signal.pause()


def _loop(store: DatabaseStore) -> None:
    position = START
    for number in count(1):
        with store.transaction() as tx:
            tx.save_posts([make_post(f"p{number}")])
            tx.advance("default", position, Position(str(number)))
            tx.add_counts("default", {"accepted": 1})
            tx.save_state("default", state_of(number, rows=200))
        position = Position(str(number))
        _ready()


def _ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    url, mode = sys.argv[1:]
    {"open": _wait_inside, "loop": _loop}[mode](open_store(url, lambda: datetime.now(UTC)))
