"""``kill -9`` at ten moments of ``trendsieve run``: the store ends as if nothing had happened."""

from __future__ import annotations

import gzip
import random
import time
from itertools import islice
from pathlib import Path

import pytest

from tests.e2e.outcomes import assert_equal, outcome
from tests.e2e.processes import BAKERY, BIKES, DEMO, Launcher

pytestmark = pytest.mark.slow

N_POSTS = 1_200
KILLS = 10
SEED = 20_260_314


def settings(folder: Path, batch_posts: int = 128) -> Path:
    """A settings file whose data lives in ``folder``."""
    folder.mkdir(exist_ok=True)
    path = folder / "settings.toml"
    path.write_text(
        f'[stream]\nkind = "local"\npath = "{folder}/stream.sqlite"\n'
        f'[store]\nurl = "sqlite:///{folder}/store.db"\n'
        f"[ingest]\nbatch_posts = {batch_posts}\n"
        "[report]\nevery_s = 600\nmin_posts = 3\n"
        "[topics]\nexpire_after_s = 7200\n"
    )
    return path


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The beginning of the bundled day with an unusable line and an edited post in it."""
    path = tmp_path_factory.mktemp("day") / "day.jsonl"
    with gzip.open(DEMO, "rb") as day:
        lines = list(islice(day, N_POSTS))
    lines.insert(300, b'{"text": 7}\n')
    lines.insert(700, lines[10].replace(b'{"id":', b'{"rev":3,"id":', 1))
    path.write_bytes(b"".join(lines))
    return path


def test_ten_kills_leave_what_an_uninterrupted_run_leaves(launcher: Launcher, posts: Path, tmp_path: Path) -> None:
    words = ("run", "--file", posts, "--brand", BAKERY, "--brand", BIKES, "--until-end", "--config")
    started = time.monotonic()
    whole = launcher.run(*words, settings(tmp_path / "whole"), folder=tmp_path, timeout_s=300)
    took_s = time.monotonic() - started
    assert whole.code == 0, whole.err
    expected = outcome(f"sqlite:///{tmp_path}/whole/store.db")
    assert len(expected["posts"]) > N_POSTS * 0.9
    assert {"reports", "verdicts", "states", "ranks", "counts"} <= {name for name, rows in expected.items() if rows}

    # Ten stretches that together last as long as the whole run: kills fall on start-up, middle and end alike.
    rng = random.Random(SEED)
    config = settings(tmp_path / "killed")
    killed = 0
    for attempt in range(KILLS):
        running = launcher.start(*words, config, folder=tmp_path)
        running.ends_within(rng.uniform(0.02, 1.0) * took_s / (2 if attempt else 10))
        killed += running.kill().code == -9
    # how many of the moments find the run at work depends on how fast the machine is
    assert killed >= 2, "the run was at work when it was killed"
    last = launcher.run(*words, config, folder=tmp_path, timeout_s=90)
    assert last.code == 0, last.err
    assert_equal(outcome(f"sqlite:///{tmp_path}/killed/store.db"), expected)

    again = launcher.run(*words, config, folder=tmp_path, timeout_s=60)
    assert again.code == 0, "a finished run that is started again ends by itself"
    assert_equal(outcome(f"sqlite:///{tmp_path}/killed/store.db"), expected)
