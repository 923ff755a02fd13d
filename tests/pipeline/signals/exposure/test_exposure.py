"""Exposure: narrow origins show, unlisted is unknown, shares know that one author is one voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import ConfigError
from configs.settings import CONFIGS_DIR
from pipeline.signals.exposure.exposure import exposure
from pipeline.signals.exposure.unreliable_domains import CATEGORIES, DomainList, load_domains
from pipeline.signals.intervals import AuthorShares
from pipeline.topics.memory.interactions import interactions
from pipeline.types import Exposure
from pipeline.types.post_marks import PostMark
from pipeline.types.pseudonyms import parent_hash
from pipeline.types.traces import PostTrace, TopicPosts
from tests.demo_shard import make_trace

SHIPPED = CONFIGS_DIR / "unreliable_domains"
DOMAINS = DomainList({"bad.example": "fake", "funny.example": "satire", "mixed.example": "mixed"})


def measure(traces: list[PostTrace]) -> Exposure:
    topic = TopicPosts(traces, np.zeros((len(traces), 4), np.float32))
    found = exposure(topic, interactions(traces), DOMAINS)
    assert found is not None
    return found


def linking(*hosts: tuple[str, ...]) -> list[PostTrace]:
    return [make_trace(i, link_hosts=some) for i, some in enumerate(hosts)]


# --- shares -----------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.none() | st.integers(0, 5)), min_size=1, max_size=60))
def test_a_share_is_inside_its_interval(posts: list[tuple[bool, int | None]]) -> None:
    score = AuthorShares([author for _, author in posts]).share(np.array([flag for flag, _ in posts]), "share/1")
    assert score is not None
    assert 0 <= score.low <= score.value <= score.high <= 1
    assert score.value == pytest.approx(sum(flag for flag, _ in posts) / len(posts))


def test_posts_of_one_author_do_not_make_a_share_surer() -> None:
    flags = np.arange(100) < 50
    apart = AuthorShares(list(range(100))).share(flags, "share/1")
    together = AuthorShares([i // 25 for i in range(100)]).share(flags, "share/1")
    assert apart is not None
    assert together is not None
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_a_share_of_nothing_is_unknown_and_one_of_zero_is_not_certain() -> None:
    shares = AuthorShares([1, 2, 3, 4, 5])
    assert shares.share(np.ones(5, np.bool_), "share/1", np.zeros(5, np.bool_)) is None
    none = shares.share(np.zeros(5, np.bool_), "share/1")
    assert none is not None
    assert (none.value, none.low) == (0, 0)
    assert none.high > 0.2


# --- links ------------------------------------------------------------------------


def test_unreliable_listed_and_unlisted_are_told_apart() -> None:
    hosts = ("bad.example", "www2.bad.example", "funny.example", "else.example", "t.co")
    found = measure(linking(*((host,) for host in hosts), ()))
    assert found.unreliable_share is not None
    assert found.listed_share is not None
    assert found.hidden_link_share is not None
    assert (found.unreliable_share.value, found.unreliable_share.n) == (0.5, 4)
    assert found.listed_share.value == 0.75
    assert (found.hidden_link_share.value, found.hidden_link_share.n) == (0.2, 5)
    assert [(listed.domain, listed.category, listed.n_posts) for listed in found.unreliable] == [
        ("bad.example", "fake", 2)
    ]
    assert found.unreliable[0].evidence == ("p0", "p1")


def test_shortened_links_and_links_to_platforms_name_no_source() -> None:
    found = measure(linking(("t.co",), ("x.com",), ("bit.ly",), (), ()))
    assert found.link_domains is None
    assert found.effective_domains is None
    assert found.unreliable_share is None
    assert found.hidden_link_share is not None
    assert found.hidden_link_share.value == 1


@given(st.lists(st.integers(0, 6), min_size=5, max_size=60))
def test_effective_domains_lie_between_one_and_their_number(numbers: list[int]) -> None:
    found = measure(linking(*((f"d{number}.example",) for number in numbers)))
    assert found.effective_domains is not None
    assert found.link_domains == len(set(numbers))
    assert 1 - 1e-9 <= found.effective_domains.value <= len(set(numbers)) + 1e-9


def test_evenly_linked_domains_count_fully() -> None:
    found = measure(linking(*((f"d{i % 4}.example",) for i in range(40))))
    assert found.effective_domains is not None
    assert found.effective_domains.value == pytest.approx(4)


# --- origins ----------------------------------------------------------------------


def test_one_reposted_post_is_the_origin() -> None:
    traces = [make_trace(0), *(make_trace(i, repost_of=parent_hash("p0")) for i in range(1, 8)), make_trace(8)]
    origin = measure(traces).origin
    assert origin is not None
    assert (origin.kind, origin.what, origin.share.value) == ("post", "p0", pytest.approx(8 / 9))
    assert origin.evidence == ("p0", "p1", "p2")


def test_a_post_outside_the_topic_is_an_origin_without_id() -> None:
    origin = measure([make_trace(i, quote_of=parent_hash("elsewhere")) for i in range(6)]).origin
    assert origin is not None
    assert (origin.kind, origin.what, origin.share.value) == ("post", None, 1)


def test_an_author_and_a_domain_can_be_the_origin() -> None:
    author = measure([make_trace(i, author=7 if i < 6 else i) for i in range(8)]).origin
    assert author is not None
    assert (author.kind, author.what) == ("author", "7")
    domain = measure(linking(*[("only.example",)] * 6, (), ())).origin
    assert domain is not None
    assert (domain.kind, domain.what) == ("domain", "only.example")


def test_the_busiest_of_many_voices_is_no_origin() -> None:
    traces = [make_trace(i, author=7 if i < 4 else i) for i in range(60)]
    assert measure(traces).origin is None
    assert measure(traces[:20]).origin is not None


def test_replies_make_no_origin() -> None:
    traces = [make_trace(0), *(make_trace(i, reply_to=parent_hash("p0"), is_reply=True) for i in range(1, 9))]
    assert measure(traces).origin is None


def test_reposts_are_no_copies_and_hedges_count_once() -> None:
    traces = [
        make_trace(0, marks=int(PostMark.HEDGED)),
        make_trace(1, marks=int(PostMark.HEDGED), is_copy=True),
        make_trace(2, is_copy=True, repost_of=parent_hash("p0")),
        *(make_trace(i) for i in range(3, 6)),
    ]
    found = measure(traces)
    assert found.copy_share is not None
    assert found.hedged_share is not None
    assert (found.copy_share.value, found.copy_share.n) == (0.2, 5)
    assert (found.hedged_share.value, found.hedged) == (0.25, ("p0",))


# --- the list ---------------------------------------------------------------------


def test_the_shipped_list_is_clean_and_attributed() -> None:
    lines = (SHIPPED / "cred1.csv").read_text(encoding="utf-8").splitlines()[1:]
    domains = [line.split(",")[0] for line in lines]
    assert len(set(domains)) == len(domains) == len(load_domains(SHIPPED / "cred1.csv")) > 2_600
    assert all(domain == domain.lower() and "/" not in domain and not domain.startswith("www.") for domain in domains)
    assert {line.split(",")[1] for line in lines} == set(CATEGORIES)
    assert "CC BY 4.0" in (SHIPPED / "ATTRIBUTION.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", ["domain,category\nx.example,evil\n", "domain,category\n,fake\n", "a,b\n1,2\n"])
def test_a_broken_list_stops_the_start(tmp_path: Path, content: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(content)
    with pytest.raises(ConfigError, match="line 2"):
        load_domains(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_domains(tmp_path / "absent.csv")
