"""What the bundled day says of its voices: the bakery's audience has breakfast, and experts speak on their subjects."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from functools import cache

import pytest

from configs.demo.build import STREAM
from configs.settings import EncoderSettings, Settings
from ingest.sources.jsonl.source import JsonlSource
from pipeline.track.assess import Assessor, file_settings
from pipeline.types import Verdict
from pipeline.types.voices import BrandContext
from pipeline.wiring.track import build_topic_stage
from tests.demo_shard import NOW, loaded

pytestmark = pytest.mark.slow

LARGE = 80
"""Posts from which a topic of the day is one of those that were written into it."""

Said = Mapping[tuple[str, str], BrandContext]
"""(brand id, key of the demo's topic) to what its largest topic says."""


@cache
def said() -> Said:
    have = loaded()
    settings = file_settings(Settings(encoder=EncoderSettings(threads=1, processes=1)))
    stage = build_topic_stage(settings, have.models, have.profiles)
    found = Assessor(have.enricher, stage).run(JsonlSource(STREAM, lambda: NOW), lambda _n, _dead: None)
    with gzip.open(STREAM, "rt", encoding="utf-8") as lines:
        truth = {line["id"]: line["topic"] for line in map(json.loads, lines)}
    keys: dict[str, Counter[str]] = {}
    for post_id, topic_id in found.assignments.items():
        keys.setdefault(topic_id, Counter())[truth[post_id] or ""] += 1
    contexts: dict[tuple[str, str], BrandContext] = {}
    for report in found.reports:
        if report.n_posts >= LARGE:
            key = keys[report.topic_id].most_common(1)[0][0]
            for profile in have.profiles:
                verdict: Verdict = found.verdicts[profile.id, report.topic_id]
                contexts.setdefault((profile.id, key), verdict.context or BrandContext())
    return contexts


def test_the_audience_of_the_bakery_is_more_than_chance_where_it_has_breakfast_and_nowhere_else() -> None:
    audiences = {key: one.audience for (brand, key), one in said().items() if brand == "forno-aurora"}
    above = {key for key, one in audiences.items() if one is not None and one.lift is not None and one.lift.low > 1}

    assert len(audiences) >= 15
    assert None not in audiences.values()
    assert above == {"colazione-lenta"}


def test_other_brands_have_no_audience_and_do_not_get_that_of_the_bakery() -> None:
    assert all(one.audience is None for (brand, _), one in said().items() if brand != "forno-aurora")


def test_experts_speak_on_their_subjects_and_nobody_on_tragedies() -> None:
    named = {(key, one.expert.name) for (_, key), one in said().items() if one.expert is not None}

    assert named == {
        ("caro-pane", "Chiara Bassani"),
        ("colazione-lenta", "Elio Montanari"),
        ("pedala-day", "Nora Lindgren"),
        ("primo-sole", "Dr. Agata Neri"),
        ("sole-fai-da-te", "Dr. Agata Neri"),
    }


def test_the_competitor_that_jumped_on_breakfast_is_seen_there() -> None:
    rivals = {one.name: one for one in said()["forno-aurora", "colazione-lenta"].rivals}

    assert rivals["Forno Aurora"].own
    assert rivals["Forno Aurora"].n_named >= 3
    assert rivals["Biscotti Rivali"].n_posts >= 1
    assert rivals["Biscotti Rivali"].first_at is not None
