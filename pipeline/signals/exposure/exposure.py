"""How narrow the origin of a topic is, and how much of it is hearsay.

It warns of selective exposure: few sources, copy-paste, one platform, one origin. None of it says
whether anything is true, and an unlisted domain is unknown, never reliable.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.signals.exposure.link_domains import link_domains, source_domain
from pipeline.signals.exposure.origin import single_origin
from pipeline.signals.exposure.unreliable_domains import UNRELIABLE, DomainList
from pipeline.signals.intervals import AuthorShares, wilson
from pipeline.topics.memory.interactions import Interaction
from pipeline.types import Exposure, ListedDomain, Score
from pipeline.types.post_marks import PostMark
from pipeline.types.traces import PostTrace, TopicPosts

MIN_POSTS = 5
MAX_EVIDENCE = 3
MAX_LISTED = 5
UNNAMED_SOURCES = frozenset({"", "file"})
"""Sources that do not say on which platform a post was written."""

_Z90 = 1.6449


def exposure(posts: TopicPosts, parents: Sequence[Interaction], domains: DomainList) -> Exposure | None:
    """Measure one topic; ``None`` below ``MIN_POSTS`` posts. Their order does not matter to any share.

    Parameters
    ----------
    posts
        The topic.
    parents
        Their links to parents (:func:`pipeline.topics.memory.interactions.interactions`).
    domains
        The list of unreliable domains.
    """
    traces = posts.traces
    if len(traces) < MIN_POSTS:
        return None
    shares = AuthorShares([trace.author for trace in traces])
    is_copy = np.array([trace.is_copy for trace in traces])
    reposts = np.array([trace.repost_of is not None for trace in traces])
    hedged = np.array([trace.marks & int(PostMark.HEDGED) != 0 for trace in traces])
    links = _Links(traces)
    return Exposure(
        n=len(traces),
        # a repost is passed on openly; a copy pretends to be a voice of its own
        copy_share=shares.share(is_copy, "copy-share/1", ~reposts),
        top_author_share=_top_author(traces),
        single_platform_share=_top_platform(traces, shares),
        hedged_share=shares.share(hedged, "hedged-share/1", ~is_copy),
        hedged=_ids(traces, np.flatnonzero(hedged & ~is_copy)),
        link_domains=len(links.rows) or None,
        effective_domains=links.effective_domains(),
        hidden_link_share=shares.share(links.is_hidden, "hidden-link-share/1", links.has_link),
        listed_share=shares.share(links.matching(lambda host: domains.find(host) is not None), _LISTED, links.is_known),
        unreliable_share=shares.share(
            links.matching(lambda host: _unreliable(domains, host) is not None),
            "unreliable-link-share/1",
            links.is_known,
        ),
        unreliable=_listed(traces, domains),
        origin=single_origin(traces, parents, links.rows, shares),
    )


_LISTED = "listed-link-share/1"


class _Links:
    """Where the posts of a topic link to: ``rows[domain]`` are the posts that link there."""

    def __init__(self, traces: Sequence[PostTrace]) -> None:
        n = len(traces)
        self.traces = traces
        self.rows: dict[str, list[int]] = {}
        self.is_known = np.zeros(n, np.bool_)
        shortened = np.zeros(n, np.bool_)
        for row, trace in enumerate(traces):
            for domain in {source_domain(host) for host in trace.link_hosts} - {None}:
                self.rows.setdefault(str(domain), []).append(row)
                self.is_known[row] = True
            shortened[row] = not link_domains().shorteners.isdisjoint(trace.link_hosts)
        self.is_hidden = shortened & ~self.is_known
        self.has_link = shortened | self.is_known

    def matching(self, wanted: Callable[[str], bool]) -> NDArray[np.bool_]:
        """Posts with a host that is wanted, ``(n,) bool``."""
        return np.array([any(map(wanted, trace.link_hosts)) for trace in self.traces])

    def effective_domains(self) -> Score | None:
        """exp(Shannon entropy) of the domains over posts, with the delta-method interval of the entropy.

        Sources: Hill, "Diversity and evenness", Ecology 1973; Basharin, "On a statistical estimate for
        the entropy of a sequence of independent random variables", 1959.
        """
        n = int(self.is_known.sum())
        if n == 0:
            return None
        counts = np.array([len(rows) for rows in self.rows.values()], np.float64)
        share = counts / counts.sum()
        logs = np.log(share)
        entropy = float(-(share * logs).sum())
        spread = _Z90 * math.sqrt(max(0.0, float((share * logs**2).sum()) - entropy**2) / n)
        value = math.exp(entropy)
        # domains that nobody linked yet: the entropy of a sample is too small by about (D - 1) / 2n
        unseen = (len(counts) - 1) / (2 * n)
        low, high = math.exp(max(0.0, entropy - spread)), math.exp(entropy + spread + unseen)
        return Score(value, n, min(low, value), max(high, value), "effective-domains/1")


def _unreliable(domains: DomainList, host: str) -> tuple[str, str] | None:
    found = domains.find(host)
    return found if found is not None and found[1] in UNRELIABLE else None


def _listed(traces: Sequence[PostTrace], domains: DomainList) -> tuple[ListedDomain, ...]:
    rows: dict[tuple[str, str], list[int]] = {}
    for row, trace in enumerate(traces):
        for found in {_unreliable(domains, host) for host in trace.link_hosts} - {None}:
            if found is not None:
                rows.setdefault(found, []).append(row)
    ranked = sorted(rows.items(), key=lambda item: (-len(item[1]), item[0]))[:MAX_LISTED]
    return tuple(
        ListedDomain(domain, category, len(where), _ids(traces, where)) for (domain, category), where in ranked
    )


def _top_author(traces: Sequence[PostTrace]) -> Score | None:
    counts = Counter(trace.author for trace in traces if trace.author is not None)
    if not counts:
        return None
    n, most = counts.total(), max(counts.values())
    low, high = wilson(most / n, n)
    return Score(most / n, n, low, high, "top-author-share/1")


def _top_platform(traces: Sequence[PostTrace], shares: AuthorShares) -> Score | None:
    counts = Counter(trace.source for trace in traces if trace.source not in UNNAMED_SOURCES)
    if not counts:
        return None
    top = min(counts, key=lambda source: (-counts[source], source))
    named = np.array([trace.source not in UNNAMED_SOURCES for trace in traces])
    return shares.share(np.array([trace.source == top for trace in traces]), "single-platform-share/1", named)


def _ids(traces: Sequence[PostTrace], rows: Sequence[int] | NDArray[np.intp]) -> tuple[str, ...]:
    return tuple(traces[int(row)].post_id for row in list(rows)[:MAX_EVIDENCE])
