"""Labelled texts for the signal heads: which file, which licence, trained on or only measured with.

Nothing here is copied into the repository; the files lie beside it (``../shared/data``).
"""

from __future__ import annotations

import gzip
import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from configs.errors import InputError
from configs.settings import CONFIGS_DIR
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.text.words import clean

ITALIAN = Path(__file__).parent / "italian_sentences.toml"
FEELINGS = Path(__file__).parent / "italian_feelings.toml"


POLARITY = {
    **{kind: "negative" for kind in ("anger", "irony", "worry", "sadness")},
    **{kind: "positive" for kind in ("joy", "praise", "optimism")},
    "neutral": "neutral",
}
"""Lists of :data:`FEELINGS` as sentiment."""
EMOTION = {
    **{kind: "anger" for kind in ("anger", "irony")},
    **{kind: "joy" for kind in ("joy", "praise")},
    **{kind: kind for kind in ("optimism", "sadness")},
}
"""Lists of :data:`FEELINGS` as emotion; worry and neutral have none of the four."""


class Labelled(msgspec.Struct, frozen=True):
    """One text with its label and the group it may be held out with (split, event, origin)."""

    text: str
    label: str
    group: str
    weight: float = 1.0


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except OSError as error:
        raise InputError(f"{path}: cannot be read; pass --data with the folder of the lab data") from error


def _pick(path: Path, label: Callable[[dict[str, Any]], str | None], group: str, weight: float = 1.0) -> list[Labelled]:
    out = []
    for row in _rows(path):
        name = label(row)
        if name is not None:
            out.append(Labelled(clean(row["text"]), name, str(row.get(group, group)), weight))
    return out


def _own(path: Path, kinds: dict[str, str], weight: float) -> list[Labelled]:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return [Labelled(clean(t), label, "own", weight) for kind, label in kinds.items() for t in data[kind]]


def sentiment(data: Path) -> list[Labelled]:
    """TweetEval sentiment and emotion, SIB-200 as neutral, our Italian sentences. Group = split."""
    risk = data / "risk"
    feeling = {"joy": "positive", "optimism": "positive", "anger": "negative", "sadness": "negative"}
    own = {"negative": "negative", "insulting": "negative", "neutral": "neutral", "positive": "positive"}
    return [
        *_pick(risk / "en_sentiment_tweeteval.jsonl.gz", lambda r: r["label"], "split"),
        *_pick(
            risk / "en_emotion_tweeteval.jsonl.gz",
            lambda r: feeling[r["label"]] if r["split"] != "test" else None,
            "emotion",
            0.3,
        ),
        *_pick(risk / "it_topic_sib200.jsonl.gz", lambda r: "neutral", "sib200", 0.3),
        *_pick(risk / "en_topic_sib200.jsonl.gz", lambda r: "neutral", "sib200", 0.3),
        *_own(ITALIAN, own, 3.0),
        *_own(FEELINGS, POLARITY, 3.0),
    ]


def emotion(data: Path) -> list[Labelled]:
    """TweetEval emotion and our Italian sentences. Group = split."""
    return [
        *_pick(data / "risk" / "en_emotion_tweeteval.jsonl.gz", lambda r: r["label"], "split"),
        *_own(FEELINGS, EMOTION, 1.0),
    ]


def offensive(data: Path) -> list[Labelled]:
    """TweetEval offensive and our Italian sentences. Group = split."""
    own = {"insulting": "yes", "negative": "no", "neutral": "no", "positive": "no", "vulgar_but_harmless": "no"}
    return [
        *_pick(
            data / "risk" / "en_offensive_tweeteval.jsonl.gz",
            lambda r: "yes" if r["label"] == "offensive" else "no",
            "split",
        ),
        *_own(ITALIAN, own, 5.0),
    ]


def disaster(data: Path) -> list[Labelled]:
    """CrisisLex T6 and T26; ordinary posts (TweetEval), encyclopedic ones (SIB-200); our hazard sentences.

    Group = event.
    """
    risk = data / "risk"
    seeds = load_seeds(CONFIGS_DIR / "hazards.toml")
    grave = [t for hazard in seeds.hazards if hazard.name in ("disaster", "tragedy") for t in hazard.texts]
    # grave news that is no disaster, so that the head does not learn "news"
    other = [t for hazard in seeds.hazards if hazard.tier != "floor" for t in hazard.texts]
    return [
        *_pick(
            risk / "en_crisis_crisislext6.jsonl.gz",
            lambda r: "yes" if r["label"] == "on-topic" else "no",
            "event",
            0.5,
        ),
        *_pick(
            data / "clustering" / "crisislex_2012.jsonl.gz",
            lambda r: "no" if r["label"] is None else "yes",
            "collection",
            0.5,
        ),
        *_pick(
            risk / "en_sentiment_tweeteval.jsonl.gz", lambda r: "no" if r["split"] == "val" else None, "ordinary", 0.5
        ),
        *[Labelled(clean(t), "yes", "own", 2.0) for t in grave],
        *[Labelled(clean(t), "no", "own", 2.0) for t in (*seeds.negatives, *other)],
        *_pick(risk / "it_topic_sib200.jsonl.gz", _calm_subject, "sib200", 0.5),
        *_pick(risk / "en_topic_sib200.jsonl.gz", _calm_subject, "sib200", 0.5),
    ]


def _calm_subject(row: dict[str, Any]) -> str | None:
    """SIB-200 sentences on geography and health do speak of eruptions and epidemics: left out."""
    return None if row["label"] in ("geography", "health") else "no"


def measured_only(data: Path) -> tuple[list[Labelled], list[Labelled]]:
    """SENTIPOLC 2016 test (labels ``"<positive><negative>"``) and the disaster posts of nlp-getting-started.

    Their licences do not let derived weights ship: never fit anything on them.
    """
    risk = data / "risk"
    return (
        _pick(
            risk / "it_sentiment_sentipolc16.jsonl.gz",
            lambda r: f"{r['opos']}{r['oneg']}" if r["split"] == "test" else None,
            "split",
        ),
        _pick(
            risk / "en_crisis_nlpgettingstarted.jsonl.gz",
            lambda r: "yes" if r["label"] == "disaster" else "no",
            "split",
        ),
    )
