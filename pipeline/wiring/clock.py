"""The one clock of the program."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The wall clock: injected wherever time is needed."""
    return datetime.now(UTC)
