"""Posts of a brand and its competitors on their way through a shard: the road they take changes nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from ingest.post import Author, Metrics, Post
from ingest.sources.contract import Deletion
from ingest.streams.contract import OutRecord
from ingest.wire import Heartbeat, encode_deletion, encode_heartbeat, encode_post
from pipeline.store.contract import Store
from pipeline.topics.memory.account_watch import AccountPost
from pipeline.types.pseudonyms import handle_hash
from pipeline.types.voices import MarketKind, MarketReading, RivalPresence
from tests.demo_shard import content, demo_posts, differing, fill, opened, run_to_end, shard_settings, tools_of, working
from tests.store_dump import dump

OWN, RIVAL = "fornoaurora", "biscottirivali.example"
N_POSTS = 300
DELETED_AT = 250


def post_of(handle: str, number: int, after: Post, likes: int, rev: int = 0) -> Post:
    text = "Colazione lenta con biscotti appena sfornati, caffè e nessuna fretta #ColazioneLenta"
    return Post(
        post_id=f"{handle}-{number}",
        rev=rev,
        text=f"{text} {number}",
        event_time=after.event_time + timedelta(seconds=number % 7),
        author=Author(handle, handle),
        hashtags=("colazionelenta",),
        metrics=Metrics(likes=likes),
    )


def records() -> tuple[OutRecord, ...]:
    """Demo posts with those of two accounts among them, counted again later; one post and one account are deleted."""
    found: list[OutRecord] = []
    for i, post in enumerate(demo_posts(N_POSTS)):
        found.append(encode_post(post))
        handle = (OWN, RIVAL)[i // 10 % 2]
        if i % 10 == 5:
            found.append(encode_post(post_of(handle, i, post, likes=1)))
        if i % 10 in (6, 9):
            found.append(encode_post(post_of(handle, i - i % 10 + 5, post, likes=i, rev=i % 10)))
        if i == DELETED_AT:
            found.append(encode_deletion(Deletion(post_id=f"{OWN}-5")))
            found.append(encode_deletion(Deletion(account_id=RIVAL)))
    found.append(encode_heartbeat(Heartbeat(demo_posts(N_POSTS)[-1].event_time + timedelta(hours=1), end=True)))
    return tuple(found)


def watched(store: Store) -> dict[str, list[AccountPost]]:
    """What the saved state holds of both accounts."""
    state = store.load_state("default")
    assert state is not None
    names = {f"accounts/{handle_hash(handle)}": handle for handle in (OWN, RIVAL)}
    arrays = [array for array in state.arrays if array.name in names]
    return {names[a.name]: msgspec.msgpack.decode(a.values.tobytes(), type=list[AccountPost]) for a in arrays}


def presences(store: Store) -> dict[str, RivalPresence]:
    verdicts = [verdict for report in store.reports() for verdict in store.verdicts(report.topic_id)]
    contexts = [verdict.context for verdict in verdicts if verdict.brand_id == "forno-aurora"]
    return {one.name: one for context in contexts if context is not None for one in context.rivals if one.n_posts > 2}


@pytest.mark.slow
def test_accounts_are_counted_once_with_their_latest_response_and_forgotten_when_deleted(tmp_path: Path) -> None:
    settings = shard_settings(tmp_path)
    fill(settings, records())
    with opened(settings) as store:
        run_to_end(settings, store)
        kept = watched(store)
        market = store.market("forno-aurora")
        topics = presences(store)

    assert [post.post_id for post in kept[OWN]] == [f"{OWN}-{i + 5}" for i in range(20, N_POSTS, 20)]
    assert [post.response for post in kept[OWN]] == [float(i + 9) for i in range(20, N_POSTS, 20)]
    assert all(int(post.post_id.rpartition("-")[2]) > DELETED_AT for post in kept[RIVAL])
    assert isinstance(market, MarketReading)
    assert (market.kind, market.why) == (MarketKind.NOT_KNOWN, "too_few_own")  # all on one day
    assert {one.name: one.n_before + one.n_now for one in market.accounts}["Forno Aurora"] == len(kept[OWN])
    assert topics["Forno Aurora"].own
    assert topics["Forno Aurora"].first_at is not None


@pytest.mark.slow
def test_neither_the_cut_of_the_stream_nor_a_restart_changes_what_is_known(tmp_path: Path) -> None:
    stores = []
    for name, batch in (("whole", 64), ("pieces", 7)):
        settings = shard_settings(tmp_path, name)
        settings = msgspec.structs.replace(settings, ingest=msgspec.structs.replace(settings.ingest, batch_posts=batch))
        fill(settings, records())
        with opened(settings) as store:
            run_to_end(settings, store)
            stores.append((watched(store), presences(store), store.market("forno-aurora")))
    assert stores[0] == stores[1]

    settings = shard_settings(tmp_path, "restarted")
    fill(settings, records())
    with opened(settings) as store:
        ended = False
        while not ended:
            with working(settings, tools_of(settings, store)) as worker:  # a new process after every batch
                ended = worker.step(timeout_s=0.0).ended
        assert (watched(store), presences(store), store.market("forno-aurora")) == stores[0]
        before = content(store)
    with opened(settings) as again:
        assert differing(content(again), before) == []
        assert dump(again)["markets"]
