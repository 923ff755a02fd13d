"""Builds the audience of the demo's bakery: ``python -m configs.demo.audience``. Same stream, same bytes.

An export as customer systems make it: SHA-256 digests of handles, no names. It holds many who speak about slow
breakfasts, a few who speak about anything, and accounts that never appear.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import random
from pathlib import Path

import msgspec

from configs.demo.build import SEED, STREAM
from configs.demo.grammar import shuffled

log = logging.getLogger(__name__)

AUDIENCE = Path(__file__).parents[1] / "brands" / "forno-aurora-audience.csv"
OWN_TOPIC = "colazione-lenta"
OWN_SHARE, OTHER_SHARE, ABSENT = 0.3, 0.03, 60


class _Line(msgspec.Struct, frozen=True):
    """What is needed of a line of the stream."""

    author: str
    topic: str | None = None


def build_audience(stream: Path = STREAM, seed: int = SEED) -> str:
    """The file: a heading, then one digest a line, ascending."""
    with gzip.open(stream, "rb") as lines:
        read = [msgspec.json.decode(line, type=_Line) for line in lines]
    own = sorted({line.author for line in read if line.topic == OWN_TOPIC})
    others = sorted({line.author for line in read} - set(own))
    rng = random.Random(f"{seed}:audience")
    members = shuffled(rng, own)[: round(OWN_SHARE * len(own))]
    members += shuffled(rng, others)[: round(OTHER_SHARE * len(others))]
    members += [f"customer-{number}.example" for number in range(ABSENT)]
    digests = sorted(hashlib.sha256(handle.lower().encode()).hexdigest() for handle in members)
    return "".join(f"{line}\n" for line in ("sha256", *digests))


def main() -> None:
    """Write the file."""
    AUDIENCE.write_text(build_audience(), encoding="utf-8")
    log.info("wrote %s", AUDIENCE)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
