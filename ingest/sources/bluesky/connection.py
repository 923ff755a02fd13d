"""One Jetstream connection: ask for version 1 or 2, receive frames, say why it ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode, urlsplit

import msgspec

from configs.errors import SourceUnavailable
from ingest.sources.bluesky.events import POSTS

if TYPE_CHECKING:
    from websockets.http11 import Response
    from websockets.sync.client import ClientConnection

Protocol = Literal["v2", "v1"]

V2_PATH = "/xrpc/network.bsky.jetstream.subscribeEvents"
V2_SUBPROTOCOL = "xrpc.v1.json"
V1_PATH = "/subscribe"
_NOT_HERE = frozenset({400, 404, 405, 426, 501})
_TOO_BIG = 1009
_SLACK_BYTES = 65_536


class Loss(Enum):
    """Why there is no connection; the source decides what to do about each."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    NOT_SPOKEN = "protocol_not_spoken"
    CURSOR_TOO_OLD = "cursor_too_old"
    CLOSED = "closed"
    FRAME_TOO_LARGE = "frame_too_large"
    SILENT = "silent"
    ERROR_FRAME = "error_frame"


class JetstreamLost(SourceUnavailable):
    """The connection ended or never was; ``loss`` says why."""

    def __init__(self, loss: Loss, detail: str) -> None:
        super().__init__(f"{loss.value}: {detail}")
        self.loss = loss


class ConnectionLimits(msgspec.Struct, frozen=True):
    """Bounds of one connection."""

    max_frame_bytes: int = 1_048_576
    max_queued_frames: int = 256
    open_timeout_s: float = 10.0
    close_timeout_s: float = 2.0


class FrameReader:
    """Receives the frames of one open connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def receive(self, timeout_s: float) -> bytes | None:
        """The next frame, or ``None`` when none came in time.

        Raises
        ------
        JetstreamLost
            The connection ended.
        """
        from websockets.exceptions import ConnectionClosed

        try:
            # bytes: a text frame that is not UTF-8 is one dead letter, not the end of the connection
            return self._connection.recv(timeout=timeout_s, decode=False)
        except TimeoutError:
            return None
        except ConnectionClosed as error:
            too_big = error.sent is not None and error.sent.code == _TOO_BIG
            raise JetstreamLost(Loss.FRAME_TOO_LARGE if too_big else Loss.CLOSED, str(error)) from error


def address(host: str, protocol: Protocol, cursor: int | None, limits: ConnectionLimits) -> str:
    """Where to connect for posts and account changes.

    Examples
    --------
    >>> address("wss://jetstream.example", "v1", None, ConnectionLimits(max_frame_bytes=9))
    'wss://jetstream.example/subscribe?wantedCollections=app.bsky.feed.post&maxMessageSizeBytes=9'
    """
    if protocol == "v2":
        path, query = V2_PATH, [("collections", POSTS), ("kinds", "commit"), ("kinds", "account")]
    else:
        path, query = V1_PATH, [("wantedCollections", POSTS)]
    query.append(("maxMessageSizeBytes", str(limits.max_frame_bytes)))
    if cursor is not None:
        query.append(("cursor", str(cursor)))
    parts = urlsplit(host)
    return f"{parts.scheme}://{parts.netloc}{path}?{urlencode(query)}"


@contextmanager
def open_jetstream(
    host: str, protocol: Protocol, cursor: int | None, limits: ConnectionLimits
) -> Iterator[FrameReader]:
    """Connect, and close whatever happens.

    Parameters
    ----------
    host
        ``wss://…`` or ``ws://…``; its path is ignored.
    protocol
        Which version to ask for.
    cursor
        Version 2: a ``seq`` or, from 1e15, microseconds; version 1: microseconds;
        ``None``: start live.

    Raises
    ------
    JetstreamLost
        No connection, with the reason.
    """
    from websockets.exceptions import InvalidStatus, InvalidUpgrade, NegotiationError, WebSocketException
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    try:
        connection = connect(
            address(host, protocol, cursor, limits),
            subprotocols=[Subprotocol(V2_SUBPROTOCOL)] if protocol == "v2" else None,
            open_timeout=limits.open_timeout_s,
            close_timeout=limits.close_timeout_s,
            # the server is asked to skip larger frames; this only guards against one that does not
            max_size=limits.max_frame_bytes + _SLACK_BYTES,
            max_queue=limits.max_queued_frames,
        )
    except InvalidStatus as error:
        raise _refusal(error.response) from error
    except (InvalidUpgrade, NegotiationError) as error:
        raise JetstreamLost(Loss.NOT_SPOKEN, str(error)) from error
    except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
        raise JetstreamLost(Loss.UNREACHABLE, str(error) or type(error).__name__) from error
    with connection:
        try:
            if protocol == "v2" and connection.subprotocol != V2_SUBPROTOCOL:
                raise JetstreamLost(Loss.NOT_SPOKEN, "the server did not agree to the subprotocol")
            yield FrameReader(connection)
        finally:
            connection.close()


def _refusal(response: Response) -> JetstreamLost:
    name = _error_name(bytes(response.body or b""))
    if name == "CursorTooOld":
        return JetstreamLost(Loss.CURSOR_TOO_OLD, "the server no longer has the cursor")
    loss = Loss.NOT_SPOKEN if response.status_code in _NOT_HERE else Loss.REFUSED
    return JetstreamLost(loss, f"HTTP {response.status_code}")


def _error_name(body: bytes) -> str | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    name = answer.get("error") if isinstance(answer, dict) else None
    return name if isinstance(name, str) else None
