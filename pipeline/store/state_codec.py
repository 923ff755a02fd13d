"""A stage's state as a header and small checksummed chunks, without pickle.

A batch changes a few rows of a few arrays; cut into 64 KiB chunks, only the chunks
around them have to be written again. Part 0 is the JSON document, part ``i`` the
``i``-th array. The header names every part and holds a checksum over all chunk
checksums, so a chunk that is missing, damaged or of another save is noticed on load.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import msgspec
import numpy as np

from configs.errors import StateMismatch
from pipeline.types.state import NamedArray, StateSnapshot

CHUNK_BYTES = 65_536
FORMAT = 1

DTYPES = frozenset(["|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8"])
"""What an array may hold: booleans, integers and floats in little-endian order. No objects, no strings."""


class Chunk(msgspec.Struct, frozen=True):
    """Up to :data:`CHUNK_BYTES` of one part; ``checksum`` covers ``data`` and its place."""

    part: int
    number: int
    checksum: bytes
    data: bytes | memoryview


class EncodedState(msgspec.Struct, frozen=True):
    """A snapshot ready to store. Chunks may be views into the snapshot's arrays: store before changing those."""

    header: bytes
    chunks: tuple[Chunk, ...]


class _Part(msgspec.Struct, frozen=True):
    name: str
    dtype: str
    shape: tuple[int, ...]


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    version: int
    encoder_id: str
    dimension: int
    document_bytes: int
    arrays: tuple[_Part, ...]
    checksum: str


def encode_state(snapshot: StateSnapshot) -> EncodedState:
    """Cut a snapshot into a header and chunks.

    Raises
    ------
    StateMismatch
        An array has a dtype outside :data:`DTYPES`, or a name or id is not valid Unicode.

    Examples
    --------
    >>> state = StateSnapshot(1, "enc", 2, b"{}", (NamedArray("mass", np.ones(3, np.float32)),))
    >>> encoded = encode_state(state)
    >>> [(chunk.part, chunk.number, len(chunk.data)) for chunk in encoded.chunks]
    [(0, 0, 2), (1, 0, 12)]
    >>> decode_state(encoded.header, encoded.chunks).arrays[0].values
    array([1., 1., 1.], dtype=float32)
    """
    chunks = list(_cut(0, memoryview(snapshot.document)))
    arrays = []
    for part, array in enumerate(snapshot.arrays, start=1):
        dtype = array.values.dtype.str
        if dtype not in DTYPES:
            raise StateMismatch(f"state array {array.name!r} has dtype {dtype}, which cannot be stored")
        flat = np.asarray(array.values, order="C").reshape(-1).view(np.uint8)
        chunks.extend(_cut(part, flat.data))
        arrays.append(_Part(array.name, dtype, array.values.shape))
    header = _Header(
        format=FORMAT,
        version=snapshot.version,
        encoder_id=snapshot.encoder_id,
        dimension=snapshot.dimension,
        document_bytes=len(snapshot.document),
        arrays=tuple(arrays),
        checksum=_checksum_of_all(chunks),
    )
    try:
        encoded = msgspec.json.encode(header)
    except UnicodeEncodeError as error:
        raise StateMismatch(f"a name in the state is not valid Unicode: {error.reason}") from error
    return EncodedState(_seal(encoded), tuple(chunks))


def decode_state(header: bytes, chunks: Iterable[Chunk]) -> StateSnapshot:
    """Put a snapshot together again; arrays are new, writable and C-contiguous.

    Parameters
    ----------
    header
        As :func:`encode_state` made it.
    chunks
        All chunks, ordered by part and number.

    Raises
    ------
    StateMismatch
        Something is damaged, missing, left over or of another format.
    """
    head = _open_header(header)
    wanted = [head.document_bytes, *(_n_bytes(array) for array in head.arrays)]
    parts = [bytearray() for _ in wanted]
    seen: list[Chunk] = []
    for chunk in chunks:
        if not 0 <= chunk.part < len(parts) or chunk.number * CHUNK_BYTES != len(parts[chunk.part]):
            raise StateMismatch(f"stored state has an unexpected chunk {chunk.part}/{chunk.number}")
        if _checksum(chunk.part, chunk.number, chunk.data) != chunk.checksum:
            raise StateMismatch(f"stored state is damaged in chunk {chunk.part}/{chunk.number}")
        parts[chunk.part] += chunk.data
        seen.append(chunk)
    if [len(part) for part in parts] != wanted or _checksum_of_all(seen) != head.checksum:
        raise StateMismatch("stored state is incomplete: its chunks do not add up to its header")
    arrays = tuple(
        NamedArray(array.name, np.frombuffer(part, dtype=array.dtype).reshape(array.shape))
        for array, part in zip(head.arrays, parts[1:], strict=True)
    )
    return StateSnapshot(head.version, head.encoder_id, head.dimension, bytes(parts[0]), arrays)


def _cut(part: int, data: memoryview) -> Iterator[Chunk]:
    for number, start in enumerate(range(0, len(data), CHUNK_BYTES)):
        piece = data[start : start + CHUNK_BYTES]
        yield Chunk(part, number, _checksum(part, number, piece), piece)


def _checksum(part: int, number: int, data: bytes | memoryview) -> bytes:
    digest = blake2b(f"{part}/{number}/".encode(), digest_size=16)
    digest.update(data)
    return digest.digest()


def _checksum_of_all(chunks: Iterable[Chunk]) -> str:
    return blake2b(b"".join(chunk.checksum for chunk in chunks), digest_size=16).hexdigest()


def _seal(header: bytes) -> bytes:
    return blake2b(header, digest_size=16).digest() + header


def _open_header(sealed: bytes) -> _Header:
    header = bytes(sealed[16:])
    if _seal(header) != sealed:
        raise StateMismatch("the header of the stored state is damaged")
    try:
        head = msgspec.json.decode(header, type=_Header)
    except msgspec.DecodeError as error:
        raise StateMismatch(f"the header of the stored state is of another format: {error}") from error
    if head.format != FORMAT or any(array.dtype not in DTYPES for array in head.arrays):
        raise StateMismatch(f"stored state has format {head.format}, this version reads {FORMAT}")
    return head


def _n_bytes(array: _Part) -> int:
    return math.prod(array.shape) * np.dtype(array.dtype).itemsize
