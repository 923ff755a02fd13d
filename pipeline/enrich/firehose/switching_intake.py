"""Two encoders for one stream: the default one, and its fast student while the queue is too long."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from ingest.streams.contract import Record
from pipeline.enrich.firehose.switch import Decision, FirehoseSwitch, Mode, PostRate
from pipeline.enrich.intake import Intake, Mark, ReadBy, RecordIntake

log = logging.getLogger("trendsieve.firehose")

LOOK_EVERY: Final = timedelta(seconds=1)
"""A student reads dozens of batches a second; asking a broker for the lag before each would slow it down."""


@dataclass(frozen=True)
class Reader:
    """One of the two: what reads, and the id of its encoder."""

    intake: RecordIntake
    encoder_id: str


class SwitchingIntake:
    """Looks at the lag about once a second, and has each batch read by the encoder decided on.

    A change holds for whole batches and for all that follow; the batch that is read says which encoder read it, and
    why that one. Nothing here has to survive a crash: after it the lag is looked at again.

    Parameters
    ----------
    default, student
        The two readers.
    switch
        Decides.
    lag
        Records that wait behind the batch in hand; ``None`` when unknown.
    clock
        The wall clock: how fast posts are handled is a matter of this machine, not of event time.
    start
        The decision in force: the student's, if it read the last batch before a restart.
    """

    def __init__(
        self,
        default: Reader,
        student: Reader,
        switch: FirehoseSwitch,
        lag: Callable[[], int | None],
        clock: Callable[[], datetime],
        start: Decision,
    ) -> None:
        self._readers = {Mode.DEFAULT: default, Mode.FIREHOSE: student}
        self._switch = switch
        self._lag = lag
        self._clock = clock
        self._latest = start
        self._cause = start
        self._rate = PostRate()
        self._n_posts = 0
        self._looked_at: datetime | None = None

    def read(self, records: Sequence[Record]) -> Intake:
        """The records, read by the encoder decided on; the first mark names it."""
        self._look()
        reader = self._readers[self._cause.mode]
        intake = reader.intake.read(records)
        self._n_posts += len(intake.batch.posts)
        read_by = ReadBy(reader.encoder_id, self._cause.code, self._cause.reason)
        return replace(intake, marks=(Mark(0, read_by), *intake.marks))

    def _look(self) -> None:
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        self._rate.learn(self._n_posts, now)
        self._n_posts = 0
        before = self._latest
        self._latest = self._switch.decide(before, self._lag(), self._rate.posts_per_s, now)
        if self._latest.mode is not before.mode:
            self._cause = self._latest
            self._rate = PostRate()  # the other encoder has another speed
            facts = {"mode": str(self._latest.mode), "code": self._latest.code}
            encoder_id = self._readers[self._cause.mode].encoder_id
            log.warning("encoder %s reads from now on: %s", encoder_id, self._cause.reason, extra=facts)
