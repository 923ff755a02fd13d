"""Enrichers in turns: whole batches, in order, handed over at the right post."""

from __future__ import annotations

from pipeline.evaluation.clustering.turns import TakingTurns
from tests.pipeline.plain_enricher import Plain
from tests.students import demo_posts


def test_the_other_one_takes_over_after_so_many_posts() -> None:
    posts = demo_posts()[:70]
    batches = [posts[i : i + 10] for i in range(0, 70, 10)]
    read = list(TakingTurns(Plain("one"), Plain("other"), 25).enrich_stream(batches))
    assert [batch.encoder_id for batch in read] == ["one"] * 3 + ["other"] * 2 + ["one"] * 2
    assert [enriched.post for batch in read for enriched in batch.posts] == list(posts)
