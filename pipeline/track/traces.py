"""The trace of a post, made from everything that enrichment found in it."""

from __future__ import annotations

from pipeline.brand.voices.account_book import NO_VOICES, PostVoices
from pipeline.signals.post_reader import read_post
from pipeline.types import EnrichedPost
from pipeline.types.pseudonyms import author_hash, parent_hash
from pipeline.types.traces import PostTrace

TEXT_KEPT_CHARS = 280


def trace_of(
    enriched: EnrichedPost,
    arrival: int,
    cluster: int,
    similarity: float | None,
    is_copy: bool,
    voices: PostVoices = NO_VOICES,
) -> PostTrace:
    """What is remembered of a post: small, no names, no links but their hosts."""
    post, signals, reading = enriched.post, enriched.signals, read_post(enriched)
    return PostTrace(
        arrival=arrival,
        cluster=cluster,
        post_id=post.post_id,
        author=None if post.author is None else author_hash(post.author.id),
        at_s=post.event_time.timestamp(),
        language=enriched.language,
        source=post.source,
        similarity=similarity,
        is_copy=is_copy,
        is_reply=post.reply_to is not None,
        negative=signals.negative,
        positive=signals.positive,
        offensive=signals.offensive,
        disaster=signals.disaster,
        hazards=enriched.hazards,
        tokens=enriched.tokens,
        hashtags=post.hashtags,
        text=enriched.clean_text[:TEXT_KEPT_CHARS],
        reply_to=parent_hash(post.reply_to),
        repost_of=parent_hash(post.repost_of),
        quote_of=parent_hash(post.quote_of),
        link_hosts=reading.link_hosts,
        marks=reading.marks,
        invitations=reading.invitations,
        followers=None if post.author is None else post.author.followers,
        is_bot=None if post.author is None else post.author.is_bot,
        emotions=(signals.anger, signals.joy, signals.optimism, signals.sadness),
        handle=voices.handle,
        named=voices.named,
    )
