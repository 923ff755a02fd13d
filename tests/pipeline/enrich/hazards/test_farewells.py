"""Farewells to a person by name are heard; those to things, teams and titles are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.settings import CONFIGS_DIR
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.enrich.hazards.farewells import names_the_dead
from pipeline.enrich.hazards.heads import FAREWELL_HAZARDS, open_hazards
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.signals.hazards.topic_hazards import topic_hazards


@pytest.mark.parametrize(
    "text",
    [
        "RIP Anna Rossi",
        "R.I.P. Anna Rossi, che voce",
        "so sad, rest in peace John Smith",
        "È morto Carlo Bianchi, aveva 80 anni",
        "e' morta Giulia Verdi",
        "si è spenta Maria De Santis",
        "ci ha lasciati Paolo Neri",
        "John Smith has died at 73",
        "Actress Jane Doe passed away this morning",
        "Carlo Bianchi è morto",
        "lutto per Luca Della Valle",
    ],
)
def test_heard(text: str) -> None:
    assert names_the_dead(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "RIP my phone",
        "RIP My Old Phone",
        "RIP Arsenal",
        "rip anna rossi",
        "È morto il mio telefono",
        "è morta La Batteria",
        "addio Paolo Neri, buona fortuna alla nuova squadra",
        "ciao Anna Rossi, come stai?",
        "The Walking Dead is dead to me",
        "TUTTI MORTI DI SONNO OGGI",
        "Anna Rossi ha vinto",
        "Ti ho lasciato Anna Rossi in chat",
    ],
)
def test_not_heard(text: str) -> None:
    assert not names_the_dead(text)


@given(st.text(max_size=300))
def test_any_text_can_be_searched(text: str) -> None:
    assert names_the_dead(text) in (True, False)


def test_a_wave_of_farewells_is_a_hazard_and_quotes_them() -> None:
    encoder = UseEncoder(threads=1)
    model = open_hazards(load_seeds(CONFIGS_DIR / "hazards.toml"), encoder)
    texts = [
        "RIP Tina Sole",
        "Tina Sole passed away",
        "oggi solo le sue canzoni",
        "che serata",
        "buon concerto a tutti",
    ]
    rows = model.score(encoder.encode(texts), texts)
    found = {
        hazard.name: hazard
        for hazard in topic_hazards(model.names, model.tiers, rows, list("abcde"), [f"author {i}" for i in range(5)])
    }
    assert set(FAREWELL_HAZARDS) <= set(found)
    assert {"a", "b"} <= set(found["celebrity_death"].evidence)
