"""How posts look to one encoder: where their centre is, and how alike unrelated ones are.

A shard that two encoders read in turn (firehose mode) keeps one view of each. Both stay: after a
change back the thresholds are right from the first post, and where several enrich workers read
with different encoders at once, each post is still measured by the scale of its own.
"""

from __future__ import annotations

from pipeline.topics.clustering.calibration import Calibration, Reservoir, calibrate
from pipeline.topics.clustering.running_mean import RunningMean

FIRST_CALIBRATION_POSTS = 128
RECALIBRATION_BLOCKS = 64


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

    def _calibration_due(self) -> bool:
        n = self.n_blocks
        if len(self.reservoir) < FIRST_CALIBRATION_POSTS:
            return False
        doubling = n & (n - 1) == 0
        return doubling or n % RECALIBRATION_BLOCKS == 0
