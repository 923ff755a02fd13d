"""What every sink keeps: one alert delivered, or an error that says whether to try again."""

from __future__ import annotations

from typing import Protocol

from pipeline.types import Alert


class Sink(Protocol):
    """Where alerts go."""

    def send(self, alert: Alert) -> None:
        """Deliver one alert.

        Raises
        ------
        SinkUnavailable
            Try the same alert later.
        SinkRefused
            Never try this alert again.
        """
