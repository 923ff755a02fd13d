"""Hazard heads fitted beforehand on the sentences that ship, so that no process has to fit them again.

``python -m pipeline.training.ship_hazards`` writes the file; a test refits and compares.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from pipeline.enrich.hazards.seeds import HazardSeeds
from pipeline.types import FloatArray

SHIPPED = Path(__file__).with_name("hazard_heads.npz")


@dataclass(frozen=True)
class HazardHeads:
    """Weights ``(d, h) float32`` and biases ``(h,) float32``, and what they were fitted on."""

    encoder_id: str
    digest: str
    weights: FloatArray
    bias: FloatArray

    def made_for(self, seeds: HazardSeeds, encoder_id: str) -> bool:
        """Whether they were fitted on just these sentences, tiers and relations, with this encoder."""
        return self.encoder_id == encoder_id and self.digest == digest_of(seeds)


def digest_of(seeds: HazardSeeds) -> str:
    """Changes with anything that the heads are fitted on."""
    return hashlib.sha256(msgspec.json.encode(seeds)).hexdigest()


def read_hazard_heads(path: Path) -> HazardHeads | None:
    """What :func:`write_hazard_heads` wrote; ``None`` where there is no such file."""
    if not path.is_file():
        return None
    with np.load(path) as stored:
        return HazardHeads(str(stored["encoder_id"]), str(stored["digest"]), stored["weights"], stored["bias"])


def write_hazard_heads(path: Path, heads: HazardHeads) -> None:
    """Store heads, uncompressed: the numbers are noise to a compressor."""
    digest, encoder_id = np.str_(heads.digest), np.str_(heads.encoder_id)
    np.savez(path, encoder_id=encoder_id, digest=digest, weights=heads.weights, bias=heads.bias)
