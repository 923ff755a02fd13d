"""Invented voices and markets for the sample trends: one of each kind, some of it unknown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from pipeline.brand.voices.market import compare
from pipeline.brand.voices.market_series import DAY_S, Period
from pipeline.evaluation.brands.rivals import World, draw
from pipeline.types import Score
from pipeline.types.voices import AudienceShare, BrandContext, ExpertMatch, MarketReading, RivalPresence
from tests.ui.seed_signals import CROWDED, QUIET, RUMOUR, sample_score

NAMES = ("Forno Aurora", "Biscotti Rivali", "Mulino Contrada", "Lumen")


def context_of(topic_id: str, n: int, ids: Sequence[str], now: datetime) -> BrandContext | None:
    """Everything known in two topics, an audience by chance in most, nothing in the quiet one."""
    if topic_id == QUIET:
        return None
    voices = min(n, 131)
    share, chance = sample_score(0.18, voices), sample_score(0.06, 4200)
    if topic_id not in (RUMOUR, CROWDED):
        return BrandContext(
            AudienceShare(sample_score(0.05, voices), 6, chance, Score(0.9, voices, 0.4, 1.9, "sample"))
        )
    expert = ExpertMatch("Chiara Bassani", "master baker", "traditional flours", 99.6, 266, ids[4], "bread prices")
    rivals = (
        RivalPresence(name=NAMES[0], own=True, n_named=31, voice=sample_score(0.62, 50), named_in=tuple(ids[5:7])),
        RivalPresence(
            name=NAMES[1],
            n_posts=3,
            first_at=now - timedelta(hours=5),
            post_ids=tuple(ids[0:2]),
            standing=sample_score(0.83, 41),
            n_named=19,
            voice=sample_score(0.38, 50),
        ),
        RivalPresence(name=NAMES[2], n_posts=1, first_at=now - timedelta(minutes=40), post_ids=tuple(ids[3:4])),
        RivalPresence(name=NAMES[3], doubtful=7),
    )
    lift = Score(3.0, voices, 1.8, 5.1, "sample.v1")
    return BrandContext(AudienceShare(share, round(0.18 * voices), chance, lift), expert, rivals)


def market_of(brand_id: str, now: datetime) -> MarketReading:
    """A market that fell while the brand fell more."""
    world = World(own=80.0, rivals=(60.0, 25.0), per_day=3.0)
    days = draw(world, np.random.default_rng(3), Period(), 0.8, 0.45)
    named = [type(one)(name, one.own, one.total, one.n) for name, one in zip(NAMES, days, strict=False)]
    return compare(brand_id, named, math.floor(now.timestamp() / DAY_S), Period())
