"""Pseudo-topics: eight labelled lab posts of one category, drawn anew for every draw.

A draw cuts the shuffled posts of each category into topics. Every topic belongs to one of two halves: one half is
judged against a background of the other, so no topic is its own background. SIB-200 says the same sentences in
Italian and English; both languages are cut alike, so that a topic and its translation share a half.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.encoders.encoder import Encoder
from pipeline.evaluation.lab_posts import Row, lab_rows
from pipeline.text.words import clean, words
from pipeline.types import FloatArray

TOPIC_POSTS = 8
RISKY = "risky:"
"""Begins the categories of crises and of posts unsafe for any brand."""
MAX_RISKY = 400
"""Posts of each risky category that are read."""


@dataclass(frozen=True)
class Pool:
    """Lab posts. ``vectors`` ``(n, d) float32``; ``sentence`` numbers what a post says: translations share it."""

    vectors: FloatArray
    tokens: tuple[tuple[str, ...], ...]
    language: tuple[str, ...]
    category: tuple[str, ...]
    sentence: tuple[str, ...]


@dataclass(frozen=True)
class Topics:
    """``n`` pseudo-topics of one draw.

    ``centres`` ``(n, d) float32`` means of their posts' embeddings; ``half`` ``(n,)`` 0 or 1, the half they are in.
    """

    centres: FloatArray
    tokens: tuple[tuple[str, ...], ...]
    language: NDArray[np.str_]
    category: NDArray[np.str_]
    half: NDArray[np.intp]

    def among(self, categories: Iterable[str]) -> NDArray[np.bool_]:
        """``(n,)``: which topics are of one of these categories."""
        return np.isin(self.category, sorted(categories))

    @property
    def is_risky(self) -> NDArray[np.bool_]:
        """``(n,)``: which are of a category no brand should touch."""
        return np.char.startswith(self.category, RISKY)


def read_pool(data: Path, encoder: Encoder) -> Pool:
    """Read and embed the lab posts (about 4,000).

    Raises
    ------
    InputError
        A file is missing below ``data``.
    """
    rows: list[tuple[str, str, str, str]] = []  # text, language, category, sentence
    for language in ("it", "en"):
        for row in lab_rows(data, f"risk/{language}_topic_sib200"):
            rows.append((clean(row["text"]), language, f"sib:{row['label']}", row["id"]))
    tweets = list(lab_rows(data, "risk/en_topic_tweettopicxl"))
    uses = Counter(label for row in tweets for label in row["label"])
    for row in tweets:
        # the rarest of a post's labels says most about it: half of all posts are also "Diaries & Daily Life"
        rarest = min(row["label"], key=lambda label: (uses[label], label))
        rows.append((clean(row["text"]), "en", f"tweets:{rarest}", row["id"]))
    rows.extend(_risky(lab_rows(data, "risk/en_crisis_crisislext6"), "crisis"))
    rows.extend(_risky(lab_rows(data, "risk/en_brandsafety_openai_mod"), "unsafe"))
    rows = [row for row in rows if row[0]]
    texts = [row[0] for row in rows]
    vectors = np.vstack([encoder.encode(texts[i : i + 256]) for i in range(0, len(texts), 256)])
    tokens = tuple(words(text) for text in texts)
    return Pool(vectors, tokens, *(tuple(row[i] for row in rows) for i in (1, 2, 3)))


def draw(pool: Pool, seed: int, size: int = TOPIC_POSTS, strangers: int = 0) -> Topics:
    """Pseudo-topics of ``size`` posts, no post in two topics of one language; what is left over is not used.

    ``strangers`` of the posts are then swapped for ones of any harmless category, in the topic's language: clusters
    of a live stream are not pure.
    """
    rng = np.random.default_rng(seed)
    rows_of: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, (category, sentence) in enumerate(zip(pool.category, pool.sentence, strict=True)):
        rows_of[category][sentence].append(row)
    members: list[list[int]] = []
    halves: list[int] = []
    for category in sorted(rows_of):
        groups = list(rows_of[category].values())
        order = rng.permutation(len(groups)).tolist()
        offset = int(rng.integers(2))
        for number, start in enumerate(range(0, len(order) - size + 1, size)):
            chosen = [row for i in order[start : start + size] for row in groups[i]]
            for language in sorted({pool.language[row] for row in chosen}):
                members.append([row for row in chosen if pool.language[row] == language])
                halves.append((number + offset) % 2)
    harmless = {
        language: [
            row
            for row, category in enumerate(pool.category)
            if not category.startswith(RISKY) and pool.language[row] == language
        ]
        for language in set(pool.language)
    }
    for rows in members:
        rows[len(rows) - strangers :] = rng.choice(harmless[pool.language[rows[0]]], strangers, replace=False).tolist()
    return _topics(pool, members, halves)


def _topics(pool: Pool, members: Sequence[Sequence[int]], halves: Sequence[int]) -> Topics:
    return Topics(
        np.stack([pool.vectors[list(rows)].mean(axis=0) for rows in members]),
        tuple(tuple(token for row in rows for token in pool.tokens[row]) for rows in members),
        np.array([pool.language[rows[0]] for rows in members]),
        np.array([pool.category[rows[0]] for rows in members]),
        np.array(halves, np.intp),
    )


def _risky(rows: Iterable[Row], name: str) -> list[tuple[str, str, str, str]]:
    """Of the crises the posts about them; of the unsafe posts those with any flag; neighbours of one kind together."""
    found: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for row in rows:
        if row["label"] in ("off-topic", "none"):
            continue
        kind = row["event"] if name == "crisis" else row["label"].split()[0]
        category = f"{RISKY}{name} {kind}"
        if len(found[category]) < MAX_RISKY:
            found[category].append((clean(row["text"]), "en", category, row["id"]))
    return [row for category in sorted(found) for row in found[category]]
