"""From the outbox to Slack over real HTTP: nothing lost, nothing sent twice, nobody flooded.

The store is a real SQLite file, Slack is :mod:`tests.slack_stub` on loopback.
"""

from __future__ import annotations

import logging
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from configs.errors import ConfigError, SinkRefused, SinkUnavailable, StoreUnavailable
from configs.settings import AlertSettings, Secret
from pipeline.alerts.sender import AlertSender, SendCounts
from pipeline.alerts.sinks.posting import MAX_RETRY_AFTER_S
from pipeline.alerts.sinks.slack.message import slack_message, to_payload
from pipeline.alerts.sinks.slack.webhook import SlackSink, SlackWebhook
from pipeline.store.database import DatabaseStore, open_store
from pipeline.types import Alert, VerdictKind
from pipeline.verdict.alert import alerts_for, quoted_ids
from tests.conftest import ROOT
from tests.samples import NOW, make_alert, make_report, make_verdict
from tests.slack_stub import PATH, Act, Drop, Hold, Reply, SlackStub, first_problem
from tests.waiting import wait_until

OK_AGAIN = SendCounts(sent=1)
TOLD = frozenset(map(VerdictKind, AlertSettings().kinds))

SEND_UNTIL_KILLED = """
import sys
from datetime import UTC, datetime
from threading import Event
import httpx
from configs.settings import Secret
from pipeline.alerts.sender import AlertSender
from pipeline.alerts.sinks.slack.webhook import SlackSink, SlackWebhook
from pipeline.store.database import open_store

clock = lambda: datetime.now(UTC)
with httpx.Client(timeout=30, trust_env=False) as client:
    sink = SlackSink(SlackWebhook(Secret(sys.argv[2]), client), "en", "https://trends.example", {})
    AlertSender(open_store(sys.argv[1], clock), sink, clock, spacing_s=0.05).run(Event())
"""


@dataclass
class Clock:
    """A clock that only moves when told to."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Desk:
    """A store, a Slack and the sender between them."""

    url: str
    store: DatabaseStore
    slack: SlackStub
    clock: Clock
    client: httpx.Client

    def sender(self, clock: Callable[[], datetime] | None = None, spacing_s: float = 1.0) -> AlertSender:
        return AlertSender(self.store, self.sink(), clock or self.clock, spacing_s)

    def sink(self) -> SlackSink:
        return SlackSink(SlackWebhook(Secret(self.slack.url), self.client), "en", "https://trends.example", {})

    def enqueue(self, *alerts: Alert) -> None:
        with self.store.transaction() as tx:
            tx.enqueue(alerts)

    def outbox(self) -> dict[str, tuple[str, str | None]]:
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as db:
            return {
                key: (state, error) for key, state, error in db.execute("SELECT dedup_key, state, error FROM outbox")
            }

    def drain(self, sender: AlertSender, seconds: int = 600) -> SendCounts:
        """Step once a (simulated) second."""
        total = [0, 0, 0]
        for _ in range(seconds):
            counts = sender.step()
            total = [total[0] + counts.sent, total[1] + counts.failed, total[2] + counts.dead]
            self.clock.advance(1.0)
        return SendCounts(*total)


@contextmanager
def open_desk(path: Path, per_s: float | None = None, timeout_s: float = 5.0) -> Iterator[Desk]:
    clock = Clock()
    url = f"sqlite:///{path}/store.db"
    with SlackStub(per_s) as slack, httpx.Client(timeout=timeout_s, trust_env=False) as client:
        store = open_store(url, clock, lock_timeout_s=0.2)
        try:
            yield Desk(url, store, slack, clock, client)
        finally:
            store.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        yield opened


def some_alerts(n: int) -> list[Alert]:
    return [make_alert(topic_id=f"t{i}", created_at=NOW - timedelta(minutes=n - i)) for i in range(n)]


def states(alerts: list[Alert]) -> list[str]:
    return [alert.dedup_key for alert in alerts]


@contextmanager
def running(sender: AlertSender) -> Iterator[None]:
    stop = Event()
    thread = Thread(target=sender.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


# --- every state once ---------------------------------------------------------------


@pytest.mark.parametrize("kind", VerdictKind)
def test_each_ride_and_risky_is_one_well_formed_message_and_other_verdicts_none(desk: Desk, kind: VerdictKind) -> None:
    verdict, report = make_verdict(kind=kind), make_report()
    quotes = tuple((post_id, f"Ecco {post_id}") for post_id in quoted_ids(verdict, report))
    for previous in (None, make_verdict(kind=VerdictKind.WATCH)):
        alert = alerts_for(previous, verdict, report, TOLD, quotes, NOW)
        desk.enqueue(*([] if alert is None else [alert]))
    desk.drain(desk.sender(), seconds=5)
    told = kind in (VerdictKind.RIDE, VerdictKind.RISKY)
    assert desk.slack.states == ([f"forno-aurora:t1:{kind.value}"] if told else [])


def test_the_same_state_is_never_told_twice_before_or_after_it_was_sent(desk: Desk) -> None:
    sender = desk.sender()
    for _ in range(3):
        desk.enqueue(make_alert(), make_alert())
        desk.drain(sender, seconds=3)
    assert desk.slack.states == ["forno-aurora:t1:RIDE"]


def test_alerts_arrive_in_order_one_a_step_and_no_step_before_its_time(desk: Desk) -> None:
    alerts = some_alerts(4)
    desk.enqueue(*reversed(alerts))
    sender = desk.sender()
    for expected in range(1, 5):
        assert sender.step() == OK_AGAIN
        assert sender.step() == SendCounts()
        desk.clock.advance(0.9)
        assert sender.step() == SendCounts()
        assert len(desk.slack.messages) == expected
        desk.clock.advance(0.1)
    assert desk.slack.states == states(alerts)


def test_a_clock_that_was_set_back_does_not_silence_the_alerts(desk: Desk) -> None:
    yesterday = NOW - timedelta(days=1)
    desk.enqueue(*(make_alert(topic_id=f"t{i}", created_at=yesterday) for i in range(2)))
    sender = desk.sender()
    assert sender.step() == OK_AGAIN
    desk.clock.advance(-3_600.0)
    assert sender.step() == OK_AGAIN


def test_a_real_clock_keeps_slack_s_pace_without_a_single_refusal(tmp_path: Path) -> None:
    alerts = some_alerts(3)
    with open_desk(tmp_path, per_s=1.0) as desk:
        desk.enqueue(*alerts)
        with running(desk.sender(clock=lambda: datetime.now(UTC))):
            wait_until(lambda: len(desk.slack.messages) == 3, 30, "3 messages arrived")
        assert desk.slack.states == states(alerts)
        assert len(desk.slack.requests) == 3


# --- trouble that passes ------------------------------------------------------------


def test_429_waits_as_long_as_slack_says_then_delivers_once(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.slack.script.append(Reply(429, "rate_limited", retry_after="3"))
        desk.enqueue(make_alert())
        looks: list[datetime] = []

        def clock() -> datetime:
            looks.append(datetime.now(UTC))
            return looks[-1]

        with running(desk.sender(clock, spacing_s=0.1)):
            wait_until(lambda: desk.outbox()["forno-aurora:t1:RIDE"][0] == "sent", 30, "the alert is sent")
            n_looks = len(looks)
            wait_until(lambda: len(looks) > n_looks + 3, 30, "the sender has looked again and again")
        first, second = desk.slack.requests
        assert 3.0 <= second - first < 6.0
        assert desk.slack.states == ["forno-aurora:t1:RIDE"]


def test_429_holds_back_everybody_for_the_named_time(desk: Desk) -> None:
    alerts = some_alerts(3)
    desk.enqueue(*alerts)
    desk.slack.script.append(Reply(429, "rate_limited", retry_after="120"))
    sender = desk.sender()
    assert desk.drain(sender, seconds=120) == SendCounts(failed=1)
    assert len(desk.slack.requests) == 1
    assert desk.drain(sender, seconds=10) == SendCounts(sent=3)
    assert desk.slack.states == states(alerts)


def test_a_sender_too_fast_for_slack_still_delivers_everything_once(tmp_path: Path) -> None:
    alerts = some_alerts(3)
    with open_desk(tmp_path, per_s=2.0) as desk:
        desk.enqueue(*alerts)
        with running(desk.sender(clock=lambda: datetime.now(UTC), spacing_s=0.05)):
            wait_until(lambda: len(desk.slack.messages) == 3, 30, "3 messages arrived")
        assert sorted(desk.slack.states) == sorted(states(alerts))
        assert len(desk.slack.requests) > 3


TROUBLE: dict[str, Act] = {
    "500": Reply(500, "rollup_error"),
    "503": Reply(503, "<html>down</html>"),
    "200 from a proxy": Reply(200, "<html>please sign in</html>"),
    "redirect": Reply(302),
    "dropped before reading": Drop("before_reading"),
    "dropped after reading": Drop("after_reading"),
}


@pytest.mark.parametrize("trouble", sorted(TROUBLE))
def test_trouble_is_retried_with_growing_waits_until_it_has_passed(desk: Desk, trouble: str) -> None:
    desk.slack.script.extend([TROUBLE[trouble]] * 4)
    desk.enqueue(make_alert())
    sender, tried = desk.sender(), []
    for second in range(60):
        before = len(desk.slack.requests)
        sender.step()
        tried += [second] * (len(desk.slack.requests) - before)
        desk.clock.advance(1.0)
    assert [later - earlier for earlier, later in pairwise(tried)] == [2, 4, 8, 16]
    assert desk.slack.states == ["forno-aurora:t1:RIDE"]


def test_an_answer_lost_after_slack_took_the_message_repeats_it_rather_than_lose_it(desk: Desk) -> None:
    desk.slack.script.append(Drop("after_taking"))
    desk.enqueue(make_alert())
    assert desk.drain(desk.sender(), seconds=10) == SendCounts(sent=1, failed=1)
    assert desk.slack.states == ["forno-aurora:t1:RIDE"] * 2


def test_slack_away_for_an_hour_costs_few_tries_and_loses_nothing(desk: Desk) -> None:
    alerts = some_alerts(10)
    desk.enqueue(*alerts)
    desk.slack.script.extend([Reply(503)] * 5_000)
    sender = desk.sender()
    counts = desk.drain(sender, seconds=3_600)
    assert counts.sent == 0
    assert counts.failed <= 3_600 / 30 + 10
    desk.slack.script.clear()
    assert desk.drain(sender, seconds=600).sent == 10
    assert sorted(desk.slack.states) == sorted(states(alerts))


def test_a_message_that_always_fails_does_not_hold_up_the_others(desk: Desk) -> None:
    alerts = some_alerts(6)
    desk.enqueue(*alerts)
    always = alerts[0].topic_id

    class FailsOne:
        """The real sink, behind a Slack that cannot digest one topic."""

        def send(self, alert: Alert) -> None:
            if alert.topic_id == always:
                desk.slack.script.append(Reply(500))
            desk.sink().send(alert)

    counts = desk.drain(AlertSender(desk.store, FailsOne(), desk.clock), seconds=120)
    assert counts.sent == 5
    assert desk.slack.states == states(alerts[1:])
    assert desk.outbox()[alerts[0].dedup_key] == ("waiting", "Slack answered 500")


def test_nobody_listening_and_a_slow_slack_are_trouble_that_passes(tmp_path: Path) -> None:
    with open_desk(tmp_path, timeout_s=0.3) as desk:
        hold = Hold()
        desk.slack.script.append(hold)
        with pytest.raises(SinkUnavailable, match="ReadTimeout"):
            desk.sink().send(make_alert())
        hold.release.set()
        nobody = SlackWebhook(Secret("http://127.0.0.1:9" + PATH), desk.client)
        with pytest.raises(SinkUnavailable, match="Connect"):
            nobody.send(b"{}")


def test_a_store_that_cannot_mark_a_sent_alert_does_not_make_it_go_out_again(desk: Desk) -> None:
    desk.enqueue(make_alert())
    sender = desk.sender()
    with closing(sqlite3.connect(desk.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                sender.step()
            desk.clock.advance(5.0)
        other.execute("ROLLBACK")
    desk.drain(sender, seconds=10)
    assert desk.slack.states == ["forno-aurora:t1:RIDE"]
    assert desk.outbox()["forno-aurora:t1:RIDE"][0] == "sent"


def test_run_survives_a_store_that_is_locked_for_a_while(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.enqueue(make_alert())
    with closing(sqlite3.connect(desk.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with running(desk.sender(clock=lambda: datetime.now(UTC), spacing_s=0.05)):
            wait_until(lambda: len(desk.slack.messages) == 1, 30, "1 message arrived")
            wait_until(lambda: caplog.messages.count("alert_store_unavailable") >= 2, 30, "the sender met the lock")
            other.execute("ROLLBACK")
            wait_until(lambda: desk.outbox()["forno-aurora:t1:RIDE"][0] == "sent", 30, "the alert is sent")
    assert len(desk.slack.messages) == 1


# --- trouble that stays -------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "invalid_payload"),
        (403, "action_prohibited"),
        (404, "no_service"),
        (410, "channel_is_archived"),
    ],
)
def test_a_refused_alert_is_dead_with_the_reason_and_the_others_go_on(desk: Desk, status: int, reason: str) -> None:
    alerts = some_alerts(3)
    desk.enqueue(*alerts)
    desk.slack.script.append(Reply(status, reason))
    assert desk.drain(desk.sender(), seconds=30) == SendCounts(sent=2, dead=1)
    assert desk.slack.states == states(alerts[1:])
    assert desk.outbox()[alerts[0].dedup_key] == ("dead", f"Slack answered {status} {reason}")


def test_an_answer_that_echoes_the_message_is_not_repeated_in_the_error(desk: Desk) -> None:
    desk.slack.script.append(Reply(400, "bad: Sunday, coffee and warm bread."))
    with pytest.raises(SinkRefused) as raised:
        desk.sink().send(make_alert())
    assert str(raised.value) == "Slack answered 400"


@pytest.mark.parametrize(
    ("named", "understood"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("99999999999", MAX_RETRY_AFTER_S),
        ("inf", None),
        ("nan", None),
        ("-3", None),
        ("soon", None),
        (None, None),
    ],
)
def test_only_a_sensible_retry_after_is_believed(desk: Desk, named: str | None, understood: float | None) -> None:
    desk.slack.script.append(Reply(429, retry_after=named))
    with pytest.raises(SinkUnavailable) as raised:
        desk.sink().send(make_alert())
    assert raised.value.retry_after_s == understood


# --- a secret address ---------------------------------------------------------------


def test_the_webhook_s_address_appears_in_no_log_and_no_error(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk.enqueue(*some_alerts(6))
    acts: list[Act] = [
        Reply(500),
        Reply(410, desk.slack.url),
        Reply(429),
        Drop("before_reading"),
        Drop("after_reading"),
    ]
    desk.slack.script.extend(acts)
    desk.drain(desk.sender(), seconds=120)
    assert len(desk.slack.messages) == 5
    shown = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert any("alert_sent" in line for line in shown)
    errors = [error or "" for _, error in desk.outbox().values()]
    assert not any(PATH in line or "hush-hush" in line for line in [*shown, *errors])
    assert not any("warm bread" in line or "slow breakfast" in line for line in [*shown, *errors])


@pytest.mark.parametrize(
    "address", ["", "hooks.slack.com/services/hush", "ftp://x/hush", "https://", "https://x/hush\n"]
)
def test_an_unusable_address_stops_the_start_without_being_shown(address: str) -> None:
    with httpx.Client(trust_env=False) as client, pytest.raises(ConfigError) as raised:
        SlackWebhook(Secret(address), client)
    assert "alerts.slack_webhook_url" in str(raised.value)
    assert "hush" not in str(raised.value)


def test_an_error_carries_no_request_with_it() -> None:
    with httpx.Client(trust_env=False) as client, pytest.raises(SinkUnavailable) as raised:
        SlackWebhook(Secret("http://127.0.0.1:9" + PATH), client).send(b"{}")
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


# --- sudden death -------------------------------------------------------------------


@contextmanager
def sending_process(desk: Desk) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", SEND_UNTIL_KILLED, desk.url, desk.slack.url]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def deliver_the_rest(desk: Desk, n: int) -> None:
    desk.slack.script.clear()
    with running(desk.sender(clock=lambda: datetime.now(UTC), spacing_s=0.01)):
        wait_until(lambda: sum(state == "sent" for state, _ in desk.outbox().values()) == n, 30, "all are sent")


def test_killed_while_slack_had_the_message_but_had_not_answered(desk: Desk) -> None:
    alerts = some_alerts(4)
    desk.enqueue(*alerts)
    hold = Hold()
    desk.slack.script.append(hold)
    with sending_process(desk) as process:
        assert hold.taken.wait(60)
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
    hold.release.set()
    deliver_the_rest(desk, 4)
    assert desk.slack.states == [alerts[0].dedup_key, *states(alerts)]


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 2, 5])
def test_killed_at_any_moment_nothing_is_lost_and_at_most_one_repeats(desk: Desk, after: int) -> None:
    alerts = some_alerts(8)
    desk.enqueue(*alerts)
    with sending_process(desk) as process:
        wait_until(lambda: len(desk.slack.messages) >= after, 60, f"{after} messages arrived")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    deliver_the_rest(desk, 8)
    assert set(desk.slack.states) == set(states(alerts))
    assert len(desk.slack.states) <= 9


# --- the stub is as strict as it says -----------------------------------------------


def test_the_stub_refuses_what_slack_would_refuse() -> None:
    fine = to_payload(slack_message(make_alert(), "en", "https://trends.example"))
    assert first_problem(fine) is None
    header = b'{"text":"t","blocks":[{"type":"header","text":{"type":"plain_text","text":"%s"}}]}'
    section = b'{"text":"t","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"%s"}}]}'
    fields = b'{"text":"t","blocks":[{"type":"section","fields":[%s]}]}'
    button = b'{"type":"button","text":{"type":"plain_text","text":"x"},"url":"https://a.example","action_id":"a"}'
    actions = b'{"text":"t","blocks":[{"type":"actions","elements":[%s]}]}'
    blocks = b'{"text":"t","blocks":[%s]}'
    field = b'{"type":"mrkdwn","text":"x"}'
    divider = b'{"type":"section","text":{"type":"mrkdwn","text":"x"}}'
    at_the_limit = [
        header % (b"x" * 150),
        section % (b"x" * 3_000),
        fields % b",".join([field] * 10),
        actions % b",".join([button] * 25),
        blocks % b",".join([divider] * 50),
    ]
    over = [
        header % (b"x" * 151),
        section % (b"x" * 3_001),
        fields % b",".join([field] * 11),
        actions % b",".join([button] * 26),
        blocks % b",".join([divider] * 51),
        header % b"",
        section % b"",
        b'{"blocks":[]}',
        b'{"text":""}',
        b"[]",
        b"{not json",
        b'{"text":"' + b"x" * 100_001 + b'"}',
        b'{"text":"t","blocks":[{"type":"unheard_of"}]}',
    ]
    assert [first_problem(body) for body in at_the_limit] == [None] * len(at_the_limit)
    assert all(first_problem(body) is not None for body in over)
