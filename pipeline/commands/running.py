"""What commands that keep running share: the store they open, how they stop, the board beside them."""

from __future__ import annotations

import argparse
import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import msgspec

from configs.errors import ConfigError, InputError, RetryableError
from configs.settings import Settings


@contextmanager
def opened_store(settings: Settings, profiles: tuple[BrandProfile, ...]) -> Iterator[Store]:
    """The store, knowing these brands: what their files bring that is new is a version there from now on."""
    from pipeline.brand.profile.versions import take_up
    from pipeline.store.database import open_store
    from pipeline.wiring.models import utc_now

    store = open_store(settings.store.url, utc_now)
    try:
        if profiles:
            take_up(store, profiles, utc_now())
        yield store
    finally:
        store.close()


@contextmanager
def stopping(level: int = logging.INFO) -> Iterator[Event]:
    """An event that SIGINT and SIGTERM set, so that a step in progress still commits; our own log from ``level`` on."""
    stop = Event()
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # other people's libraries speak up only when something is wrong
    for room in ("trendsieve", "ingest", "pipeline"):
        logging.getLogger(room).setLevel(level)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Background(Thread):
    """A thread whose failure stops the process and is reported by it."""

    def __init__(self, name: str, work: Callable[[], object], stop: Event) -> None:
        super().__init__(name=name)
        self._work = work
        self._stop_event = stop
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - a thread's outer loop: kept, and raised by the main thread
            self.error = error
            self._stop_event.set()


@contextmanager
def background(stop: Event) -> Iterator[Callable[[str, Callable[[], object]], None]]:
    """Gives a function that starts a named thread; when one fails, everything stops.

    At the end of the block, however it comes, ``stop`` is set and the threads are waited for:
    a thread left running would keep a failed process alive. The first error of a thread is raised.
    """
    threads: list[Background] = []

    def begin(name: str, work: Callable[[], object]) -> None:
        threads.append(Background(name, work, stop))
        threads[-1].start()

    try:
        yield begin
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for thread in threads:
        if thread.error is not None:
            raise thread.error


@contextmanager
def board_process(settings: Settings, config: Path | None) -> Iterator[subprocess.Popen[bytes]]:
    """The board as a child process, stopped with the parent; started by name, because ui is above pipeline."""
    command = [sys.executable, "-m", "ui.server", settings.store.url, settings.board.host, str(settings.board.port)]
    if config is not None:
        command.append(str(config))
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def watch_board(server: subprocess.Popen[bytes], settings: Settings, stop: Event) -> None:
    """Return when ``stop`` is set.

    Raises
    ------
    RetryableError
        The board ended by itself.
    """
    while not stop.wait(0.2):
        if server.poll() is not None:
            where = f"{settings.board.host}:{settings.board.port}"
            raise RetryableError(f"the board at {where} stopped; if the port is taken, choose another with --port")


def say(text: str) -> None:
    """One line for the person at the terminal."""
    sys.stderr.write(text + "\n")


if TYPE_CHECKING:
    from pipeline.brand.profile.profile import BrandProfile
    from pipeline.store.contract import Store

SQLITE = "sqlite:///"


def store_argument(parser: argparse.ArgumentParser) -> None:
    """``--store URL``."""
    parser.add_argument("--store", metavar="URL", help="the store to look into (default: store.url of the settings)")


def with_store(settings: Settings, url: str | None) -> Settings:
    """Settings with the store that the flag names."""
    if url is None:
        return settings
    return msgspec.structs.replace(settings, store=msgspec.structs.replace(settings.store, url=url))


@contextmanager
def existing_store(settings: Settings) -> Iterator[Store]:
    """The store of the settings, which has to be there already.

    Raises
    ------
    ConfigError
        There is no such file: a store that is made by looking into it would only say "nothing".
    """
    from pipeline.store.database import open_store
    from pipeline.wiring.models import utc_now

    url = settings.store.url
    if not store_is_there(settings):
        problem, fix = f"names a file that does not exist ({url})", "fill it with 'trendsieve run', or give --store"
        raise ConfigError("settings", "store.url", problem, fix)
    store = open_store(url, utc_now)
    try:
        yield store
    finally:
        store.close()


def store_is_there(settings: Settings) -> bool:
    """Whether the store of the settings can be looked into; a server is taken to be there."""
    url = settings.store.url
    return not url.startswith(SQLITE) or Path(url.removeprefix(SQLITE)).is_file()


def stored_profile(store: Store, brand_id: str) -> BrandProfile:
    """The profile a store knows by this id.

    Raises
    ------
    InputError
        It knows none; the message lists those it does.
    """
    from pipeline.brand.profile.toml import parse_profile

    brands = {brand.brand_id: brand for brand in store.brands()}
    if brand_id not in brands:
        known = ", ".join(sorted(brands)) or "none"
        raise InputError(f"{brand_id}: is not a brand of the store; it knows: {known}")
    return parse_profile(brands[brand_id].toml, f"the stored profile of {brand_id}")


def profile_of(brand: str, settings: Settings) -> BrandProfile:
    """A brand given as a file or, where no such file is, as an id of the store.

    Raises
    ------
    ConfigError, InputError
        The file is wrong, or neither file nor store knows the brand.
    """
    from pipeline.brand.profile.profile import load_profile

    path = Path(brand)
    if path.suffix == ".toml" or path.is_file():
        return load_profile(path)
    with existing_store(settings) as store:
        return stored_profile(store, brand)
