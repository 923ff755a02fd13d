"""Fit the hazard heads that ship: ``python -m pipeline.evaluation.hazards.ship_hazards``, after sentences changed."""

from __future__ import annotations

from configs.settings import CONFIGS_DIR
from pipeline.enrich.encoders import UseEncoder
from pipeline.risk.hazard_heads import SHIPPED, HazardHeads, digest_of, write_hazard_heads
from pipeline.risk.hazard_seeds import load_seeds
from pipeline.risk.hazards import fit_hazards


def main() -> None:
    """Write the file beside the code."""
    seeds, encoder = load_seeds(CONFIGS_DIR / "hazards.toml"), UseEncoder(threads=1)
    weights, bias = fit_hazards(seeds, encoder).heads
    write_hazard_heads(SHIPPED, HazardHeads(encoder.id, digest_of(seeds), weights, bias))
    print(f"{SHIPPED}: {weights.shape[1]} heads on {weights.shape[0]} numbers")


if __name__ == "__main__":
    main()
