"""The few posts that stand for a topic: central, different from each other, good to read.

Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) over distance to the centre and readability.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray
from pipeline.types.traces import PostTrace, TopicPosts

MAX_REPRESENTATIVES = 5
MIN_REPRESENTATIVES = 3
MAX_READ = 48
"""Of a large topic so many posts, the closest to its centre, are looked at."""

NEAR_COPY = 0.93
"""From this cosine on two posts say the same in the same way."""

SAME_WORDS = 0.6
"""The same, as the share of common words among all words of both."""

MAIN_LANGUAGE_SHARE = 0.2
VARIETY = 0.35
"""Weight of being different from what was chosen already, against standing for the topic."""

READABLE = 0.25
"""What a post that reads perfectly gains over one that does not read at all, in cosine."""

MIN_READABLE = 0.35
"""Posts below it stand for a topic only when there are no others."""

MIN_WORDS, MAX_WORDS = 5, 45


def representatives(posts: TopicPosts, centre: FloatArray) -> tuple[str, ...]:
    """Ids of three to five posts that stand for a topic, the best first; fewer in a topic that has fewer.

    At most one an author, no near copies, in the main languages of the topic; the same posts always give the
    same choice.

    Parameters
    ----------
    posts
        Posts of the topic, without copies.
    centre
        ``(d,) float32``, the mean of their embeddings.
    """
    n = len(posts)
    if n < 2:
        return tuple(trace.post_id for trace in posts.traces)
    spoken = _in_main_languages(posts.traces)
    closeness = posts.embeddings @ (centre / max(float(np.linalg.norm(centre)), 1e-9))
    if n > MAX_READ:
        near = np.sort(np.argsort(-closeness, kind="stable")[:MAX_READ])
        posts = TopicPosts([posts.traces[i] for i in near.tolist()], posts.embeddings[near])
        spoken, closeness, n = spoken[near], closeness[near], MAX_READ
    reads = np.array([readability(trace) for trace in posts.traces])
    worth = closeness + READABLE * reads
    chosen: list[int] = []
    words = [frozenset(trace.tokens) for trace in posts.traces]
    for good in ((reads >= MIN_READABLE) & spoken, reads >= MIN_READABLE, spoken, np.ones(n, bool)):
        wanted = MAX_REPRESENTATIVES if not chosen else MIN_REPRESENTATIVES
        while len(chosen) < wanted:
            best = _next(posts, worth, good, chosen, words)
            if best is None:
                break
            chosen.append(best)
    return tuple(posts.traces[i].post_id for i in chosen)


def readability(trace: PostTrace) -> float:
    """How well a post reads out of its place, in [0, 1]: a whole sentence of its own, not tags or a fragment.

    Examples
    --------
    >>> from tests.demo_shard import make_trace
    >>> whole = make_trace(text="The old bridge of Valdena is closed after the flood.")
    >>> tags = make_trace(text="bridge valdena flood", hashtags=("bridge", "valdena", "flood"))
    >>> readability(whole) > 0.9, readability(tags) < 0.2
    (True, True)
    """
    words = trace.text.split()
    if not words:
        return 0.0
    tags = set(trace.hashtags)
    n_tags = sum(word.strip(".,!?:;…\"'()").lower() in tags for word in words) if tags else 0
    n_plain = len(words) - n_tags
    length = min(1.0, n_plain / MIN_WORDS, MAX_WORDS / len(words))
    n_letters = sum(map(str.isalpha, trace.text))
    shouted = n_letters > 12 and sum(map(str.isupper, trace.text)) > 0.5 * n_letters
    score = length * (n_plain / len(words))
    score *= 0.6 if trace.is_reply else 1.0
    score *= 0.6 if shouted else 1.0
    # cut off at the end, or begun in the middle of somebody's sentence
    score *= 0.8 if words[-1].endswith(("…", "...", ",", ":", "-")) else 1.0
    return score * (0.85 if words[0][:1].islower() else 1.0)


def _in_main_languages(traces: Sequence[PostTrace]) -> NDArray[np.bool_]:
    counts = Counter(trace.language for trace in traces if trace.language)
    total = max(sum(counts.values()), 1)
    main = {language for language, count in counts.items() if count >= MAIN_LANGUAGE_SHARE * total}
    return np.array([not main or trace.language in main for trace in traces])


def _next(
    posts: TopicPosts,
    worth: NDArray[np.float64],
    good: NDArray[np.bool_],
    chosen: list[int],
    words: Sequence[frozenset[str]],
) -> int | None:
    """The best post that is still allowed; ties go to the older one."""
    allowed, value = good, worth
    if chosen:
        allowed = good.copy()
        taken = {posts.traces[i].author for i in chosen} - {None}
        for i in np.flatnonzero(good).tolist():
            strange = posts.traces[i].author not in taken
            allowed[i] = strange and not any(_same_words(words[i], words[j]) for j in chosen)
        likeness = (posts.embeddings @ posts.embeddings[chosen].T).max(axis=1)
        allowed &= likeness < NEAR_COPY
        value = (1 - VARIETY) * worth - VARIETY * likeness
    if not allowed.any():
        return None
    return int(np.argmax(np.where(allowed, np.round(value, 6), -np.inf)))


def _same_words(one: frozenset[str], other: frozenset[str]) -> bool:
    union = len(one | other)
    return union > 0 and len(one & other) >= SAME_WORDS * union
