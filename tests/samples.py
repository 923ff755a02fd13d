"""Complete, valid objects to start a test from; every builder takes changes by field name.

Examples
--------
>>> make_report("t7", n_posts=3).n_posts
3
>>> make_verdict(topic_id="t7").kind
<VerdictKind.RIDE: 'RIDE'>
>>> make_alert(topic_id="t7").report.topic_id
't7'
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pipeline.store.records import StoredPost
from pipeline.types import (
    Alert,
    BrandFit,
    BrandNuance,
    Burst,
    Creator,
    Dialogue,
    DialogueQuestion,
    Exposure,
    FacetFit,
    Hazard,
    Momentum,
    Nuance,
    Poles,
    Reason,
    Saturation,
    Score,
    Signals,
    Stage,
    TopicReport,
    Verdict,
    VerdictKind,
    Window,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
"""The moment all samples are made at."""


def make_score(value: float = 0.4, n: int = 40, method: str = "sample.v1") -> Score:
    """A score with an interval of ±0.1 around ``value``."""
    return Score(value=value, n=n, low=max(0.0, value - 0.1), high=min(1.0, value + 0.1), method=method)


def make_report(topic_id: str = "t1", **changes: Any) -> TopicReport:
    """A rising topic in which every optional part is known."""
    report = TopicReport(
        topic_id=topic_id,
        as_of=NOW,
        label="slow breakfast",
        keywords=("breakfast", "bread", "caffè"),
        first_seen=NOW - timedelta(hours=5),
        last_seen=NOW - timedelta(minutes=1),
        n_posts=42,
        n_copies=3,
        n_authors=30,
        languages=(("en", 30), ("it", 12)),
        sources=(("file", 42),),
        stage=Stage.RISING,
        momentum=Momentum(rate_per_h=12.0, baseline_per_h=4.0, significance=3.5, series=(1, 2, 4, 8, 12), bin_s=600),
        bursts=(Burst(onset=NOW - timedelta(hours=1), peak=NOW - timedelta(minutes=20)),),
        window=Window(low_h=2.0, high_h=9.0, hit_rate=0.8, n=25),
        heat=make_score(0.3),
        division=make_score(0.2),
        poles=Poles(one=("p1",), other=("p2",), middle=("p3",)),
        hazards=(Hazard(name="health", tier="medium", share=make_score(0.1), evidence=("p2",)),),
        exposure=Exposure(
            n=42,
            copy_share=make_score(0.07, 42),
            top_author_share=make_score(0.1, 42),
            single_platform_share=make_score(1.0, 42),
            link_domains=4,
        ),
        saturation=Saturation(n_brands=2, share=make_score(0.05), post_share=make_score(0.08), n_disclosed=1),
        dialogue=Dialogue(
            n=42,
            reply_share=make_score(0.3, 42),
            question_share=make_score(0.1, 42),
            questions=(DialogueQuestion("p4", 3, 3, ("p4",)),),
        ),
        nuances=(
            Nuance(label="sunday bread", keywords=("sunday", "bread"), share=0.25, n_posts=10, post_ids=("p1", "p3")),
        ),
        creators=(Creator(author_id="a1", n_posts=4, share=0.1),),
        representatives=("p1", "p2", "p3"),
    )
    return msgspec.structs.replace(report, **changes)


def make_verdict(brand_id: str = "forno-aurora", topic_id: str = "t1", **changes: Any) -> Verdict:
    """A RIDE with a fit, a nuance and one reason that quotes posts."""
    verdict = Verdict(
        brand_id=brand_id,
        topic_id=topic_id,
        kind=VerdictKind.RIDE,
        fit=BrandFit(
            value=0.61,
            percentile=99.4,
            n=42,
            facets=(FacetFit(name="breakfast", z=3.1, evidence=("p1",)),),
        ),
        nuance=BrandNuance(label="sunday bread", facet="breakfast", z=2.8, percentile=98.0, post_ids=("p1", "p3")),
        reasons=(
            Reason(
                code="fits_facet",
                text="Speaks to “breakfast”: 3.1 σ above background",
                evidence=("p1",),
                params=(("facet", "breakfast"), ("z", "3.1"), ("percentile", "99")),
            ),
        ),
        as_of=NOW,
    )
    return msgspec.structs.replace(verdict, **changes)


def make_alert(
    dedup_key: str | None = None, brand_id: str = "forno-aurora", topic_id: str = "t1", **changes: Any
) -> Alert:
    """An alert whose report and verdict are about ``topic_id`` and ``brand_id``."""
    verdict = make_verdict(brand_id, topic_id)
    alert = Alert(
        dedup_key=dedup_key if dedup_key is not None else f"{brand_id}:{topic_id}:{verdict.kind}",
        brand_id=brand_id,
        topic_id=topic_id,
        created_at=NOW,
        report=make_report(topic_id),
        verdict=verdict,
        quotes=(("p1", "Sunday, coffee and warm bread."),),
    )
    return msgspec.structs.replace(alert, **changes)


def make_post(post_id: str = "p1", topic_id: str = "t1", **changes: Any) -> StoredPost:
    """An English post of author ``a1``, one minute old."""
    post = StoredPost(
        post_id=post_id,
        rev=0,
        topic_id=topic_id,
        cluster=1,
        text=f"Sunday, coffee and warm bread ({post_id}).",
        event_time=NOW - timedelta(minutes=1),
        similarity=0.83,
        language="en",
        source="file",
        author_id="a1",
        author_handle="@baker",
        url=f"https://example.org/{post_id}",
        is_copy=False,
        is_reply=False,
        signals=Signals(0.1, 0.8, 0.0, 0.0, anger=0.05, joy=0.6, optimism=0.2, sadness=0.05),
        hazards=(("health", 0.2),),
    )
    return msgspec.structs.replace(post, **changes)
