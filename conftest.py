"""Loads the fixtures that start real servers; pytest wants their list in the topmost conftest."""

from __future__ import annotations

from pathlib import Path

_SERVERS = ("broker", "postgres_server")

pytest_plugins = [f"tests.{name}" for name in _SERVERS if (Path(__file__).parent / "tests" / f"{name}.py").exists()]
