"""Measure hazards on topics: ``python -m pipeline.evaluation.measure_hazards --data ../shared/data``.

Topics are stretches of posts of one event, hashtag or label, in stream order. Crises must raise a floor
hazard, everyday topics must not. Prints both rates for several post thresholds and topic shares.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from configs.settings import CONFIGS_DIR
from pipeline.enrich.encoders import Encoder, UseEncoder
from pipeline.enrich.signals import SignalHeads, load_heads
from pipeline.enrich.text import clean
from pipeline.risk.hazard_seeds import load_seeds
from pipeline.risk.hazards import HazardModel, fit_hazards
from pipeline.risk.topic_hazards import topic_hazards
from pipeline.types import FloatArray

BAG_SIZES = (8, 20, 50)
THRESHOLDS = (0.40, 0.45, 0.50, 0.55)
SHARES = (0.10, 0.15, 0.20)
MOST_POSTS = 400
"""Posts taken of one event, hashtag or label."""

Key = Callable[[dict[str, Any]], str | None]
Groups = dict[str, list[str]]

EVERYDAY: tuple[tuple[str, Key], ...] = (
    ("streams/fifa_2022_day1", lambda r: f"fifa minute {r['created_at'][:15]}"),
    ("streams/airline_2015", lambda r: f"airline {r['label'] or r['brand']}"),
    ("risk/en_topic_tweettopicxl", lambda r: f"tweettopic {r['label'][0]}"),
    ("risk/en_topic_sib200", lambda r: f"sib en {r['label']}"),
    ("risk/it_topic_sib200", lambda r: f"sib it {r['label']}"),
    # the one everyday hashtag that is a disaster by name is left out
    (
        "polarization/troll_topics_en",
        lambda r: None if r["group"] == "polarized" or "hurricane" in r["target"] else f"hashtag {r['target']}",
    ),
)
CRISES: tuple[tuple[str, Key], ...] = (
    ("clustering/crisislex_2012", lambda r: None if r["label"] is None else f"{r['label']} {r['lang']}"),
    ("risk/en_crisis_crisislext6", lambda r: r["event"] if r["label"] == "on-topic" else None),
)


def read_groups(data: Path, sources: Sequence[tuple[str, Key]]) -> Groups:
    """Cleaned texts per event, hashtag or label; groups too small for one bag are dropped."""
    groups: Groups = {}
    for name, key in sources:
        with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                group = key(row)
                if group is not None and len(groups.setdefault(group, [])) < MOST_POSTS:
                    groups[group].append(clean(row["text"]))
    return {name: texts for name, texts in groups.items() if len(texts) >= BAG_SIZES[0]}


def score_groups(groups: Groups, encoder: Encoder, heads: SignalHeads, model: HazardModel) -> dict[str, FloatArray]:
    """``(n, h)`` strengths per group, disaster head included, as the pipeline computes them."""
    out = {}
    for name, texts in groups.items():
        parts = []
        for start in range(0, len(texts), 128):
            chunk = texts[start : start + 128]
            vectors = encoder.encode(chunk)
            parts.append(model.score(vectors, chunk, heads.score(vectors, chunk).disaster))
        out[name] = np.concatenate(parts)
    return out


def bags(rows: FloatArray, size: int) -> list[FloatArray]:
    """Neighbouring posts, ``size`` at a time."""
    return [rows[start : start + size] for start in range(0, len(rows) - size + 1, size)]


def raises_floor(model: HazardModel, bag: FloatArray, threshold: float, share: float) -> bool:
    """Whether the topic would be gated."""
    ids = [str(i) for i in range(len(bag))]
    found = topic_hazards(model.names, model.tiers, bag, ids, [None] * len(ids), threshold, share)
    return any(hazard.tier == "floor" for hazard in found)


def floor_share(model: HazardModel, bag: FloatArray, threshold: float) -> float:
    """Largest share any floor hazard has in the bag."""
    floor = [i for i, tier in enumerate(model.tiers) if tier == "floor"]
    return float((bag[:, floor] >= threshold).mean(axis=0).max())


def report(model: HazardModel, everyday: dict[str, FloatArray], crises: dict[str, FloatArray]) -> None:
    """Print rates for every combination, then the details of the default."""
    from sklearn.metrics import roc_auc_score

    for size in BAG_SIZES:
        calm = [bag for rows in everyday.values() for bag in bags(rows, size)]
        grave = [bag for rows in crises.values() for bag in bags(rows, size)]
        truth = [False] * len(calm) + [True] * len(grave)
        auc = roc_auc_score(truth, [floor_share(model, bag, 0.5) for bag in calm + grave])
        print(f"bags of {size}: {len(calm)} everyday, {len(grave)} crisis, AUC of the floor share {auc:.4f}")
        for threshold in THRESHOLDS:
            for share in SHARES:
                missed = np.mean([not raises_floor(model, bag, threshold, share) for bag in grave])
                false = np.mean([raises_floor(model, bag, threshold, share) for bag in calm])
                print(f"  post >= {threshold:.2f}, share >= {share:.2f}: missed {missed:.3%}, false alarms {false:.3%}")
    for title, groups in (("everyday", everyday), ("crisis", crises)):
        print(f"{title}, bags of 20 at the defaults (share of bags raised)")
        for name, rows in sorted(groups.items()):
            twenty = bags(rows, 20)
            if twenty:
                rate = np.mean([raises_floor(model, bag, 0.5, 0.15) for bag in twenty])
                if (rate > 0) == (title == "everyday") or rate < 0.95:
                    print(f"  {name}: {rate:.2f} of {len(twenty)}")


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Measure hazards on everyday and crisis topics.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the lab data")
    arguments = parser.parse_args(argv)
    encoder, heads = UseEncoder(threads=1), load_heads()
    encoder.encode(["warm up"])
    started = time.perf_counter()
    model = fit_hazards(load_seeds(CONFIGS_DIR / "hazards.toml"), encoder)
    print(f"fitted {len(model.names)} hazards in {time.perf_counter() - started:.2f} s (sentences embedded included)")
    everyday = score_groups(read_groups(arguments.data, EVERYDAY), encoder, heads, model)
    crises = score_groups(read_groups(arguments.data, CRISES), encoder, heads, model)
    report(model, everyday, crises)


if __name__ == "__main__":
    main()
