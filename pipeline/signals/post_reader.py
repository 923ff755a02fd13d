"""What a trace keeps of a post's words and links, in one pass: 11 to 15 µs a post, like cleaning it.

Nothing here knows another post; it runs once for each, where topics are followed.
"""

from __future__ import annotations

from functools import cache

import msgspec

from ingest.sources.plain_text import find_links
from pipeline.signals.accounts.promotion import is_promotional, price_cues, promotion_cues, shop_cues
from pipeline.signals.dialogue.asking import asking_cues, asks
from pipeline.signals.dialogue.invitations import invitation_cues, invited
from pipeline.signals.dialogue.self_made import self_made_cues
from pipeline.signals.exposure.hedging import hedges
from pipeline.signals.exposure.link_domains import hosts_of
from pipeline.text.elisions import elisions
from pipeline.text.quick_phrases import QuickPhrases
from pipeline.types import EnrichedPost
from pipeline.types.post_marks import PostMark

_PROMOTIONAL, _DISCLOSED, _HEDGED, _ASKS, _SELF_MADE = (
    int(mark)  # the arithmetic of IntFlag takes longer than the whole look-up
    for mark in (PostMark.PROMOTIONAL, PostMark.DISCLOSED, PostMark.HEDGED, PostMark.ASKS, PostMark.SELF_MADE)
)
_COLLABORATION = 1 << 18


class PostReading(msgspec.Struct, frozen=True):
    """``marks``: bits of :class:`PostMark`; ``link_hosts`` and ``invitations`` as in the trace."""

    marks: int
    link_hosts: tuple[str, ...]
    invitations: tuple[str, ...]


@cache
def post_phrases() -> QuickPhrases:
    """Everything that is looked for in a post, in one table."""
    disclosure = promotion_cues().disclosure
    groups = {
        **promotion_cues().phrases,
        **asking_cues().phrases,
        **invitation_cues().groups,
        _DISCLOSED: disclosure.phrases,
        _COLLABORATION: disclosure.collaborations,
        _HEDGED: hedges(),
        _SELF_MADE: self_made_cues().phrases,
    }
    return QuickPhrases(groups, elisions().joined)


def read_post(enriched: EnrichedPost) -> PostReading:
    """Marks, link hosts and invitations of one post; any text is legal.

    Links come from the post, or from its text where a source does not deliver them apart.
    """
    post, text = enriched.post, enriched.clean_text
    links = post.links or find_links(post.text)
    hosts = hosts_of(links) if links else ()
    found = post_phrases().find(text, enriched.tokens)
    marks = found & (_DISCLOSED | _HEDGED | _SELF_MADE)
    if post.hashtags:
        if not promotion_cues().disclosure.tags.isdisjoint(post.hashtags):
            marks |= _DISCLOSED
        if not self_made_cues().tags.isdisjoint(post.hashtags):
            marks |= _SELF_MADE
    if marks & _DISCLOSED or is_promotional(
        found | price_cues(text) | shop_cues(hosts), text, enriched.signals.negative
    ):
        marks |= _PROMOTIONAL
        if found & _COLLABORATION:
            marks |= _DISCLOSED
    # an advertisement asks to be clicked, not to be answered
    if not marks & _PROMOTIONAL and asks(text, found):
        marks |= _ASKS
    return PostReading(marks, hosts, invited(links, post.text, found))
