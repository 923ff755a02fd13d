"""How posts look to one encoder: where their centre is, and how alike unrelated ones are.

A shard that two encoders read in turn (firehose mode) keeps one view of each. Both stay: after a
change back the thresholds are right from the first post, and where several enrich workers read
with different encoders at once, each post is still measured by the scale of its own.
"""

from __future__ import annotations

import msgspec

from pipeline.topics.clustering.calibration import Calibration, Reservoir, calibrate
from pipeline.topics.clustering.running_mean import RunningMean
from pipeline.types.state import NamedArray, StoredState

FIRST_CALIBRATION_POSTS = 128
RECALIBRATION_BLOCKS = 64


class ViewScalars(msgspec.Struct, frozen=True):
    """What is stored of a view beside its arrays."""

    encoder_id: str
    n: int
    n_open: int
    n_blocks: int
    n_reservoir: int
    mu: float
    sigma: float
    n_calibration: int


class EncoderView:
    """The mean, a sample, and the calibration that follows from the sample.

    Parameters
    ----------
    encoder_id
        Whose view it is.
    mean
        Of the posts this encoder read, in its own space.
    reservoir
        Takes a sample of their post vectors.
    calibration
        What holds until :data:`FIRST_CALIBRATION_POSTS` are in the sample.
    """

    def __init__(self, encoder_id: str, mean: RunningMean, reservoir: Reservoir, calibration: Calibration) -> None:
        self.encoder_id = encoder_id
        self.mean = mean
        self.reservoir = reservoir
        self.calibration = calibration
        self.n_blocks = 0

    def close_block(self, *, reading: bool) -> None:
        """A block of the stream is over; ``reading``: this encoder read the end of it."""
        self.mean.close_block()
        if not reading:
            return
        self.n_blocks += 1
        if self._calibration_due():
            self.calibration = calibrate(self.reservoir.sample())

    def scale_grew_up(self) -> bool:
        """Whether the scale was just taken from twice the posts it was taken from before, while they were few."""
        n = self.n_blocks
        return len(self.reservoir) >= FIRST_CALIBRATION_POSTS and n <= RECALIBRATION_BLOCKS and n & (n - 1) == 0

    def scalars(self) -> ViewScalars:
        """Everything needed to continue elsewhere, beside :meth:`arrays`."""
        mean, scale = self.mean, self.calibration
        counts = (mean.n, mean.n_open, self.n_blocks, self.reservoir.n_seen)
        return ViewScalars(self.encoder_id, *counts, scale.mu, scale.sigma, scale.n)

    def arrays(self, place: int) -> tuple[NamedArray, ...]:
        """The sums and the sample of the view in this place among a tracker's."""
        return (
            NamedArray(f"views/{place}/total", self.mean.total),
            NamedArray(f"views/{place}/open_total", self.mean.open_total),
            NamedArray(f"views/{place}/reservoir", self.reservoir.sample()),
        )

    def restore(self, stored: StoredState, place: int, scalars: ViewScalars) -> None:
        """Continue from what was stored of the view in that place."""
        total, open_total = stored.array(f"views/{place}/total"), stored.array(f"views/{place}/open_total")
        self.mean.restore(total, scalars.n, open_total, scalars.n_open)
        self.n_blocks = scalars.n_blocks
        self.reservoir.restore(stored.array(f"views/{place}/reservoir"), scalars.n_reservoir)
        self.calibration = Calibration(scalars.mu, scalars.sigma, scalars.n_calibration)

    def _calibration_due(self) -> bool:
        n = self.n_blocks
        if len(self.reservoir) < FIRST_CALIBRATION_POSTS:
            return False
        doubling = n & (n - 1) == 0
        return doubling or n % RECALIBRATION_BLOCKS == 0
