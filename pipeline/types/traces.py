"""What is remembered of a post once its text and author have passed: traces, and the posts of one topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray

ERASED = 0
"""Cluster number of a trace whose post was deleted; real clusters start at 1."""


class PostTrace(msgspec.Struct, array_like=True):
    """What is remembered of one post, beside its embedding. ``author`` is a hash, never a name."""

    arrival: int
    cluster: int
    post_id: str
    author: int | None
    at_s: float
    language: str | None
    source: str
    similarity: float | None
    is_copy: bool
    is_reply: bool
    negative: float
    positive: float
    offensive: float
    disaster: float
    hazards: tuple[tuple[str, float], ...]
    tokens: tuple[str, ...]
    hashtags: tuple[str, ...]
    text: str
    """Clean text, cut: for names and questions."""
    reply_to: int | None = None
    repost_of: int | None = None
    quote_of: int | None = None
    """Parents, by :func:`parent_hash`; :mod:`pipeline.topics.memory.interactions` finds who is meant."""
    link_hosts: tuple[str, ...] = ()
    """Lower-case hosts linked to, without ``www.``, each once; shorteners stay as they are (``t.co``)."""
    marks: int = 0
    """What its words do, as bits of :class:`pipeline.types.post_marks.PostMark`."""
    invitations: tuple[str, ...] = ()
    """Kinds of private groups it invites to (``"telegram"``)."""
    followers: int | None = None
    """Of the author, as this post carried them."""
    is_bot: bool | None = None
    """Whether the platform calls the author automated."""
    emotions: tuple[float, float, float, float] | None = None
    """Probabilities of anger, joy, optimism and sadness; what is missing to one is P(neutral)."""
    handle: int | None = None
    """Hash of the author's handle (:mod:`pipeline.types.pseudonyms`): what a brand lists its audience by."""
    named: tuple[int, ...] = ()
    """Brands and competitors it carries by name or handle, as hashes (:mod:`pipeline.brand.voices.account_book`)."""


@dataclass(frozen=True)
class TopicPosts:
    """The latest posts of one topic in arrival order: ``traces[i]`` beside ``embeddings[i]``,
    ``(n, d) float32``, L2-normalised up to float16 rounding.

    ``replying``: sources that showed a reply in some topic; only of these does a post without
    parent mean no reply.
    """

    traces: Sequence[PostTrace]
    embeddings: FloatArray
    replying: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.traces)

    def column(self, name: str) -> NDArray[np.float64]:
        """One numeric field of all posts, ``(n,) float64``."""
        return np.array([getattr(trace, name) for trace in self.traces], np.float64)

    def distinct(self) -> TopicPosts:
        """Without copies."""
        keep = [i for i, trace in enumerate(self.traces) if not trace.is_copy]
        return TopicPosts([self.traces[i] for i in keep], self.embeddings[keep], self.replying)
