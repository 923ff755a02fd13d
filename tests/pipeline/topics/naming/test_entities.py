"""A model adds what it knows about phrases; without one nothing is loaded and nothing is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline.topics.naming.entities import (
    EntityFinder,
    ParsedText,
    PhraseKinds,
    installed_models,
    models_by_language,
    phrase_kinds,
)
from pipeline.topics.naming.naming import MIN_PARSED_TEXTS, TopicNamer
from pipeline.topics.naming.stop_words import StopWords
from tests.conftest import ROOT
from tests.pipeline.topics.naming.named_topics import FLOOD, rare, traces


@pytest.fixture(scope="module")
def finder() -> EntityFinder:
    found = EntityFinder()
    if not found.has_model("en"):
        pytest.skip("no English spaCy model is installed (extra: en)")
    return found


def printed_by(script: str) -> list[str]:
    """Lines that a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_smallest_model_of_each_language_is_used() -> None:
    packages = ["en_core_web_trf", "en_core_web_md", "de_dep_news_trf", "it_core_news_sm", "en_ner_jobs", "spacy"]
    assert models_by_language(packages) == {
        "en": "en_core_web_md",
        "de": "de_dep_news_trf",
        "it": "it_core_news_sm",
    }
    assert models_by_language([]) == {}


def test_a_language_without_a_model_is_not_parsed() -> None:
    nothing = EntityFinder(installed=())
    assert not nothing.has_model("en")
    assert nothing.parse(["Il ponte vecchio"], "it") == []
    assert nothing.parse(["?"], None) == []


def test_without_a_model_naming_never_imports_spacy() -> None:
    script = (
        "import sys\n"
        "from tests.pipeline.topics.naming.named_topics import FLOOD, namer, rare, traces\n"
        "assert namer().name(traces(FLOOD), rare).label\n"
        "print('spacy' in sys.modules)"
    )
    assert printed_by(script) == ["False"]


def test_a_small_model_does_not_load_torch_and_leaves_it_to_others(finder: EntityFinder) -> None:
    assert finder.has_model("en")
    script = (
        "import sys\n"
        "from pipeline.topics.naming.entities import EntityFinder\n"
        "[parsed] = EntityFinder().parse(['Ecuador beat Qatar.'], 'en')\n"
        "print('torch' in sys.modules, parsed.entities)\n"
        "import torch\n"
        "print(torch.ones(2).sum().item())"
    )
    assert printed_by(script) == ["False ('Ecuador', 'Qatar')", "2.0"]


def test_votes_make_kinds() -> None:
    parsed = [
        ParsedText(("New Valdena",), ("old bridge",), (("scored", "VERB"), ("match", "NOUN"))),
        ParsedText((), (), (("scored", "VERB"), ("match", "VERB"), ("match", "NOUN"))),
    ]
    kinds = phrase_kinds(parsed, str.lower)
    assert kinds.is_entity("new valdena")
    assert kinds.is_chunk("old bridge")
    assert kinds.is_wrong("valdena scored")
    assert not kinds.is_wrong("match")
    assert not PhraseKinds(frozenset({"let it be"}), frozenset(), frozenset({"let"})).is_wrong("let it be")


def test_the_installed_model_finds_people_places_and_noun_phrases(finder: EntityFinder) -> None:
    [parsed] = finder.parse(["Ecuador beat Qatar in the opening match on Sunday."], "en")
    assert {"Ecuador", "Qatar"} <= set(parsed.entities)
    assert "Sunday" not in parsed.entities, "a date is no name"
    assert "opening match" in parsed.chunks, "without its article"
    assert ("beat", "VERB") in parsed.words
    assert any(name.startswith("en_core_web") for name in installed_models())


def test_a_text_is_parsed_alike_whatever_came_before_or_beside_it(finder: EntityFinder) -> None:
    text = "Maria Rossi opened the old bridge in Florence."
    first = EntityFinder().parse([text], "en")
    finder.parse(["Something else entirely"], "en")
    assert finder.parse([text], "en") == first
    assert finder.parse([""], "en") == [ParsedText((), (), ())]
    together = EntityFinder().parse([*FLOOD, text, "", text], "en")
    assert together == [parsed for one in (*FLOOD, text, "", text) for parsed in EntityFinder().parse([one], "en")]


def test_names_are_the_same_again_with_a_model(finder: EntityFinder) -> None:
    namer = TopicNamer(StopWords(), finder)
    large = traces(
        [f"{text} in London with Maria Rossi, street {i}" for i in range(MIN_PARSED_TEXTS) for text in FLOOD]
    )
    small = traces(FLOOD, start=1_000)
    together = namer.kinds([(large, ""), (small, ""), ([], "")])
    assert together == [TopicNamer(StopWords(), EntityFinder()).kinds([(large, "")])[0], PhraseKinds(), PhraseKinds()]
    assert together[0].is_entity("maria rossi")
    assert together[0].is_entity("london")
    name = namer.name(large, rare, kinds=together[0])
    assert name == TopicNamer(StopWords(), finder).name(large, rare, kinds=namer.kinds([(large, "")])[0])
    assert name.label == "Maria Rossi · London", "names come before loose words"
