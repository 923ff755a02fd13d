"""Lab posts as the traces a measure sees: cleaned, scored by the heads that ship, without copies."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from configs.errors import InputError
from configs.settings import CONFIGS_DIR
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.enrich.enricher import MIN_HAZARD
from pipeline.enrich.hazards.heads import HazardModel, open_hazards
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.enrich.sentiment import SignalHeads, load_heads
from pipeline.text.words import clean, text_hash
from pipeline.types.pseudonyms import author_hash
from pipeline.types.traces import PostTrace

Row = Mapping[str, Any]
Key = Callable[[Row], str | None]
"""Names the group a row belongs to; ``None`` leaves it out."""


def require_lab(data: Path, *folders: str) -> None:
    """Refuse to start a long measurement without its data.

    Raises
    ------
    InputError
        One of ``folders`` is not in ``data``.
    """
    if not all((data / folder).is_dir() for folder in folders):
        named = f"folder{'s' if len(folders) > 1 else ''} {' and '.join(folders)}"
        raise InputError(f"{data}: holds no lab data ({named}); name its folder with --data")


def lab_rows(data: Path, name: str) -> Iterator[Row]:
    """Rows of ``name`` (folder/file without ending) of the lab data.

    Raises
    ------
    InputError
        The file is not there.
    """
    path = data / f"{name}.jsonl.gz"
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); name the folder of the lab data with --data"
        ) from error


class LabScorer:
    """Turns lab rows into traces, as the pipeline would; only what heat looks at is filled in.

    Parameters
    ----------
    encoder
        The encoder that ships.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._heads: SignalHeads = load_heads()
        self._hazards: HazardModel = open_hazards(load_seeds(CONFIGS_DIR / "hazards.toml"), encoder)

    def groups(self, rows: Iterator[Row], key: Key, language: str, most: int) -> dict[str, list[PostTrace]]:
        """Up to ``most`` distinct posts of each group, in file order."""
        chosen: dict[str, list[tuple[str, Row]]] = {}
        seen: set[tuple[str, int]] = set()
        for row in rows:
            group = key(row)
            text = clean(row["text"]) if group is not None and len(chosen.get(group, ())) < most else ""
            if group is None or not text or (group, text_hash(text, row["text"])) in seen:
                continue
            seen.add((group, text_hash(text, row["text"])))
            chosen.setdefault(group, []).append((text, row))
        return {group: self._traces(posts, language) for group, posts in chosen.items()}

    def _traces(self, posts: Sequence[tuple[str, Row]], language: str) -> list[PostTrace]:
        traces: list[PostTrace] = []
        for start in range(0, len(posts), 256):
            part = posts[start : start + 256]
            texts = [text for text, _ in part]
            vectors = self._encoder.encode(texts)
            signals = self._heads.score(vectors, texts)
            strengths = self._hazards.score(vectors, texts, signals.disaster)
            untrained = self._hazards.score(vectors, texts)[:, self._hazards.names.index("disaster")]
            for i, (text, row) in enumerate(part):
                hazards = [
                    (self._hazards.names[j], float(strengths[i, j])) for j in np.flatnonzero(strengths[i] >= MIN_HAZARD)
                ]
                author = row.get("author")
                traces.append(
                    PostTrace(
                        arrival=start + i,
                        cluster=1,
                        post_id=str(row["id"]),
                        author=None if author is None else author_hash(str(author)),
                        at_s=float(start + i),
                        language=language,
                        source="lab",
                        similarity=None,
                        is_copy=False,
                        is_reply=False,
                        negative=float(signals.negative[i]),
                        positive=float(signals.positive[i]),
                        offensive=float(signals.offensive[i]),
                        disaster=float(signals.disaster[i]),
                        hazards=(*hazards, (UNTRAINED_DISASTER, float(untrained[i]))),
                        tokens=(),
                        hashtags=(),
                        text=text,
                        emotions=(
                            float(signals.anger[i]),
                            float(signals.joy[i]),
                            float(signals.optimism[i]),
                            float(signals.sadness[i]),
                        ),
                    )
                )
        return traces


UNTRAINED_DISASTER = "disaster by sentences alone"
"""Beside the pipeline's hazards: ``disaster`` without the head that was trained on the crises measured here."""
