"""The two camps of a topic: voices grouped by the side they declare.

A voice is an author, or a post whose author is unknown. Every voice counts once, however much it posts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.signals.polarization.side_claims import Claim, answer_sign, claims_in_hashtags, claims_in_text
from pipeline.signals.polarization.side_cues import side_cues
from pipeline.topics.memory.interactions import interactions
from pipeline.types.traces import PostTrace

RIVAL_OVERLAP = 0.25
"""Two things chosen together by more than this share of the smaller side are no rivals."""

MIN_CHOOSING = 3
"""Two things are rivals only where each is chosen by so many voices; votes like yes and no always are."""

RIVALS_TRIED = 4


@dataclass(frozen=True)
class Camps:
    """Who is on which side: ``1``, ``-1`` or ``0`` (undeclared, or both).

    ``about`` one thing: ``1`` is for it, ``-1`` against. About two: ``1`` is for the first, ``-1`` for the other.
    Per post, in the order given: ``post_sides`` is what the post itself declares, ``voice_sides`` the side of its
    voice, and ``voices`` which voice that is (author hash, or ``-1 - i`` for post ``i`` of an unknown author).
    """

    about: tuple[str, ...]
    post_sides: tuple[int, ...]
    voice_sides: tuple[int, ...]
    voices: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Voices of the first camp, of the other, and undeclared."""
        sides = Counter(dict(zip(self.voices, self.voice_sides, strict=True)).values())
        return sides[1], sides[-1], sides[0]


def find_camps(traces: Sequence[PostTrace]) -> Camps:
    """Group the voices of these posts by the question on which most of them declare a side.

    The question is chosen by how many voices declare, never by how evenly they split, so a one-sided quarrel stays
    one. A reply or quote that agrees with a declared post, or contradicts it, counts for or against it.

    Source: explicit stance markers after Somasundaran & Wiebe, "Recognizing stances in ideological on-line debates",
    2010; agreement links between posts after Murakami & Raymond, "Support or oppose?", COLING 2010.

    Examples
    --------
    >>> from tests.demo_shard import make_trace
    >>> texts = ["I support the bridge"] * 3 + ["stop the bridge", "no to the bridge", "the bridge at dawn"]
    >>> camps = find_camps([make_trace(i, text=text) for i, text in enumerate(texts)])
    >>> camps.about, camps.counts
    (('bridge',), (3, 2, 1))
    """
    voices = [trace.author if trace.author is not None else -1 - row for row, trace in enumerate(traces)]
    has_tags = any(trace.hashtags for trace in traces)
    things = _common_words([trace.tokens for trace in traces], voices) if has_tags else frozenset()
    tag_claims = {tag: claims_in_hashtags((tag,), things) for trace in traces for tag in trace.hashtags}
    claims = [
        (*claims_in_text(trace.text), *(claim for tag in trace.hashtags for claim in tag_claims[tag]))
        for trace in traces
    ]
    about = _question(claims, voices)
    post_sides = [_side(found, about) for found in claims]
    side_of = _sum_sides(post_sides, voices)
    _add_answers(traces, voices, post_sides, side_of)
    return Camps(about, tuple(post_sides), tuple(side_of[voice] for voice in voices), tuple(voices))


def _common_words(words_of: Sequence[Iterable[str]], voices: Sequence[int]) -> frozenset[str]:
    users: dict[str, int] = {}
    common: set[str] = set()
    for words, voice in zip(words_of, voices, strict=True):
        for word in words:
            if users.setdefault(word, voice) != voice:
                common.add(word)
    return frozenset(common)


def _question(claims: Sequence[Sequence[Claim]], voices: Sequence[int]) -> tuple[str, ...]:
    """One thing people are for or against, or two that they choose between; empty when nobody declares."""
    about: dict[str, set[int]] = {}
    chosen: dict[str, set[int]] = {}
    for found, voice in zip(claims, voices, strict=True):
        for claim in found:
            about.setdefault(claim.thing, set()).add(voice)
            if claim.is_choice:
                chosen.setdefault(claim.thing, set()).add(voice)
    if not about:
        return ()
    single = min(about, key=lambda thing: (-len(about[thing]), thing))
    best: tuple[str, ...] = (single,)
    reach = len(about[single])
    names = {frozenset(claim.name) for found in claims for claim in found if len(claim.name) > 1}
    ranked = sorted(chosen, key=lambda thing: (-len(about[thing]), thing))[:RIVALS_TRIED]
    for i, one in enumerate(ranked):
        for other in ranked[i + 1 :]:
            if frozenset({one, other}) in names or not _are_rivals(one, other, chosen):
                continue
            together = len(about[one] | about[other])
            if together > reach:
                best, reach = (one, other), together
    return best


def _are_rivals(one: str, other: str, chosen: Mapping[str, set[int]]) -> bool:
    if frozenset({one, other}) in side_cues().lists.opposite_votes:
        return True
    if one in other or other in one:  # "bernie" and "berniesanders" are one
        return False
    smaller = min(len(chosen[one]), len(chosen[other]))
    return smaller >= MIN_CHOOSING and len(chosen[one] & chosen[other]) <= RIVAL_OVERLAP * smaller


def _side(claims: Sequence[Claim], about: tuple[str, ...]) -> int:
    total = 0
    for claim in claims:
        if claim.thing in about:
            total += claim.sign if claim.thing == about[0] else -claim.sign
    return (total > 0) - (total < 0)


def _sum_sides(post_sides: Sequence[int], voices: Sequence[int]) -> dict[int, int]:
    totals: dict[int, int] = {}
    for sign, voice in zip(post_sides, voices, strict=True):
        totals[voice] = totals.get(voice, 0) + sign
    return {voice: (total > 0) - (total < 0) for voice, total in totals.items()}


def _add_answers(
    traces: Sequence[PostTrace], voices: Sequence[int], post_sides: Sequence[int], side_of: dict[int, int]
) -> None:
    """Voices that declare nothing themselves join a camp by how they answer it; one step: errors do not spread."""
    totals: dict[int, int] = {}
    for link in interactions(traces):
        if link.kind == "repost" or side_of[voices[link.row]] != 0:
            continue
        if link.parent_row is not None:
            declared = post_sides[link.parent_row] or side_of[voices[link.parent_row]]
        else:
            declared = side_of.get(link.parent_author, 0) if link.parent_author is not None else 0
        if declared:
            voice = voices[link.row]
            totals[voice] = totals.get(voice, 0) + declared * answer_sign(traces[link.row].text)
    for voice, total in totals.items():
        side_of[voice] = (total > 0) - (total < 0)
