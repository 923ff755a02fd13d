"""Who already joined a topic, how that went, and who is talked about in it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from pipeline.brand.voices.account_book import Party
from pipeline.signals.intervals import wilson
from pipeline.topics.memory.account_watch import AccountPost, AccountWatch
from pipeline.types import Score
from pipeline.types.traces import PostTrace
from pipeline.types.voices import RivalPresence

MIN_OTHERS = 5
"""An account with fewer other posts has no baseline to hold this topic against."""

MIN_NAMED = 3
"""Fewer namings are no share of voice."""

N_EVIDENCE = 4

InTrade = Callable[[Sequence[int]], NDArray[np.bool_]]
"""Which of the posts in these rows speak of the brand's trade: what tells a name from a word that is spelled alike."""


@dataclass(frozen=True)
class Joined:
    """Posts of watched accounts by the cluster they are in."""

    by_cluster: Mapping[int, Sequence[tuple[int, AccountPost]]]

    @classmethod
    def of(cls, watch: AccountWatch) -> Joined:
        """Every post that is kept."""
        found: dict[int, list[tuple[int, AccountPost]]] = {}
        for account, posts in watch:
            for post in posts:
                found.setdefault(post.cluster, []).append((account, post))
        return cls(found)

    def within(self, clusters: Iterable[int]) -> list[tuple[int, AccountPost]]:
        """(account, post) of a topic with these clusters, by time."""
        found = [pair for cluster in clusters for pair in self.by_cluster.get(cluster, ())]
        return sorted(found, key=lambda pair: (pair[1].at_s, pair[1].post_id))


def presences(
    parties: Sequence[Party],
    traces: Sequence[PostTrace],
    joined: Sequence[tuple[int, AccountPost]],
    watch: AccountWatch,
    in_trade: InTrade,
) -> tuple[RivalPresence, ...]:
    """Everyone of ``parties`` who wrote in the topic or is named in it, in their order.

    Parameters
    ----------
    traces
        The remembered posts of the topic.
    joined
        Posts of watched accounts in the topic, by time.
    watch
        Everything the accounts wrote, for their baselines.
    in_trade
        Asked for the rows of posts that carry nothing but a name of one word.
    """
    if not joined and not any(trace.named for trace in traces):
        return ()
    accounts = frozenset(account for party in parties for account in party.accounts)
    by_others = [row for row, trace in enumerate(traces) if trace.named and trace.handle not in accounts]
    named = {party.name: _namings(party, traces, by_others, in_trade) for party in parties}
    n_named = sum(len(sure) for sure, _ in named.values())
    found = []
    for party in parties:
        own = [post for account, post in joined if account in party.accounts]
        sure, doubtful = named[party.name]
        if own or sure or doubtful:
            found.append(_presence(party, own, watch, [traces[row].post_id for row in sure], n_named, doubtful))
    return tuple(found)


def _presence(
    party: Party, posts: Sequence[AccountPost], watch: AccountWatch, named: Sequence[str], n_named: int, doubtful: int
) -> RivalPresence:
    share = len(named) / n_named if n_named else 0.0
    return RivalPresence(
        name=party.name,
        own=party.own,
        n_posts=len(posts),
        first_at=datetime.fromtimestamp(posts[0].at_s, UTC) if posts else None,
        post_ids=tuple(post.post_id for post in posts[-N_EVIDENCE:]),
        standing=_standing(party, posts, watch),
        n_named=len(named),
        voice=Score(share, n_named, *wilson(share, n_named), "share-of-voice/1") if n_named >= MIN_NAMED else None,
        named_in=tuple(named[-N_EVIDENCE:]),
        doubtful=doubtful,
    )


def _namings(
    party: Party, traces: Sequence[PostTrace], rows: Sequence[int], in_trade: InTrade
) -> tuple[list[int], int]:
    """Rows that certainly name the party, and how many may mean something else."""
    by_handle = [row for row in rows if not frozenset(party.accounts).isdisjoint(traces[row].named)]
    known = frozenset(by_handle)
    by_name = [row for row in rows if party.name_hash in traces[row].named and row not in known]
    if not by_name or not party.one_word:
        return sorted(by_handle + by_name), 0
    meant = in_trade(by_name)
    sure = [row for row, is_meant in zip(by_name, meant.tolist(), strict=True) if is_meant]
    return sorted(by_handle + sure), len(by_name) - len(sure)


def _standing(party: Party, here: Sequence[AccountPost], watch: AccountWatch) -> Score | None:
    """Share of each account's other posts that found less response; ties count half. Each post here weighs the same."""
    in_topic = frozenset(post.post_id for post in here)
    shares: list[float] = []
    n_others = 0
    for account in party.accounts:
        wrote = watch.of(account)
        others = sorted(p.response for p in wrote if p.post_id not in in_topic and p.response is not None)
        found = [p.response for p in wrote if p.post_id in in_topic and p.response is not None]
        if len(others) < MIN_OTHERS or not found:
            continue
        n_others += len(others)
        shares += [(bisect_left(others, value) + bisect_right(others, value)) / (2 * len(others)) for value in found]
    if not shares:
        return None
    value = sum(shares) / len(shares)
    return Score(value, n_others, *wilson(value, n_others), "standing/1")
