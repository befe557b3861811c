"""CatBoost: missing as a level, columns in CatBoost's order, inputs without variation."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.features.matrix import Matrix
from stackkit.level0.boosting.catboost import CatBoost, as_pool
from stackkit.spec import Objective

VALUES = Objective("regression", "identity", "squared")
BINARY = Objective("binary", "identity", "logloss", ("no", "yes"))


def test_a_pool_has_numbers_first_and_missing_as_a_level() -> None:
    values = np.array([[0, 0.5, np.nan], [np.nan, 1.5, 2]], np.float32)
    pool = as_pool(Matrix(values, ("c", "x", "d"), (2, 0, 3)))
    assert pool.get_cat_feature_indices() == [1, 2]
    assert pool.shape == (2, 3)


def test_unset_parameters_follow_task_and_rows() -> None:
    learner = CatBoost()
    assert learner.parameters(True, 5000)["learning_rate"] == 0.07
    assert learner.parameters(False, 5000)["learning_rate"] == 0.04
    assert learner.parameters(False, 1000)["learning_rate"] == pytest.approx(0.029, abs=1e-4)
    assert [learner.parameters(True, n)["depth"] for n in (9_999, 10_000)] == [5, 6]
    assert CatBoost(depth=3).parameters(True, 9)["depth"] == 3
    assert CatBoost(learning_rate=0.2).parameters(True, 9)["learning_rate"] == 0.2


@pytest.mark.parametrize("one_hot", [2, 255])
def test_missing_codes_are_told_from_others(one_hot: int) -> None:
    codes = np.random.default_rng(0).integers(-1, 5, 600).astype(np.float32)
    y = np.where(codes < 0, 3.0, 0.0)
    codes[codes < 0] = np.nan
    X = Matrix(codes[:, None], ("c",), (5,))
    made = CatBoost(rounds=200, one_hot=one_hot).build(VALUES, 0).fit(X, y).predict(X)[:, 0]
    assert made[y > 0].min() > made[y == 0].max() + 2


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_without_variation_it_is_the_prior(value: float) -> None:
    X = Matrix(np.full((8, 2), value, np.float32), ("x", "c"), (0, 3))
    y = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    made = CatBoost(rounds=3).build(BINARY, 0).fit(X, y).predict(X)
    np.testing.assert_allclose(made, 0.25)
    weight = np.where(y == 1, 3.0, 1.0)
    made = CatBoost(rounds=3).build(BINARY, 0).fit(X, y, weight).predict(X)
    np.testing.assert_allclose(made, 0.5)


def test_a_column_of_missing_or_not_varies() -> None:
    x = np.array([1, np.nan] * 100, np.float32)
    X = Matrix(x[:, None], ("x",), (0,))
    y = np.isnan(x).astype(float)
    made = CatBoost(rounds=200).build(VALUES, 0).fit(X, y).predict(X)[:, 0]
    np.testing.assert_allclose(made, y, atol=0.1)
