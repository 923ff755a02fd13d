"""A worker over fakes that count its calls and break at a chosen one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

import pipeline.track.worker
from configs.settings import Settings
from pipeline.store.contract import Store
from pipeline.track.deduplicate import deduplicate
from pipeline.track.stage import TopicStage
from pipeline.track.worker import Tools
from tests.demo_shard import (
    tools_of,
)


class Boom(Exception):
    """The crash of a test."""


class Tripwire:
    """Notes what was done, and raises right after ``step`` was done for the ``nth`` time."""

    def __init__(self, step: str | None = None, nth: int = 1, error: Callable[[], Exception] = Boom) -> None:
        self.done: list[str] = []
        self._step = step
        self._left = nth
        self._error = error

    def passed(self, step: str) -> None:
        self.done.append(step)
        if step == self._step:
            self._left -= 1
            if self._left == 0:
                raise self._error()


class Watched:
    """The real thing; every call that ended well is told to a tripwire."""

    def __init__(self, inner: Any, name: str, wire: Tripwire) -> None:
        self._inner = inner
        self._name = name
        self._wire = wire

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value) or name == "close":
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            result = value(*args, **kwargs)
            self._wire.passed(f"{self._name}.{name}")
            return result

        return call


class WatchedStore(Watched):
    """A store whose transactions are watched too, up to the moment after the commit."""

    @contextmanager
    def transaction(self) -> Iterator[Watched]:
        with self._inner.transaction() as tx:
            self._wire.passed("transaction")
            yield Watched(tx, "tx", self._wire)
        self._wire.passed("commit")


@contextmanager
def watched(
    wire: Tripwire, settings: Settings, store: Store, group: str = "track", tools: Tools | None = None
) -> Iterator[Tools]:
    """New tools, or those given, each watched."""
    tools = tools or tools_of(settings, store, group=group)
    with pytest.MonkeyPatch.context() as patch:

        def follow(self: TopicStage, *args: Any, _follow: Any = TopicStage.follow) -> bool:
            ended: bool = _follow(self, *args)
            wire.passed("follow")
            return ended

        def dedup(*args: Any) -> Any:
            result = deduplicate(*args)
            wire.passed("deduplicate")
            return result

        patch.setattr(TopicStage, "follow", follow)
        patch.setattr(pipeline.track.worker, "deduplicate", dedup)
        yield replace(
            tools,
            reader=Watched(tools.reader, "reader", wire),
            dead_letters=Watched(tools.dead_letters, "dead_letters", wire),
            intake=Watched(tools.intake, "intake", wire),
            store=WatchedStore(store, "store", wire),
        )
