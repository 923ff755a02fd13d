"""Fit the hazard heads that ship: ``python -m pipeline.training.ship_hazards``, after sentences changed."""

from __future__ import annotations

from configs.settings import CONFIGS_DIR
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.enrich.hazards.heads import fit_hazards
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.enrich.hazards.shipped import SHIPPED, HazardHeads, digest_of, write_hazard_heads


def main() -> None:
    """Write the file beside the code."""
    seeds, encoder = load_seeds(CONFIGS_DIR / "hazards.toml"), UseEncoder(threads=1)
    weights, bias = fit_hazards(seeds, encoder).heads
    write_hazard_heads(SHIPPED, HazardHeads(encoder.id, digest_of(seeds), weights, bias))
    print(f"{SHIPPED}: {weights.shape[1]} heads on {weights.shape[0]} numbers")


if __name__ == "__main__":
    main()
