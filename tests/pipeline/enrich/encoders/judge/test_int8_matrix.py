"""Whole-number weights: near to the real ones, and never so large that sixteen bits overflow."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.enrich.encoders.judge.int8_matrix import int8_matrix
from pipeline.types import FloatArray

NUMBERS = st.floats(-4, 4, width=32).filter(lambda x: x == 0 or abs(x) > 1e-6)


@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 4), st.sampled_from([2, 4, 32])), elements=NUMBERS))
@hypothesis_settings(max_examples=200, deadline=None)
def test_no_pair_of_products_can_leave_sixteen_bits(weights: FloatArray) -> None:
    codes = int8_matrix(weights).codes.astype(int)
    pairs = np.abs(codes).reshape(len(codes) // 2, 2, -1).sum(axis=1)
    assert 255 * pairs.max() <= np.iinfo(np.int16).max


@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 4), st.just(32)), elements=NUMBERS))
@hypothesis_settings(max_examples=200, deadline=None)
def test_it_is_no_worse_than_seven_bits(weights: FloatArray) -> None:
    matrix = int8_matrix(weights)
    step = np.abs(weights).max(axis=1) / 64
    off = matrix.codes.T * matrix.scales[:, None] - weights
    assert ((off**2).sum(axis=1) <= 32 * (step / 2) ** 2 + 1e-9).all()


def test_ordinary_weights_keep_more_than_seven_bits() -> None:
    weights = np.random.default_rng(3).normal(0, 0.05, (64, 384)).astype(np.float32)
    matrix = int8_matrix(weights)
    off = matrix.codes.T * matrix.scales[:, None] - weights
    assert off.std() < 0.85 * np.mean(np.abs(weights).max(axis=1) / 64 / 12**0.5)
