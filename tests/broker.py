"""A real Kafka-protocol broker for tests (noida-db), started once per session on a free port."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.waiting import happens_within


class Broker:
    """One broker process with its data folder; can be stopped and started again on the same port."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self._binary = binary
        self._folder = folder
        self.port = unused_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def servers(self) -> str:
        """What clients connect to."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until the port answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(self._binary), "start", "--only", "kafka"),
                    *("--kafka-port", str(self.port), "--data-dir", str(self._folder / "data")),
                ],
                stdout=log,
                stderr=log,
            )
        process = self._process
        happens_within(lambda: self._answers() or process.poll() is not None, 20)
        if not self._answers():
            self.stop()
            raise RuntimeError(f"the broker did not start:\n{(self._folder / 'broker.log').read_text()[-2000:]}")

    def stop(self) -> None:
        """SIGTERM and wait: this broker keeps its data across that."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


def broker_binary() -> Path:
    """The broker itself, not its wrapper script: a signal to the wrapper would orphan it."""
    spec = find_spec("noida_db")
    binary = None if spec is None or spec.origin is None else Path(spec.origin).with_name("noida-db")
    if binary is None or not binary.is_file():
        pytest.skip("noida-db is not installed: pip install noida-db to run the broker tests")
    binary.chmod(0o755)
    return binary


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The session's shared broker: use topic names of your own and never stop it."""
    running = Broker(broker_binary(), tmp_path_factory.mktemp("broker"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of this test's own, to stop and restart."""
    running = Broker(broker_binary(), tmp_path / "broker")
    running.start()
    yield running
    running.stop()


def unused_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
