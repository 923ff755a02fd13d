"""What is read from the posts of a topic: hazards, camps, origin, dialogue, voices. Unknown is ``None``."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from pipeline.types.scores import Score


class Hazard(msgspec.Struct, frozen=True):
    """A risk spoken of in a topic. ``share`` of its posts, with the clearest as evidence."""

    name: str
    tier: Literal["floor", "high", "medium", "low"]
    share: Score
    evidence: tuple[str, ...]


class Poles(msgspec.Struct, frozen=True):
    """Post ids of the two camps of a topic and of the middle between them."""

    one: tuple[str, ...]
    other: tuple[str, ...]
    middle: tuple[str, ...]


class ListedDomain(msgspec.Struct, frozen=True):
    """A domain linked to that is on the list of unreliable domains, with the list's word for it."""

    domain: str
    category: str
    n_posts: int
    evidence: tuple[str, ...]


class Origin(msgspec.Struct, frozen=True):
    """The one post, author or domain that most of a topic comes from.

    ``what`` is a post id, an author id or a domain; ``None`` for a post outside the topic.
    """

    kind: Literal["post", "author", "domain"]
    what: str | None
    share: Score
    evidence: tuple[str, ...]


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """How narrow the origin of a topic is, and how much of it is hearsay. Never a verdict on truth.

    Scores are shares in [0, 1] of the posts (``effective_domains``: a number ≥ 1); ``None`` where
    the stream does not carry what they need. ``n`` posts were looked at.
    """

    n: int
    copy_share: Score | None = None
    top_author_share: Score | None = None
    single_platform_share: Score | None = None
    hedged_share: Score | None = None
    """Posts that say themselves that what they tell is unconfirmed."""
    hedged: tuple[str, ...] = ()
    link_domains: int | None = None
    """Different domains linked to; shorteners are none."""
    effective_domains: Score | None = None
    """exp(entropy) of the domains over posts: as many as if all were linked equally often."""
    hidden_link_share: Score | None = None
    """Of the posts with links: those whose links are all shortened, so that nobody knows where they lead."""
    listed_share: Score | None = None
    """Of the posts with a known domain: those with one that the list knows at all. The rest is unknown."""
    unreliable_share: Score | None = None
    """Of the posts with a known domain: those with one that the list calls unreliable."""
    unreliable: tuple[ListedDomain, ...] = ()
    origin: Origin | None = None


class DialogueQuestion(msgspec.Struct, frozen=True):
    """Something that people ask: the post that says it best, and how many ask the same."""

    post_id: str
    n_posts: int
    n_authors: int
    """0: no author is known."""
    post_ids: tuple[str, ...]
    """Posts that ask it, the best first."""


class Invitation(msgspec.Struct, frozen=True):
    """Posts that invite to one kind of private group (``"whatsapp"``, ``"telegram"`` …)."""

    kind: str
    n_posts: int
    n_authors: int
    evidence: tuple[str, ...]


class Dialogue(msgspec.Struct, frozen=True, kw_only=True):
    """Whether people talk with each other: shares in [0, 1] of distinct posts, ``None`` where unknown."""

    n: int
    reply_share: Score | None = None
    question_share: Score | None = None
    questions: tuple[DialogueQuestion, ...] = ()
    """What people ask, most asked first."""
    self_made_share: Score | None = None
    """Posts that say that their author made something."""
    self_made: tuple[str, ...] = ()
    invitations: tuple[Invitation, ...] = ()


class Saturation(msgspec.Struct, frozen=True, kw_only=True):
    """How many brand or promotional accounts already jumped on the topic, and what they hear back."""

    n_brands: int | None
    """Promotional accounts; ``None`` where no author is known."""
    share: Score | None
    """Their share of the known authors."""
    post_share: Score
    """Promotional posts among all posts, whoever wrote them."""
    n_disclosed: int
    """Promotional or not: posts that say they are paid for."""
    evidence: tuple[str, ...] = ()
    """Promotional posts, of different accounts first."""
    answers_negative: Score | None = None
    """Negative ones among the replies to promotional posts; ``None`` when no reply is known."""
    answers_positive: Score | None = None
    answers: tuple[str, ...] = ()
    """Replies to promotional posts, most negative first."""


class DatedPost(msgspec.Struct, frozen=True):
    """A post to check something with, and when it was written."""

    post_id: str
    at: datetime


class CreatorSignal(msgspec.Struct, frozen=True):
    """One thing that can be checked about an author; :mod:`pipeline.signals.accounts.creators` names them all.

    It is no accusation: a signal says what was counted, in how many posts, and which.
    """

    name: str
    score: Score
    evidence: tuple[DatedPost, ...]


class Creator(msgspec.Struct, frozen=True):
    """A top voice of a topic, by author id, with how much of the topic is theirs.

    ``author_id`` is a hash; the posts in ``latest`` say who it is while the store keeps them.
    ``n_known`` posts of theirs, in this topic and in others, are what ``signals`` rest on.
    """

    author_id: str
    n_posts: int
    share: float
    n_known: int = 0
    followers: int | None = None
    is_bot: bool | None = None
    """Whether the platform itself calls the account automated."""
    signals: tuple[CreatorSignal, ...] = ()
    latest: tuple[DatedPost, ...] = ()
    """Their latest posts in the topic, newest first."""


class Controversy(msgspec.Struct, frozen=True):
    """Whether those who answer and repost each other fall into two halves: ``score`` is the random-walk controversy
    less ``null``, what the same numbers of ties give by chance; ``value`` is it before. Support, no headline."""

    score: Score
    value: float
    null: float


class SolemnDay(msgspec.Struct, frozen=True):
    """A day on which a promotion may offend: ``name`` by language, ``kind`` as in ``configs/solemn_days.toml``."""

    key: str
    kind: str
    names: tuple[tuple[str, str], ...]
