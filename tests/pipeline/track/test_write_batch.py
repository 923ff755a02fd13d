"""What a step commits: which result replaces which, what a merge or a deletion takes back, and that all is saved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest

from ingest.post import Author, Post
from pipeline.store.contract import Transaction
from pipeline.store.records import StoredMove, StoredPost
from pipeline.track.results.brands import NO_QUOTE, RANKINGS_KEPT, Ranking
from pipeline.track.results.posts import Placement
from pipeline.track.write_batch import Changes
from pipeline.types import EnrichedPost, Signals, Verdict, VerdictKind
from tests.samples import NOW, make_alert, make_report, make_verdict

CALM = Signals(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)
HERE = Placement("t1", 1, 0.5, is_copy=False)
RIDE, WATCH = VerdictKind.RIDE, VerdictKind.WATCH


class Notebook:
    """A transaction that notes what it is asked to write."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *given: self.calls.append((name, given))


def saved(changes: Changes) -> list[tuple[str, tuple[Any, ...]]]:
    book = Notebook()
    changes.save(cast(Transaction, book), "shard")
    return book.calls


def written(changes: Changes, name: str) -> Any:
    """What a call of that name was given last."""
    return dict(saved(changes))[name][-1]


def enriched(post_id: str, author: str = "a1", text: str = "bread") -> EnrichedPost:
    post = Post(post_id=post_id, text=text, event_time=NOW, author=Author(id=author))
    return EnrichedPost(post, text, hash(text), "en", (), CALM)


def ids(posts: list[StoredPost]) -> list[str]:
    return [post.post_id for post in posts]


def test_an_empty_step_asks_for_every_write_but_ranks_in_the_order_of_the_commit() -> None:
    assert [name for name, _given in saved(Changes())] == [
        *("delete_posts", "save_posts", "save_moves", "save_redirects", "save_switches"),
        *("save_reports", "save_centres", "save_backgrounds", "save_verdicts", "save_markets"),
        *("add_counts", "enqueue"),
    ]


def test_posts_are_saved_by_their_newest_revision_where_their_cluster_ended() -> None:
    changes = Changes()
    changes.posts.revised["p1"] = enriched("p1", text="rye")
    changes.posts.add(enriched("p1"), HERE)
    changes.posts.add(enriched("p2"), Placement("t1", 2, None, is_copy=True))
    changes.posts.moves.extend([StoredMove(1, "t1", "t2"), StoredMove(1, "t2", "t3")])
    rows = written(changes, "save_posts")
    assert [(row.post_id, row.text, row.topic_id) for row in rows] == [("p1", "rye", "t3"), ("p2", "bread", "t1")]


def test_deleted_posts_are_taken_back_and_quoted_no_more_and_may_come_again() -> None:
    changes = Changes()
    changes.posts.add(enriched("p1"), HERE)
    changes.posts.add(enriched("p2"), HERE)
    changes.alerts.append(make_alert(quotes=(("p1", "bread"), ("p2", "rye"))))
    changes.forget_posts(["p1", "long gone"])
    assert dict(saved(changes))["delete_posts"] == (["p1", "long gone"], [])
    assert ids(written(changes, "save_posts")) == ["p2"]
    assert [alert.quotes for alert in written(changes, "enqueue")] == [(NO_QUOTE, ("p2", "rye"))]
    changes.posts.add(enriched("p1"), HERE)
    assert ids(written(changes, "save_posts")) == ["p2", "p1"]


def test_an_account_takes_its_posts_along_remembered_or_not() -> None:
    changes = Changes()
    for post_id, author in (("p1", "a1"), ("p2", "a2"), ("p3", "a1")):
        changes.posts.add(enriched(post_id, author), HERE)
    changes.alerts.append(make_alert(quotes=(("p1", "bread"), ("p2", "rye"), ("p0", "older"))))
    changes.forget_author("a1", ["p0", "p1"])
    assert dict(saved(changes))["delete_posts"] == ([], ["a1"])
    assert ids(written(changes, "save_posts")) == ["p2"]
    assert [alert.quotes for alert in written(changes, "enqueue")] == [(NO_QUOTE, ("p2", "rye"), NO_QUOTE)]


def test_a_topic_that_merged_away_is_spoken_of_no_more() -> None:
    changes = Changes()
    changes.reports.update({id_: make_report(id_) for id_ in ("t1", "t2")})
    for brand in ("b1", "b2"):
        for id_ in ("t1", "t2"):
            changes.verdicts.take(make_verdict(brand, id_))
            changes.alerts.append(make_alert(brand_id=brand, topic_id=id_))
    changes.forget_topic(1)
    for name in ("save_reports", "save_verdicts", "enqueue"):
        assert {result.topic_id for result in written(changes, name)} == {"t2"}
    assert {key[0] for key in changes.verdicts} == {"b1", "b2"}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ([RIDE], [0]),
        ([RIDE, RIDE], [0, 1]),
        ([RIDE, RIDE, RIDE, RIDE], [0, 3]),
        ([RIDE, WATCH, WATCH, WATCH, RIDE], [0, 1, 3, 4]),
    ],
)
def test_of_each_run_of_verdicts_the_first_and_the_last_are_kept(told: list[VerdictKind], kept: list[int]) -> None:
    verdicts = [make_verdict(kind=kind, as_of=NOW + timedelta(minutes=i)) for i, kind in enumerate(told)]
    changes = Changes()
    for verdict in verdicts:
        changes.verdicts.take(verdict)
    assert written(changes, "save_verdicts") == [verdicts[i] for i in kept]


def test_verdicts_of_all_brands_are_saved_by_time() -> None:
    changes = Changes()

    def at(minute: int, brand: str) -> Verdict:
        verdict = make_verdict(brand, as_of=NOW + timedelta(minutes=minute))
        changes.verdicts.take(verdict)
        return verdict

    expected = [at(0, "b1"), at(0, "b2"), at(1, "b1"), at(1, "b2")]
    assert written(changes, "save_verdicts") == expected


def test_the_last_boards_are_kept_for_the_movement_between_them() -> None:
    changes = Changes()
    rankings = [Ranking(NOW + timedelta(minutes=i), {"b1": [f"t{i}"], "b2": []}) for i in range(RANKINGS_KEPT + 2)]
    for ranking in rankings:
        changes.rankings.take(ranking)
    ranks = [given for name, given in saved(changes) if name == "save_ranks"]
    kept = rankings[-RANKINGS_KEPT:]
    assert ranks == [(brand, some.as_of, some.of_brand[brand]) for some in kept for brand in ("b1", "b2")]
