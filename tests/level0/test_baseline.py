"""The prior against averages."""

from __future__ import annotations

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.baseline import Prior
from stackkit.spec import Objective

X = Matrix(np.zeros((4, 1), np.float32), ("x",), (0,))


def prior(objective: Objective, y: list, weight: np.ndarray | None = None) -> np.ndarray:
    made = Prior().build(objective, 0).fit(X, np.array(y), weight).predict(X)
    assert (made == made[0]).all()
    return made[0]


def test_values_get_the_mean_in_the_objectives_space() -> None:
    y = [0.0, 1.0, 10.0, 100.0]
    squared = Objective("regression", "identity", "squared")
    logs = Objective("regression", "log1p", "squared")
    np.testing.assert_allclose(prior(squared, y), [np.mean(y)])
    np.testing.assert_allclose(prior(logs, y), [np.expm1(np.mean(np.log1p(y)))])


def test_medians_and_quantiles_are_those_of_the_weighted_target() -> None:
    y, weight = [0.0, 1.0, 10.0, 100.0], np.array([1.0, 1.0, 1.0, 5.0])
    for space in ("identity", "log1p"):
        upper = Objective("regression", space, "quantile:0.7")
        np.testing.assert_allclose(prior(upper, y), [10.0])
        np.testing.assert_allclose(prior(upper, y, weight), [100.0])
    absolute = Objective("regression", "identity", "absolute")
    np.testing.assert_allclose(prior(absolute, y), [5.5])


def test_classes_get_their_weighted_frequencies() -> None:
    binary = Objective("binary", "identity", "logloss", ("0", "1"))
    several = Objective("multiclass", "identity", "logloss", ("0", "1", "2"))
    np.testing.assert_allclose(prior(binary, [0, 0, 0, 1]), [0.25])
    np.testing.assert_allclose(prior(binary, [0, 0, 0, 1], np.array([1, 1, 1, 3.0])), [0.5])
    np.testing.assert_allclose(prior(several, [0, 1, 2, 2]), [0.25, 0.25, 0.5])
