"""Short filters: the numbers of the plain sum over taps, row by row the same in any company."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.enrich.encoders.use.short_filters import STEP, RowFilter, Scratch, filter_transform
from pipeline.types import FloatArray

N_TILES, WIDTH = 16, 64
EDGES = {2: 0, 3: 1, 5: 2}


def plain(inputs: FloatArray, weights: FloatArray, bias: FloatArray) -> FloatArray:
    n = N_TILES * STEP
    found: FloatArray = sum((inputs[k : k + n] @ matrix for k, matrix in enumerate(weights)), start=bias[None])
    return found


def parts(taps: int, seed: int = 3) -> tuple[FloatArray, FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 1 / 8, (taps, WIDTH, WIDTH)).astype(np.float32)
    inputs = rng.normal(size=(N_TILES * STEP + taps - 1, WIDTH)).astype(np.float32)
    return inputs, weights, rng.normal(size=WIDTH).astype(np.float32)


@pytest.mark.parametrize("taps", EDGES)
def test_the_transform_is_exact_in_exact_numbers(taps: int) -> None:
    transform = filter_transform(taps)
    rng = np.random.default_rng(1)
    inputs, filter_ = rng.normal(size=STEP + taps - 1), rng.normal(size=taps)
    found = transform.gather @ ((transform.spread @ filter_) * (transform.mix @ inputs))
    np.testing.assert_allclose(found, np.correlate(inputs, filter_, "valid"), atol=1e-12)


@pytest.mark.parametrize("taps", EDGES)
def test_it_is_the_sum_over_taps(taps: int) -> None:
    inputs, weights, bias = parts(taps)
    wide = np.zeros((N_TILES * STEP, 2 * WIDTH), np.float32)
    RowFilter(weights, bias, EDGES[taps]).apply(inputs, wide[:, WIDTH:], np.array([], int), Scratch(N_TILES, WIDTH))
    np.testing.assert_allclose(wide[:, WIDTH:], plain(inputs, weights, bias), atol=1e-4)
    assert not wide[:, :WIDTH].any()


@pytest.mark.parametrize("taps", EDGES)
def test_a_last_tile_does_not_see_what_follows(taps: int) -> None:
    inputs, weights, bias = parts(taps)
    rows, scratch, last = RowFilter(weights, bias, EDGES[taps]), Scratch(N_TILES, WIDTH), np.array([6])
    end = 7 * STEP
    one, other = (np.empty((N_TILES * STEP, WIDTH), np.float32) for _ in range(2))
    rows.apply(inputs, one, last, scratch)
    inputs[end + EDGES[taps] :] *= -3.0  # in the filter's coordinates rows begin ``left`` later
    rows.apply(inputs, other, last, scratch)
    np.testing.assert_array_equal(one[:end], other[:end])
    assert not np.array_equal(one[end:], other[end:])


def test_missing_rows_are_refused() -> None:
    inputs, weights, bias = parts(3)
    with pytest.raises(ValueError, match="missing"):
        RowFilter(weights, bias, 1).apply(
            inputs[:-1], np.empty((N_TILES * STEP, WIDTH), np.float32), np.array([0]), Scratch(N_TILES, WIDTH)
        )
