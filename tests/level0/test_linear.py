"""Which linear model a task gets."""

from __future__ import annotations

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.linear import Linear, LogisticFit, RidgeFit
from stackkit.spec import Objective

X = Matrix(np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32), ("a", "b"), (0, 0))


def test_values_get_ridge_and_classes_logistic_regression() -> None:
    assert isinstance(Linear().build(Objective("regression", "log1p", "squared"), 0), RidgeFit)
    binary = Objective("binary", "identity", "logloss", ("0", "1"))
    assert isinstance(Linear().build(binary, 0), LogisticFit)


def test_ridge_is_linear_in_the_objectives_space() -> None:
    y = np.expm1(5 + 0.5 * X.values[:, 0])
    fit = Linear((1e-9,)).build(Objective("regression", "log1p", "squared"), 0).fit(X, y)
    np.testing.assert_allclose(fit.predict(X)[:, 0], y, rtol=1e-4)


def test_logistic_probabilities_find_the_direction() -> None:
    y = (X.values[:, 1] > 0).astype(np.int64)
    fit = Linear().build(Objective("binary", "identity", "logloss", ("0", "1")), 0).fit(X, y)
    assert ((fit.predict(X)[:, 0] > 0.5) == y).mean() > 0.95
