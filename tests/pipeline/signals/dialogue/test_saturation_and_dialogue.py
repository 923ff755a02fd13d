"""Brands are counted by what most of their posts do, answers belong to them, questions are grouped by meaning."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.signals.accounts.saturation import saturation
from pipeline.signals.dialogue.dialogue import dialogue
from pipeline.signals.dialogue.question_groups import question_groups
from pipeline.text.words import clean
from pipeline.topics.clustering.post_vectors import unit
from pipeline.topics.memory.interactions import interactions
from pipeline.types import Dialogue, Saturation
from pipeline.types.post_marks import PostMark
from pipeline.types.pseudonyms import parent_hash
from pipeline.types.traces import PostTrace, TopicPosts
from tests.conftest import ROOT
from tests.demo_shard import make_trace

SELLS, ASKS, MAKES = int(PostMark.PROMOTIONAL), int(PostMark.ASKS), int(PostMark.SELF_MADE)
TOPICS = tomllib.loads((ROOT / "tests/pipeline/signals/question_holdout.toml").read_text(encoding="utf-8"))["topics"]


def saturated(traces: list[PostTrace]) -> Saturation:
    found = saturation(TopicPosts(traces, np.zeros((len(traces), 4), np.float32)), interactions(traces))
    assert found is not None
    return found


def talked(traces: list[PostTrace], embeddings: np.ndarray | None = None) -> Dialogue:
    vectors = np.eye(len(traces), dtype=np.float32) if embeddings is None else embeddings
    found = dialogue(TopicPosts(traces, vectors, frozenset({"bluesky"})))
    assert found is not None
    return found


# --- saturation -------------------------------------------------------------------


def test_an_account_is_a_brand_by_most_of_its_posts() -> None:
    traces = [
        *(make_trace(i, author=1, marks=SELLS) for i in range(3)),
        *(make_trace(i, author=2, marks=SELLS if i == 3 else 0) for i in range(3, 8)),
        *(make_trace(i, author=i) for i in range(8, 16)),
    ]
    found = saturated(traces)
    assert found.n_brands == 1
    assert found.share is not None
    assert (found.share.value, found.share.n) == (0.1, 10)
    assert found.post_share.value == 0.25
    assert found.evidence[:2] == ("p0", "p3"), "different accounts first"


def test_reposting_an_offer_makes_nobody_a_brand() -> None:
    offer = make_trace(0, author=1, marks=SELLS)
    fans = [make_trace(i, author=i + 1, marks=SELLS, repost_of=parent_hash("p0")) for i in range(1, 7)]
    found = saturated([offer, *fans])
    assert found.n_brands == 1
    assert found.post_share.value == pytest.approx(1 / 7)


def test_answers_to_brands_are_measured_and_others_are_not() -> None:
    traces = [
        make_trace(0, author=1, marks=SELLS),
        make_trace(1, reply_to=parent_hash("p0"), negative=0.9, positive=0.0),
        make_trace(2, reply_to=parent_hash("p0"), negative=0.7, positive=0.0),
        make_trace(3, quote_of=parent_hash("p0"), negative=0.0, positive=0.9),
        make_trace(4, author=1, reply_to=parent_hash("p1"), negative=0.9, positive=0.0),
        make_trace(5, reply_to=parent_hash("p2"), negative=0.9, positive=0.0),
    ]
    found = saturated(traces)
    assert found.answers_negative is not None
    assert found.answers_positive is not None
    assert (found.answers_negative.n, found.answers_negative.value) == (3, pytest.approx(2 / 3))
    assert found.answers_positive.value == pytest.approx(1 / 3)
    assert found.answers == ("p1", "p2", "p3")


def test_a_source_that_names_the_person_answered_works_too() -> None:
    brand = make_trace(0, author=parent_hash("brand"), marks=SELLS)
    answers = [make_trace(i, reply_to=parent_hash("brand"), negative=0.9, positive=0.0) for i in range(1, 5)]
    found = saturated([brand, *answers])
    assert found.answers_negative is not None
    assert found.answers_negative.n == 4


def test_without_authors_only_posts_are_counted() -> None:
    found = saturated([make_trace(i, author=None, marks=SELLS if i < 2 else 0) for i in range(10)])
    assert (found.n_brands, found.share) == (None, None)
    assert found.post_share.value == 0.2


# --- dialogue ---------------------------------------------------------------------


def test_no_replies_are_unknown_for_a_file_and_none_for_a_source_that_carries_them() -> None:
    assert talked([make_trace(i, source="file") for i in range(6)]).reply_share is None
    known = talked([make_trace(i, source="bluesky") for i in range(6)]).reply_share
    assert known is not None
    assert known.value == 0
    mixed = [make_trace(i, source="bluesky" if i < 6 else "file", is_reply=i == 0) for i in range(9)]
    some = talked(mixed).reply_share
    assert some is not None
    assert (some.n, some.value) == (6, pytest.approx(1 / 6))


def test_copies_ask_once_but_invite_every_time() -> None:
    traces = [
        make_trace(i, marks=ASKS, is_copy=i > 0, invitations=("telegram",) if i < 3 else (), author=1) for i in range(4)
    ]
    found = talked([*traces, *(make_trace(i) for i in range(4, 9))], np.eye(9, dtype=np.float32))
    assert found.question_share is not None
    assert (found.question_share.value, found.question_share.n) == (pytest.approx(1 / 6), 6)
    assert [(asked.post_id, asked.n_posts) for asked in found.questions] == [("p0", 1)]
    invitation = found.invitations[0]
    assert (invitation.kind, invitation.n_posts, invitation.n_authors) == ("telegram", 3, 1)
    assert invitation.evidence[0] == "p0"


def test_making_is_only_read_in_the_languages_it_is_known_in() -> None:
    traces = [make_trace(i, marks=MAKES, language="de" if i < 5 else "it") for i in range(7)]
    found = talked(traces)
    assert found.self_made_share is not None
    assert (found.self_made_share.n, found.self_made) == (2, ("p5", "p6"))
    assert talked([make_trace(i, language="de") for i in range(6)]).self_made_share is None


def test_alike_questions_are_one_with_its_best_wording() -> None:
    rng = np.random.default_rng(0)
    directions = unit(rng.normal(size=(3, 32)).astype(np.float32))
    noise = 0.05 * rng.normal(size=(12, 32)).astype(np.float32)
    vectors = unit(directions[np.repeat([0, 1, 2], [6, 3, 3])] + noise)
    traces = [make_trace(i, marks=ASKS if i < 9 else 0) for i in range(12)]
    found = talked(traces, vectors)
    assert [(asked.n_posts, asked.n_authors) for asked in found.questions] == [(6, 6), (3, 3)]
    assert set(found.questions[0].post_ids) <= {f"p{i}" for i in range(6)}
    assert found.questions[0].post_id == found.questions[0].post_ids[0]


def test_every_question_is_in_exactly_one_group() -> None:
    vectors = unit(np.random.default_rng(1).normal(size=(50, 8)).astype(np.float32))
    groups = question_groups(vectors, vectors.mean(axis=0))
    assert sorted(np.concatenate(groups).tolist()) == list(range(50))
    sizes = [len(group) for group in groups]
    assert sizes == sorted(sizes, reverse=True)
    assert question_groups(vectors[:0], vectors[0]) == []


def test_questions_are_grouped_by_meaning_across_languages() -> None:
    """The threshold was chosen on these two topics: pairs are never wrong, and seven of ten are found."""
    encoder = UseEncoder(threads=1)
    for topic in TOPICS:
        texts = [text for group in topic["groups"] for text in group]
        wanted = np.repeat(np.arange(len(topic["groups"])), [len(group) for group in topic["groups"]])
        vectors = encoder.encode([clean(text) for text in [*texts, *topic["others"]]])
        got = np.zeros(len(texts), np.int64)
        for number, rows in enumerate(question_groups(vectors[: len(texts)], vectors.mean(axis=0))):
            got[rows] = number
        off_diagonal = ~np.eye(len(texts), dtype=np.bool_)
        together = (got[:, None] == got) & off_diagonal
        same = (wanted[:, None] == wanted) & off_diagonal
        assert (together & same).sum() >= 0.95 * together.sum()
        assert (together & same).sum() >= 0.6 * same.sum()
