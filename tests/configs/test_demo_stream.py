"""The bundled demo: reproducible, shaped like a real day, and honest about what it contains."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import tomllib
from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from configs.demo.audience import AUDIENCE, OWN_TOPIC, build_audience
from configs.demo.bank import LANGS, load_banks
from configs.demo.build import EXPECTED, STREAM, build_lines, expected_of, pack
from configs.demo.grammar import Grammar
from configs.demo.shapes import DAY_END_S, DAY_START_S, draw_second
from configs.demo.writer import normalised
from configs.errors import ConfigError
from pipeline.types import VerdictKind

BRANDS_DIR = STREAM.parents[1] / "brands"
BRANDS = sorted(BRANDS_DIR.glob("*.toml"))
DAY = ("2026-03-14T05:00:00Z", "2026-03-14T23:00:00Z")
HAZARDS = {
    *("tragedy", "disaster", "death", "violence", "hate", "minors", "self_harm", "commemoration", "celebrity_death"),
    *("politics", "crime", "religion", "sexual", "health", "legal", "rumour"),
}
BRAND_KEYS = {
    *("id", "name", "essence", "tone", "no_go", "handles", "audience"),
    *("facets", "competitors", "experts", "thresholds"),
}


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    with gzip.open(STREAM, "rt", encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    report: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return report


def test_rebuilding_gives_the_same_bytes() -> None:
    banks = load_banks()
    first, second = build_lines(banks), build_lines(banks)
    assert pack(first) == pack(second)
    # zlib builds may compress differently, so the committed file is compared by what it holds
    assert gzip.decompress(pack(first)) == gzip.decompress(STREAM.read_bytes())
    assert expected_of(banks, first) == EXPECTED.read_bytes()


def test_the_archive_carries_no_time_and_no_name() -> None:
    header = STREAM.read_bytes()[:10]
    assert header[3] == 0  # no file name, no comment
    assert header[4:8] == b"\0\0\0\0"


def test_another_seed_gives_another_day() -> None:
    banks = load_banks()
    assert pack(build_lines(banks, seed=1)) != pack(build_lines(banks, seed=2))


def test_it_is_large_bilingual_and_full_of_topics(lines: list[dict[str, Any]]) -> None:
    languages = Counter(line["lang"] for line in lines)
    topics = Counter(line["topic"] for line in lines)
    assert len(lines) >= 3_400
    assert set(languages) == {"it", "en"}
    assert min(languages.values()) >= 0.4 * len(lines)
    assert topics[None] >= 1_000
    del topics[None]
    assert len(topics) >= 14
    assert all(60 <= n <= 350 for n in topics.values())


def test_every_topic_has_many_voices_in_both_languages(lines: list[dict[str, Any]]) -> None:
    authors: defaultdict[str, set[str]] = defaultdict(set)
    languages: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        if line["topic"]:
            authors[line["topic"]].add(line["author"])
            languages[line["topic"]][line["lang"]] += 1
    assert all(len(handles) >= 50 for handles in authors.values())
    assert all(min(counts[lang] for lang in LANGS) >= 0.35 * counts.total() for counts in languages.values())


def test_times_stay_inside_the_day_and_run_mostly_forward(lines: list[dict[str, Any]]) -> None:
    times = [line["created_at"] for line in lines if "created_at" in line]
    assert all(DAY[0] <= time < DAY[1] for time in times)
    assert all(datetime.fromisoformat(time).tzinfo is not None for time in times)
    backward = sum(later < earlier for earlier, later in pairwise(times))
    assert 0 < backward < 0.1 * len(times)
    assert 5 <= len(lines) - len(times) <= 60


def test_texts_differ_and_copies_are_the_exception(lines: list[dict[str, Any]]) -> None:
    distinct = {normalised(line["text"]) for line in lines}
    assert len(distinct) >= 0.85 * len(lines)
    assert len(distinct) < len(lines)  # some copies are meant
    assert all(5 < len(line["text"].split()) <= 50 for line in lines)
    assert not any(mark in line["text"] for line in lines for mark in "{}<>|")


def test_references_point_at_earlier_posts(lines: list[dict[str, Any]]) -> None:
    text_of = {line["id"]: line["text"] for line in reversed(lines)}
    seen: set[str] = set()
    reposts = replies = 0
    for line in lines:
        if "repost_of" in line:
            reposts += 1
            assert text_of[line["repost_of"]] == line["text"]
        if "reply_to" in line:
            replies += 1
            assert line["reply_to"] in seen
        seen.add(line["id"])
    assert reposts > 30
    assert replies > 100


def test_a_revision_follows_the_post_it_revises(lines: list[dict[str, Any]]) -> None:
    first: dict[str, dict[str, Any]] = {}
    revised = 0
    for line in lines:
        if line["id"] in first:
            revised += 1
            original = first[line["id"]]
            assert line["rev"] == 1
            assert "rev" not in original
            assert line["text"] != original["text"]
            assert line["author"] == original["author"]
        first.setdefault(line["id"], line)
    assert revised == 8


def test_handles_and_links_belong_to_nobody(lines: list[dict[str, Any]]) -> None:
    assert all(line["author"].endswith(".example") for line in lines)
    links = [link for line in lines for link in line.get("links", [])]
    assert links
    assert all(link.split("/")[2].endswith(".example") for link in links)


def test_the_referendum_has_two_camps_of_similar_size(lines: list[dict[str, Any]]) -> None:
    camps = Counter(line["camp"] for line in lines if "camp" in line)
    assert set(camps) == {"for", "against"}
    assert min(camps.values()) >= 0.4 * camps.total()


def test_hashtags_hold_topics_together(lines: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    tags = {topic["key"]: topic["hashtag"].lower() for topic in expected["topics"]}
    tagged: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for line in lines:
        text = line["text"].lower()
        if line["topic"] is None:
            assert not any(tag in text for tag in tags.values())
        else:
            sizes[line["topic"]] += 1
            tagged[line["topic"]] += tags[line["topic"]] in text
    assert all(tagged[key] >= 0.7 * n for key, n in sizes.items())


def test_expectations_cover_every_topic_brand_and_verdict(
    lines: list[dict[str, Any]], expected: dict[str, Any]
) -> None:
    brands = {path.stem for path in BRANDS}
    counted = Counter(line["topic"] for line in lines)
    kinds: set[str] = set()
    for topic in expected["topics"]:
        assert topic["n_posts"] == counted[topic["key"]]
        assert set(topic["verdicts"]) == brands
        assert set(topic["hazards"]) | set(topic["hazards_also"]) <= HAZARDS
        assert set(topic["nuances"].values()) <= set(topic["groups"])
        kinds.update(kind for accepted in topic["verdicts"].values() for kind in accepted)
    assert kinds == {kind.value for kind in VerdictKind}
    assert {topic["key"] for topic in expected["topics"]} == set(counted) - {None}


def test_no_tragedy_may_be_ridden(expected: dict[str, Any]) -> None:
    floor = {"tragedy", "disaster", "death", "celebrity_death"}
    sad = [topic for topic in expected["topics"] if floor & set(topic["hazards"])]
    assert len(sad) >= 3
    for topic in sad:
        assert not {"RIDE", "NUANCE"} & {kind for accepted in topic["verdicts"].values() for kind in accepted}


def test_each_brand_has_a_topic_to_ride(expected: dict[str, Any]) -> None:
    for path in BRANDS:
        assert any(topic["verdicts"][path.stem] == ["RIDE"] for topic in expected["topics"])


@pytest.mark.parametrize("path", BRANDS, ids=lambda path: path.stem)
def test_brand_files_have_what_the_design_asks(path: Path) -> None:
    brand = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(brand) <= BRAND_KEYS
    assert brand["id"] == path.stem
    assert all(brand[key] for key in ("name", "essence", "tone", "no_go", "handles"))
    assert 4 <= len(brand["facets"]) <= 6
    assert len({facet["name"] for facet in brand["facets"]}) == len(brand["facets"])
    for facet in brand["facets"]:
        assert set(facet["text"]) == {"it", "en"}
        assert 0 < facet["weight"] <= 1
        assert 3 <= len(facet["examples"]) <= 5
    assert len(brand["competitors"]) == 2
    assert 1 <= len(brand["experts"]) <= 2
    assert brand["thresholds"] == {"ride_percentile": 99, "watch_percentile": 95}


def test_there_are_three_brands() -> None:
    assert [path.stem for path in BRANDS] == ["forno-aurora", "lumen-skin", "velo-brio"]


def test_brand_examples_are_not_posts_of_the_demo(lines: list[dict[str, Any]]) -> None:
    posts = {normalised(line["text"]) for line in lines}
    for path in BRANDS:
        for facet in tomllib.loads(path.read_text(encoding="utf-8"))["facets"]:
            assert not {normalised(example) for example in facet["examples"]} & posts


def test_chatter_has_many_patterns() -> None:
    (chatter,) = [bank for bank in load_banks().values() if not bank.hashtag]
    for lang in LANGS:
        assert len({line for group in chatter.groups for line in group.patterns(lang)}) >= 250


def test_every_topic_has_many_patterns_in_both_languages() -> None:
    for key, bank in load_banks().items():
        for lang in LANGS:
            assert len({line for group in bank.groups for line in group.patterns(lang)}) >= 25, (key, lang)


def test_an_unknown_slot_is_named() -> None:
    with pytest.raises(ConfigError, match=r"slots\.nowhere"):
        Grammar({}, random.Random(1)).expand("to <nowhere>")


def test_every_shape_stays_inside_the_day() -> None:
    rng = random.Random(11)
    for bank in load_banks().values():
        for shape in bank.shapes:
            assert all(DAY_START_S <= draw_second(rng, [shape]) < DAY_END_S for _ in range(50))


def test_the_audience_of_the_bakery_is_what_its_builder_writes_and_holds_no_names(lines: list[dict[str, Any]]) -> None:
    text = AUDIENCE.read_text(encoding="utf-8")
    authors = {line["author"] for line in lines}
    own = {line["author"] for line in lines if line["topic"] == OWN_TOPIC}
    heading, *digests = text.split()

    assert text == build_audience()
    assert (heading, digests) == ("sha256", sorted(set(digests)))
    listed = {author for author in authors if hashlib.sha256(author.lower().encode()).hexdigest() in set(digests)}
    assert len(listed & own) / len(own) > 5 * len(listed - own) / len(authors - own) > 0
    assert len(digests) > len(listed)
    assert ".example" not in text
