"""The state codec: exact round trips, small differences, and no damage goes unnoticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.extra.numpy as npst
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import StateMismatch
from pipeline.store import state_codec
from pipeline.store.state_codec import CHUNK_BYTES, DTYPES, Chunk, EncodedState, decode_state, encode_state
from pipeline.types.state import NamedArray, StateSnapshot

Place = tuple[int, int]

arrays = st.sampled_from(sorted(DTYPES)).flatmap(
    lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
snapshots = st.builds(
    StateSnapshot,
    version=st.integers(0, 9),
    encoder_id=names,
    dimension=st.integers(0, 4096),
    document=st.binary(max_size=200),
    arrays=st.lists(st.builds(NamedArray, names, arrays), max_size=4).map(tuple),
)


def state_of(*arrays: np.ndarray[Any, Any], document: bytes = b"{}") -> StateSnapshot:
    return StateSnapshot(1, "enc", 8, document, tuple(NamedArray(f"a{i}", values) for i, values in enumerate(arrays)))


def decoded(state: EncodedState) -> StateSnapshot:
    """Through bytes, as a database gives them back."""
    copies = [msgspec.structs.replace(chunk, data=bytes(chunk.data)) for chunk in state.chunks]
    return decode_state(bytes(state.header), copies)


def assert_same(got: StateSnapshot, expected: StateSnapshot) -> None:
    assert msgspec.structs.replace(got, arrays=()) == msgspec.structs.replace(expected, arrays=())
    assert [array.name for array in got.arrays] == [array.name for array in expected.arrays]
    for mine, theirs in zip(got.arrays, expected.arrays, strict=True):
        assert mine.values.dtype == theirs.values.dtype
        assert mine.values.shape == theirs.values.shape
        assert mine.values.tobytes() == theirs.values.tobytes()  # bit for bit, NaN payloads included


def places(state: EncodedState) -> dict[Place, bytes]:
    return {(chunk.part, chunk.number): chunk.checksum for chunk in state.chunks}


def big() -> np.ndarray[Any, Any]:
    return np.random.default_rng(3).standard_normal((200, 512)).astype(np.float32)


@given(snapshots)
def test_round_trip_is_exact(snapshot: StateSnapshot) -> None:
    assert_same(decoded(encode_state(snapshot)), snapshot)


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_round_trip_around_the_size_of_a_chunk(extra: int) -> None:
    values = np.arange(2 * CHUNK_BYTES + extra, dtype=np.uint8)
    state = encode_state(state_of(values, document=b"x" * (CHUNK_BYTES + extra)))
    assert max(len(chunk.data) for chunk in state.chunks) <= CHUNK_BYTES
    assert_same(decoded(state), state_of(values, document=b"x" * (CHUNK_BYTES + extra)))


def test_array_of_any_layout_round_trips() -> None:
    values = big()
    snapshot = state_of(values.T, values[::2, ::-3], np.asfortranarray(values), np.float64(3.5) * np.ones(()))
    assert_same(decoded(encode_state(snapshot)), snapshot)


def test_loaded_arrays_are_writable_and_apart_from_the_original() -> None:
    original = np.ones(4, np.float32)
    loaded = decoded(encode_state(state_of(original))).arrays[0].values
    loaded[0] = 7.0
    assert original[0] == 1.0


def test_changing_one_number_changes_one_chunk() -> None:
    values = big()
    before = places(encode_state(state_of(values)))
    values[120, 5] += 1.0
    after = places(encode_state(state_of(values)))
    assert len(after) > 5
    assert [place for place in after if after[place] != before[place]] == [(1, 120 * 512 * 4 // CHUNK_BYTES)]


def test_equal_bytes_in_another_place_have_another_checksum() -> None:
    state = encode_state(state_of(np.zeros(2 * CHUNK_BYTES, np.uint8), np.zeros(CHUNK_BYTES, np.uint8)))
    assert len(set(places(state).values())) == len(state.chunks)


@pytest.mark.parametrize(
    "values",
    [
        np.array([{}], dtype=object),
        np.array(["text"]),
        np.array([b"raw"]),
        np.array([1 + 2j]),
        np.array([0], "M8[us]"),
        np.array([1.0], ">f4"),
        np.zeros(1, [("x", "<f4")]),
    ],
    ids=lambda values: values.dtype.str,
)
def test_other_dtypes_are_refused(values: np.ndarray[Any, Any]) -> None:
    with pytest.raises(StateMismatch, match="dtype"):
        encode_state(state_of(values))


def test_half_a_surrogate_in_a_name_is_refused() -> None:
    with pytest.raises(StateMismatch, match="Unicode"):
        encode_state(StateSnapshot(1, "\ud83d", 8, b"", ()))


@given(st.data())
def test_any_flipped_bit_is_noticed(data: st.DataObject) -> None:
    state = encode_state(state_of(np.arange(40, dtype=np.float32), document=b'{"topics": 3}'))
    raw = [bytearray(state.header), *(bytearray(chunk.data) for chunk in state.chunks)]
    victim = data.draw(st.sampled_from(raw))
    victim[data.draw(st.integers(0, len(victim) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    chunks = [msgspec.structs.replace(chunk, data=bytes(new)) for chunk, new in zip(state.chunks, raw[1:], strict=True)]
    with pytest.raises(StateMismatch):
        decode_state(bytes(raw[0]), chunks)


WRONG_CHUNKS: dict[str, Callable[[tuple[Chunk, ...], tuple[Chunk, ...]], tuple[Chunk, ...]]] = {
    "none": lambda mine, other: (),
    "without the first": lambda mine, other: mine[1:],
    "without the last": lambda mine, other: mine[:-1],
    "without one inside": lambda mine, other: mine[:2] + mine[3:],
    "repeated": lambda mine, other: mine + mine[-1:],
    "swapped": lambda mine, other: (mine[0], mine[2], mine[1], *mine[3:]),
    "one of another save": lambda mine, other: (*mine[:2], other[2], *mine[3:]),
    "one part too many": lambda mine, other: (*mine, msgspec.structs.replace(mine[-1], part=9, number=0)),
}


@pytest.mark.parametrize("name", WRONG_CHUNKS)
def test_missing_surplus_and_foreign_chunks_are_noticed(name: str) -> None:
    state = encode_state(state_of(big()))
    other = encode_state(state_of(big() + 1))
    with pytest.raises(StateMismatch):
        decode_state(state.header, WRONG_CHUNKS[name](state.chunks, other.chunks))


def test_header_of_another_format_is_refused() -> None:
    state = encode_state(state_of(np.ones(2, np.float32)))
    newer = state_codec._seal(state.header[16:].replace(b'"format":1', b'"format":2'))
    foreign = state_codec._seal(b'{"format":1}')
    unsafe = state_codec._seal(state.header[16:].replace(b"<f4", b"|O8"))
    for header in (newer, foreign, unsafe, b"", b"short"):
        with pytest.raises(StateMismatch):
            decode_state(header, state.chunks)
