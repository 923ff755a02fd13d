"""One warm launcher for all black-box tests of a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.processes import Launcher


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """Starts ``trendsieve`` processes whose model is already in memory."""
    running = Launcher(tmp_path_factory.mktemp("launcher"))
    yield running
    running.close()
