"""A term that rises is surprising, one that is always there is not, and nothing depends on how a block is cut."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.topics.clustering import term_bursts
from pipeline.topics.clustering.term_bursts import DOMINANT_SHARE, HALF_LIFE_POSTS, HALF_LIFE_S, MIN_RECENT, TermBursts
from pipeline.types.state import NamedArray, StoredState
from tests.pipeline.topics.stored import stored

N_SLOTS = 16
OPEN = "bursts/open_terms"
BLOCK = 50
Posts = Sequence[Sequence[int]]


class Feed:
    """Counts posts as the lexical projection does: totals beside the fading window."""

    def __init__(self) -> None:
        """The term 1 is a stop word: everyday language has it, too."""
        self.bursts = TermBursts(N_SLOTS)
        self.total = np.zeros(N_SLOTS, np.int64)
        self.n_total = 0
        self.everyday = np.where(np.arange(N_SLOTS) == 1, 0.6, 0.0)

    def count(self, posts: Posts) -> list[set[int]]:
        """Distinct terms of each post; returns which are surprising."""
        entries = [(slot, i) for i, post in enumerate(posts) for slot in sorted(set(post))]
        slots = np.array([slot for slot, _ in entries], np.int64)
        document = np.array([i for _, i in entries], np.int64)
        rank = np.array([sum(s == slot for s, _ in entries[: k + 1]) for k, (slot, _) in enumerate(entries)], np.int64)
        found = self.bursts.count(
            *(slots, rank, document, self.total[slots] + rank, self.n_total + document + 1, self.everyday[slots])
        )
        np.add.at(self.total, slots, 1)
        self.n_total += len(posts)
        self.bursts.n_open += len(posts)
        return [set(slots[found & (document == i)].tolist()) for i in range(len(posts))]

    def block(self, posts: Posts, at_s: float) -> list[set[int]]:
        found = self.count(posts)
        self.bursts.close_block(len(posts), at_s)
        return found


def everyday_posts(n: int, share: float, term: int) -> list[list[int]]:
    """Posts of which ``share`` have ``term``, evenly spread; every post has the term 1."""
    return [[1, term] if int(i * share) != int((i + 1) * share) else [1] for i in range(n)]


def after_a_past(share: float, n_blocks: int = 60, block_s: float = HALF_LIFE_S) -> Feed:
    """A stream with a long past in which the term 2 always had this share."""
    feed = Feed()
    posts = everyday_posts(n_blocks * BLOCK, share, 2)
    for i in range(n_blocks):
        feed.block(posts[i * BLOCK : (i + 1) * BLOCK], i * block_s)
    return feed


# --- what is surprising -------------------------------------------------------------


def test_a_term_that_rises_is_surprising_and_what_was_always_there_is_not() -> None:
    feed = after_a_past(0.04)
    found = feed.count([[1, 2, 3] if i % 20 == 0 else [1] for i in range(200)])
    with_new = found[::20]
    assert all(3 in surprising for surprising in with_new[int(MIN_RECENT) :])
    assert all(2 not in surprising and 1 not in surprising for surprising in found[20:])


def test_few_recent_posts_are_no_surprise_yet() -> None:
    feed = after_a_past(0.0)
    found = feed.count([[1, 3]] * 6)
    assert [3 in surprising for surprising in found] == [False, False, False, True, True, True]
    assert MIN_RECENT == 4.0


def test_a_term_that_stays_stops_being_surprising() -> None:
    feed = after_a_past(0.0, n_blocks=60)
    posts = everyday_posts(400 * BLOCK, 0.06, 3)
    found = [feed.block(posts[i * BLOCK : (i + 1) * BLOCK], (60 + i) * HALF_LIFE_S) for i in range(400)]
    surprising = [any(3 in terms for terms in block) for block in found]
    assert surprising[20], "it is new"
    assert not any(surprising[-50:]), "it is what the stream always says"


def test_what_everyday_language_says_does_not_rule() -> None:
    """Half of a young stream has the term: its subject, unless half of all everyday posts have it."""
    subject, stop_word = Feed(), Feed()
    stop_word.everyday[5] = 0.4
    assert all(5 in found for found in subject.count([[5]] * 40)[4:])
    assert not any(stop_word.count([[5]] * 40))


@pytest.mark.parametrize("step_s", [0.0, -3600.0])
def test_nothing_rises_while_the_clock_stands_still(step_s: float) -> None:
    """Without event time there is no "lately": only what rules the whole stream stands out."""
    feed = Feed()
    share = 0.8 * DOMINANT_SHARE
    late: list[set[int]] = []
    for i in range(80):
        new = everyday_posts(BLOCK, share, 3) if i >= 40 else [[1]] * BLOCK
        late += feed.block([post if post != [1] else [4 + i % 8] for post in new], i * step_s)
    assert not any(3 in found for found in late)
    assert (feed.bursts.age, feed.bursts.exponent) == (0.0, 0.0)


def test_the_same_rise_is_seen_when_the_clock_runs() -> None:
    feed = Feed()
    late: list[set[int]] = []
    for i in range(80):
        new = everyday_posts(BLOCK, 0.8 * DOMINANT_SHARE, 3) if i >= 40 else [[1]] * BLOCK
        late += feed.block([post if post != [1] else [4 + i % 8] for post in new], i * HALF_LIFE_S)
    assert sum(3 in found for found in late) > 40


# --- the window ---------------------------------------------------------------------


POSTS = st.lists(st.lists(st.integers(0, N_SLOTS - 1), max_size=5), min_size=1, max_size=40)


@settings(max_examples=30, deadline=None)
@given(blocks=st.lists(POSTS, min_size=1, max_size=4), cuts=st.lists(st.integers(0, 40), max_size=6))
def test_any_cut_of_a_block_gives_the_same_answers_and_the_same_window(blocks: list[Posts], cuts: list[int]) -> None:
    whole, pieces = Feed(), Feed()
    for i, posts in enumerate(blocks):
        found: list[set[int]] = []
        for a, b in pairwise(sorted({0, *(min(cut, len(posts)) for cut in cuts), len(posts)})):
            found += pieces.count(posts[a:b])
        assert found == whole.count(posts)
        np.testing.assert_array_equal(pieces.bursts.open_terms(), whole.bursts.open_terms())
        for feed in (whole, pieces):
            feed.bursts.close_block(len(posts), 5_000.0 * i)
        assert_same_window(pieces.bursts, whole.bursts)


def assert_same_window(one: TermBursts, other: TermBursts) -> None:
    np.testing.assert_array_equal(one.faded, other.faded)
    for name in ("n_faded", "exponent", "age", "block_s", "n_open"):
        assert getattr(one, name) == getattr(other, name), name


def recent(bursts: TermBursts) -> tuple[NDArray[np.float64], float]:
    weight = 2.0**bursts.exponent
    return bursts.faded / weight, bursts.n_faded / weight


def test_the_window_is_long_in_posts_and_in_time() -> None:
    """It fades by the smaller of the two: a quiet stream keeps posts, a firehose keeps hours."""
    for n_posts, step_s, half_lives in (
        (int(HALF_LIFE_POSTS), 10 * HALF_LIFE_S, 1.0),
        (10 * int(HALF_LIFE_POSTS), HALF_LIFE_S, 1.0),
        (10 * int(HALF_LIFE_POSTS), 2 * HALF_LIFE_S, 2.0),
        (10 * int(HALF_LIFE_POSTS), 0.0, 0.0),
    ):
        bursts = TermBursts(N_SLOTS)
        bursts.close_block(64, 1_000.0)
        assert bursts.age == 0.0, "the first block only says what time it is"
        bursts.close_block(n_posts, 1_000.0 + step_s)
        assert bursts.age == bursts.exponent == pytest.approx(half_lives)


def test_fading_is_what_a_plain_decay_gives_over_many_rescalings() -> None:
    bursts = TermBursts(N_SLOTS)
    plain, n_plain = np.zeros(N_SLOTS), 0.0
    rng = np.random.default_rng(2)
    rescaled = False
    for i in range(400):
        counts = rng.integers(0, BLOCK, N_SLOTS)
        before = bursts.exponent
        close_counted(bursts, counts, i * HALF_LIFE_S)
        rescaled = rescaled or bursts.exponent < before
        fade = 2.0 ** -(min(BLOCK * 10 / HALF_LIFE_POSTS, 1.0) if i else 0.0)
        plain, n_plain = (plain + counts) * fade, (n_plain + BLOCK * 10) * fade
        seen, n_seen = recent(bursts)
        np.testing.assert_allclose(seen, plain, rtol=1e-9, atol=1e-12)
        assert n_seen == pytest.approx(n_plain, rel=1e-9)
        assert bursts.exponent <= term_bursts._RESCALE + 1.0
    assert rescaled, "a shorter run would prove less"
    assert np.isfinite(bursts.faded).all()


def close_counted(bursts: TermBursts, counts: NDArray[np.int64], at_s: float) -> None:
    """A block with these counts, without asking what is surprising."""
    slots = np.repeat(np.arange(N_SLOTS), counts)
    kept = {array.name: array for array in bursts.state().arrays} | {OPEN: NamedArray(OPEN, slots)}
    bursts.restore(StoredState(bursts.state().document(), kept.values()))
    bursts.close_block(BLOCK * 10, at_s)


def test_time_may_jump_back_or_ahead_by_a_year() -> None:
    bursts = TermBursts(N_SLOTS)
    year_s = 365 * 86_400.0
    for at_s in (0.0, -year_s, year_s, 0.0, year_s):
        before = bursts.age
        bursts.close_block(75, at_s)
        assert before <= bursts.age <= before + 75 / HALF_LIFE_POSTS
    assert bursts.age == pytest.approx(75 / HALF_LIFE_POSTS), "only the jump ahead let time pass, and only once"
    assert bursts.block_s == year_s


def test_a_restored_window_goes_on_as_the_first_would() -> None:
    one = after_a_past(0.04, n_blocks=10)
    one.count([[1, 3], [2], [3]])
    other = Feed()
    other.total, other.n_total = one.total.copy(), one.n_total
    other.bursts.restore(stored(one.bursts.state()))
    more = [[3, 1]] * 8
    assert one.block(more, 11 * HALF_LIFE_S) == other.block(more, 11 * HALF_LIFE_S)
    assert_same_window(one.bursts, other.bursts)
