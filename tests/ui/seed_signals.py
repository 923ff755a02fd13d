"""Invented signals for the sample trends: every card of the topic page filled, some of it unknown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.types import (
    Controversy,
    Creator,
    CreatorSignal,
    DatedPost,
    Dialogue,
    DialogueQuestion,
    Exposure,
    Invitation,
    ListedDomain,
    Origin,
    Saturation,
    Score,
    SolemnDay,
)

RUMOUR, CROWDED, QUIET = "t4", "t6", "t11"
"""Topics with hearsay, with many promotional accounts, and with hardly anything known."""

SOLEMN = SolemnDay(
    "bologna_1980",
    "mourning",
    (
        ("en", "Anniversary of the Bologna station bombing (1980)"),
        ("it", "Anniversario della strage di Bologna (1980)"),
    ),
)


def sample_score(value: float, n: int) -> Score:
    """A share with its normal interval."""
    half = 1.64 * math.sqrt(max(0.01, value * (1 - value)) / max(1, n))
    return Score(value=value, n=n, low=max(0.0, value - half), high=min(1.0, value + half), method="sample.v1")


def mood_of(heat: float) -> tuple[tuple[str, Score], ...]:
    """Angrier with heat, merrier without."""
    shares = {
        "anger": 0.5 * heat,
        "joy": 0.42 * (1 - heat),
        "optimism": 0.21 * (1 - heat),
        "sadness": 0.06 + 0.05 * heat,
    }
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    return tuple((name, sample_score(share, 218)) for name, share in ranked)


def controversy_of(heat: float) -> Controversy | None:
    """Known where people quarrel."""
    return Controversy(Score(0.21, 96, 0.12, 0.3, "sample.v1"), 0.38, 0.17) if heat >= 0.45 else None


def exposure_of(topic_id: str, n: int, ids: Sequence[str]) -> Exposure:
    """Hearsay and listed links in one topic; in another nothing known but the copies."""
    n = min(n, 256)
    if topic_id == QUIET:
        return Exposure(n=n, copy_share=sample_score(0.02, n))
    plain = Exposure(
        n=n,
        copy_share=sample_score(0.04, n),
        top_author_share=sample_score(0.02, n),
        single_platform_share=sample_score(0.66, n),
        hedged_share=sample_score(0.02, n),
        hedged=tuple(ids[2:3]),
        link_domains=17,
        effective_domains=Score(9.4, 74, 7.1, 12.0, "sample.v1"),
        hidden_link_share=sample_score(0.21, 94),
        listed_share=sample_score(0.05, 74),
        unreliable_share=sample_score(0.0, 74),
    )
    if topic_id != RUMOUR:
        return plain
    return Exposure(
        n=n,
        copy_share=sample_score(0.18, n),
        top_author_share=sample_score(0.11, n),
        single_platform_share=sample_score(0.93, n),
        hedged_share=sample_score(0.34, n),
        hedged=tuple(ids[5:8]),
        link_domains=6,
        effective_domains=Score(2.3, 61, 1.9, 2.9, "sample.v1"),
        hidden_link_share=sample_score(0.4, 102),
        listed_share=sample_score(0.25, 61),
        unreliable_share=sample_score(0.2, 61),
        unreliable=(
            ListedDomain("daily-butter-truth.example", "fake", 9, tuple(ids[8:10])),
            ListedDomain("notizie-in-cucina.example", "unreliable", 3, tuple(ids[10:11])),
        ),
        origin=Origin("domain", "daily-butter-truth.example", sample_score(0.54, n), tuple(ids[9:11])),
    )


def saturation_of(topic_id: str, n: int, ids: Sequence[str]) -> Saturation:
    """Crowded in one topic, empty in most."""
    n = min(n, 256)
    if topic_id not in (CROWDED, RUMOUR):
        return Saturation(n_brands=0, share=sample_score(0.0, n // 2), post_share=sample_score(0.0, n), n_disclosed=0)
    return Saturation(
        n_brands=4,
        share=sample_score(0.03, 131),
        post_share=sample_score(0.06, n),
        n_disclosed=1,
        evidence=tuple(ids[0:3]),
        answers_negative=sample_score(0.58, 24),
        answers_positive=sample_score(0.17, 24),
        answers=tuple(ids[5:8]),
    )


def dialogue_of(topic_id: str, n: int, ids: Sequence[str]) -> Dialogue:
    """Questions, things made, and invitations."""
    n = min(n, 240)
    if topic_id == QUIET:
        return Dialogue(n=n, question_share=sample_score(0.05, n))
    return Dialogue(
        n=n,
        reply_share=sample_score(0.41, n),
        question_share=sample_score(0.12, n),
        questions=(
            DialogueQuestion(ids[4], 14, 12, tuple(ids[4:6])),
            DialogueQuestion(ids[9], 5, 5, tuple(ids[9:10])),
            DialogueQuestion(ids[1], 1, 1, tuple(ids[1:2])),
        ),
        self_made_share=sample_score(0.07, n),
        self_made=tuple(ids[0:3]),
        invitations=(
            Invitation("whatsapp", 5, 4, tuple(ids[7:9])),
            Invitation("facebook_group", 2, 2, tuple(ids[2:3])),
            Invitation("unnamed_group", 1, 0, ()),
        ),
    )


def creators_of(n: int, ids: Sequence[str], now: datetime) -> tuple[Creator, ...]:
    """Four voices, two with signals; the posts of voice ``k`` are every fifth from ``k``."""
    return tuple(
        Creator(
            author_id=str(7_000_000_000_000_000_000 + number),
            n_posts=14 - 3 * number,
            share=(14 - 3 * number) / min(n, 256),
            n_known=(41, 12, 4, 3)[number],
            followers=(128_400, 911, None, None)[number],
            is_bot=(True, False, None, None)[number],
            signals=_signals(ids, number, now) if number < 2 else (),
            latest=_dated(ids[number::5], now),
        )
        for number in range(4)
    )


def _signals(ids: Sequence[str], number: int, now: datetime) -> tuple[CreatorSignal, ...]:
    own = _dated(ids[number::5], now)
    quiet = (
        CreatorSignal("hostile", sample_score(0.0, 12), ()),
        CreatorSignal("promotional", sample_score(0.0, 12), ()),
        CreatorSignal("disclosed", sample_score(0.0, 12), ()),
    )
    if number:
        return (CreatorSignal("copied", sample_score(0.25, 12), own[:2]), *quiet)
    return (
        CreatorSignal("even_intervals", Score(-0.82, 41, -0.9, -0.71, "sample.v1"), own),
        CreatorSignal("on_the_minute", sample_score(0.9, 41), own),
        CreatorSignal("quiet_hours", Score(2.1, 41, 2.1, 3.0, "sample.v1"), own),
        CreatorSignal("unreliable_links", sample_score(0.38, 16), own[:1]),
        CreatorSignal("follower_jump", Score(1.4, 30, 1.4, 1.4, "sample.v1"), own[:2]),
        *quiet,
    )


def _dated(ids: Sequence[str], now: datetime) -> tuple[DatedPost, ...]:
    return tuple(DatedPost(post_id, now - timedelta(minutes=17 * place)) for place, post_id in enumerate(ids[:3]))
