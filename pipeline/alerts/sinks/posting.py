"""JSON to an address that is itself a password: no log and no error shows it."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import httpx

from configs.errors import SinkUnavailable

MAX_RETRY_AFTER_S = 86_400.0
"""A longer wait named by the other side is taken for a mistake."""

_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
_TRY_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_HTTPX_LOG = logging.getLogger("httpx")


def post_json(client: httpx.Client, url: str, payload: bytes, who: str) -> httpx.Response:
    """The answer, whatever its status.

    Raises
    ------
    SinkUnavailable
        ``who`` gave none. The message may be there all the same.
    """
    failure = ""
    with _unlogged(url):
        try:
            return client.post(url, content=payload, headers=_HEADERS)
        except httpx.HTTPError as error:
            # Only the type: messages and the chained request may carry the URL.
            failure = type(error).__name__
    raise SinkUnavailable(f"{who} did not answer: {failure}")


def is_final(status: int) -> bool:
    """Whether the same message would be refused again."""
    return 400 <= status < 500 and status not in _TRY_AGAIN


def named_wait_s(seconds: float) -> float | None:
    """A wait that the other side named, where it is a usable one."""
    return min(seconds, MAX_RETRY_AFTER_S) if math.isfinite(seconds) and seconds >= 0 else None


def is_web_address(url: str) -> bool:
    """Whether it can be posted to over HTTP."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host)


@contextmanager
def _unlogged(secret: str) -> Iterator[None]:
    """httpx logs every URL at INFO: drop those lines while the secret one is in use."""

    def keeps_quiet(record: logging.LogRecord) -> bool:
        return secret not in record.getMessage()

    _HTTPX_LOG.addFilter(keeps_quiet)
    try:
        yield
    finally:
        _HTTPX_LOG.removeFilter(keeps_quiet)
