"""XGBoost: rules for unset parameters, native categories, codes that fitting never saw."""

from __future__ import annotations

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.boosting.xgboost import XGBoost
from stackkit.spec import Objective

VALUES = Objective("regression", "identity", "squared")
LEVELS = 40


def test_unset_depth_follows_the_task() -> None:
    assert XGBoost().parameters(True)["max_depth"] == 6
    assert XGBoost().parameters(False)["max_depth"] == 4
    assert XGBoost(max_depth=2).parameters(False)["max_depth"] == 2


def test_categories_are_split_as_sets() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, LEVELS, 4000)
    lucky = (rng.random(LEVELS) < 0.5).astype(float)
    values = codes[:, None].astype(np.float32)
    learner = XGBoost(rounds=1, learning_rate=1.0, max_depth=1, subsample=1.0, l2=0.0)
    errors = []
    for levels in (LEVELS, 0):
        X = Matrix(values, ("c",), (levels,))
        made = learner.build(VALUES, 0).fit(X, lucky[codes]).predict(X)[:, 0]
        errors.append(np.abs(made - lucky[codes]).mean())
    assert errors[0] < 0.01 < 0.1 < errors[1]


def test_codes_that_fitting_never_saw_are_taken() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, LEVELS - 10, 500).astype(np.float32)
    fit = XGBoost(rounds=5).build(VALUES, 0).fit(Matrix(codes[:, None], ("c",), (LEVELS,)), codes)
    new = np.array([[LEVELS - 1], [np.nan]], np.float32)
    assert np.isfinite(fit.predict(Matrix(new, ("c",), (LEVELS,)))).all()
