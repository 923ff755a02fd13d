"""Finished topics are remembered through restarts: a new worker at every batch finds what one worker finds."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ingest.wire import Heartbeat, encode_heartbeat, encode_post
from pipeline.track.precedents import PastTopics
from tests.demo_shard import content, demo_posts, differing, fill, opened, shard_settings, tools_of, working
from tests.store_dump import Dump

pytestmark = pytest.mark.slow

EXPIRE_S = 2 * 3600.0
N_POSTS = 1500


def _run(folder: Path, *, restarts: bool) -> tuple[Dump, int, int]:
    """(store, finished topics, topics with precedents) of a day; topics are over two hours after their last post."""
    settings = shard_settings(folder)
    settings = msgspec.structs.replace(
        settings,
        topics=msgspec.structs.replace(settings.topics, expire_after_s=EXPIRE_S),
        ingest=msgspec.structs.replace(settings.ingest, batch_posts=256),
    )
    posts = demo_posts(N_POSTS)
    end = Heartbeat(max(post.event_time for post in posts), end=True)
    fill(settings, [*map(encode_post, posts), encode_heartbeat(end)])
    with opened(settings) as store:
        ended, n_finished = False, 0
        while not ended:
            tools = tools_of(settings, store)
            assert isinstance(tools.past, PastTopics)
            with working(settings, tools) as worker:
                while not ended:
                    ended = worker.step(timeout_s=0.0).ended
                    if restarts:
                        break
                n_finished = len(tools.past)
        n_told = sum(bool(report.precedents) for report in store.reports())
        return content(store), n_finished, n_told


def test_precedents_survive_restarts(tmp_path: Path) -> None:
    for name in ("one", "many"):
        (tmp_path / name).mkdir()
    one, n_finished, n_told = _run(tmp_path / "one", restarts=False)
    many, n_again, n_told_again = _run(tmp_path / "many", restarts=True)
    assert n_finished > 0, "topics finished: there is a past"
    assert (n_finished, n_told) == (n_again, n_told_again)
    assert differing(one, many) == []
