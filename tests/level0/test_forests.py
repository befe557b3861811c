"""Rules of the forests."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.features.matrix import Matrix
from stackkit.level0.forests import ROWS_A_LEAF, ExtraTrees, ForestFit, RandomForest
from stackkit.spec import Objective

VALUES = Objective("regression", "identity", "squared")
CLASSES = Objective("binary", "identity", "logloss", ("0", "1"))
Forest = RandomForest | ExtraTrees


def parameters(learner: Forest, objective: Objective, n: int, d: int = 9) -> dict:
    return ForestFit(learner, objective, 0)._forest(n, d).get_params()


def test_unset_parameters_follow_task_and_rows() -> None:
    small = parameters(RandomForest(), VALUES, 100)
    assert (small["min_samples_leaf"], small["max_features"]) == (1, 0.7)
    assert parameters(RandomForest(), VALUES, 100, d=20)["max_features"] == 0.5
    assert parameters(RandomForest(), VALUES, 100, d=90)["max_features"] == 1 / 3
    classes = parameters(RandomForest(), CLASSES, 100)
    assert (classes["min_samples_leaf"], classes["max_features"]) == (2, "sqrt")
    assert parameters(RandomForest(), VALUES, 9 * ROWS_A_LEAF)["min_samples_leaf"] == 9


def test_extra_trees_grow_on_all_rows() -> None:
    for objective, least in ((VALUES, 1), (CLASSES, 3)):
        made = parameters(ExtraTrees(), objective, 100)
        assert (made["min_samples_leaf"], made["bootstrap"]) == (least, False)
    assert parameters(ExtraTrees(), CLASSES, 9 * ROWS_A_LEAF)["min_samples_leaf"] == 9


@pytest.mark.parametrize("kind", [RandomForest, ExtraTrees])
def test_set_parameters_hold(kind: type) -> None:
    chosen = parameters(kind(7, 0.3, 4), CLASSES, 10**6)
    assert (chosen["n_estimators"], chosen["max_features"]) == (7, 0.3)
    assert chosen["min_samples_leaf"] == 4


@pytest.mark.parametrize("kind", [RandomForest, ExtraTrees])
def test_missing_values_are_a_side_of_a_split(kind: type) -> None:
    x = np.where(np.arange(400) % 2, np.nan, np.arange(400)).astype(np.float32)
    y = np.isnan(x).astype(float)
    X = Matrix(x[:, None], ("x",), (0,))
    made = kind(20).build(VALUES, 0).fit(X, y).predict(X)[:, 0]
    np.testing.assert_allclose(made, y, atol=0.2)
