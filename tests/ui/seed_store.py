"""A store with invented trends, written through the real store writer.

Run it to look at the board by hand: ``python -m tests.ui.seed_store sqlite:///var/sample.db``.
"""

from __future__ import annotations

import math
import sys
import tomllib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from configs.settings import CONFIGS_DIR
from pipeline.brand.profile.profile import BrandProfile, Facet, load_profile
from pipeline.brand.profile.versions import stored_brand
from pipeline.store.database import open_store
from pipeline.store.records import StoredPost
from pipeline.types import (
    BrandFit,
    BrandNuance,
    Burst,
    FacetFit,
    Hazard,
    Momentum,
    Nuance,
    Poles,
    Reason,
    Redirect,
    Stage,
    TopicReport,
    Verdict,
    VerdictKind,
    Window,
)
from tests.samples import make_post
from tests.ui.seed_signals import (
    SOLEMN,
    controversy_of,
    creators_of,
    dialogue_of,
    exposure_of,
    mood_of,
    sample_score,
    saturation_of,
)
from tests.ui.seed_voices import context_of, market_of

BRANDS = (
    stored_brand(load_profile(CONFIGS_DIR / "brands" / "forno-aurora.toml")),
    stored_brand(BrandProfile(id="lido-sport", name="Lido Sport", facets=(Facet(name="beach", text="beach volley"),))),
)
OLD_ID, NEW_ID = "t99", "t1"
HOSTILE = "<script>alert('x')</script><b onmouseover=alert(1)>&amp; bread"
"""A label and a post as somebody would send them to break the page."""

EVERYDAY = (
    "Ieri sera ho provato la ricetta della nonna e la cucina profuma ancora.",
    "Anyone else awake at five just to watch the dough rise?",
    "Il pane migliore è quello che si spezza con le mani, a tavola, con calma.",
    "Second batch today. The kids ate the first one before it cooled down.",
    "Qualcuno ha un consiglio per la farina? Vorrei qualcosa di poco raffinato.",
    "Slow mornings, warm bread, no phone on the table. That is the whole plan.",
    "Non capisco tutto questo entusiasmo, costa il doppio ed è finito in un'ora.",
    "My neighbour left a loaf at my door with a note. Best day of the month.",
)


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """One invented trend: what it is called, how it runs, what the first brand should do with it."""

    topic_id: str
    label: str
    keywords: tuple[str, ...]
    n_posts: int
    n_authors: int
    stage: Stage
    age_h: float
    pace: tuple[float, float]
    kind: VerdictKind | None = None
    percentile: float | None = None
    heat: float | None = None
    previous_rank: int | None = None
    hazard: tuple[str, str, float] | None = None
    italian: float = 0.6


TRENDS = msgspec.convert(
    tomllib.loads(Path(__file__).with_name("sample_trends.toml").read_text(encoding="utf-8"))["trends"],
    tuple[Trend, ...],
)


def seed(
    store_url: str, now: datetime, clock: Callable[[], datetime] | None = None, trends: Sequence[Trend] = TRENDS
) -> None:
    """Write brands, trends, posts, verdicts with history, ranks and one merge.

    Parameters
    ----------
    now
        Event time of the newest report.
    clock
        Wall clock that stamps the commit; ``now`` when ``None``. An older one makes the feed stale.
    """
    store = open_store(store_url, clock or (lambda: now))
    try:
        # a first, older opinion, so that verdicts have a history and ranks a movement
        with store.transaction() as tx:
            tx.save_brands(BRANDS)
            tx.save_verdicts(
                [
                    Verdict(brand.brand_id, trend.topic_id, VerdictKind.WATCH, None, None, (), now - timedelta(hours=2))
                    for trend in trends
                    if trend.kind is not None and trend.previous_rank is not None
                    for brand in BRANDS
                ]
            )
            before = sorted(
                (trend for trend in trends if trend.previous_rank), key=lambda trend: trend.previous_rank or 0
            )
            for brand in BRANDS:
                tx.save_ranks(brand.brand_id, now - timedelta(minutes=1), [trend.topic_id for trend in before])
        with store.transaction() as tx:
            tx.save_posts([post for trend in trends for post in posts_of(trend, now)])
            tx.save_reports("default", [report_of(trend, now) for trend in trends])
            tx.save_verdicts(
                [
                    verdict_of(trend, brand.brand_id, now)
                    for trend in trends
                    if trend.kind is not None
                    for brand in BRANDS
                ]
            )
            for brand in BRANDS:
                tx.save_ranks(brand.brand_id, now, [trend.topic_id for trend in trends])
            tx.save_markets([market_of(BRANDS[0].brand_id, now)])
        with store.transaction() as tx:
            tx.save_redirects([Redirect(OLD_ID, NEW_ID, now)])
    finally:
        store.close()


def add_trend(store_url: str, trend: Trend, now: datetime) -> None:
    """One more trend, ranked first, as the worker would bring it while the board is open."""
    store = open_store(store_url, lambda: now)
    try:
        ranked = [row.report.topic_id for row in store.board(BRANDS[0].brand_id)]
        with store.transaction() as tx:
            tx.save_posts(posts_of(trend, now))
            tx.save_reports("default", [report_of(trend, now)])
            tx.save_verdicts([verdict_of(trend, brand.brand_id, now) for brand in BRANDS])
            for brand in BRANDS:
                tx.save_ranks(brand.brand_id, now, [trend.topic_id, *ranked])
    finally:
        store.close()


def post_ids(trend: Trend) -> list[str]:
    """Ids of the stored posts of a trend."""
    return [f"{trend.topic_id}-p{number}" for number in range(12)]


def posts_of(trend: Trend, now: datetime) -> list[StoredPost]:
    """Twelve posts, newest first in time; one with a link that must not be followed, one from nobody."""
    posts = []
    for number, post_id in enumerate(post_ids(trend)):
        text = EVERYDAY[(number + len(trend.label)) % len(EVERYDAY)]
        changes = {
            "text": HOSTILE if trend.label == HOSTILE else f"{text} #{trend.keywords[0]}",
            "event_time": now - timedelta(minutes=2 + 7 * number),
            "language": "it" if number / 12 < trend.italian else "en",
            "source": "bluesky" if number % 3 else "file",
            "author_id": f"a{number % 5}",
            "author_handle": None if number == 4 else f"@voce{number % 5}.example",
            "url": "javascript:alert(1)" if number == 1 else f"https://example.org/{post_id}",
            "is_copy": number == 7,
            "is_reply": number % 4 == 2,
        }
        posts.append(make_post(post_id, trend.topic_id, **changes))
    return posts


def report_of(trend: Trend, now: datetime) -> TopicReport:
    """The report of a trend; a young one has nothing measured yet."""
    ids, young = post_ids(trend), trend.n_posts < 12
    rate, baseline = trend.pace
    bins = 48
    series = tuple(
        round(
            (baseline + (rate - baseline) * (step / (bins - 1)) ** 3)
            / 6
            * (1 + 0.25 * math.sin(step * 1.7 + trend.age_h))
        )
        for step in range(bins)
    )
    italian = round(trend.n_posts * trend.italian)
    languages = tuple(item for item in (("it", italian), ("en", trend.n_posts - italian)) if item[1])
    return TopicReport(
        topic_id=trend.topic_id,
        as_of=now,
        label=trend.label,
        keywords=trend.keywords,
        first_seen=now - timedelta(hours=trend.age_h),
        last_seen=now - timedelta(minutes=2),
        n_posts=trend.n_posts,
        n_copies=trend.n_posts // 40,
        n_authors=trend.n_authors,
        languages=languages,
        sources=(("bluesky", trend.n_posts * 2 // 3), ("file", trend.n_posts - trend.n_posts * 2 // 3)),
        stage=trend.stage,
        momentum=Momentum(rate, baseline, (rate - baseline) / math.sqrt(baseline + 1), series, 600),
        bursts=(Burst(now - timedelta(minutes=110), now - timedelta(minutes=30)),) if rate > 2 * baseline else (),
        window=Window(2.0, 9.5, 0.78, 64) if trend.stage in (Stage.RISING, Stage.PEAK) else None,
        heat=None if trend.heat is None else sample_score(trend.heat, min(400, trend.n_posts)),
        division=None if trend.heat is None or young else sample_score(trend.heat * 0.8, 120),
        poles=Poles(tuple(ids[0:2]), tuple(ids[6:8]), tuple(ids[3:4])) if (trend.heat or 0) >= 0.45 else None,
        hazards=() if trend.hazard is None else (_hazard(trend),),
        mood=() if young else mood_of(trend.heat or 0.0),
        controversy=None if young else controversy_of(trend.heat or 0.0),
        solemn_days=(SOLEMN,) if trend.topic_id == "t7" else (),
        exposure=None if young else exposure_of(trend.topic_id, trend.n_posts, ids),
        saturation=None if young else saturation_of(trend.topic_id, trend.n_posts, ids),
        dialogue=None if young else dialogue_of(trend.topic_id, trend.n_posts, ids),
        nuances=()
        if young
        else (
            Nuance("ricette di casa", ("ricette", "casa"), 0.31, round(trend.n_posts * 0.31), tuple(ids[0:3])),
            Nuance("what it costs", ("cost", "price"), 0.14, round(trend.n_posts * 0.14), tuple(ids[6:8])),
        ),
        creators=() if young else creators_of(trend.n_posts, ids, now),
        representatives=tuple(ids[0:4]),
    )


def _hazard(trend: Trend) -> Hazard:
    name, tier, share = trend.hazard or ("", "low", 0.0)
    return msgspec.convert(
        {"name": name, "tier": tier, "share": sample_score(share, 240), "evidence": tuple(post_ids(trend)[5:7])},
        Hazard,
        from_attributes=True,
    )


def verdict_of(trend: Trend, brand_id: str, now: datetime) -> Verdict:
    """The verdict of a brand; the second brand cares for little of this."""
    ids, first = post_ids(trend), brand_id == BRANDS[0].brand_id
    kind = trend.kind if first and trend.kind is not None else VerdictKind.IGNORE
    percentile = trend.percentile if first else (trend.percentile or 0.0) * 0.6
    fit = None
    if percentile is not None and trend.n_posts >= 12:
        facets = (
            FacetFit("la colazione lenta", round((percentile - 80) / 6, 1), tuple(ids[0:2])),
            FacetFit("ingredienti onesti", round((percentile - 86) / 7, 1), tuple(ids[2:3])),
            FacetFit("umorismo gentile", -0.6, ()),
        )
        fit = BrandFit(0.6, percentile, 3450, facets)
    nuance = (
        BrandNuance("ricette di casa", "la colazione lenta", 2.9, 99.2, tuple(ids[0:2]))
        if kind is VerdictKind.NUANCE
        else None
    )
    reasons = tuple(_reasons(trend, kind, fit, ids))
    context = context_of(trend.topic_id, trend.n_authors, ids, now)
    return Verdict(brand_id, trend.topic_id, kind, fit, nuance, reasons, now, context=context)


def _reasons(trend: Trend, kind: VerdictKind, fit: BrandFit | None, ids: Sequence[str]) -> list[Reason]:
    reasons = []
    params: tuple[tuple[str, str], ...]
    if trend.n_posts < 12:
        params = (("n", str(trend.n_posts)), ("needed", "12"))
        reasons.append(
            Reason("thin_posts", f"only {trend.n_posts} distinct posts so far, 12 needed to judge", (), params)
        )
    if trend.hazard is not None:
        name, tier, share = trend.hazard
        params = (("hazard", name), ("share", f"{share:.2f}"), ("n", "240"))
        reasons.append(Reason(f"hazard_{tier}", f"{name} in {share:.0%} of posts (n = 240)", tuple(ids[5:7]), params))
    if kind is VerdictKind.NUANCE:
        params = (("label", "ricette di casa"), ("facet", "la colazione lenta"))
        reasons.append(Reason("nuance_fits", "the part about “ricette di casa” speaks to it", tuple(ids[0:2]), params))
    if fit is not None:
        shown = (
            ("facet", fit.facets[0].name),
            ("z", f"{fit.facets[0].z:.1f}"),
            ("percentile", f"{fit.percentile:.0f}"),
        )
        code = "fits_facet" if fit.percentile >= 99 else "weak_fit" if fit.percentile >= 95 else "no_fit"
        reasons.append(Reason(code, f"{code} at {fit.percentile}", tuple(ids[0:2]), (*shown, ("needed", "95"))))
    if trend.heat is not None:
        score = sample_score(trend.heat, 300)
        code = "hot" if trend.heat >= 0.45 else "calm"
        params = tuple((name, f"{getattr(score, name):.2f}") for name in ("value", "low", "high"))
        params += (("n", str(score.n)),)
        reasons.append(Reason(code, f"the tone is {code}", tuple(ids[6:7]) if code == "hot" else (), params))
    return reasons


if __name__ == "__main__":
    seed(sys.argv[1], datetime.now(UTC))
