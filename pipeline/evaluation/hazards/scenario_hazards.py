"""How many single posts of a scenario case speak of the hazards it should raise, before any topic and any bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from configs.demo.bank import LANGS
from configs.demo.build import MIDNIGHT
from ingest.post import Post
from pipeline.enrich.enricher import Enricher
from pipeline.enrich.hazards.heads import POST_THRESHOLD
from pipeline.evaluation.hazards.scenario_cases import Case


@dataclass(frozen=True)
class HeardHazards:
    """Shares in [0, 1] of the ``n`` posts of a case at the strength that counts.

    ``expected``: every hazard of ``hazards_any``, the most heard first; ``others``: the most heard of the rest.
    """

    case: Case
    n: int
    expected: tuple[tuple[str, float], ...]
    others: tuple[tuple[str, float], ...]


def heard_hazards(case: Case, enricher: Enricher, n_others: int = 2) -> HeardHazards:
    """Read the posts of a case one by one.

    Parameters
    ----------
    case
        Whose posts.
    enricher
        As the pipeline builds it.
    n_others
        How many hazards that are not expected to tell.
    """
    posts = [
        Post(post_id=f"{lang}-{i}", text=text, event_time=MIDNIGHT)
        for lang in LANGS
        for i, text in enumerate(case.posts(lang))
    ]
    count: dict[str, int] = dict.fromkeys(case.hazards_any, 0)
    for read in enricher.enrich(posts).posts:
        for name, strength in read.hazards:
            count[name] = count.get(name, 0) + (strength >= POST_THRESHOLD)
    ranked = sorted(((name, n / len(posts)) for name, n in count.items()), key=lambda heard: (-heard[1], heard[0]))
    expected = tuple(heard for heard in ranked if heard[0] in case.hazards_any)
    others = tuple(heard for heard in ranked if heard[0] not in case.hazards_any and heard[1] > 0)
    return HeardHazards(case, len(posts), expected, others[:n_others])


def heard_table(heard: Sequence[HeardHazards]) -> str:
    """One row a case (Markdown).

    Examples
    --------
    >>> print(heard_table([]))
    | case | posts | expected hazards, posts that speak of them | most heard besides |
    |---|---|---|---|
    """
    head = "| case | posts | expected hazards, posts that speak of them | most heard besides |"
    rows = [f"| {h.case.id} | {h.n} | {_shares(h.expected)} | {_shares(h.others)} |" for h in heard]
    return "\n".join([head, "|---|---|---|---|", *rows])


def _shares(heard: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {100 * share:.0f} %" for name, share in heard)
