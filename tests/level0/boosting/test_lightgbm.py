"""LightGBM: rules for unset parameters, native categories, small pickles."""

from __future__ import annotations

import pickle

import numpy as np

from stackkit.boosting import predict_lightgbm, train_lightgbm
from stackkit.features.matrix import Matrix
from stackkit.level0.boosting.common import REFERENCE
from stackkit.level0.boosting.lightgbm import LightGBM
from stackkit.spec import Objective

VALUES = Objective("regression", "identity", "squared")
CLASSES = Objective("multiclass", "identity", "logloss", ("a", "b", "c"))
RNG = np.random.default_rng(0)


def test_unset_parameters_follow_task_rows_and_columns() -> None:
    learner = LightGBM()
    assert learner.parameters(True, 100, 5)["num_leaves"] == 16
    assert learner.parameters(True, 8000, 5)["num_leaves"] == 24
    assert learner.parameters(True, 100, 5)["feature_fraction"] == 1.0
    assert learner.parameters(True, 100, 200)["feature_fraction"] == 0.5
    classes = learner.parameters(False, 100, 5)
    assert (classes["num_leaves"], classes["lambda_l2"]) == (8, 5.0)


def test_set_parameters_hold() -> None:
    made = LightGBM(num_leaves=5, colsample=0.9, l2=0.0).parameters(True, 9, 9)
    assert (made["num_leaves"], made["feature_fraction"], made["lambda_l2"]) == (5, 0.9, 0.0)


def test_rounds_grow_with_rows() -> None:
    rounds = []
    for n in (REFERENCE // 50, REFERENCE):
        X = Matrix(RNG.normal(size=(n, 2)).astype(np.float32), ("a", "b"), (0, 0))
        fit = LightGBM(rounds=20).build(VALUES, 0).fit(X, RNG.normal(size=n))
        rounds.append(fit.model_.num_trees())
    assert rounds[0] < rounds[1] == 20


def test_categories_are_split_as_sets() -> None:
    codes = RNG.integers(0, 40, 4000)
    lucky = RNG.random(40) < 0.5
    X = Matrix(codes[:, None].astype(np.float32), ("c",), (41,))
    parameters = {"objective": "regression", "num_leaves": 2, "learning_rate": 1.0, "cat_l2": 0.0}
    booster = train_lightgbm(X, lucky[codes].astype(float), parameters, 1)
    made = predict_lightgbm(booster, X)
    np.testing.assert_allclose(made, lucky[codes], atol=0.05)


def test_what_is_pickled_does_not_grow_with_the_data() -> None:
    sizes = []
    for n in (500, 5000):
        X = Matrix(RNG.normal(size=(n, 4)).astype(np.float32), tuple("abcd"), (0,) * 4)
        booster = train_lightgbm(X, X.values[:, 0], {"num_leaves": 4}, 5)
        sizes.append(len(pickle.dumps(booster)))
    assert sizes[1] < 1.2 * sizes[0]
