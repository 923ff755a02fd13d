"""Facets from the sentences of guidelines: sentences that say similar things, named by their own phrases.

Ward's clustering of sentence embeddings (1963), which makes groups of like size, cut so that a facet has about
:data:`SENTENCES_A_FACET` sentences; phrases by closeness to their facet and distance from the others, each unlike the
ones chosen before it (Carbonell & Goldstein 1998, "maximal marginal relevance").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.word_lists import any_of
from pipeline.services.profile_draft.guideline_words import guideline_words
from pipeline.text.elisions import ELISION_LISTS, elisions
from pipeline.text.words import GAP, HYPHENED
from pipeline.types import FloatArray

Place = Callable[[Sequence[str]], FloatArray]
"""Texts to unit vectors ``(n, d)`` in the space where topics and facets are compared."""

SENTENCES_A_FACET = 2
MIN_FACETS, MAX_FACETS = 2, 6
MAX_EXAMPLES = 4
MAX_PHRASES = 6
MAX_PHRASE_WORDS = 4
ELSEWHERE = 0.5
"""What closeness to the other facets costs a phrase, against closeness to its own."""
ALIKE = 0.4
"""What likeness to phrases already chosen costs, likewise."""
SEVERAL_WORDS = 0.1
"""What it is worth to a phrase to be more than one word: "flour" says less than "rye flour"."""
MAX_NAME_WORDS = 3

_BREAK = re.compile(r"[,.;:!?…()\[\]{}\"“”«»/|–—]|\s-\s|\d+")


class GuidelineSentence(msgspec.Struct, frozen=True):
    """A sentence that says what a brand is about. ``chunks`` are its noun phrases, empty where no model read it."""

    text: str
    language: str | None = None
    chunks: tuple[str, ...] = ()


class DraftedFacet(msgspec.Struct, frozen=True):
    """A facet somebody has to look at. ``phrases`` by language, in the order of their worth."""

    name: str
    phrases: tuple[tuple[str, tuple[str, ...]], ...]
    examples: tuple[str, ...]
    n_sentences: int


def draft_facets(
    sentences: Sequence[GuidelineSentence], place: Place, stop_words: Callable[[str | None], frozenset[str]]
) -> tuple[DraftedFacet, ...]:
    """Group sentences into facets, the one with most sentences first.

    Parameters
    ----------
    sentences
        What the guidelines say the brand is about; in their order.
    place
        Embeds texts.
    stop_words
        By language: words no phrase begins or ends with.

    Returns
    -------
    :data:`MIN_FACETS` to :data:`MAX_FACETS` facets, fewer where there are fewer sentences; none for none.
    """
    if not sentences:
        return ()
    vectors = place([sentence.text for sentence in sentences])
    labels = grouped(vectors, n_facets(len(sentences)))
    groups = [np.flatnonzero(labels == label) for label in range(int(labels.max()) + 1)]
    centres = _unit(np.stack([vectors[rows].mean(axis=0) for rows in groups]))
    found = [
        _facet([sentences[row] for row in rows.tolist()], vectors[rows], i, centres, place, stop_words)
        for i, rows in enumerate(groups)
    ]
    order = sorted(range(len(found)), key=lambda i: (-len(groups[i]), int(groups[i][0])))
    return _named_apart([found[i] for i in order])


def n_facets(n_sentences: int) -> int:
    """How many facets so many sentences are worth.

    Examples
    --------
    >>> [n_facets(n) for n in (1, 3, 9, 40)]
    [1, 2, 4, 6]
    """
    return min(n_sentences, max(MIN_FACETS, min(MAX_FACETS, round(n_sentences / SENTENCES_A_FACET))))


def grouped(vectors: FloatArray, n_groups: int) -> NDArray[np.intp]:
    """``(n,)`` group numbers from 0, in order of appearance, of unit vectors ``(n, d)``: ``n_groups`` of them or fewer.

    Examples
    --------
    >>> grouped(np.array([[1, 0], [0, 1], [0.9, 0.1], [0, 1]], np.float32), 2).tolist()
    [0, 1, 0, 1]
    """
    if len(vectors) <= n_groups:
        return np.arange(len(vectors), dtype=np.intp)
    from scipy.cluster.hierarchy import fcluster, linkage

    # on unit vectors the squared distance is 2 − 2 cos: Ward's rule holds for cosines too
    tree = linkage(vectors.astype(np.float64), "ward")
    raw = fcluster(tree, n_groups, "maxclust").tolist()
    first = {label: i for i, label in enumerate(dict.fromkeys(raw))}
    return np.array([first[label] for label in raw], np.intp)


def phrases_in(sentence: GuidelineSentence, stop_words: frozenset[str]) -> list[str]:
    """Phrases that could describe a sentence: its noun phrases, or runs of words between words that say nothing.

    Examples
    --------
    >>> bread = GuidelineSentence("We bake slow sourdough bread with honest flour.")
    >>> phrases_in(bread, frozenset({"we", "with"}))
    ['bake slow sourdough bread', 'honest flour']
    """
    if sentence.chunks:
        return [chunk for chunk in sentence.chunks if _content(chunk, stop_words) and len(chunk.split()) <= 5]
    telling = guideline_words().telling
    elided = any_of(elisions().silent, ELISION_LISTS, "silent", around=("^", "['’]"))
    found: list[str] = []
    for part in _BREAK.split(sentence.text):
        run: list[str] = []
        for word in (*HYPHENED.findall(part), ""):
            bare = elided.sub("", word)
            says = bool(bare) and bare.lower() not in stop_words and not telling.fullmatch(bare)
            if says and len(run) < MAX_PHRASE_WORDS:
                run.append(bare)
                continue
            if run and _content(" ".join(run), stop_words):
                found.append(" ".join(run))
            run = [bare] if says else []
    return found


def _facet(
    own: Sequence[GuidelineSentence],
    vectors: FloatArray,
    which: int,
    centres: FloatArray,
    place: Place,
    stop_words: Callable[[str | None], frozenset[str]],
) -> DraftedFacet:
    by_language: list[tuple[str, tuple[str, ...]]] = []
    counts = Counter(sentence.language or "" for sentence in own)
    for language, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        spoken = [sentence for sentence in own if (sentence.language or "") == language]
        words = stop_words(language or None)
        candidates = _distinct(phrase for sentence in spoken for phrase in phrases_in(sentence, words))
        chosen = _choose(candidates, which, centres, place) or [_short(spoken[0].text)]
        by_language.append((language, tuple(chosen)))
    nearest = np.argsort(-(vectors @ centres[which]), kind="stable")
    examples = [own[i].text for i in nearest.tolist()][:MAX_EXAMPLES]
    return DraftedFacet(_name(by_language[0][1][0]), tuple(by_language), tuple(examples), len(own))


def _choose(candidates: Sequence[str], which: int, centres: FloatArray, place: Place) -> list[str]:
    if not candidates:
        return []
    vectors = place(candidates)
    near = vectors @ centres.T
    others = np.delete(near, which, axis=1)
    worth = near[:, which] - ELSEWHERE * (others.max(axis=1) if others.size else 0.0)
    worth = worth + SEVERAL_WORDS * np.array([" " in phrase.strip() for phrase in candidates])
    chosen: list[int] = []
    while len(chosen) < min(MAX_PHRASES, len(candidates)):
        alike = (vectors @ vectors[chosen].T).max(axis=1) if chosen else np.zeros(len(candidates))
        score = worth - ALIKE * alike
        score[chosen] = -np.inf
        chosen.append(int(score.argmax()))
    return [candidates[i] for i in chosen]


def _distinct(phrases: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for phrase in phrases:
        found.setdefault(GAP.sub(" ", phrase.lower()).strip(), phrase)
    return list(found.values())


def _content(phrase: str, stop_words: frozenset[str]) -> bool:
    return any(len(word) > 2 and word.lower() not in stop_words for word in HYPHENED.findall(phrase))


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:80].rsplit(" ", 1)[0]


def _name(phrase: str) -> str:
    """
    Examples
    --------
    >>> _name("Slow Sunday breakfasts at home")
    'slow-sunday-breakfasts'
    """
    words = [word.lower() for word in HYPHENED.findall(phrase)][:MAX_NAME_WORDS]
    return "-".join(words) or "facet"


def _named_apart(facets: Sequence[DraftedFacet]) -> tuple[DraftedFacet, ...]:
    seen: Counter[str] = Counter()
    found = []
    for facet in facets:
        seen[facet.name] += 1
        place = seen[facet.name]
        name = facet.name if place == 1 else f"{facet.name}-{place}"
        found.append(msgspec.structs.replace(facet, name=name))
    return tuple(found)


def _unit(vectors: FloatArray) -> FloatArray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: FloatArray = (vectors / np.maximum(norms, 1e-9)).astype(np.float32)
    return unit
