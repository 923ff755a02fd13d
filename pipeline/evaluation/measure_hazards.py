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

import msgspec
import numpy as np

from configs.settings import CONFIGS_DIR
from pipeline.enrich.encoders import Encoder, UseEncoder
from pipeline.enrich.signals import SignalHeads, load_heads
from pipeline.enrich.text import clean
from pipeline.risk.hazard_seeds import HazardSeeds, load_seeds
from pipeline.risk.hazards import HazardModel, fit_hazards
from pipeline.risk.topic_hazards import POST_THRESHOLD, topic_hazards
from pipeline.types import FloatArray

BAG_SIZES = (8, 20, 50)
THRESHOLDS = (0.40, 0.45, 0.50, 0.55)
SHARES = (0.10, 0.15, 0.20)
NEAR = 0.6
"""Cosine from which a sentence counts as a paraphrase of a scenario case."""
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


def score_groups(
    groups: Groups, encoder: Encoder, heads: SignalHeads | None, model: HazardModel
) -> dict[str, FloatArray]:
    """``(n, h)`` strengths per group, disaster head included, as the pipeline computes them."""
    out = {}
    for name, texts in groups.items():
        parts = []
        for start in range(0, len(texts), 128):
            chunk = texts[start : start + 128]
            vectors = encoder.encode(chunk)
            disaster = None if heads is None else heads.score(vectors, chunk).disaster
            parts.append(model.score(vectors, chunk, disaster))
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
                if rate > 0 if title == "everyday" else rate < 1:
                    print(f"  {name}: {rate:.2f} of {len(twenty)}")


POST_TRUTH: tuple[tuple[str, str, Key], ...] = (
    ("sexual", "risk/en_brandsafety_openai_mod", lambda r: _flag(r, "S")),
    ("hate", "risk/en_brandsafety_openai_mod", lambda r: _flag(r, "H")),
    ("violence", "risk/en_brandsafety_openai_mod", lambda r: _flag(r, "V")),
    ("self_harm", "risk/en_brandsafety_openai_mod", lambda r: _flag(r, "SH")),
    ("politics", "risk/it_politics_sentipolc16", lambda r: {"political": "yes", "generic": "no"}.get(r["label"])),
)


def _flag(row: dict[str, Any], category: str) -> str | None:
    return {0: "no", 1: "yes"}.get(row["cats"].get(category))


def report_posts(data: Path, encoder: Encoder, heads: SignalHeads | None, model: HazardModel) -> None:
    """Post-level AUC of single hazards where labelled posts exist (nothing is fitted on them)."""
    from sklearn.metrics import roc_auc_score

    for hazard, source, truth in POST_TRUTH:
        groups = read_groups(data, ((source, truth),))
        scored = score_groups(groups, encoder, heads, model)
        column = model.names.index(hazard)
        values = np.concatenate([scored["yes"][:, column], scored["no"][:, column]])
        labels = [1] * len(scored["yes"]) + [0] * len(scored["no"])
        print(f"posts, {hazard} on {source}: AUC {roc_auc_score(labels, values):.3f} (n {len(labels)})")


def without_near(seeds: HazardSeeds, encoder: Encoder, texts: Sequence[str], cosine: float = NEAR) -> HazardSeeds:
    """The seeds without every sentence about as close to one of ``texts`` as a paraphrase."""
    targets = encoder.encode(texts)

    def far(candidates: tuple[str, ...]) -> tuple[str, ...]:
        close = (encoder.encode([clean(text) for text in candidates]) @ targets.T).max(axis=1) >= cosine
        return tuple(text for text, is_close in zip(candidates, close, strict=True) if not is_close)

    return msgspec.structs.replace(
        seeds,
        hazards=tuple(msgspec.structs.replace(h, en=far(h.en), it=far(h.it)) for h in seeds.hazards),
        traps=msgspec.structs.replace(seeds.traps, en=far(seeds.traps.en), it=far(seeds.traps.it)),
        everyday=msgspec.structs.replace(seeds.everyday, en=far(seeds.everyday.en), it=far(seeds.everyday.it)),
    )


def report_scenarios(data: Path, encoder: Encoder, heads: SignalHeads | None, seeds: HazardSeeds) -> None:
    """Hazards heard in the one-line trend of every scenario case.

    The authors of the seeds knew these cases, and some seeds paraphrase them; so the cases are scored
    with a model fitted without the sentences near any of them.
    """
    cases = json.loads((data / "scenarios" / "cases.json").read_text(encoding="utf-8"))
    lines = [clean(case[key]) for case in cases for key in ("trend_en", "trend_it")]
    kept = without_near(seeds, encoder, lines)
    before, after = (sum(len(h.texts) for h in s.hazards) + len(s.negatives) for s in (seeds, kept))
    print(f"scenarios: {before - after} of {before} sentences near a case left out")
    model = fit_hazards(kept, encoder)
    floor = [i for i, tier in enumerate(model.tiers) if tier == "floor"]
    for case in cases:
        texts = [clean(case["trend_en"]), clean(case["trend_it"])]
        rows = score_groups({"case": texts}, encoder, heads, model)["case"]
        heard = [f"{model.names[i]} {rows[:, i].max():.2f}" for i in np.flatnonzero(rows.max(axis=0) >= POST_THRESHOLD)]
        strengths = " ".join(f"{rows[k, floor].max():.2f}" for k in (0, 1))
        print(f"scenario {case['id']} ({case['expected']}): floor en/it {strengths}; {', '.join(heard) or 'nothing'}")


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Measure hazards on everyday and crisis topics.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the lab data")
    parser.add_argument("--seeds-only", action="store_true", help="leave the trained disaster head out")
    arguments = parser.parse_args(argv)
    encoder, heads = UseEncoder(threads=1), load_heads()
    encoder.encode(["warm up"])
    started = time.perf_counter()
    seeds = load_seeds(CONFIGS_DIR / "hazards.toml")
    model = fit_hazards(seeds, encoder)
    print(f"fitted {len(model.names)} hazards in {time.perf_counter() - started:.2f} s (sentences embedded included)")
    used = None if arguments.seeds_only else heads
    everyday = score_groups(read_groups(arguments.data, EVERYDAY), encoder, used, model)
    crises = score_groups(read_groups(arguments.data, CRISES), encoder, used, model)
    report(model, everyday, crises)
    report_posts(arguments.data, encoder, used, model)
    report_scenarios(arguments.data, encoder, used, seeds)


if __name__ == "__main__":
    main()
