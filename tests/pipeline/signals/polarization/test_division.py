"""Division hears declared sides, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.signals.polarization.camps import find_camps
from pipeline.signals.polarization.division import METHOD, MIN_POSTS, Division, division_of
from pipeline.signals.polarization.poles import N_QUOTED, poles
from pipeline.signals.polarization.side_claims import answer_sign, claims_in_hashtags, claims_in_text
from pipeline.topics.clustering.post_vectors import unit
from pipeline.types import Score
from pipeline.types.pseudonyms import author_hash, parent_hash
from pipeline.types.traces import PostTrace, TopicPosts
from tests.demo_shard import make_trace

FOR = ("I support the stadium, it brings jobs to the harbour", "We need this, I am with the stadium and its people")
AGAINST = ("Stop the stadium before they flood the marsh", "The harbour says no to the stadium, we were never asked")
CALM = "The stadium would hold forty thousand seats near the old harbour"
ANGRY = "Shame on the ferry company, stop the ferry company robbing us every single summer"
PRAISE = ("I love flying with Northwind, best crew ever", "Thank you Northwind, you made our day")
COMPLAINTS = (
    "Worst flight of my life, Northwind lost my bag",
    "Northwind is terrible, two hours on hold",
    "I hate Northwind",
)


def topic(texts: Sequence[str], first: int = 0, **changes: object) -> list[PostTrace]:
    return [make_trace(first + i, text=text, **changes) for i, text in enumerate(texts)]


def with_vectors(traces: Sequence[PostTrace]) -> TopicPosts:
    rng = np.random.default_rng(0)
    return TopicPosts(traces, unit(rng.normal(size=(len(traces), 16)).astype(np.float32)))


def score(traces: Sequence[PostTrace]) -> Score | None:
    measure = Division()
    measure.update(with_vectors(traces))
    return measure.get()


def sides(traces: Sequence[PostTrace]) -> dict[int, int]:
    camps = find_camps(traces)
    return dict(zip(camps.voices, camps.voice_sides, strict=True))


def quarrel(n_for: int, n_against: int, n_calm: int) -> list[PostTrace]:
    texts = [FOR[i % 2] for i in range(n_for)] + [AGAINST[i % 2] for i in range(n_against)] + [CALM] * n_calm
    return topic(texts)


# --- the number -----------------------------------------------------------------


@settings(deadline=None)
@given(one=st.integers(0, 200), other=st.integers(0, 200), undeclared=st.integers(0, 200))
def test_it_is_a_share_inside_its_interval_and_camps_may_be_swapped(one: int, other: int, undeclared: int) -> None:
    if one + other + undeclared == 0:
        return
    found, swapped = division_of(one, other, undeclared), division_of(other, one, undeclared)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.value == pytest.approx(swapped.value)
    assert (found.n, found.method) == (one + other + undeclared, METHOD)


@settings(deadline=None)
@given(one=st.integers(1, 100), other=st.integers(1, 100), undeclared=st.integers(0, 100))
def test_one_more_undeclared_lowers_it_and_one_more_of_the_smaller_camp_raises_it(
    one: int, other: int, undeclared: int
) -> None:
    value = division_of(one, other, undeclared).value
    assert division_of(one, other, undeclared + 1).value < value
    small, large = sorted((one, other))
    if small < large:
        assert division_of(small + 1, large, undeclared).value > value


def test_more_voices_make_it_surer() -> None:
    few, many = division_of(12, 8, 10), division_of(120, 80, 100)
    assert many.high - many.low < (few.high - few.low) / 2


# --- what is a division and what is not -----------------------------------------


def test_two_even_camps_are_division_and_a_lone_dissenter_is_not() -> None:
    even, lone = score(quarrel(30, 30, 20)), score(quarrel(59, 1, 20))
    assert even is not None
    assert lone is not None
    assert even.low > 0.6
    assert lone.high < 0.25


def test_everybody_angry_at_one_thing_is_one_sided() -> None:
    angry = topic([ANGRY] * 80, negative=0.95, offensive=0.9)
    found = score(angry)
    assert found is not None
    assert found.value == 0.0
    assert 0 < found.high < 0.1  # nobody on the other side yet, which is not the same as never
    assert poles(with_vectors(angry)) is None


def test_good_and_bad_reviews_are_no_camps() -> None:
    reviews = topic([*PRAISE * 20, *COMPLAINTS * 20])
    assert find_camps(reviews).counts[:2] == (0, 0)
    assert score(reviews) is None


def test_a_calm_topic_and_a_mixed_mood_say_nothing() -> None:
    assert score(topic([CALM] * 100)) is None
    moods = [make_trace(i, text=CALM, negative=i % 2, positive=1 - i % 2) for i in range(100)]
    assert score(moods) is None


def test_thin_evidence_says_nothing() -> None:
    half = (MIN_POSTS - 1) // 2
    assert score(quarrel(half, half, 0)) is None
    assert score(quarrel(4, 4, 80)) is None  # too few declare
    few = [make_trace(i, text=(FOR + AGAINST)[i % 4], author=i % 8) for i in range(200)]
    assert score(few) is None  # eight people


def test_a_loud_author_is_one_voice_and_copies_are_none() -> None:
    camps = quarrel(20, 20, 20)
    loud = topic([FOR[0]] * 100, first=100, author=1000)  # the author of the first post
    copies = topic([AGAINST[0]] * 100, first=300, is_copy=True)
    assert score(camps + loud + copies) == score(camps)


@settings(deadline=None)
@given(seed=st.integers(0, 50))
def test_the_order_of_posts_does_not_matter(seed: int) -> None:
    traces = quarrel(14, 9, 12) + topic(["vote for Rossi"] * 5 + ["vote for Bianchi"] * 5, first=100)
    mixed = list(traces)
    Random(seed).shuffle(mixed)
    assert sides(mixed) == sides(traces)


# --- camps ----------------------------------------------------------------------


def test_the_question_is_the_one_most_people_declare_on_not_the_one_that_splits_best() -> None:
    camps = find_camps(topic(["stop the ferry"] * 20 + ["I support the bridge", "stop the bridge"] * 5))
    assert camps.about == ("ferry",)
    assert camps.counts == (0, 20, 10)


def test_a_vote_and_its_hashtags_in_italian() -> None:
    yes = topic(["Domenica voto sì per cambiare", "Io dico sì"] * 15)
    no = topic(["Difendiamo la carta"] * 30, first=30, hashtags=("iovotono",))
    camps = find_camps(yes + no)
    assert set(camps.about) == {"yes", "no"}
    assert camps.counts == (30, 30, 0)
    assert camps.post_sides[0] != camps.post_sides[-1]


def test_one_vote_in_two_languages_is_one_camp() -> None:
    camps = find_camps(topic(["Domenica voto sì", "I vote YES", "Io voto NO", "im voting no on this one"] * 10))
    assert set(camps.about) == {"yes", "no"}
    assert camps.counts == (20, 20, 0)


def test_rivals_are_chosen_between_and_a_full_name_is_no_rival_of_itself() -> None:
    fans = find_camps(topic(["Forza Napoli", "forza Juve"] * 10))
    assert set(fans.about) == {"napoli", "juve"}
    voters = find_camps(topic(["vote for Carla Rossi", "vote for Rossi", "vote for Carla"] * 10))
    assert len(voters.about) == 1


def test_answers_join_the_camp_they_agree_with_or_the_one_against() -> None:
    declared = quarrel(2, 2, 0)
    agree = [make_trace(10, text="Exactly, well said", reply_to=parent_hash("p0"))]
    disagree = [make_trace(11, text="You're wrong and you know it", quote_of=parent_hash("p1"))]
    to_a_person = [make_trace(12, text="Hai ragione", reply_to=declared[2].author)]
    silent = [make_trace(13, text="When does it start?", reply_to=parent_hash("p2"))]
    outside = [make_trace(14, text="Exactly", reply_to=author_hash("elsewhere"))]
    found = sides(declared + agree + disagree + to_a_person + silent + outside)
    assert [found[1000 + i] for i in (10, 11, 12, 13, 14)] == [1, -1, -1, 0, 0]


def test_who_declares_a_side_keeps_it_whatever_they_answer() -> None:
    torn = make_trace(20, text="Exactly! And I support the stadium", reply_to=parent_hash("p2"))
    assert sides([*quarrel(2, 2, 0), torn])[1020] == 1


# --- words ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "thing", "sign"),
    [
        ("We support the strike", "strike", 1),
        ("I don't support the strike", "strike", -1),
        ("Boycott Sunnybrook!", "sunnybrook", -1),
        ("The minister must resign", None, 0),
        ("Rossi must resign", "rossi", -1),
        ("Rossi è un bugiardo", "rossi", -1),
        ("Sono contro il ponte", "ponte", -1),
        ("Non sono contro il ponte", "ponte", 1),
        ("No al ponte", "ponte", -1),
        ("Siamo a favore del ponte", "ponte", 1),
        ("Non voterò mai Rossi", "rossi", -1),
    ],
)
def test_a_side_and_its_sign(text: str, thing: str | None, sign: int) -> None:
    found = {claim.thing: claim.sign for claim in claims_in_text(text)}
    if thing is not None:
        assert found[thing] == sign
    else:
        assert set(found) <= {"minister"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Do you support the strike?",
        "If you support the strike you are blind",
        "They support the strike",
        "I love the strike",
        "the strike is on Monday",
        "Forza Italia ha presentato la lista",
        "stop",
        "🙂",
    ],
)
def test_no_side(text: str) -> None:
    assert claims_in_text(text) == ()


def test_a_hashtag_is_a_side_only_about_a_word_of_the_topic() -> None:
    assert claims_in_hashtags(["nofilter", "november", "provolone", "teamwork"], {"stadium"}) == ()
    tags = {"nostadium": -1, "prostadium": 1, "stadiumout": -1, "votestadium24": 1}
    for tag, sign in tags.items():
        assert [claim.sign for claim in claims_in_hashtags([tag], {"stadium"})] == [sign]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_legal(text: str) -> None:
    assert all(claim.sign in (-1, 1) and claim.thing for claim in claims_in_text(text))
    assert answer_sign(text) in (-1, 0, 1)


def test_disagreement_that_holds_words_of_agreement() -> None:
    assert [answer_sign(text) for text in ("Non sono d'accordo", "I don't agree", "Exactly wrong", "non è falso")] == [
        -1,
        -1,
        0,
        0,
    ]


# --- poles ----------------------------------------------------------------------


def test_poles_quote_both_camps_and_the_middle() -> None:
    posts = with_vectors(quarrel(30, 30, 20))
    found = poles(posts)
    assert found is not None
    texts = {trace.post_id: trace.text for trace in posts.traces}
    assert {texts[i] for i in found.one} <= set(FOR)
    assert {texts[i] for i in found.other} <= set(AGAINST)
    assert {texts[i] for i in found.middle} == {CALM}
    assert len(found.one) == len(found.other) == len(found.middle) == N_QUOTED


def test_poles_quote_an_author_once_and_no_copies() -> None:
    traces = quarrel(30, 30, 20) + topic([FOR[0]] * 40, first=200, author=7)
    traces += topic([AGAINST[0]] * 40, first=300, is_copy=True)
    posts = with_vectors(traces)
    found = poles(posts)
    assert found is not None
    by_id = {trace.post_id: trace for trace in traces}
    for camp in (found.one, found.other, found.middle):
        assert len({by_id[i].author for i in camp}) == len(camp)
        assert not any(by_id[i].is_copy for i in camp)


def test_near_copies_are_quoted_once() -> None:
    traces = quarrel(30, 30, 20)
    same = TopicPosts(traces, np.full((80, 16), 0.25, np.float32))
    found = poles(same)
    assert found is not None
    assert (len(found.one), len(found.other), len(found.middle)) == (1, 1, 1)


def test_a_few_against_everybody_are_no_pole() -> None:
    assert poles(with_vectors(quarrel(58, 2, 10))) is None
    assert poles(with_vectors(quarrel(60, 4, 10))) is None
    assert poles(with_vectors(quarrel(10, 10, 0))) is None
    assert poles(with_vectors([])) is None
