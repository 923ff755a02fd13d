"""Balanced and one-sided bags of posts on one stance target: the clean test of division.

Lab data: measured with, never trained on for anything that ships, never copied.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.errors import InputError
from pipeline.text.words import clean, words
from pipeline.types.pseudonyms import author_hash
from pipeline.types.traces import PostTrace

BAG_POSTS = 100
MINORITY = 5
"""Posts of the smaller side in a one-sided bag."""
BAGS_A_KIND = 60

TARGETS: tuple[tuple[str, str, str, str], ...] = (
    ("trump", "en", "pstance_en", "Donald Trump"),
    ("biden", "en", "pstance_en", "Joe Biden"),
    ("bernie", "en", "pstance_en", "Bernie Sanders"),
    ("hillary", "en", "tweeteval_stance_en", "hillary"),
    ("abortion", "en", "tweeteval_stance_en", "abortion"),
    ("feminism", "en", "tweeteval_stance_en", "feminist"),
    ("atheism", "en", "tweeteval_stance_en", "atheism"),
    ("referendum (tweets)", "it", "tw_stance_it_fr", "referendum costituzionale 2016"),
    ("referendum (conref)", "it", "conref_stance_it", "referendum costituzionale 2016"),
)
"""Name, language, file and label of each target with at least 50 distinct posts on either side."""

_HASHTAG = re.compile(r"#\s?(\w+)")


@dataclass(frozen=True)
class StancePost:
    """One post, cleaned: as people wrote it and with its hashtags hidden."""

    text: str
    hidden_text: str
    hashtags: tuple[str, ...]
    author: str | None
    is_for: bool


@dataclass(frozen=True)
class StanceTarget:
    """Distinct posts for and against one target."""

    name: str
    language: str
    posts: tuple[StancePost, ...]

    def rows(self, is_for: bool) -> NDArray[np.intp]:
        """Rows of one side."""
        return np.flatnonzero([post.is_for == is_for for post in self.posts])


def load_targets(data: Path) -> tuple[StanceTarget, ...]:
    """All targets; posts equal without their hashtags count once, those of fewer than three words not at all.

    Raises
    ------
    InputError
        A file is missing.
    """
    return tuple(_target(data, *row) for row in TARGETS)


def bag_auc(target: StanceTarget, score: Callable[[NDArray[np.intp]], float], seed: int = 0) -> float:
    """AUC of a score, given the rows of a bag: :data:`BAGS_A_KIND` bags half and half against as many one-sided ones,
    :data:`MINORITY` in :data:`BAG_POSTS` the other way, half of them either way. Ties count half."""
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    sides = target.rows(True), target.rows(False)
    half, many = BAG_POSTS // 2, BAG_POSTS - MINORITY
    sizes = [(half, half)] * BAGS_A_KIND + [(many, MINORITY), (MINORITY, many)] * (BAGS_A_KIND // 2)
    scores = [
        score(np.concatenate([rng.choice(side, n, replace=False) for side, n in zip(sides, wanted, strict=True)]))
        for wanted in sizes
    ]
    return float(roc_auc_score([n == half for n, _ in sizes], scores))


def trace_of(number: int, post: StancePost, *, hidden: bool) -> PostTrace:
    """The post as a topic remembers it, without mood; ``hidden``: without its hashtags."""
    text = post.hidden_text if hidden else post.text
    return plain_trace(number, text, post.author, () if hidden else post.hashtags)


def plain_trace(number: int, text: str, author: str | None, hashtags: Sequence[str]) -> PostTrace:
    """A post of which only the words and the author matter."""
    return PostTrace(
        arrival=number,
        cluster=1,
        post_id=str(number),
        author=None if author is None else author_hash(author),
        at_s=float(number),
        language=None,
        source="lab",
        similarity=None,
        is_copy=False,
        is_reply=False,
        negative=0.0,
        positive=0.0,
        offensive=0.0,
        disaster=0.0,
        hazards=(),
        tokens=words(text),
        hashtags=tuple(hashtags),
        text=text,
    )


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a lab file.

    Raises
    ------
    InputError
        It is not there.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except OSError as error:
        raise InputError(f"{path}: cannot be read; pass --data with the folder of the lab data") from error


def hashtags_in(text: str) -> tuple[str, ...]:
    """Lower-case hashtags of a raw post, each once.

    Examples
    --------
    >>> hashtags_in("#IoVotoNo e basta #iovotono")
    ('iovotono',)
    """
    return tuple(dict.fromkeys(tag.lower() for tag in _HASHTAG.findall(text)))


def _target(data: Path, name: str, language: str, file: str, label: str) -> StanceTarget:
    found: dict[str, StancePost] = {}
    for row in read_rows(data / "polarization" / f"{file}.jsonl.gz"):
        if row["target"] != label or row["label"] not in ("favor", "against"):
            continue
        raw = row["text"]
        hidden = clean(_HASHTAG.sub(" ", raw))
        if len(hidden.split()) >= 3 and hidden.lower() not in found:
            post = StancePost(clean(raw), hidden, hashtags_in(raw), row.get("author"), row["label"] == "favor")
            found[hidden.lower()] = post
    return StanceTarget(name, language, tuple(found.values()))
