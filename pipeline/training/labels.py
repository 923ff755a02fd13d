"""The labels of a stream: which event each of its posts belongs to."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import msgspec

from configs.errors import InputError


class _Labelled(msgspec.Struct):
    id: str | int | None = None
    label: str | None = None


def read_labels(path: Path) -> Iterator[tuple[str, str | None]]:
    """Id and label of each line that has an id.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    decoder = msgspec.json.Decoder(_Labelled)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as handle:
            for line in handle:
                try:
                    row = decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    continue  # the source sends it to the dead letters
                if row.id is not None:
                    yield str(row.id), row.label
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
