"""Rounds fixed beforehand, for every library; parameters and row weights reach the booster."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.features.matrix import Matrix
from stackkit.level0.boosting.catboost import CatBoost
from stackkit.level0.boosting.common import MOST_GROWTH, REFERENCE, grown
from stackkit.level0.boosting.hist import HistGB
from stackkit.level0.boosting.lightgbm import ExtraLightGBM, LightGBM
from stackkit.level0.boosting.xgboost import XGBoost
from stackkit.spec import Objective

VALUES = Objective("regression", "identity", "squared")
CLASSES = Objective("multiclass", "identity", "logloss", ("a", "b", "c"))
ROUNDS = {
    LightGBM: lambda model: model.current_iteration(),
    ExtraLightGBM: lambda model: model.current_iteration(),
    XGBoost: lambda model: model.num_boosted_rounds(),
    CatBoost: lambda model: model.tree_count_,
    HistGB: lambda model: model.n_iter_,
}
every_library = pytest.mark.parametrize("kind", list(ROUNDS))


def rows(n: int, seed: int = 0) -> Matrix:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 3)).astype(np.float32)
    values[:, 2] = rng.integers(0, 4, n)
    return Matrix(values, ("a", "b", "c"), (0, 0, 5))


def test_rounds_grow_with_rows() -> None:
    assert grown(100, REFERENCE) == 100
    assert grown(100, REFERENCE // 50) == round(100 * 0.02**0.15)
    assert grown(100, 10**12) == 100 * MOST_GROWTH
    assert grown(1, 1) == 1


@every_library
def test_rounds_are_what_was_fixed(kind: type) -> None:
    for n in (REFERENCE // 50, REFERENCE):
        X = rows(n)
        fit = kind(rounds=20).build(VALUES, 0).fit(X, X.values[:, 0].astype(float))
        assert ROUNDS[kind](fit.model_) == grown(20, n)


@every_library
def test_values_are_means_by_weight(kind: type) -> None:
    """Where x says all that there is, the prediction is the weighted mean of its rows."""
    x, y = np.repeat([0.0, 1.0], 200), np.tile([0.0, 1.0], 200)
    weight = np.where(x == y, 3.0, 1.0)
    X = Matrix(x[:, None].astype(np.float32), ("x",), (0,))
    made = kind(rounds=150, learning_rate=0.2).build(VALUES, 0).fit(X, y, weight).predict(X)[:, 0]
    np.testing.assert_allclose(made, 0.25 + 0.5 * x, atol=0.06)


@every_library
def test_probabilities_are_those_of_the_classes_in_order(kind: type) -> None:
    X = rows(600)
    y = np.digitize(X.values[:, 0], [-0.5, 0.5])
    made = kind(rounds=40).build(CLASSES, 0).fit(X, y).predict(X)
    assert (made.argmax(axis=1) == y).mean() > 0.9
