"""Is the student good enough? Group posts it never saw with the teacher's vectors and with its own.

Agreement with the teacher's clusters would not answer that: the teacher's clusters are no truth, and
a student may differ where the teacher is wrong. Both are scored against the same outside truth: the
file's labels, else what posts themselves say they are about, a rare hashtag or link they share
(hashtags are taken out of the texts first).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from configs.errors import InputError
from configs.settings import TopicSettings
from ingest.post import Post
from pipeline.brand.fit.concept_background import concept_background
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.text.words import clean, text_hash, words
from pipeline.topics.clustering.assignment import PostColumns
from pipeline.topics.clustering.tracker import TopicTracker
from pipeline.training.clustering_scores import ClusteringScores, score_clustering
from pipeline.types import FloatArray

MIN_SCORED, MIN_GROUPS = 200, 10
"""With fewer grouped posts or groups a difference of .02 NMI would be noise."""
MIN_GROUP_POSTS = 3
MAX_GROUP_SHARE = 0.1
"""A hashtag on more of the posts is a habit, not a topic."""

LABELS, SHARED = "labels", "shared hashtags and links"

_HASHTAG = re.compile(r"#\w+")


class Sample(msgspec.Struct, frozen=True):
    """Held-back posts in stream order: ``texts`` as they are embedded, ``groups`` their truth or ``None``."""

    posts: tuple[Post, ...]
    texts: tuple[str, ...]
    groups: tuple[str | None, ...]
    truth: str

    @property
    def n_scored(self) -> int:
        """Posts with a truth."""
        return sum(group is not None for group in self.groups)

    @property
    def n_groups(self) -> int:
        """Different truths."""
        return len({group for group in self.groups if group is not None})


def embedded_text(post: Post) -> str:
    """What the pipeline embeds of a post."""
    return clean(post.text) or post.text


def make_sample(posts: Sequence[Post], labels: Mapping[str, str]) -> Sample:
    """Posts with the best truth they have.

    Parameters
    ----------
    posts
        In stream order.
    labels
        Post id → label, where the file has one.

    Raises
    ------
    InputError
        Too few posts have a label, and too few share a rare hashtag or link: nothing could be judged.
    """
    given = tuple(labels.get(post.post_id) for post in posts)
    sample = Sample(tuple(posts), tuple(map(embedded_text, posts)), given, LABELS)
    if not _judgeable(sample):
        sample = _by_shared_marks(posts)
    if not _judgeable(sample):
        raise InputError(
            f"of the newest {len(posts)} posts {sample.n_scored} share a rare hashtag or link, in {sample.n_groups} "
            f"groups; at least {MIN_SCORED} in {MIN_GROUPS} are needed to judge a student: "
            'give more posts, or posts with a "label"'
        )
    return sample


def cluster_scores(sample: Sample, encoder: Encoder, vectors: FloatArray, settings: TopicSettings) -> ClusteringScores:
    """Score the topics found with one encoder's vectors ``(n, d)`` against the sample's truth."""
    token_lists = [words(text) for text in sample.texts]
    columns = PostColumns(
        token_lists,
        vectors,
        np.array([post.event_time.timestamp() for post in sample.posts]),
        np.array([text_hash(text, text) for text in sample.texts]),
    )
    choices = TopicTracker(concept_background(encoder), settings).assign(columns)
    moved = {move.cluster: move.new for move in choices.changes.moves}  # the last move counts
    merged = {merge.old: merge.new for merge in choices.changes.merges}
    of_posts = zip(choices.cluster.tolist(), choices.topic.tolist(), strict=True)
    found = [str(_final(moved.get(cluster, topic), merged)) for cluster, topic in of_posts]
    scores = score_clustering(sample.groups, found)
    if scores is None:
        raise InputError("no held-back post has a truth")
    return scores


def _judgeable(sample: Sample) -> bool:
    return sample.n_scored >= MIN_SCORED and sample.n_groups >= MIN_GROUPS


def _by_shared_marks(posts: Sequence[Post]) -> Sample:
    """Each post's group is the rarest hashtag or link it shares; copies count once, tags leave the texts."""
    bare = [clean(_HASHTAG.sub(" ", post.text)) for post in posts]
    texts = [text or embedded_text(post) for text, post in zip(bare, posts, strict=True)]
    hashes = [text_hash(text, text) for text in texts]
    first = {value: i for i, value in reversed(list(enumerate(hashes)))}
    # a post of tags alone has no text to be judged by
    scored = [bool(bare[i]) and first[hashes[i]] == i for i in range(len(posts))]
    marks = [_marks(post) if keep else set() for post, keep in zip(posts, scored, strict=True)]
    sizes = Counter(mark for those in marks for mark in those)
    largest = MAX_GROUP_SHARE * len(posts)
    groups = [
        min(
            (mark for mark in those if MIN_GROUP_POSTS <= sizes[mark] <= largest),
            key=lambda mark: (sizes[mark], mark),
            default=None,
        )
        for those in marks
    ]
    return Sample(tuple(posts), tuple(texts), tuple(groups), SHARED)


def _marks(post: Post) -> set[str]:
    return {f"#{tag.casefold()}" for tag in post.hashtags} | set(post.links)


def _final(topic: int, merged: Mapping[int, int]) -> int:
    while topic in merged:
        topic = merged[topic]
    return topic
