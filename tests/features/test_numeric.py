"""Shapes of numbers: against scikit-learn, and at the edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import PowerTransformer

from stackkit.features import numeric
from stackkit.features.numeric import Equal, Missing, Raw, few_whole_numbers, shape, zero_heavy

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("power", [-1.5, 0.0, 0.5, 1.0, 2.0, 2.5])
def test_yeo_johnson_equals_scikit_learn(power: float) -> None:
    x = np.linspace(-3, 5, 60)
    reference = PowerTransformer(standardize=False).fit(x[:, None])
    reference.lambdas_ = np.array([power])
    expected = reference.transform(x[:, None])[:, 0]
    np.testing.assert_allclose(numeric.yeo_johnson(x, power), expected, atol=1e-12)


def test_a_symmetric_column_is_only_centred_scaled_and_bounded() -> None:
    x = RNG.normal(5, 2, 500)
    made = shape("x", pd.Series(x)).transform(pd.Series(x))[:, 0]
    low, middle, high = np.quantile(x, [0.25, 0.5, 0.75])
    u = (x - middle) / ((high - low) / 1.349)
    np.testing.assert_allclose(made, u / np.sqrt(1 + (u / numeric.BOUND) ** 2))


def test_a_skewed_column_becomes_nearly_symmetric() -> None:
    x = pd.Series(np.exp(RNG.normal(10, 1.5, 2000)))
    made = shape("x", x).transform(x)[:, 0]
    assert abs(pd.Series(made).skew()) < 0.2 < x.skew()
    assert (np.diff(made[np.argsort(x)]) >= 0).all()


def test_the_shape_does_not_depend_on_units() -> None:
    x = pd.Series(np.exp(RNG.normal(0, 1, 300)))
    one, other = shape("x", x), shape("x", x * 1e6)
    np.testing.assert_allclose(one.transform(x), other.transform(x * 1e6))


def test_missing_values_become_the_median() -> None:
    x = pd.Series([1.0, 2.0, 9.0, np.nan])
    encoder = shape("x", x)
    np.testing.assert_allclose(encoder.transform(x)[3], encoder.transform(pd.Series([2.0]))[0])
    assert Missing("x").transform(x)[:, 0].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("values", [[7.0], [0.0, 0.0, 0.0], [1e300, -1e300, 3.0], [1e-300, 0.0]])
def test_odd_columns_stay_finite(values: list[float]) -> None:
    x = pd.Series(values)
    encoder = shape("x", x)
    assert np.isfinite(encoder.transform(pd.Series([*values, np.nan, 1e308, -1e308]))).all()


def test_a_column_of_few_levels_in_one_place_keeps_its_spread() -> None:
    x = pd.Series([0.0] * 90 + [1.0] * 10)
    assert np.ptp(shape("x", x).transform(x)) > 1


def test_raw_numbers_and_booleans_pass() -> None:
    assert Raw("x").transform(pd.Series([True, False])).tolist() == [[1.0], [0.0]]
    assert np.isnan(Raw("x").transform(pd.Series([np.nan]))[0, 0])


def test_equal_marks_listed_numbers() -> None:
    made = Equal("x", (0.0, 2.0)).transform(pd.Series([0.0, 2.0, 3.0, np.nan]))
    assert made.tolist() == [[1, 0], [0, 1], [0, 0], [0, 0]]


def test_few_whole_numbers_leaves_out_rare_ones_and_fractions() -> None:
    assert few_whole_numbers(pd.Series([3, 1, 1, 2, 2, 1]), least=2) == (1.0, 2.0)
    assert few_whole_numbers(pd.Series([0.5, 1.0, 2.0]), least=1) == ()
    assert few_whole_numbers(pd.Series([0, 1, 0, 1]), least=1) == ()
    assert few_whole_numbers(pd.Series(range(50)), least=1) == ()


def test_zeros_are_a_group_between_the_shares() -> None:
    assert zero_heavy(pd.Series([0.0] * 5 + [1.5] * 5))
    assert not zero_heavy(pd.Series([0.0] * 99 + [1.5]))
    assert not zero_heavy(pd.Series([1.5] * 99 + [0.0]))
