"""Empty the outbox into a sink, slowly, in order, losing nothing.

An alert counts as sent only after the sink took it, so a process killed between
``sink.send`` and ``outbox.mark_sent`` (two adjacent calls) sends that one alert again
after the restart: at least once, at most one repeat a crash. A store that fails at
``mark_sent`` repeats nothing as long as the process lives. One sender per outbox.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

import msgspec

from configs.errors import RetryableError, SinkRefused, SinkUnavailable
from pipeline.alerts.sinks.contract import Sink
from pipeline.store.contract import Outbox
from pipeline.store.records import OutboxEntry
from pipeline.types import Alert

log = logging.getLogger(__name__)

FIRST_RETRY_S = 2.0
MAX_RETRY_S = 300.0
MAX_PAUSE_S = 30.0
"""Longest silence towards a sink that does not answer, unless it names a longer one."""


class SendCounts(msgspec.Struct, frozen=True):
    """What one step did."""

    sent: int = 0
    failed: int = 0
    dead: int = 0


class AlertSender:
    """Delivers pending alerts, at most one every ``spacing_s``.

    Parameters
    ----------
    clock
        Aware UTC now.
    spacing_s
        Least time between two sends; Slack allows about one message a second and channel.
    """

    def __init__(self, outbox: Outbox, sink: Sink, clock: Callable[[], datetime], spacing_s: float = 1.0) -> None:
        self._outbox = outbox
        self._sink = sink
        self._clock = clock
        self._spacing_s = spacing_s
        self._tried_at: datetime | None = None
        self._pause_s = 0.0
        self._failures_in_row = 0
        self._unmarked: dict[str, datetime] = {}

    def step(self) -> SendCounts:
        """Send the first pending alert, if one is due and the sink may be called; never waits.

        Raises
        ------
        StoreUnavailable
            The outbox did not answer; calling again later loses and repeats nothing.
        """
        self._mark_delivered()
        now = self._clock()
        if self._pausing(now):
            return SendCounts()
        entries = self._outbox.pending(now, limit=1)
        if not entries:
            return SendCounts()
        return self._deliver(entries[0])

    def run(self, stop: Event) -> None:
        """Step until ``stop`` is set, waiting ``spacing_s`` in between; ``stop`` ends the wait at once."""
        while not stop.is_set():
            try:
                self.step()
            except RetryableError as error:
                log.warning("alert_store_unavailable", extra={"error": type(error).__name__})
            except Exception as error:  # noqa: BLE001 - outer loop: one bad moment must not end all alerts
                log.error("alert_step_failed", extra={"error": type(error).__name__})
            stop.wait(self._spacing_s)

    def _deliver(self, entry: OutboxEntry) -> SendCounts:
        alert = entry.alert
        try:
            self._sink.send(alert)
        except SinkRefused as error:
            self._remember_try(pause_s=self._spacing_s, failures=0)
            self._outbox.mark_dead(alert.dedup_key, str(error))
            log.error("alert_refused", extra={**_names(alert), "error": str(error)})
            return SendCounts(dead=1)
        except SinkUnavailable as error:
            self._put_back(entry, error)
            return SendCounts(failed=1)
        self._unmarked[alert.dedup_key] = self._clock()
        self._remember_try(pause_s=self._spacing_s, failures=0)
        self._mark_delivered()
        log.info("alert_sent", extra=_names(alert))
        return SendCounts(sent=1)

    def _put_back(self, entry: OutboxEntry, error: SinkUnavailable) -> None:
        failures = self._failures_in_row + 1
        # A named wait is about the channel, so everybody waits. Without one the pause grows slowly
        # and the alert's own wait fast: an alert that always fails cannot hold up the others.
        named_s = error.retry_after_s or 0.0
        pause_s = max(named_s, min(self._spacing_s * 2.0 ** min(failures - 1, 30), MAX_PAUSE_S))
        self._remember_try(pause_s, failures)
        wait_s = max(named_s, backoff_s(entry.attempts))
        retry_at = self._clock() + timedelta(seconds=wait_s)
        self._outbox.mark_failed(entry.alert.dedup_key, str(error), retry_at)
        log.warning("alert_postponed", extra={**_names(entry.alert), "error": str(error), "wait_s": wait_s})

    def _mark_delivered(self) -> None:
        for dedup_key, at in tuple(self._unmarked.items()):
            self._outbox.mark_sent(dedup_key, at)
            del self._unmarked[dedup_key]

    def _remember_try(self, pause_s: float, failures: int) -> None:
        self._tried_at = self._clock()
        self._pause_s = pause_s
        self._failures_in_row = failures

    def _pausing(self, now: datetime) -> bool:
        if self._tried_at is None:
            return False
        # A clock that was set back must not silence the alerts until it has caught up.
        return 0.0 <= (now - self._tried_at).total_seconds() < self._pause_s


def backoff_s(attempts: int) -> float:
    """Seconds until the next try after ``attempts`` earlier failures: 2, 4, 8 … 300.

    Examples
    --------
    >>> [backoff_s(attempts) for attempts in (0, 1, 2, 50)]
    [2.0, 4.0, 8.0, 300.0]
    """
    return min(FIRST_RETRY_S * 2.0 ** min(attempts, 30), MAX_RETRY_S)


def _names(alert: Alert) -> dict[str, str]:
    return {"brand_id": alert.brand_id, "topic_id": alert.topic_id, "kind": alert.verdict.kind.value}
