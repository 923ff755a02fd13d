"""Fixtures every test may use, the two stages of ``make test``, and the watch for leaks."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest

from tests.waiting import happens_within

ROOT = Path(__file__).resolve().parent.parent

# A busy machine is slow, not wrong: pytest's own timeout ends what hangs.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

# Whatever starts a server is slow by nature: the first stage stays fast without anybody remembering to say so.
_SECOND_STAGE = ("broker", "postgres", "browser")

# multiprocessing keeps these for the life of the interpreter; they end with it.
_KEPT_FOR_THE_SESSION = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")

_LEAK_GRACE_S = 2.0


class FixedClock:
    """A clock that stands still until a test moves it.

    Examples
    --------
    >>> clock = FixedClock()
    >>> before = clock()
    >>> clock.advance(90)
    >>> (clock() - before).total_seconds()
    90.0
    """

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward (or back, when negative)."""
        self._now += timedelta(seconds=seconds)


@pytest.hookimpl(tryfirst=True)  # before ``-m`` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.get_closest_marker(name) for name in _SECOND_STAGE):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def clock() -> FixedClock:
    """Aware UTC, always the same start: 2 March 2026, 9:00."""
    return FixedClock()


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Models that tests and their processes convert are kept for the session, not in the user's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRENDSIEVE_ENCODER__CACHE", str(tmp_path_factory.mktemp("models")))
        yield


@pytest.fixture(scope="session")
def lab_data() -> Path:
    """The folder of third-party data beside the repository; measured with, never copied."""
    path = ROOT.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("lab data not found: expected ../shared/data beside the repository")
    return path


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser of this machine, for ``playwright``'s ``executable_path``."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    apps = ("Chromium", "Google Chrome")
    found = [path for name in names if (path := shutil.which(name))]
    found += [path for app in apps if Path(path := f"/Applications/{app}.app/Contents/MacOS/{app}").exists()]
    if not found:
        pytest.skip("no Chromium on this machine: `make chromium` installs one where the package manager allows")
    return found[0]


@pytest.fixture(autouse=True)
def _no_leaks() -> Iterator[None]:
    """A test leaves no child process and no non-daemon thread behind (servers of wider fixtures excepted).

    Being the first function fixture to start it is the last to end, so it looks after all others have cleaned up.
    """
    threads, children = _threads(), _children()
    yield
    happens_within(lambda: not _leaked(threads, children), _LEAK_GRACE_S)
    leaked = _leaked(threads, children)
    assert not leaked, f"left behind: {', '.join(leaked)}"


def _leaked(threads: set[threading.Thread], children: set[int]) -> list[str]:
    names = [f"thread {thread.name}" for thread in _threads() - threads]
    for pid in _children() - children:
        command = _command(pid)
        if command and not any(kept in command for kept in _KEPT_FOR_THE_SESSION):
            names.append(f"process {pid} ({command})")
    return names


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not thread.daemon}


def _children() -> set[int]:
    """Process ids of the direct children; empty where the system has no ``/proc`` (macOS)."""
    pids: set[int] = set()
    for task in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        try:
            pids.update(int(pid) for pid in task.read_text().split())
        except OSError:  # the thread ended meanwhile
            continue
    return pids


def _command(pid: int) -> str | None:
    """Command line of a process; ``None`` when it is gone. A zombie shows as ``defunct``: nobody waited for it."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None
    return line or "defunct"
