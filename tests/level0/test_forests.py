"""Rules of the random forest."""

from __future__ import annotations

from stackkit.level0.forests import ROWS_A_LEAF, ForestFit, RandomForest
from stackkit.spec import Objective

VALUES = Objective("regression", "identity", "squared")
CLASSES = Objective("binary", "identity", "logloss", ("0", "1"))


def parameters(learner: RandomForest, objective: Objective, n: int, d: int = 9) -> dict:
    return ForestFit(learner, objective, 0)._forest(n, d).get_params()


def test_unset_parameters_follow_task_and_rows() -> None:
    small = parameters(RandomForest(), VALUES, 100)
    assert (small["min_samples_leaf"], small["max_features"]) == (1, 0.7)
    assert parameters(RandomForest(), VALUES, 100, d=20)["max_features"] == 0.5
    assert parameters(RandomForest(), VALUES, 100, d=90)["max_features"] == 1 / 3
    classes = parameters(RandomForest(), CLASSES, 100)
    assert (classes["min_samples_leaf"], classes["max_features"]) == (2, "sqrt")
    assert parameters(RandomForest(), VALUES, 9 * ROWS_A_LEAF)["min_samples_leaf"] == 9


def test_set_parameters_hold() -> None:
    chosen = parameters(RandomForest(7, 0.3, 4), CLASSES, 10**6)
    assert (chosen["n_estimators"], chosen["max_features"]) == (7, 0.3)
    assert chosen["min_samples_leaf"] == 4
