"""What posts say without the hashtags they end with: bait borrows a subject there, and says something else.

An encoder reads ``#breakfast #bread`` like words, so an offer of loans that ends with them looks like a breakfast.
A topic has to fit a brand with its closing hashtags and without them. Hashtags inside a sentence stay: they are
part of what is said.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipeline.types.traces import PostTrace

MIN_BODY_WORDS = 2
"""Fewer words left say nothing by themselves."""
MIN_TAGGED_SHARE = 0.5
"""Where fewer posts end with hashtags, hashtags do not carry the topic."""
MAX_BODIES = 16
"""Posts of a topic that are read again, the latest: enough for a centre."""


def without_closing_tags(text: str, hashtags: Collection[str]) -> str:
    """The clean ``text`` up to its closing hashtags (given folded, without ``#``).

    Examples
    --------
    >>> without_closing_tags("Fast loans, call now bread breakfast", {"bread", "breakfast"})
    'Fast loans, call now'
    >>> without_closing_tags("bread is all I need", {"bread"})
    'bread is all I need'
    """
    words = text.split()
    while words and words[-1].casefold() in hashtags:
        words.pop()
    return " ".join(words)


def bodies(traces: Sequence[PostTrace]) -> tuple[str, ...]:
    """Latest posts without their closing hashtags; none where hashtags do not carry the topic.

    Examples
    --------
    >>> from tests.demo_shard import make_trace
    >>> bodies([make_trace(text="Fast loans, call now bread", hashtags=("bread",))])
    ('Fast loans, call now',)
    >>> bodies([make_trace(text="Fast loans, call now bread")])
    ()
    """
    return carried_without_tags([(trace.text, trace.hashtags) for trace in traces[-MAX_BODIES:]])


def carried_without_tags(posts: Sequence[tuple[str, Collection[str]]]) -> tuple[str, ...]:
    """The same of clean texts with their hashtags.

    Examples
    --------
    >>> carried_without_tags([("Fast loans bread", ("bread",)), ("Fast loans for all", ()), ("Old bread", ())])
    ()
    """
    found = [without_closing_tags(text, hashtags) for text, hashtags in posts]
    n_tagged = sum(body != " ".join(text.split()) for body, (text, _) in zip(found, posts, strict=True))
    told = tuple(body for body in found if len(body.split()) >= MIN_BODY_WORDS)
    return told if n_tagged and n_tagged >= MIN_TAGGED_SHARE * len(posts) else ()
