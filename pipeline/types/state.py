"""The state of a shard as it is stored: named arrays beside one JSON document.

Every owner of a part of it stores and restores that part itself: ``state()`` gives a :class:`StatePart`, and
``restore(stored)`` takes from a :class:`StoredState` the arrays and the fields of the document that are its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class NamedArray(msgspec.Struct, frozen=True):
    """One array of a stage's state."""

    name: str
    values: NDArray[np.generic]


class StateSnapshot(msgspec.Struct, frozen=True):
    """A stage's whole memory: versioned arrays plus a small JSON document, no pickle."""

    version: int
    encoder_id: str
    dimension: int
    document: bytes
    arrays: tuple[NamedArray, ...]


class StatePart(msgspec.Struct, frozen=True):
    """What one owner stores: its arrays, views of its memory, and structs whose fields are its fields of the document.

    Examples
    --------
    >>> part = StatePart((packed("names", ["bread"]),)).with_parts([StatePart(numbered("rows", [np.arange(3)]))])
    >>> stored = StoredState(part.document(), part.arrays)
    >>> stored.unpacked("names", list[str]), [row.tolist() for row in stored.columns("rows")]
    (['bread'], [[0, 1, 2]])
    """

    arrays: tuple[NamedArray, ...] = ()
    scalars: tuple[msgspec.Struct, ...] = ()

    def with_parts(self, parts: Iterable[StatePart]) -> StatePart:
        """This and the parts below it as one."""
        every = (self, *parts)
        return StatePart(
            tuple(array for part in every for array in part.arrays),
            tuple(scalars for part in every for scalars in part.scalars),
        )

    def document(self) -> bytes:
        """All fields side by side, as JSON."""
        return msgspec.json.encode(
            {name: it for one in self.scalars for name, it in msgspec.structs.asdict(one).items()}
        )


class StoredState:
    """A document and arrays to restore from: each owner takes what it stored."""

    def __init__(self, document: bytes, arrays: Iterable[NamedArray]) -> None:
        self._document = document
        self._arrays: dict[str, NDArray[Any]] = {array.name: array.values for array in arrays}

    def scalars(self, kind: type[T]) -> T:
        """The fields that ``kind`` names."""
        return msgspec.json.decode(self._document, type=kind)

    def array(self, name: str) -> NDArray[Any]:
        """One array, shared with the snapshot: copy what will be changed."""
        return self._arrays[name]

    def unpacked(self, name: str, kind: type[T]) -> T:
        """A value stored with :func:`packed`."""
        return msgspec.msgpack.decode(self._arrays[name].tobytes(), type=kind, strict=False)

    def columns(self, owner: str) -> list[NDArray[Any]]:
        """Arrays stored with :func:`numbered`."""
        return [self._arrays[f"{owner}/{number}"] for number in sorted(self.numbers(owner))]

    def numbers(self, owner: str) -> Iterator[int]:
        """Every number, once, that follows the name of the owner, in the order of the arrays."""
        found = (name.split("/") for name in self._arrays)
        return iter(dict.fromkeys(int(parts[1]) for parts in found if parts[0] == owner))


def numbered(owner: str, values: Sequence[NDArray[Any]]) -> tuple[NamedArray, ...]:
    """Columns of an owner, by their place."""
    return tuple(NamedArray(f"{owner}/{place}", column) for place, column in enumerate(values))


def packed(name: str, value: object) -> NamedArray:
    """A struct, or a list of them, as bytes."""
    return NamedArray(name, np.frombuffer(msgspec.msgpack.encode(value), np.uint8))
