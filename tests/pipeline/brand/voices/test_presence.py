"""Who is who by handle and name, who joined a topic and how that went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ingest.post import Author, Post
from ingest.sources.plain_text import find_mentions
from pipeline.brand.profile.profile import BrandProfile, Competitor, Facet
from pipeline.brand.voices.account_book import AccountBook, Party
from pipeline.brand.voices.presence import MIN_NAMED, MIN_OTHERS, InTrade, Joined, presences
from pipeline.text.words import clean
from pipeline.topics.memory.account_watch import AccountPost, AccountWatch
from pipeline.types.pseudonyms import handle_hash
from pipeline.types.traces import PostTrace
from pipeline.types.voices import RivalPresence
from tests.demo_shard import make_trace

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
RIVALS = (
    Competitor("Biscotti Rivali", ("@rivali", "rivali.sky.example")),
    Competitor("Biscotti Rivali Roma"),
    Competitor("Lumen", ("@lumen",)),
    Competitor("L'Oréal-Pane", ()),
)
PROFILE = BrandProfile("b", "Forno Aurora", (Facet("bread"),), handles=("@fornoaurora",), competitors=RIVALS)
BOOK = AccountBook([PROFILE])
OWN, BISCUITS, ROMA, LUMEN, ACCENTS = BOOK.parties[0]


def read(text: str, author: Author | None = None) -> tuple[int, ...]:
    post = Post(post_id="1", text=text, event_time=NOON, author=author, mentions=find_mentions(text))
    return BOOK.read(post, clean(text)).named


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Meglio i Biscotti Rivali!", [BISCUITS]),
        ("meglio i biscotti-rivali, o i BISCOTTI   RIVALI?", [BISCUITS]),
        ("una scatola di #BiscottiRivali", [BISCUITS]),
        ("i biscotti dei rivali", []),
        ("biscotti rivalità", []),
        ("Biscotti Rivali Roma ha chiuso", [ROMA]),
        ("Biscotti Rivali Roma contro Biscotti Rivali", [ROMA, BISCUITS]),
        ("il pane dell'Oréal pane", []),
        ("L’Oréal Pane e Forno Aurora", [ACCENTS, OWN]),
        ("aurora boreale sul forno", []),
        ("", []),
    ],
)
def test_a_name_is_found_however_it_is_written_and_nowhere_else(text: str, named: Sequence[Party]) -> None:
    assert set(read(text)) == {party.name_hash for party in named}


def test_a_handle_names_its_owner_and_an_unknown_handle_nobody() -> None:
    assert read("sentito @Rivali?") == (handle_hash("rivali"),)
    assert read("sentito @rivalissimi e @anna?") == ()


@pytest.mark.parametrize(
    ("author", "watched"),
    [
        (Author("9", "@Rivali"), True),
        (Author("rivali.sky.example"), True),
        (Author("rivali", "anna"), False),
        (None, False),
    ],
)
def test_the_handle_says_whose_account_it_is_and_the_id_only_without_one(author: Author | None, watched: bool) -> None:
    post = Post(post_id="1", text="ciao", event_time=NOON, author=author)

    assert BOOK.read(post, "ciao").watched == BOOK.watches(post) == watched
    assert (BOOK.read(post, "ciao").handle is None) == (author is None)


def test_a_salt_changes_what_is_remembered_and_not_who_is_meant() -> None:
    salted = AccountBook([PROFILE], "pepper")
    post = Post(post_id="1", text="@rivali", event_time=NOON, author=Author("9", "rivali"), mentions=("rivali",))
    plain, mixed = BOOK.read(post, "Biscotti Rivali"), salted.read(post, "Biscotti Rivali")

    assert mixed.watched
    assert len(plain.named) == len(mixed.named) == 2
    assert {plain.handle, *plain.named}.isdisjoint({mixed.handle, *mixed.named})


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    known = {party.name_hash for party in BOOK.parties[0]} | BOOK.accounts

    assert set(read(text)) <= known


def test_without_brands_nobody_is_known() -> None:
    empty = AccountBook([])

    assert not empty.watches(Post(post_id="1", text="@x", event_time=NOON, author=Author("x")))


def nobody(rows: Sequence[int]) -> NDArray[np.bool_]:
    return np.zeros(len(rows), np.bool_)


def everybody(rows: Sequence[int]) -> NDArray[np.bool_]:
    return np.ones(len(rows), np.bool_)


def posted(number: int, found: float | None, cluster: int = 1) -> AccountPost:
    return AccountPost(f"r{number}", 1000.0 + number, cluster, None, found)


def watch_of(*posts: AccountPost) -> AccountWatch:
    watch = AccountWatch()
    for post in posts:
        watch.add(handle_hash("rivali"), post)
    return watch


def named_by(*groups: tuple[int, int]) -> list[PostTrace]:
    """So many traces that carry each hash, by people of their own."""
    hashes = [name for name, n in groups for _ in range(n)]
    return [make_trace(i, named=(name,), handle=i) for i, name in enumerate(hashes)]


def found_in(traces: Sequence[PostTrace], watch: AccountWatch, in_trade: InTrade = nobody) -> dict[str, RivalPresence]:
    joined = Joined.of(watch).within([1])
    return {one.name: one for one in presences(BOOK.parties[0], traces, joined, watch, in_trade)}


def test_a_topic_that_nobody_joined_and_nobody_names_has_no_presence() -> None:
    elsewhere = watch_of(posted(1, 5.0, cluster=2))

    assert found_in([make_trace(1)], elsewhere) == {}


def test_who_joined_is_told_with_the_first_time_and_the_posts() -> None:
    watch = watch_of(posted(5, 3.0), posted(2, None), posted(9, 1.0, cluster=2))
    found = found_in([make_trace(1)], watch)["Biscotti Rivali"]

    assert (found.n_posts, found.post_ids, found.own) == (2, ("r2", "r5"), False)
    assert found.first_at == datetime.fromtimestamp(1002.0, UTC)
    assert found.standing is None  # one other post is no baseline


def test_how_it_went_is_the_share_of_its_other_posts_that_found_less() -> None:
    others = [posted(10 + i, float(value), cluster=2) for i, value in enumerate((1, 2, 3, 4))]
    assert found_in([], watch_of(posted(1, 9.0), *others))["Biscotti Rivali"].standing is None

    others.append(posted(20, 5.0, cluster=2))
    assert len(others) == MIN_OTHERS
    shares = []
    for value in (0.0, 3.0, 3.5, 9.0):
        standing = found_in([], watch_of(posted(1, value), *others))["Biscotti Rivali"].standing
        assert standing is not None
        assert standing.n == MIN_OTHERS
        shares.append(standing.value)
    assert shares == [0.0, 0.5, 0.6, 1.0]


def test_the_share_of_voice_counts_what_others_say_and_adds_up_to_one() -> None:
    traces = named_by((OWN.name_hash, 3), (BISCUITS.name_hash, 5), (handle_hash("lumen"), 2))
    traces.append(make_trace(99, named=(BISCUITS.name_hash,), handle=handle_hash("rivali")))
    found = found_in(traces, AccountWatch())

    assert {name: one.n_named for name, one in found.items()} == {"Forno Aurora": 3, "Biscotti Rivali": 5, "Lumen": 2}
    shares = [one.voice.value for one in found.values() if one.voice is not None]
    assert len(shares) == 3
    assert sum(shares) == pytest.approx(1.0)


def test_a_handful_of_namings_is_no_share_of_voice() -> None:
    found = found_in(named_by((OWN.name_hash, MIN_NAMED - 1)), AccountWatch())["Forno Aurora"]

    assert (found.n_named, found.voice) == (MIN_NAMED - 1, None)


def test_a_name_of_one_word_counts_only_where_the_post_speaks_of_the_trade() -> None:
    by_name, by_handle = named_by((LUMEN.name_hash, 4)), named_by((handle_hash("lumen"), 4))

    assert (
        found_in(by_name, AccountWatch())["Lumen"].n_named,
        found_in(by_name, AccountWatch())["Lumen"].doubtful,
    ) == (0, 4)
    assert found_in(by_name, AccountWatch(), everybody)["Lumen"].n_named == 4
    assert found_in(by_handle, AccountWatch())["Lumen"].n_named == 4
    assert found_in(named_by((BISCUITS.name_hash, 4)), AccountWatch())["Biscotti Rivali"].n_named == 4
