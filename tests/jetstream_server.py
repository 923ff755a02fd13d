"""A real Jetstream on the loopback: both versions, cursors honoured, faults on a script.

All events are made up. ``with JetstreamServer(events) as server: BlueskySource([server.url], …)``.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

POSTS = "app.bsky.feed.post"
START_US = 1_790_000_000_000_000
SECOND_US = 1_000_000
NSID = "network.bsky.jetstream.subscribeEvents"


@dataclass(frozen=True)
class Served:
    """One event as a host has it; ``body`` is the commit, account or identity object."""

    seq: int
    time_us: int
    did: str
    kind: str
    body: Mapping[str, Any]

    @property
    def collection(self) -> str | None:
        """The collection of a commit."""
        return str(self.body["collection"]) if self.kind == "commit" else None


@dataclass(frozen=True)
class Drop:
    """One connection ends after so many frames."""

    after: int
    how: Literal["close", "abort", "too_slow"] = "close"


@dataclass
class Faults:
    """What the host does wrong."""

    drops: deque[Drop] = field(default_factory=deque)
    garbage: dict[int, bytes | str] = field(default_factory=dict)
    """Sent just before the event with this ``seq``."""
    twice: bool = False
    refuse_v2: int | None = None
    refuse_all: int | None = None
    no_subprotocol: bool = False
    floor_seq: int = 0
    no_cursor_before_us: int = 0
    """A time cursor below this is refused as too old (no known server does; one could)."""


def post_event(n: int, text: str = "", **record: Any) -> Served:
    """The ``n``-th event: somebody posts. Claims are 400 ms older than the event."""
    made_at = datetime.fromtimestamp(_time_us(n) / 1e6, UTC) - timedelta(milliseconds=400)
    fields = {"$type": POSTS, "text": text or f"post number {n}", "createdAt": made_at.isoformat(), **record}
    return commit_event(n, "create", fields)


def commit_event(n: int, operation: str, record: Mapping[str, Any] | None, of: int | None = None) -> Served:
    """The ``n``-th event changes the record of event ``of`` (default: its own)."""
    body: dict[str, Any] = {"operation": operation, "collection": POSTS, "rkey": f"rkey{n if of is None else of}"}
    body["rev"] = tid(_time_us(n))
    if record is not None:
        body |= {"record": dict(record), "cid": f"cid{n}"}
    return Served(n, _time_us(n), f"did:plc:author{n if of is None else of}", "commit", body)


def account_event(n: int, did: str, status: str | None) -> Served:
    """The ``n``-th event changes the state of an account; ``None`` makes it active."""
    body: dict[str, Any] = {"active": status is None, "did": did, "seq": 5, "time": "2026-09-21T00:00:00.000Z"}
    return Served(n, _time_us(n), did, "account", body if status is None else {**body, "status": status})


def identity_event(n: int) -> Served:
    """The ``n``-th event changes a handle."""
    did = f"did:plc:author{n}"
    return Served(n, _time_us(n), did, "identity", {"did": did, "seq": 6, "time": "2026-09-21T00:00:00.000Z"})


def like_event(n: int) -> Served:
    """The ``n``-th event is a commit to a collection nobody asked for."""
    body = {"operation": "create", "collection": "app.bsky.feed.like", "rkey": f"rkey{n}", "rev": tid(_time_us(n))}
    return Served(n, _time_us(n), f"did:plc:author{n}", "commit", {**body, "record": {"subject": {}}})


def tid(time_us: int) -> str:
    """A repository revision of that microsecond, clock id 7."""
    number = time_us << 10 | 7
    return "".join("234567abcdefghijklmnopqrstuvwxyz"[number >> shift & 31] for shift in range(60, -1, -5))


def post_id(n: int) -> str:
    """The id that Trendsieve gives the post of event ``n``."""
    return f"bluesky:at://did:plc:author{n}/{POSTS}/rkey{n}"


def _time_us(n: int) -> int:
    return START_US + n * SECOND_US


class JetstreamServer:
    """Serves the events to every connection and then keeps it open.

    Parameters
    ----------
    events
        In the order of the stream. Without a cursor a connection starts at ``live_from``.
    faults
        May be changed while the server runs.
    """

    def __init__(self, events: Sequence[Served], faults: Faults | None = None, live_from: int = 0) -> None:
        self.events = list(events)
        self.faults = faults or Faults()
        self.live_from = live_from
        self.requests: list[tuple[str, dict[str, list[str]]]] = []
        """Path and query of every handshake, in order."""
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """``ws://…`` of this server."""
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def __enter__(self) -> JetstreamServer:
        self._server = serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._answer,
            select_subprotocol=self._choose,
            close_timeout=2,
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="jetstream")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.shutdown()
        self._thread.join()

    def cursors(self) -> list[int | None]:
        """The cursor of every handshake, in order."""
        return [int(query["cursor"][0]) if "cursor" in query else None for _, query in self.requests]

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        query = parse_qs(parts.query)
        self.requests.append((parts.path, query))
        v2 = parts.path == f"/xrpc/{NSID}"
        status = self.faults.refuse_all or (self.faults.refuse_v2 if v2 else None)
        if status is not None:
            return connection.respond(status, "not here\n")
        cursor = int(query["cursor"][0]) if "cursor" in query else None
        if v2 and cursor is not None:
            too_old = cursor < self.faults.no_cursor_before_us if cursor >= 1e15 else cursor < self.faults.floor_seq
            if too_old:
                return connection.respond(400, json.dumps({"error": "CursorTooOld", "message": "floor"}))
        return None

    def _choose(self, connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return None if self.faults.no_subprotocol or not offered else offered[0]

    def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        parts = urlsplit(connection.request.path)
        v2 = parts.path.startswith("/xrpc/")
        frames = self._frames(v2, parse_qs(parts.query))
        drop = self.faults.drops.popleft() if self.faults.drops else None
        try:
            for sent, frame in enumerate(frames):
                if drop is not None and sent == drop.after:
                    self._drop(connection, drop, v2)
                    return
                connection.send(frame)
            if drop is not None:
                self._drop(connection, drop, v2)
                return
            for _ in connection:  # stay, until the client goes
                pass
        except ConnectionClosed:
            return

    def _drop(self, connection: ServerConnection, drop: Drop, v2: bool) -> None:
        if drop.how == "too_slow" and v2:
            connection.send(json.dumps({"$type": "error", "error": "ConsumerTooSlow", "message": "slow"}))
        elif drop.how == "abort":
            connection.socket.shutdown(socket.SHUT_RDWR)
        connection.close()

    def _frames(self, v2: bool, query: dict[str, list[str]]) -> Iterator[str | bytes]:
        cursor = int(query["cursor"][0]) if "cursor" in query else None
        by_seq = v2 and cursor is not None and cursor < 1e15
        floor = next((event.time_us for event in self.events if event.seq >= self.faults.floor_seq), 0)
        if v2 and cursor is not None and not by_seq and cursor < floor and self.faults.floor_seq:
            info = {"$type": f"{NSID}#info", "name": "OutdatedCursor", "message": "clamped"}
            yield json.dumps({"$type": "message", "payload": info})
        for event in self.events[self.live_from if cursor is None else 0 :]:
            at = event.seq if by_seq else event.time_us
            if (cursor is not None and at < cursor) or (v2 and event.seq < self.faults.floor_seq):
                continue
            if event.seq in self.faults.garbage:
                yield self.faults.garbage[event.seq]
            if _asked_for(event, v2, query):
                frame = json.dumps(render_v2(event) if v2 else render_v1(event), ensure_ascii=False)
                yield from (frame, frame) if self.faults.twice else (frame,)


def _asked_for(event: Served, v2: bool, query: dict[str, list[str]]) -> bool:
    if event.kind == "commit":
        wanted = query.get("collections" if v2 else "wantedCollections")
        return wanted is None or event.collection in wanted
    return not v2 or event.kind in query.get("kinds", [event.kind])


def render_v1(event: Served) -> dict[str, Any]:
    """The event as ``/subscribe`` sends it."""
    return {"did": event.did, "time_us": event.time_us, "kind": event.kind, event.kind: dict(event.body)}


def render_v2(event: Served) -> dict[str, Any]:
    """The event as ``subscribeEvents`` sends it."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=event.time_us)
    payload: dict[str, Any] = {"$type": f"{NSID}#{event.kind}", "seq": event.seq, "did": event.did}
    payload["time"] = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    payload |= dict(event.body) if event.kind == "commit" else {event.kind: dict(event.body)}
    return {"$type": "message", "payload": payload}
