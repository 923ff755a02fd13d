"""Every stage in its own process, over a real broker and PostgreSQL, killed again and again: nothing changes.

The broker never evicts a member that was killed, so the harness does what an operator would:
it removes the dead member from its group before the next one starts.
"""

from __future__ import annotations

import gzip
import random
import time
from collections import Counter
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from ingest.streams.kafka.client import KafkaAdminClient, KafkaError
from tests.broker import Broker
from tests.e2e.outcomes import assert_equal, outcome
from tests.e2e.processes import BAKERY, BIKES, DEMO, Launcher, Running
from tests.slack_stub import SlackStub

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

N_POSTS = 600
SEED = 7
KILLS = 3
EXPIRED_S = 240

# A killed ``enrich`` writes a batch twice: positions and the count of repeats tell how often, nothing else does.
_CUT = frozenset({"positions"})


class Deployment:
    """One group of topics on the broker, one schema, and the commands of the stages."""

    def __init__(self, launcher: Launcher, broker: Broker, url: str, folder: Path) -> None:
        self._launcher = launcher
        self._broker = broker
        self.url = url
        self._folder = folder
        self._config = folder / "settings.toml"
        self._config.write_text(
            f'[stream]\nkind = "kafka"\nbootstrap_servers = "{broker.servers}"\npartitions = 1\n'
            "[ingest]\nbatch_posts = 64\n[report]\nevery_s = 600\nmin_posts = 3\n"
        )
        self._environ = {"TRENDSIEVE_STORE__URL": url}

    def collect(self, posts: Path) -> None:
        """Move the file onto ``posts.v1``."""
        words = ("collect", "--file", posts, "--config", self._config)
        done = self._launcher.run(*words, folder=self._folder, environ=self._environ, timeout_s=60)
        assert done.code == 0, done.err

    def run(self, rng: random.Random | None) -> int:
        """``enrich`` and ``track`` until the end mark is tracked, killed at random moments; how many kills hit."""
        commands = {
            "enrich": ("enrich", "--config", self._config),
            "track": ("track", "--brand", BAKERY, "--brand", BIKES, "--until-end", "--config", self._config),
        }
        running = {name: self._start(words) for name, words in commands.items()}
        killed = 0
        moments = [time.monotonic() + 1 + 2 * n + rng.uniform(0, 1) for n in range(2 * KILLS)] if rng else []
        deadline = time.monotonic() + EXPIRED_S
        for moment in moments:
            if running["track"].ends_within(moment - time.monotonic()):
                break
            name = rng.choice(sorted(running))
            if running[name].kill().code != -9:
                break  # it had just ended
            killed += 1
            self._evict(name)
            running[name] = self._start(commands[name])
        done = running["track"].wait(deadline - time.monotonic())
        assert done.code == 0, done.err
        running["enrich"].kill()
        self._evict("enrich")
        return killed

    def outcome(self) -> dict[str, list[tuple[object, ...]]]:
        """What is in the store, but for how often a batch came twice."""
        found = outcome(self.url, without=_CUT)
        found["counts"] = [row for row in found["counts"] if "duplicates" not in row]
        return found

    def alert(self, webhook: str) -> None:
        """Empty the outbox."""
        environ = {**self._environ, "TRENDSIEVE_ALERTS__SLACK_WEBHOOK_URL": webhook}
        words = ("alert", "--until-empty", "--config", self._config)
        done = self._launcher.run(*words, folder=self._folder, environ=environ, timeout_s=120)
        assert done.code == 0, done.err
        assert webhook not in done.err

    def _start(self, words: tuple[str | Path, ...]) -> Running:
        return self._launcher.start(*words, folder=self._folder, environ=self._environ)

    def _evict(self, name: str) -> None:
        group = {"enrich": "trendsieve.enrich-default.posts.v1", "track": "trendsieve.track-default.enriched.v1"}[name]
        from kafka.admin import MemberToRemove

        with closing(KafkaAdminClient(bootstrap_servers=self._broker.servers)) as admin:
            try:
                members = admin.describe_groups([group])[group]["members"]
                if members:
                    admin.remove_group_members(group, [MemberToRemove(member_id=one["member_id"]) for one in members])
            except KafkaError:
                return  # killed before it had joined: there is no group yet


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("day") / "day.jsonl"
    with gzip.open(DEMO, "rb") as day:
        path.write_bytes(b"".join(islice(day, N_POSTS)))
    return path


@pytest.mark.timeout(600)
def test_killed_stages_end_like_embedded_ones_and_alert_once(
    launcher: Launcher, own_broker: Broker, postgres_url: str, posts: Path, tmp_path: Path
) -> None:
    embedded = tmp_path / "embedded.toml"
    embedded.write_text(
        f'[stream]\nkind = "local"\npath = "{tmp_path}/stream.sqlite"\n[store]\nurl = "sqlite:///{tmp_path}/store.db"\n'
        "[ingest]\nbatch_posts = 64\n[report]\nevery_s = 600\nmin_posts = 3\n"
    )
    words = ("run", "--file", posts, "--brand", BAKERY, "--brand", BIKES, "--until-end", "--config", embedded)
    whole = launcher.run(*words, folder=tmp_path, timeout_s=200)
    assert whole.code == 0, whole.err

    deployment = Deployment(launcher, own_broker, postgres_url, tmp_path)
    deployment.collect(posts)
    killed = deployment.run(random.Random(SEED))
    # how many of the moments find a stage at work depends on how fast the machine is
    assert killed >= 1, "the stages were at work when they were killed"

    expected = outcome(f"sqlite:///{tmp_path}/store.db", without=_CUT)
    expected["counts"] = [row for row in expected["counts"] if "duplicates" not in row]
    assert_equal(deployment.outcome(), expected)

    history = Counter((row[1], row[2], row[4]) for row in outcome(postgres_url)["verdict_history"])
    waiting = outcome(postgres_url)["outbox"]
    assert waiting, "this day has something to ride and something risky"
    with SlackStub(per_s=None) as slack:
        deployment.alert(slack.url)
        first = list(slack.states)
        deployment.alert(slack.url)
        assert slack.states == first, "nothing is sent twice"
    assert len(set(first)) == len(first) == len(waiting)
    for state in first:
        brand, topic, kind = state.split(":")
        assert kind in ("RIDE", "RISKY")
        assert history[brand, topic, kind] >= 1, f"{state} was never a verdict"
