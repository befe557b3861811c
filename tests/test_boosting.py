"""LightGBM on a Matrix: categories as sets, small pickles."""

from __future__ import annotations

import pickle

import numpy as np

from stackkit.boosting import predict_lightgbm, train_lightgbm
from stackkit.features.matrix import Matrix

RNG = np.random.default_rng(0)


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
