"""Drafts from guidelines: what is found, what is left out, what a comment says of it. No language model is needed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import InputError
from pipeline.brand.profile.profile import BrandProfile
from pipeline.brand.profile.toml import parse_profile
from pipeline.evaluation.brands.fit_brands import LANGUAGES, load_fit_brands
from pipeline.evaluation.brands.profile_drafts import FOLDER, guidelines
from pipeline.services.profile_draft.facet_draft import MAX_FACETS, GuidelineSentence, draft_facets, grouped
from pipeline.services.profile_draft.guideline_cues import role_of
from pipeline.services.profile_draft.guideline_text import Passage, read_guidelines
from pipeline.services.profile_draft.profile_draft import Drafter, ProfileDraft, draft_profile
from pipeline.topics.naming.stop_words import StopWords
from pipeline.types import FloatArray

BAKERY = """Old Mill Bakery — brand guidelines

Old Mill Bakery is a family bakery on a canal, open since the miller's daughter married the cook.

WHAT WE DO
We bake sourdough bread, rye loaves and cinnamon buns in a wood-fired oven.
Our flour comes from three farms we can see from the roof.
We don't use additives, and we would rather sell out than bake from frozen.

WHAT WE POST ABOUT
- Breakfast at a long table, with nobody looking at the clock
- Mistakes: flat loaves, burnt crusts, the cake that slid off the board
- Grandparents baking with grandchildren

TONE OF VOICE
Warm, a little clumsy, never sarcastic.

WE NEVER
- talk about party politics or religion
- joke about accidents, illness or grief

Competitors: Golden Crust (@goldencrust), Daily Loaf

Our experts
Ada Miller, head baker: sourdough, rye, wood ovens
Tom Reed – miller

Follow @oldmillbakery · hello@oldmill.example · Opening hours 7-18 · © 2024
"""
BIKES = """<html lang="it"><head><title>Chi siamo - Ruota Libera</title>
<meta property="og:site_name" content="Ruota Libera"><style>p{}</style></head><body>
<nav><ul><li>Home</li><li>Carrello (0)</li></ul></nav><h1>Chi siamo</h1>
<p>Ruota Libera è una ciclofficina dove le biciclette vecchie tornano a girare. Ripariamo freni, cambi e catene.</p>
<h2>Le cose che ci piace raccontare</h2>
<ul><li>La prima pedalata senza rotelle</li><li>I viaggi con le borse sul portapacchi</li></ul>
<h2>Come parliamo</h2><p>Ironico, pratico, mai moralista.</p>
<h2>Di cosa non parliamo mai</h2><p>Incidenti e vittime della strada. Guerre tra ciclisti e automobilisti.</p>
<footer><a href="https://instagram.com/ruotalibera_fe">IG</a> P.IVA 000 - Privacy</footer></body></html>"""


def place(texts: Sequence[str]) -> FloatArray:
    """A vector a text from the words in it: texts that share words lie near each other."""
    vectors = np.zeros((len(texts), 64), np.float32)
    for row, text in zip(vectors, texts, strict=True):
        for word in text.lower().split():
            row[int(hashlib.md5(word.encode()).hexdigest(), 16) % 64] += 1.0
        row[0] += 1e-3
    unit: FloatArray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def drafter(language: str = "en") -> Drafter:
    return Drafter(
        place=place,
        language_of=lambda texts: [language] * len(texts),
        chunks_of=lambda texts, spoken: [],
        stop_words=StopWords().of,
    )


@pytest.fixture(scope="module")
def bakery() -> ProfileDraft:
    return draft_profile([BAKERY], drafter())


def test_guidelines_in_plain_text(bakery: ProfileDraft) -> None:
    profile = bakery.profile
    assert (profile.id, profile.name) == ("old-mill-bakery", "Old Mill Bakery")
    assert profile.essence.startswith("Old Mill Bakery is a family bakery")
    assert profile.tone == ("warm", "a little clumsy", "never sarcastic")
    assert profile.no_go == (
        "party politics",
        "religion",
        "jokes about accidents",
        "jokes about illness",
        "jokes about grief",
    )
    assert profile.handles == ("@oldmillbakery",), "a rival's account and a mail address are none of ours"
    assert [(rival.name, rival.handles) for rival in profile.competitors] == [
        ("Golden Crust", ("@goldencrust",)),
        ("Daily Loaf", ()),
    ]
    assert [(expert.name, expert.role, expert.fields) for expert in profile.experts] == [
        ("Ada Miller", "head baker", ("sourdough", "rye", "wood ovens")),
        ("Tom Reed", "miller", ()),
    ]
    told = " ".join(example for facet in profile.facets for example in facet.examples)
    assert "wood-fired oven" in told
    assert "additives" in told, "what a workshop does not use is no theme to keep away from"
    assert not any(word in told for word in ("politics", "Opening", "clumsy", "Ada Miller"))


def test_an_about_page_in_html() -> None:
    profile = draft_profile([BIKES], drafter("it")).profile
    assert (profile.id, profile.name) == ("ruota-libera", "Ruota Libera")
    assert profile.tone == ("ironico", "pratico", "mai moralista")
    assert profile.no_go == ("incidenti", "vittime della strada", "guerre tra ciclisti e automobilisti")
    assert profile.handles == ("@ruotalibera_fe",)
    assert all(isinstance(facet.text, dict) and set(facet.text) == {"it"} for facet in profile.facets)
    assert "Carrello" not in repr(profile)


def test_a_draft_is_a_brand_file_whose_comments_say_what_is_guessed(bakery: ProfileDraft) -> None:
    toml = bakery.toml()
    assert parse_profile(toml, "draft") == bakery.profile
    assert "every value is a guess" in toml
    assert "# Not found, and left out: audience." in toml
    for key in ('id = "', 'name = "', 'essence = "', "no_go = [", "[[facets]]"):
        before = toml[: toml.index(f"\n{key}")].splitlines()[-1]
        assert before.startswith("#"), key


def test_what_is_known_is_not_guessed() -> None:
    profile = draft_profile([BAKERY], drafter(), "mill", "The Mill").profile
    assert (profile.id, profile.name) == ("mill", "The Mill")


def test_two_texts_make_one_profile() -> None:
    both = draft_profile([BIKES, "We never post about politics.\n\nOld frames become lamps.\n"], drafter("it"))
    assert "politics" in both.profile.no_go
    assert "Old frames become lamps." in repr(both.profile.facets)


@pytest.mark.parametrize("text", ["", "   \n", "Bakery", "<p>Hi</p>", "We never talk about politics."])
def test_too_little_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(InputError, match="at least 2 are needed; paste the about page"):
        draft_profile([text], drafter())


def test_a_text_without_a_name_asks_for_it() -> None:
    text = "we bake bread every day.\nwe like long tables and slow mornings.\n"
    with pytest.raises(InputError, match="give it with --name"):
        draft_profile([text], drafter())
    assert draft_profile([text], drafter(), name="Mill").profile.name == "Mill"


@given(st.text(max_size=400))
@settings(max_examples=60)
def test_any_text_gives_a_usable_profile_or_is_refused(text: str) -> None:
    try:
        draft = draft_profile([f"We bake bread every day.\nOur tables are long and slow.\n{text}"], drafter(), "b", "B")
    except InputError:
        return
    assert parse_profile(draft.toml(), "draft") == draft.profile


@pytest.mark.parametrize(
    ("text", "heading", "role"),
    [
        ("We never joke about illness.", "", "avoided"),
        ("Non scherziamo mai sulle disgrazie.", "", "avoided"),
        ("Evitiamo la politica di partito.", "", "avoided"),
        ("We never use frozen dough.", "", "content"),
        ("Non usiamo conservanti.", "", "content"),
        ("Diet shaming", "What we avoid", "avoided"),
        ("Le diete", "Di cosa non parliamo", "avoided"),
        ("Warm and plain.", "Tone of voice", "tone"),
        ("Il nostro tono è caldo e diretto.", "", "tone"),
        ("Golden Crust, Daily Loaf", "I nostri concorrenti", "rivals"),
        ("Ada Miller, baker", "Our experts", "experts"),
        ("Iscriviti alla newsletter", "", "boilerplate"),
        ("Founded in 1987.", "", "boilerplate"),
        ("Founded in 1987 by two sisters, we still bake every loaf of rye by hand.", "", "content"),
        ("Breakfast at a long table", "What we post about", "content"),
    ],
)
def test_what_a_passage_is_about(text: str, heading: str, role: str) -> None:
    assert role_of(Passage(text, heading)) == role


@given(st.text(max_size=600))
def test_any_text_can_be_read(text: str) -> None:
    for passage in read_guidelines(text).passages:
        assert passage.text.strip()


def test_lines_broken_by_a_document_are_joined() -> None:
    text = "We talk about shade, hats and reapplying sun cream every two hours,\neven on cloudy days. Always.\n"
    assert [passage.text for passage in read_guidelines(text).passages] == [
        "We talk about shade, hats and reapplying sun cream every two hours, even on cloudy days.",
        "Always.",
    ]


@given(st.integers(1, 40), st.integers(1, 8), st.integers(0, 5))
@settings(max_examples=30)
def test_groups_are_numbered_without_gaps_in_order_of_appearance(n: int, n_groups: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(n, 8)).astype(np.float32)
    labels = grouped(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), n_groups)
    assert len(labels) == n
    assert len(set(labels.tolist())) <= max(n_groups, 1)
    assert list(dict.fromkeys(labels.tolist())) == list(range(int(labels.max()) + 1))


def test_facets_have_names_of_their_own_and_every_sentence_counts_once() -> None:
    sentences = [GuidelineSentence(f"fresh bread number {i}") for i in range(20)]
    facets = draft_facets(sentences, place, StopWords().of)
    assert len(facets) <= MAX_FACETS
    assert sum(facet.n_sentences for facet in facets) == 20
    assert len({facet.name for facet in facets}) == len(facets)
    assert draft_facets([], place, StopWords().of) == ()


def test_the_guidelines_of_the_measurement_are_those_it_was_made_with() -> None:
    """They were frozen before the drafting was written; another text would be another measurement."""
    texts = "".join((FOLDER / name).read_text("utf-8") for name in sorted(path.name for path in FOLDER.glob("*.txt")))
    assert hashlib.sha256(texts.encode()).hexdigest() == (
        "a1cd9dced1b1f30889693d9b760028decaa03f7b866c3a0e710c966b7613cb83"
    )
    for brand in load_fit_brands():
        for language in LANGUAGES:
            assert guidelines(brand.id, language)


def test_every_brand_of_the_measurement_can_be_drafted() -> None:
    for brand in load_fit_brands():
        for language in LANGUAGES:
            draft = draft_profile([guidelines(brand.id, language)], drafter(language))
            assert isinstance(draft.profile, BrandProfile)
            # "Salvia" says its own name without what it sells; more than the name would be wrong
            assert brand.profiles[0].name.startswith(draft.profile.name), (brand.id, language)
            assert draft.profile.tone, (brand.id, language)
            assert draft.profile.no_go, (brand.id, language)
