"""Histogram boosting: categories up to what scikit-learn takes, above as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.features.matrix import Matrix
from stackkit.level0.boosting.hist import MOST_LEVELS, HistGB
from stackkit.spec import Objective

VALUES = Objective("regression", "identity", "squared")


@pytest.mark.parametrize(("levels", "categorical"), [(MOST_LEVELS, True), (MOST_LEVELS + 1, False)])
def test_columns_of_many_levels_are_numbers(levels: int, categorical: bool) -> None:
    codes = np.random.default_rng(0).permutation(np.arange(1000) % levels).astype(np.float32)
    X = Matrix(codes[:, None], ("c",), (levels,))
    fit = HistGB(rounds=2).build(VALUES, 0).fit(X, codes % 2)
    assert (fit.model_.is_categorical_ is not None) == categorical
    assert np.isfinite(fit.predict(X)).all()


def test_parameters_reach_the_library() -> None:
    X = Matrix(np.arange(60, dtype=np.float32)[:, None], ("x",), (0,))
    learner = HistGB(7, 0.2, 5, 3, 0.6, 2.0)
    model = learner.build(VALUES, 11).fit(X, np.arange(60.0)).model_
    names = ("learning_rate", "max_leaf_nodes", "min_samples_leaf", "max_features")
    assert tuple(getattr(model, name) for name in names) == (0.2, 5, 3, 0.6)
    assert (model.l2_regularization, model.random_state, model.early_stopping) == (2.0, 11, False)


def test_unset_leaves_follow_the_task() -> None:
    X = Matrix(np.arange(60, dtype=np.float32)[:, None], ("x",), (0,))
    binary = Objective("binary", "identity", "logloss", ("no", "yes"))
    y = np.arange(60) % 2
    made = [HistGB(1).build(o, 0).fit(X, y).model_.max_leaf_nodes for o in (VALUES, binary)]
    assert made == [16, 8]
