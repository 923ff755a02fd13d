"""The top voices of a topic, each with dated signs of integrity that anybody can check.

No overall score: every sign is counted from posts that the stream carried, in this topic and in
others, and names some of them with their dates. A sign is no accusation: newsrooms schedule,
fans copy, critics are hostile. What the stream does not carry is left out.

===================  ==========================================================================
name                 unit
===================  ==========================================================================
even_intervals       burstiness in [-1, 1]; towards -1 like a clock
on_the_minute        share of posts at second 0 of a minute
same_second          share of posts in one second with another one of theirs
quiet_hours          hours of the day without any post, in one piece
busiest_hour         times the usual pace
copied               share of their own posts (no reposts) whose text had been posted before
unreliable_links     share of posts with a known domain that link to a listed unreliable one
hostile              share of insulting posts
promotional          share of posts that advertise
disclosed            share of posts that say they are paid for
follower_jump        largest change of followers between two posts, relative to before
===================  ==========================================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.signals.accounts.posting_rhythm import burstiness, busiest_hour, on_the_minute, quiet_hours, same_second
from pipeline.signals.exposure.link_domains import source_domain
from pipeline.signals.exposure.unreliable_domains import UNRELIABLE, DomainList
from pipeline.signals.intervals import wilson
from pipeline.types import Creator, CreatorSignal, DatedPost, Score
from pipeline.types.post_marks import PostMark
from pipeline.types.traces import PostTrace

MIN_TOPIC_POSTS = 5
"""A smaller topic has no top voices."""
MIN_POSTS = 5
"""Posts of an author below which nothing is said about them."""
N_CREATORS = 5
MAX_EVIDENCE = 3
INSULTS = 0.5
"""P(offensive) from which a post counts as insulting."""
MIN_FOLLOWERS = 100
"""Of fewer, a handful of friends is a jump."""

SIGNALS = (
    "even_intervals",
    "on_the_minute",
    "same_second",
    "quiet_hours",
    "busiest_hour",
    "copied",
    "unreliable_links",
    "hostile",
    "promotional",
    "disclosed",
    "follower_jump",
)


def creators(
    traces: Sequence[PostTrace], by_author: Callable[[int], Sequence[PostTrace]], domains: DomainList
) -> tuple[Creator, ...]:
    """Authors with most posts in a topic, at least two each; nobody in a topic below ``MIN_TOPIC_POSTS`` posts.

    Parameters
    ----------
    traces
        The topic's posts in arrival order.
    by_author
        Gives the remembered posts of an author, of all topics, in arrival order.
    domains
        The list of unreliable domains.
    """
    if len(traces) < MIN_TOPIC_POSTS:
        return ()
    counts = Counter(trace.author for trace in traces if trace.author is not None)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:N_CREATORS]
    found = []
    for author, n in ranked:
        if n < 2:
            break
        latest = [trace for trace in traces if trace.author == author][::-1]
        known = by_author(author)
        found.append(
            Creator(
                author_id=str(author),
                n_posts=n,
                share=n / len(traces),
                n_known=len(known),
                followers=next((trace.followers for trace in latest if trace.followers is not None), None),
                is_bot=next((trace.is_bot for trace in latest if trace.is_bot is not None), None),
                signals=creator_signals(known, domains),
                latest=_dated(latest[:MAX_EVIDENCE]),
            )
        )
    return tuple(found)


def creator_signals(known: Sequence[PostTrace], domains: DomainList) -> tuple[CreatorSignal, ...]:
    """Every sign that the posts of one author allow, in the order of :data:`SIGNALS`; none below ``MIN_POSTS``."""
    if len(known) < MIN_POSTS:
        return ()
    traces = sorted(known, key=lambda trace: (trace.at_s, trace.arrival))
    return (*_rhythm(traces), *_shares(traces, domains), *_follower_jump(traces))


def _rhythm(traces: Sequence[PostTrace]) -> list[CreatorSignal]:
    at_s = np.array([trace.at_s for trace in traces], np.float64)
    found = []
    even = burstiness(at_s)
    if even is not None:
        found.append(CreatorSignal("even_intervals", even, _dated(traces[-MAX_EVIDENCE:])))
    scheduled = on_the_minute(at_s)
    if scheduled is not None:
        score, rows = scheduled
        found.append(CreatorSignal("on_the_minute", score, _at(traces, rows)))
        # a stream without seconds knows nothing about them
        score, rows = same_second(at_s)
        found.append(CreatorSignal("same_second", score, _at(traces, rows)))
    quiet = quiet_hours(at_s)
    if quiet is not None:
        found.append(CreatorSignal("quiet_hours", quiet, _dated(traces[-MAX_EVIDENCE:])))
    busy = busiest_hour(at_s)
    if busy is not None:
        found.append(CreatorSignal("busiest_hour", busy[0], _dated(traces[busy[1]][:MAX_EVIDENCE])))
    return found


def _shares(traces: Sequence[PostTrace], domains: DomainList) -> list[CreatorSignal]:
    own = [trace for trace in traces if trace.repost_of is None]
    linking = [trace for trace in traces if trace.link_hosts and any(map(source_domain, trace.link_hosts))]
    found = [
        _share("copied", own, lambda trace: trace.is_copy),
        _share("unreliable_links", linking, lambda trace: _links_to_unreliable(trace, domains)),
        _share("hostile", own, lambda trace: trace.offensive >= INSULTS),
        _share("promotional", own, lambda trace: bool(trace.marks & int(PostMark.PROMOTIONAL))),
        _share("disclosed", own, lambda trace: bool(trace.marks & int(PostMark.DISCLOSED))),
    ]
    return [signal for signal in found if signal is not None]


def _share(name: str, among: Sequence[PostTrace], counts: Callable[[PostTrace], bool]) -> CreatorSignal | None:
    if not among:
        return None
    counted = [trace for trace in among if counts(trace)]
    value = len(counted) / len(among)
    score = Score(value, len(among), *wilson(value, len(among)), f"creator-{name.replace('_', '-')}/1")
    return CreatorSignal(name, score, _dated(counted[-MAX_EVIDENCE:]))


def _links_to_unreliable(trace: PostTrace, domains: DomainList) -> bool:
    found = (domains.find(host) for host in trace.link_hosts)
    return any(listed is not None and listed[1] in UNRELIABLE for listed in found)


def _follower_jump(traces: Sequence[PostTrace]) -> list[CreatorSignal]:
    """The largest relative change between two posts that follow each other; a count is no sample, so it is exact."""
    known = [trace for trace in traces if trace.followers is not None]
    jumps = [
        ((after.followers - before.followers) / before.followers, before, after)
        for before, after in pairwise(known)
        if before.followers is not None and after.followers is not None and before.followers >= MIN_FOLLOWERS
    ]
    if not jumps:
        return []
    value, before, after = max(jumps, key=lambda jump: abs(jump[0]))
    return [
        CreatorSignal(
            "follower_jump", Score(value, len(known), value, value, "follower-jump/1"), _dated([before, after])
        )
    ]


def _at(traces: Sequence[PostTrace], rows: NDArray[np.intp]) -> tuple[DatedPost, ...]:
    return _dated([traces[int(row)] for row in rows[-MAX_EVIDENCE:]])


def _dated(traces: Sequence[PostTrace]) -> tuple[DatedPost, ...]:
    return tuple(DatedPost(trace.post_id, datetime.fromtimestamp(trace.at_s, UTC)) for trace in traces)
