"""A loopback Slack webhook that is as strict as Slack: limits, rate, errors and broken connections.

It counts lengths in UTF-16 units, the strictest reading of Slack's limits, and keeps
every message it took. Behaviour is scripted one request at a time; an empty script
means "behave like a healthy Slack".
"""

from __future__ import annotations

import html
import json
import re
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATH = "/services/T0000/B0000/hush-hush"
MAX_BODY_BYTES = 100_000
_LIMITED_BLOCKS = frozenset({"header", "section", "context", "actions"})
_PING = re.compile(r"<[!@#][^>]*>|@(?:channel|here|everyone)\b")
_LINK = re.compile(r"<(?:https?|mailto):[^>]*>|\bhttps?://\S")


@dataclass(frozen=True)
class Reply:
    """Answer with this instead of looking at the message."""

    status: int
    body: str = ""
    retry_after: str | None = None


@dataclass(frozen=True)
class Drop:
    """Break the connection: before reading the request, after reading it, or after even taking the message."""

    when: str


@dataclass(frozen=True)
class Hold:
    """Take the message, tell ``taken``, and answer only when ``release`` is set."""

    taken: Event = field(default_factory=Event)
    release: Event = field(default_factory=Event)


Act = Reply | Drop | Hold


@dataclass(frozen=True)
class Received:
    """One message taken, with when (monotonic seconds)."""

    at: float
    payload: dict[str, Any]

    @property
    def state(self) -> str:
        """``brand:topic:KIND`` as its readers see it: from the header and the button."""
        url = next(block for block in self.payload["blocks"] if block["type"] == "actions")["elements"][0]["url"]
        query = parse_qs(urlsplit(url).query)
        kind = self.payload["blocks"][0]["text"]["text"].split(" · ")[0].split()[-1]
        return f"{query['brand'][0]}:{query['topic'][0]}:{kind}"


class SlackStub:
    """Use as a context manager; ``url`` is the webhook.

    Another service overrides ``path``, ``not_there``, ``done``, :meth:`problem_of` and :meth:`as_sent`.
    """

    path = PATH
    not_there = Reply(404, "no_service")
    done = "ok"

    def __init__(self, per_s: float | None = 1.0) -> None:
        self.messages: list[Received] = []
        self.requests: list[float] = []
        self.script: deque[Act] = deque()
        self._spacing_s = 0.0 if per_s is None else 1.0 / per_s
        self._last_taken: float | None = None
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="slack-stub")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.path}"

    @property
    def states(self) -> list[str]:
        return [message.state for message in self.messages]

    def __enter__(self) -> SlackStub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for act in self.script:
            if isinstance(act, Hold):
                act.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def next_act(self) -> Act | None:
        with self._lock:
            self.requests.append(time.monotonic())
            return self.script.popleft() if self.script else None

    def react(self, act: Act | None, body: bytes) -> Reply | None:
        """Do as scripted; ``None`` leaves the request without an answer."""
        if isinstance(act, Reply):
            return act
        if act == Drop("after_reading"):
            return None
        reply = self.take(body)
        if isinstance(act, Hold):
            act.taken.set()
            act.release.wait(30)
        return None if isinstance(act, Drop) else reply

    def take(self, body: bytes) -> Reply:
        """Check one message as the service would, and keep it."""
        problem = self.problem_of(body)
        if problem is not None:
            return Reply(400, problem)
        now = time.monotonic()
        with self._lock:
            if self._last_taken is not None and now - self._last_taken < self._spacing_s:
                return Reply(429, "rate_limited", retry_after="1")
            self._last_taken = now
            self.messages.append(Received(now, json.loads(body)))
        return Reply(200, self.done)

    def problem_of(self, body: bytes) -> str | None:
        """The service's word for what is wrong with a message."""
        return first_problem(body)

    def as_sent(self, reply: Reply) -> tuple[dict[str, str], str]:
        """Headers and body of an answer."""
        return ({} if reply.retry_after is None else {"Retry-After": reply.retry_after}), reply.body


def _handler_of(stub: SlackStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 20

        def do_POST(self) -> None:
            act = stub.next_act()
            if act == Drop("before_reading"):
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = stub.not_there if self.path != stub.path else stub.react(act, body)
            if reply is not None:
                self._answer(reply)

        def _answer(self, reply: Reply) -> None:
            try:
                headers, text = stub.as_sent(reply)
                self.send_response(reply.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())
            except ConnectionError:
                pass  # the sender was killed meanwhile: that is what some tests do

        def log_message(self, format: str, *args: object) -> None:
            """Tests read ``messages``, not a log."""

    return Handler


def first_problem(body: bytes) -> str | None:
    """Slack's word for the first thing wrong with a message; ``None`` when it is fine."""
    if len(body) > MAX_BODY_BYTES:
        return "message_too_large"
    try:
        payload = json.loads(body.decode("utf-8"))
    except ValueError:
        return "invalid_payload"
    if not isinstance(payload, dict) or not _sized(payload.get("text"), 40_000):
        return "no_text"
    blocks = payload.get("blocks", [])
    if not isinstance(blocks, list) or len(blocks) > 50:
        return "invalid_blocks"
    return None if all(map(_block_is_fine, blocks)) else "invalid_blocks"


def _block_is_fine(block: dict[str, Any]) -> bool:
    kind = block.get("type")
    if kind not in _LIMITED_BLOCKS:
        return False
    if kind == "header":
        return set(block) == {"type", "text"} and _text_is_fine(block["text"], 150, ("plain_text",))
    if kind == "section":
        return _section_is_fine(block)
    if kind == "context":
        elements = block.get("elements", [])
        return 1 <= len(elements) <= 10 and all(_text_is_fine(element, 3_000) for element in elements)
    elements = block.get("elements", [])
    return 1 <= len(elements) <= 25 and all(map(_button_is_fine, elements))


def _section_is_fine(block: dict[str, Any]) -> bool:
    fields = block.get("fields", [])
    if not ("text" in block or fields) or len(fields) > 10:
        return False
    if "text" in block and not _text_is_fine(block["text"], 3_000):
        return False
    return all(_text_is_fine(one, 2_000) for one in fields)


def _button_is_fine(element: dict[str, Any]) -> bool:
    if element.get("type") != "button" or not _text_is_fine(element.get("text"), 75, ("plain_text",)):
        return False
    url = element.get("url", "")
    return _sized(url, 3_000) and urlsplit(url).scheme in ("http", "https") and _sized(element.get("action_id"), 255)


def _text_is_fine(text: Any, limit: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> bool:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        return False
    known = {"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text", "verbatim"}
    return set(text) <= known and _sized(text.get("text"), limit)


def _sized(text: Any, limit: int) -> bool:
    return isinstance(text, str) and 0 < len(text.encode("utf-16-le")) // 2 <= limit


def acting_parts(payload: dict[str, Any]) -> list[str]:
    """Everything in a message's texts that would ping somebody or open something, buttons excepted."""
    return [found[0] for text in texts(payload) for pattern in (_PING, _LINK) for found in pattern.finditer(text)]


def shown(text: str) -> str:
    """A mrkdwn text as its readers see it."""
    return html.unescape(text).replace("\u2060", "")


def texts(value: Any) -> Iterator[str]:
    """Every ``text`` string of a payload, as sent."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
