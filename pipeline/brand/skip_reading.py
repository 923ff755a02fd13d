"""Reads what the skip log rests on: the archive, and how each verdict changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.brand.skip_log import SkipLog, skip_log, tempted
from pipeline.store.contract import StoreReader

MIN_POSTS = 20
"""Smaller topics were never judged, so never skipped."""


def read_skips(
    store: StoreReader,
    brand_id: str,
    span: timedelta,
    now: datetime,
    watch_percentile: float,
    min_posts: int = MIN_POSTS,
) -> SkipLog:
    """The skip log of a brand over the last ``span`` of event time.

    Parameters
    ----------
    now
        The wall clock: where an empty store begins to count.
    watch_percentile
        Fit from which a topic is near the brand.
    """
    as_of = store.data_as_of()
    since = (as_of or now) - span
    topics = [
        topic
        for topic in store.archive(since, min_posts)
        if any(verdict.brand_id == brand_id and tempted(topic.report, verdict) for verdict in topic.verdicts)
    ]
    ids = [topic.report.topic_id for topic in topics]
    histories = {topic_id: store.verdict_history(brand_id, topic_id) for topic_id in ids}
    return skip_log(brand_id, topics, histories, since, as_of, watch_percentile)
