"""Where people talk with each other in a topic: what they ask, make, and which groups they invite to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.store.records import StoredPost
from pipeline.types import Dialogue, DialogueQuestion
from ui.shared.facts import FactsView, group_of, share_fact
from ui.shared.parts import QuoteView, quotes_of

N_QUOTES = 2


class QuestionView(msgspec.Struct, frozen=True):
    """Something that people ask, how many do, and the post that says it best."""

    people: str
    quotes: tuple[QuoteView, ...]


class InvitationView(msgspec.Struct, frozen=True):
    """Invitations to one kind of group, with one of them."""

    name: str
    detail: str
    quotes: tuple[QuoteView, ...]


class DialogueView(msgspec.Struct, frozen=True):
    """Shares, questions (most asked first), what people made, and invitations."""

    facts: FactsView
    questions: tuple[QuestionView, ...] = ()
    self_made: tuple[QuoteView, ...] = ()
    invitations: tuple[InvitationView, ...] = ()


def dialogue_view(
    found: Dialogue | None, posts: Mapping[str, StoredPost], locale: Locale, now: datetime
) -> DialogueView | None:
    """The card; ``None`` where nothing was measured."""
    if found is None:
        return None
    facts = (
        share_fact("dialogue.replies", found.reply_share, locale),
        share_fact("dialogue.questions", found.question_share, locale),
        share_fact("dialogue.self_made_share", found.self_made_share, locale),
    )
    questions = (
        QuestionView(_people(asked, locale), quotes_of(_best_first(asked), posts, locale, now, 1))
        for asked in found.questions
    )
    return DialogueView(
        facts=group_of(facts, locale),
        questions=tuple(question for question in questions if question.quotes),
        self_made=quotes_of(found.self_made, posts, locale, now, N_QUOTES),
        invitations=tuple(
            InvitationView(
                name=locale.texts.known(f"invitation.{invitation.kind}") or invitation.kind.replace("_", " "),
                detail=_size(invitation.n_posts, invitation.n_authors, locale),
                quotes=quotes_of(invitation.evidence, posts, locale, now, 1),
            )
            for invitation in found.invitations
        ),
    )


def quoted_ids(found: Dialogue | None) -> list[tuple[str, ...]]:
    """Post ids the card may quote."""
    if found is None:
        return []
    asked = [_best_first(question) for question in found.questions]
    return [*asked, found.self_made, *(invitation.evidence for invitation in found.invitations)]


def _best_first(asked: DialogueQuestion) -> tuple[str, ...]:
    """The others stand in when the best one was deleted."""
    return tuple(dict.fromkeys((asked.post_id, *asked.post_ids)))


def _people(asked: DialogueQuestion, locale: Locale) -> str:
    if asked.n_authors == 0:  # a stream without authors
        return locale.count("dialogue.asking", asked.n_posts, n=locale.number(asked.n_posts))
    return locale.count("dialogue.people", asked.n_authors, n=locale.number(asked.n_authors))


def _size(n_posts: int, n_authors: int, locale: Locale) -> str:
    posts = locale.count("board.posts", n_posts, n=locale.number(n_posts))
    if n_authors == 0:
        return posts
    return f"{posts}, {locale.count('board.authors', n_authors, n=locale.number(n_authors))}"
