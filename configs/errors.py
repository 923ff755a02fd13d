"""Every error Trendsieve raises on purpose, in one tree.

The type tells the caller what to do, the message tells a person what to do::

    TrendsieveError
    ├── BadRecord          one post is unusable: dead letter, the stream goes on
    ├── UsageError         the run cannot start: exit 2 with one line
    │   ├── ConfigError      a settings or brand file: names file, key and fix
    │   └── InputError       an input file: names the file and what is wrong with it
    ├── RetryableError     try the same thing again later; nothing was half done
    │   ├── StreamUnavailable
    │   ├── StoreUnavailable
    │   ├── SourceUnavailable
    │   ├── SinkUnavailable  carries ``retry_after_s`` when the other side named it
    │   └── ProcessDied      a worker process ended in the middle of its work: killed, or out of memory
    ├── StudentRefused     a distilled encoder loses too much against its teacher; nothing was kept
    ├── SinkRefused        one alert is undeliverable for good: dead with the reason, the others go on
    └── FatalError         do not go on with the state in memory
        ├── StaleOwner       another worker owns this shard now: reload, seek, go on
        └── StateMismatch    stored state was made by another encoder or version
"""

from __future__ import annotations


class TrendsieveError(Exception):
    """Root of every deliberate error."""


class BadRecord(TrendsieveError):
    """One record is unusable.

    Parameters
    ----------
    reason
        Stable snake_case code, for counting (``"not_json"``, ``"too_large"`` …).
    detail
        One sentence for a person.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class UsageError(TrendsieveError):
    """The command cannot start as asked; the CLI prints the message and exits 2."""


class ConfigError(UsageError):
    """A configuration value is wrong.

    Examples
    --------
    >>> str(ConfigError("brand.toml", "facets", "is missing", "add a [[facets]] table with a text"))
    'brand.toml: facets is missing; add a [[facets]] table with a text'
    """

    def __init__(self, file: str, key: str, problem: str, fix: str) -> None:
        super().__init__(f"{file}: {key} {problem}; {fix}")
        self.file = file
        self.key = key
        self.problem = problem
        self.fix = fix


class InputError(UsageError):
    """An input file cannot be used at all."""


class RetryableError(TrendsieveError):
    """Something outside failed for now."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class StreamUnavailable(RetryableError):
    """The broker or the local log did not answer."""


class StoreUnavailable(RetryableError):
    """The database is locked, full or away."""


class SourceUnavailable(RetryableError):
    """A live source closed the connection or refused it for now."""


class SinkUnavailable(RetryableError):
    """An alert could not be delivered for now."""


class ProcessDied(RetryableError):
    """A worker process ended in the middle of its work; new ones start with the next call."""


class SinkRefused(TrendsieveError):
    """An alert is undeliverable for good; the other side said why."""


class StudentRefused(TrendsieveError):
    """A distilled encoder loses too much against its teacher on posts it never saw."""


class FatalError(TrendsieveError):
    """The state in memory can no longer be trusted."""


class StaleOwner(FatalError):
    """Compare-and-set on a position failed: somebody else advanced this shard."""


class StateMismatch(FatalError):
    """Stored state belongs to another encoder, dimension or state version."""
