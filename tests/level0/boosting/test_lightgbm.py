"""LightGBM in two shapes: rules for unset parameters, random splits."""

from __future__ import annotations

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.boosting.lightgbm import ExtraLightGBM, LightGBM
from stackkit.spec import Objective

VALUES = Objective("regression", "identity", "squared")
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
    made = ExtraLightGBM(num_leaves=5, colsample=0.9, l2=0.0).parameters(True, 9, 9)
    assert (made["num_leaves"], made["feature_fraction"], made["lambda_l2"]) == (5, 0.9, 0.0)


def test_random_splits_have_rules_of_their_own() -> None:
    learner = ExtraLightGBM()
    assert learner.parameters(True, 100, 5)["num_leaves"] == 24
    assert learner.parameters(True, 8000, 5)["num_leaves"] == 40
    assert learner.parameters(False, 8000, 5)["num_leaves"] == 12
    assert learner.parameters(False, 8000, 200)["feature_fraction"] == 0.6
    assert learner.parameters(True, 8000, 5)["lambda_l2"] == 2.0


def test_random_splits_rarely_hit_the_best_threshold() -> None:
    """One split of a step: the best one is at the step, a random one somewhere."""
    X = Matrix(np.arange(1000, dtype=np.float32)[:, None], ("x",), (0,))
    step = (X.values[:, 0] >= 500).astype(float)
    errors = {}
    for kind in (LightGBM, ExtraLightGBM):
        learner = kind(rounds=5, learning_rate=1.0, num_leaves=2, subsample=1.0, l2=0.0)
        fits = [learner.build(VALUES, seed).fit(X, step) for seed in range(4)]
        errors[kind] = [np.abs(fit.predict(X)[:, 0] - step).mean() for fit in fits]
    assert max(errors[LightGBM]) < 0.01
    assert np.mean(errors[ExtraLightGBM]) > 0.03


def test_seeds_vary_the_model() -> None:
    X = Matrix(RNG.normal(size=(300, 4)).astype(np.float32), tuple("abcd"), (0,) * 4)
    fits = [ExtraLightGBM(rounds=5).build(VALUES, s).fit(X, X.values[:, 0]) for s in (0, 1)]
    assert not np.array_equal(fits[0].predict(X), fits[1].predict(X))
