"""Two enrichers in turns: how well topics stay whole when the encoder changes in the middle of a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ingest.post import Post
from pipeline.enrich.parallel.parallel_enricher import PostEnricher
from pipeline.types import EnrichedBatch


class TakingTurns:
    """Enriches whole batches, and hands over to the other enricher after every ``every_posts`` posts.

    Parameters
    ----------
    first, second
        The enrichers.
    every_posts
        The turn ends with the batch in which so many posts are reached.
    """

    def __init__(self, first: PostEnricher, second: PostEnricher, every_posts: int) -> None:
        self._both = (first, second)
        self._every_posts = every_posts

    def enrich_stream(self, batches: Iterable[Sequence[Post]]) -> Iterator[EnrichedBatch]:
        """Each batch enriched, in order."""
        n_posts = 0
        for posts in batches:
            yield self._both[n_posts // self._every_posts % 2].enrich(posts)
            n_posts += len(posts)
