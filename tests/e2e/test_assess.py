"""``trendsieve assess`` from outside: files in, files out, exactly as the contract says."""

from __future__ import annotations

import gzip
import json
import os
import pty
import re
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import BAKERY, BIKES, DEMO, Launcher, cold, json_lines, write_posts

pytestmark = pytest.mark.slow

N_DEMO = 700
VERDICTS = {"RIDE", "NUANCE", "WATCH", "RISKY", "IGNORE"}
MINIMAL_BRAND = 'id = "corner-bakery"\nname = "Corner Bakery"\n\n[[facets]]\ntext = "fresh bread and slow breakfasts"\n'

NUMBER = (int, float)
NONE = type(None)
SCORE: dict[str, Any] = {"value": NUMBER, "n": int, "low": NUMBER, "high": NUMBER}
BRAND: dict[str, Any] = {
    "verdict": str,
    "fit": ({"value": NUMBER, "percentile": NUMBER, "n": int}, None),
    "facets": [{"name": str, "z": NUMBER, "evidence": [str]}],
    "nuance": ({"label": str, "post_ids": [str]}, None),
    "reasons": [{"code": str, "text": str, "evidence": [str]}],
    "confidence": (str, NONE),
    "doubts": [str],
    "changes": [{"code": str, "verdict": str, "now": NUMBER, "needed": NUMBER, "name": str, "text": str}],
    "audience": (dict, NONE),
    "experts": [dict],
    "rivals": [dict],
}
SATURATION: dict[str, Any] = {
    **SCORE,
    "counted": str,
    "n_brands": (int, NONE),
    "n_disclosed": int,
    "evidence": [str],
    "answers_negative": (SCORE, None),
    "answers_positive": (SCORE, None),
}
TOPIC: dict[str, Any] = {
    "topic_id": str,
    "label": str,
    "keywords": [str],
    "first_seen": str,
    "last_seen": str,
    "n_posts": int,
    "n_authors": int,
    "languages": dict,
    "stage": str,
    "momentum": NUMBER,
    "bursts": [{"onset": str, "peak": str}],
    "window": ({"low_h": NUMBER, "high_h": NUMBER}, None),
    "heat": (SCORE, None),
    "division": (SCORE, None),
    "poles": ({"one": [str], "other": [str], "middle": [str]}, None),
    "controversy": ({"value": NUMBER, "null": NUMBER, "difference": SCORE}, None),
    "mood": dict,
    "hazards": [{"name": str, "tier": str, "share": NUMBER, "evidence": [str]}],
    "exposure": (dict, NONE),
    "saturation": (SATURATION, None),
    "dialogue": (dict, NONE),
    "creators": [dict],
    "solemn_days": [{"key": str, "kind": str, "names": dict}],
    "brands": dict,
}


def assert_shape(value: Any, shape: Any, where: str) -> None:
    """``value`` has exactly these keys and types; ``(shape, None)`` allows null."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{where}: {value!r}"
        assert set(value) == set(shape), f"{where}: {sorted(set(value) ^ set(shape))}"
        for key, part in shape.items():
            assert_shape(value[key], part, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{where}: {value!r}"
        for item in value:
            assert_shape(item, shape[0], f"{where}[]")
    elif isinstance(shape, tuple) and len(shape) == 2 and shape[1] is None:
        if value is not None:
            assert_shape(value, shape[0], where)
    else:
        assert isinstance(value, shape), f"{where}: {value!r}"
        assert not isinstance(value, bool), f"{where}: {value!r}"


@dataclass(frozen=True)
class Assessed:
    """Topics and assignments of one run, and its summary line."""

    topics: list[dict[str, Any]]
    assignments: dict[str, str]
    summary: str


def assess(launcher: Launcher, posts: Path, *words: str | Path, timeout_s: float = 240) -> Assessed:
    """Run it, check what must hold for every input, and read its files."""
    folder = posts.parent if posts.parent.stat().st_mode & 0o200 else Path.cwd()
    return _assess(launcher, posts, folder, words, timeout_s)


def _assess(
    launcher: Launcher, posts: Path, folder: Path, words: tuple[str | Path, ...], timeout_s: float = 240
) -> Assessed:
    out, assigned = folder / "topics.jsonl", folder / "assigned.jsonl"
    if "--brand" not in words:
        (folder / "brand.toml").write_text(MINIMAL_BRAND)
        words = (*words, "--brand", folder / "brand.toml")
    done = launcher.run(
        "assess", posts, *words, "--out", out, "--assignments", assigned, folder=folder, timeout_s=timeout_s
    )
    assert (done.code, done.out) == (0, ""), done.err
    assert done.err.count("\n") == 1, "in a pipe there is the summary and nothing else"
    assert "\x1b" not in done.err
    topics, pairs = json_lines(out), json_lines(assigned)
    found = {pair["post_id"]: pair["topic_id"] for pair in pairs}
    assert len(found) == len(pairs), "a post is assigned twice"
    assert all(set(pair) == {"post_id", "topic_id"} for pair in pairs)
    ids = [topic["topic_id"] for topic in topics]
    assert len(set(ids)) == len(ids)
    assert set(found.values()) <= set(ids), "an assignment to a topic that is not in the file"
    for topic in topics:
        assert_topic(topic, found)
    return Assessed(topics, found, done.err)


def assert_topic(topic: dict[str, Any], assignments: dict[str, str]) -> None:
    """Everything a reader of the contract may rely on."""
    assert_shape(topic, TOPIC, "topic")
    assert re.fullmatch(r"t[1-9]\d*", topic["topic_id"])
    assert topic["label"].strip()
    first, last = (datetime.fromisoformat(topic[name]) for name in ("first_seen", "last_seen"))
    assert first.tzinfo is not None
    assert first <= last
    assert topic["stage"] in {"emerging", "rising", "peak", "fading"}
    assert 1 <= topic["n_authors"] <= topic["n_posts"] or topic["n_authors"] == 0
    assert topic["n_posts"] == sum(t == topic["topic_id"] for t in assignments.values())
    assert sum(topic["languages"].values()) <= topic["n_posts"]
    for score in (topic["heat"], topic["division"], topic["saturation"]):
        assert score is None or (score["low"] <= score["high"] and score["n"] > 0)
    for hazard in topic["hazards"]:
        assert hazard["tier"] in {"floor", "high", "medium", "low"}
        assert 0 < hazard["share"] <= 1
        assert hazard["evidence"]
        assert set(hazard["evidence"]) <= set(assignments)
    floors = [hazard["name"] for hazard in topic["hazards"] if hazard["tier"] == "floor"]
    for answer in topic["brands"].values():
        assert_shape(answer, BRAND, "brand")
        assert answer["verdict"] in VERDICTS
        assert answer["reasons"], "a verdict without a reason"
        assert not (floors and answer["verdict"] in ("RIDE", "NUANCE")), f"{floors} never allow {answer['verdict']}"
        quoted = [post for facet in answer["facets"] for post in facet["evidence"]]
        quoted += [post for reason in answer["reasons"] for post in reason["evidence"]]
        quoted += answer["nuance"]["post_ids"] if answer["nuance"] else []
        quoted += [expert["question"] for expert in answer["experts"] if expert["question"]]
        quoted += [post for rival in answer["rivals"] for post in rival["post_ids"] + rival["named_in"]]
        assert set(quoted) <= set(assignments), "evidence that is no post of the file"
        if answer["verdict"] == "NUANCE":
            assert answer["nuance"] is not None


@pytest.fixture(scope="module")
def demo_posts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The beginning of the bundled day."""
    path = tmp_path_factory.mktemp("demo") / "posts.jsonl.gz"
    with gzip.open(DEMO, "rb") as day, gzip.open(path, "wb") as some:
        some.writelines(islice(day, N_DEMO))
    return path


@pytest.fixture(scope="module")
def two_brands(launcher: Launcher, demo_posts: Path) -> Assessed:
    return assess(launcher, demo_posts, "--brand", BAKERY, "--brand", BIKES)


def test_every_accepted_post_is_assigned_once_and_every_topic_is_judged_for_both_brands(
    two_brands: Assessed, demo_posts: Path
) -> None:
    with gzip.open(demo_posts, "rt", encoding="utf-8") as lines:
        ids = [json.loads(line)["id"] for line in lines]
    assert list(two_brands.assignments) == list(dict.fromkeys(ids)), "in stream order, each once"
    assert all(set(topic["brands"]) == {"forno-aurora", "velo-brio"} for topic in two_brands.topics)
    assert f"{len(set(ids))} posts in {len(two_brands.topics)} topics" in two_brands.summary


def test_brands_get_verdicts_of_their_own(two_brands: Assessed) -> None:
    different = [t for t in two_brands.topics if len({answer["verdict"] for answer in t["brands"].values()}) == 2]
    assert different
    assert two_brands.topics == sorted(two_brands.topics, key=lambda t: (-t["n_posts"], t["first_seen"]))


def test_a_run_of_another_process_gives_the_same_bytes(
    launcher: Launcher, demo_posts: Path, two_brands: Assessed, tmp_path: Path
) -> None:
    assert two_brands.topics
    words = ("assess", demo_posts, "--brand", BAKERY, "--brand", BIKES)
    done = cold(*words, "--out", tmp_path / "t", "--assignments", tmp_path / "a", folder=tmp_path, timeout_s=400)
    assert done.code == 0, done.err
    for mine, theirs in (("t", "topics.jsonl"), ("a", "assigned.jsonl")):
        assert (tmp_path / mine).read_bytes() == (demo_posts.parent / theirs).read_bytes()


def test_granularity_orders_the_number_of_topics(launcher: Launcher, demo_posts: Path, tmp_path: Path) -> None:
    n_topics = [
        len(_assess(launcher, demo_posts, tmp_path, ("--granularity", size)).topics)
        for size in ("coarse", "normal", "fine")
    ]
    assert n_topics == sorted(n_topics)
    assert n_topics[0] < n_topics[2]


def test_assignments_are_only_written_when_asked_for(launcher: Launcher, tmp_path: Path) -> None:
    posts = write_posts(tmp_path / "posts.jsonl", [{"text": "pane fresco"}])
    (tmp_path / "brand.toml").write_text(MINIMAL_BRAND)
    done = launcher.run("assess", posts, "--brand", "brand.toml", "--out", "t.jsonl", folder=tmp_path)
    assert done.code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["brand.toml", "posts.jsonl", "t.jsonl"]


def test_a_terminal_shows_progress_and_then_clears_it(launcher: Launcher, demo_posts: Path, tmp_path: Path) -> None:
    (tmp_path / "brand.toml").write_text(MINIMAL_BRAND)
    ours, theirs = pty.openpty()
    shown: list[bytes] = []

    def watch() -> None:
        try:
            while data := os.read(ours, 65_536):
                shown.append(data)
        except OSError:  # Linux says EIO when the other end is closed
            return

    reader = threading.Thread(target=watch)
    reader.start()
    try:
        running = launcher.start(
            *("assess", demo_posts, "--brand", "brand.toml", "--out", "t.jsonl"),
            folder=tmp_path,
            environ={"TERM": "xterm-256color", "COLUMNS": "100"},
            terminal=os.ttyname(theirs),
        )
        done = running.wait(240)
    finally:
        os.close(theirs)
        reader.join(20)
        os.close(ours)
    assert (done.code, done.out) == (0, "")
    screen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", b"".join(shown).decode())
    assert re.search(rf"\b{N_DEMO}\b posts", screen), "the bar counts posts"
    assert "━" in screen
    assert screen.rstrip().endswith("0 unusable lines"), "the summary is the last thing that stays"


def test_no_post_at_all_is_no_topic(launcher: Launcher, tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_bytes(b"")
    done = assess(launcher, tmp_path / "posts.jsonl")
    assert done == Assessed([], {}, "0 posts in 0 topics, 0 duplicate ids, 0 copies, 0 unusable lines\n")


def test_one_post_is_one_topic_with_thin_evidence(launcher: Launcher, tmp_path: Path) -> None:
    done = assess(launcher, write_posts(tmp_path / "posts.jsonl", [{"id": "only", "text": "Slow bread at breakfast"}]))
    assert done.assignments == {"only": done.topics[0]["topic_id"]}
    (topic,) = done.topics
    assert (topic["n_posts"], topic["n_authors"], topic["heat"]) == (1, 0, None)
    assert topic["brands"]["corner-bakery"]["verdict"] in {"WATCH", "IGNORE"}, "one post is no evidence"


def test_ten_thousand_equal_posts_are_one_topic_of_one_voice(launcher: Launcher, tmp_path: Path) -> None:
    posts = [{"id": f"p{n}", "text": "Buy my bread NOW", "author": "bot"} for n in range(10_000)]
    done = assess(launcher, write_posts(tmp_path / "posts.jsonl", posts), timeout_s=400)
    (topic,) = done.topics
    assert (topic["n_posts"], topic["n_authors"]) == (10_000, 1)
    assert "9999 copies" in done.summary
    assert topic["brands"]["corner-bakery"]["verdict"] not in {"RIDE", "NUANCE"}, "a copy-paste storm is no trend"


def test_emoji_and_right_to_left_texts_are_posts_like_any_other(launcher: Launcher, tmp_path: Path) -> None:
    texts = [
        "🍞🥐🥖",
        "👩‍👩‍👧‍👦",
        "🇮🇹",
        "!!!",
        "الخبز الطازج كل صباح",
        "לחם טרי בבוקר",
        "\u202eabc\u202c",
        "ا" * 5_000,
        "#",
        "@anna",
    ]
    posts = [{"id": f"p{n}", "text": text} for n, text in enumerate(texts)]
    done = assess(launcher, write_posts(tmp_path / "posts.jsonl", posts))
    assert list(done.assignments) == [post["id"] for post in posts]
    languages = Counter(language for topic in done.topics for language in topic["languages"])
    assert {"ar", "he"} <= set(languages)


SPORT = """
id = "terrace-sports"
name = "Terrace Sports"
essence = "Sportswear for people who play and watch football with friends."
[[facets]]
name = "football"
text = { en = "football matches, goals and world cup nights", it = "partite di calcio, gol e notti mondiali" }
examples = ["What a goal, the whole bar jumped up.", "Kick-off at eight, shirts on, friends over."]
[[facets]]
name = "fandom"
text = { en = "fans singing and wearing the shirt of their national team" }
"""


@pytest.mark.lab
def test_a_world_cup_day_is_for_the_sport_brand_and_not_for_the_bakery(
    launcher: Launcher, lab_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "sport.toml").write_text(SPORT)
    words = ("--brand", tmp_path / "sport.toml", "--brand", BAKERY)
    done = _assess(launcher, lab_data / "streams" / "fifa_2022_day1.jsonl.gz", tmp_path, words, 900)
    assert len(done.assignments) == 10_000
    big = [topic for topic in done.topics if topic["n_posts"] >= 50]
    kinds = {brand: Counter(topic["brands"][brand]["verdict"] for topic in big) for brand in big[0]["brands"]}
    assert kinds["terrace-sports"] != kinds["forno-aurora"]
    fit = {brand: sum(topic["brands"][brand]["fit"]["percentile"] for topic in big) / len(big) for brand in kinds}
    assert fit["terrace-sports"] > fit["forno-aurora"]
    assert kinds["forno-aurora"]["RIDE"] == 0, "a bakery rides no football match"


@pytest.mark.lab
def test_no_disaster_is_ever_to_ride(launcher: Launcher, lab_data: Path, tmp_path: Path) -> None:
    found = sorted(lab_data.rglob("crisislex_2012*"))
    if not found:
        pytest.skip("lab data not found: crisislex_2012 under ../shared/data")
    done = _assess(launcher, found[0], tmp_path, ("--brand", BAKERY, "--brand", BIKES), 900)
    with (gzip.open if found[0].suffix == ".gz" else open)(found[0], "rt", encoding="utf-8") as lines:
        labels = {str(post["id"]): post.get("label") for post in map(json.loads, lines)}
    by_topic: dict[str, Counter[Any]] = {}
    for post, topic in done.assignments.items():
        by_topic.setdefault(topic, Counter())[labels.get(post)] += 1
    ridden = [
        (topic["label"], by_topic[topic["topic_id"]].most_common(2))
        for topic in done.topics
        for answer in topic["brands"].values()
        if answer["verdict"] in ("RIDE", "NUANCE") and by_topic[topic["topic_id"]].most_common(1)[0][0] is not None
    ]
    assert not [one for one in ridden if one], f"ridden: {ridden}"
