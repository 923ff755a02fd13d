"""The drafts the check is measured on: frozen, and apart from what it learned."""

from __future__ import annotations

import hashlib
import tomllib
from typing import get_args

import pytest

from configs.settings import CONFIGS_DIR, EncoderSettings, Settings
from pipeline.enrich.encoders.encoder import open_encoder
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.evaluation.brands.drafts import BLIND_SET, SECOND_SET, check_set
from pipeline.services.draft_check.draft_check import Code
from pipeline.services.draft_check.draft_risks import LINE, fit_draft_risks
from pipeline.text.words import folded_words

DIGESTS = (
    (BLIND_SET, "8601e877e979c6a69019e4ac94a5088bbae17c4e57e26bdc95b1e83489331a7e"),
    (SECOND_SET, "0d2c2e9a890719ffae26be6598dc7256719b45fc7f89758e58bdbc9cdf812b53"),
)
DRAFTS = [draft for path, _ in DIGESTS for draft in tomllib.loads(path.read_text(encoding="utf-8"))["drafts"]]


def test_the_sets_are_as_they_were_when_they_were_first_run() -> None:
    for path, digest in DIGESTS:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, path.name
    assert len({draft["id"] for draft in DRAFTS}) == len(DRAFTS) == 141


def test_what_is_wanted_can_be_said() -> None:
    wanted = {code for draft in DRAFTS for code in draft["wanted"]}
    assert wanted <= {*get_args(Code), "tone"}


def test_no_example_sentence_is_a_draft_of_the_set() -> None:
    seeds = load_seeds(CONFIGS_DIR / "draft_risks.toml")
    learned = {folded_words(text) for hazard in seeds.hazards for text in hazard.texts} | {
        folded_words(t) for t in seeds.negatives
    }
    assert not learned & {folded_words(draft["text"]) for draft in DRAFTS}


def test_the_heads_hear_what_was_left_out_and_leave_the_harmless_alone() -> None:
    seeds = load_seeds(CONFIGS_DIR / "draft_risks.toml")
    risks = fit_draft_risks(seeds, open_encoder(EncoderSettings()))
    loud = risks.left_out >= LINE
    harmless = loud[risks.owners < 0]
    assert (harmless.mean(axis=0) <= 0.03).all(), "each head's line lets two harmless sentences in a hundred through"
    heard = loud[risks.owners >= 0].any(axis=1).mean()
    assert heard > 2 * harmless.any(axis=1).mean(), "a head that hears nothing would pass the line above"


@pytest.mark.slow
def test_bad_drafts_are_held_back_far_more_often_than_good_ones() -> None:
    results = [result for path in (BLIND_SET, SECOND_SET) for result in check_set(Settings(), lambda *_: None, path)]
    bad = [result.is_flagged for result in results if result.case.wanted]
    good = [result.is_flagged for result in results if not result.case.wanted]
    assert sum(bad) / len(bad) >= 0.9
    assert sum(good) / len(good) <= 0.25
