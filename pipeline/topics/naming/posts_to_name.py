"""Which posts of a topic speak for its name: in one language, each thing said once, no author too loud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.types.traces import PostTrace

STAY_IN_LANGUAGE = 1.5
"""A topic keeps the language of its label until another has this much more posts."""

MIN_IN_LANGUAGE = 3
MIN_PER_AUTHOR = 4


def label_language(traces: Sequence[PostTrace], old: str) -> str | None:
    """The language most posts are in, with an advantage for the one in which ``old``, the first part of the
    label so far, is said most; ``None`` when no post tells its language.

    Examples
    --------
    >>> from tests.demo_shard import make_trace
    >>> posts = [make_trace(i, language="it", text="pane caldo") for i in range(5)]
    >>> posts += [make_trace(i, language="en", text="warm bread") for i in range(4)]
    >>> label_language(posts, ""), label_language(posts, "Warm bread")
    ('it', 'en')
    """
    posts: Counter[str] = Counter(trace.language for trace in traces if trace.language)
    if not posts:
        return None
    worth = {language: float(count) for language, count in posts.items()}
    head = old.lower()
    if head and len(posts) > 1:
        said: Counter[str] = Counter(
            trace.language for trace in traces if trace.language and head in trace.text.lower()
        )
        if said:
            home = min(said, key=lambda language: (-said[language] / posts[language], -posts[language], language))
            worth[home] *= STAY_IN_LANGUAGE
    return min(worth, key=lambda language: (-worth[language], language))


def voices(traces: Sequence[PostTrace], language: str | None) -> list[PostTrace]:
    """Posts in the language of the label, copies once, of each author the latest few only.

    All languages are taken when hardly any post is in that one.

    Examples
    --------
    >>> from tests.demo_shard import make_trace
    >>> copies = [make_trace(i, text="The same offer again") for i in range(9)]
    >>> crowd = [make_trace(i, text=f"Voice number {i}") for i in range(20, 28)]
    >>> loud = [make_trace(i, text=f"Bread number {i}", author=7) for i in range(30, 60)]
    >>> len(voices(copies, "en")), len(voices(crowd, "en")), len(voices(crowd + loud, "en"))
    (1, 8, 16)
    """
    spoken = [trace for trace in traces if trace.language in (language, None)]
    if len(spoken) < MIN_IN_LANGUAGE:
        spoken = list(traces)
    once = list({trace.text.lower(): trace for trace in spoken}.values())
    authors = {trace.author for trace in once}
    fair = max(MIN_PER_AUTHOR, 2 * len(once) // max(len(authors), 1))
    n_of: Counter[int] = Counter()
    kept = []
    for trace in reversed(once):
        if trace.author is not None:
            n_of[trace.author] += 1
            if n_of[trace.author] > fair:
                continue
        kept.append(trace)
    return kept[::-1]
