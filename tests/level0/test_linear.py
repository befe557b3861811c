"""Which linear model a task gets, what the penalties choose, and rows of weight zero."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.features.matrix import Matrix
from stackkit.level0.linear import (
    ElasticNet,
    Linear,
    LogisticFit,
    RidgeFit,
    SparseClassesFit,
    SparseValuesFit,
)
from stackkit.spec import Learner, Objective

RNG = np.random.default_rng(0)
X = Matrix(RNG.normal(size=(60, 2)).astype(np.float32), ("a", "b"), (0, 0))
VALUES = Objective("regression", "identity", "squared")
BINARY = Objective("binary", "identity", "logloss", ("0", "1"))
LEARNERS = pytest.mark.parametrize("learner", [Linear(), ElasticNet()], ids=["ridge", "sparse"])


def test_values_get_least_squares_and_classes_logistic_regression() -> None:
    assert isinstance(Linear().build(VALUES, 0), RidgeFit)
    assert isinstance(Linear().build(BINARY, 0), LogisticFit)
    assert isinstance(ElasticNet().build(VALUES, 0), SparseValuesFit)
    assert isinstance(ElasticNet().build(BINARY, 0), SparseClassesFit)


@pytest.mark.parametrize("learner", [Linear((1e-9,)), ElasticNet(smallest=1e-6)])
def test_values_are_linear_in_the_objectives_space(learner: Learner) -> None:
    y = np.expm1(5 + 0.5 * X.values[:, 0])
    fit = learner.build(Objective("regression", "log1p", "squared"), 0).fit(X, y)
    np.testing.assert_allclose(fit.predict(X)[:, 0], y, rtol=1e-3)


@LEARNERS
def test_probabilities_find_the_direction(learner: Learner) -> None:
    y = (X.values[:, 1] > 0).astype(np.int64)
    fit = learner.build(BINARY, 0).fit(X, y)
    assert ((fit.predict(X)[:, 0] > 0.5) == y).mean() > 0.95


@LEARNERS
@pytest.mark.parametrize("objective", [VALUES, BINARY], ids=["values", "classes"])
def test_rows_of_weight_zero_are_not_there(learner: Learner, objective: Objective) -> None:
    y = (X.values[:, 1] + RNG.normal(size=60) > 0).astype(np.int64)
    weight = np.where(np.arange(60) % 4 == 0, 0.0, 2.0)
    used = Matrix(X.values[weight > 0], X.names, X.levels)
    one = learner.build(objective, 0).fit(X, y, weight).predict(X)
    other = learner.build(objective, 0).fit(used, y[weight > 0]).predict(X)
    np.testing.assert_allclose(one, other, rtol=1e-6)


def wide(rows: int) -> np.ndarray:
    return RNG.normal(size=(rows, 40))


@pytest.mark.parametrize("objective", [VALUES, BINARY], ids=["values", "classes"])
def test_the_lasso_leaves_columns_without_signal_out(objective: Objective) -> None:
    columns = wide(200)
    y = 2 * columns[:, 0] - 2 * columns[:, 1] + RNG.normal(size=200)
    y = y if objective is VALUES else (y > 0).astype(np.int64)
    fit = ElasticNet((1.0,)).build(objective, 0).fit(columns, y)
    used = np.abs(fit.path_.coefficients[0, :, 0])
    assert set(np.argsort(-used)[:2]) == {0, 1}
    assert (used == 0).sum() >= 10


def test_many_equal_signals_take_the_squared_penalty() -> None:
    columns = wide(80)
    dense = columns.sum(axis=1) + RNG.normal(0, 3, 80)
    lone = 5 * columns[:, 0] + RNG.normal(0, 3, 80)
    learner = ElasticNet((0.02, 1.0))
    several = learner.build(VALUES, 0).fit(columns, dense).path_.coefficients
    single = learner.build(VALUES, 0).fit(columns, lone).path_.coefficients
    assert (several == 0).sum() < (single == 0).sum()


@pytest.mark.parametrize("objective", [VALUES, BINARY], ids=["values", "classes"])
def test_a_sample_chooses_on_large_data(objective: Objective) -> None:
    columns = wide(1500)
    y = columns[:, 0] + RNG.normal(size=1500)
    y = y if objective is VALUES else (y > 0).astype(np.int64)
    full = ElasticNet((1.0,)).build(objective, 0).fit(columns, y).predict(columns)
    few = ElasticNet((1.0,), sample_cells=1).build(objective, 0).fit(columns, y).predict(columns)
    assert not np.array_equal(few, full)
    assert np.corrcoef(few[:, 0], full[:, 0])[0, 1] > 0.97
