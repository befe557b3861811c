"""Rules of the perceptron; what is kept of it."""

from __future__ import annotations

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.neural import MLP
from stackkit.spec import Objective

VALUES = Objective("regression", "identity", "squared")
CLASSES = Objective("binary", "identity", "logloss", ("0", "1"))


def test_steps_grow_with_the_root_of_the_rows() -> None:
    fit = MLP(epochs=100).build(VALUES, 0)
    assert fit._plan(256).steps == 100
    assert fit._plan(1000).steps == 400
    assert fit._plan(256_000).steps == round(100 * np.sqrt(1 / 256) * 1000)


def test_rates_follow_the_task_unless_set() -> None:
    assert MLP().build(VALUES, 0)._plan(9).learning_rate == 0.05
    assert MLP().build(CLASSES, 0)._plan(9).learning_rate == 0.01
    assert MLP(learning_rate=0.3).build(CLASSES, 0)._plan(9).learning_rate == 0.3


def test_weights_are_kept_as_arrays_and_another_seed_makes_other_ones() -> None:
    X = Matrix(np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32), ("a", "b"), (0, 0))
    y = X.values[:, 0] * 3.0
    states = [MLP(epochs=2, hidden=(4,)).build(VALUES, s).fit(X, y).state_ for s in (0, 1)]
    for value in states[0].values():
        assert isinstance(value, np.ndarray)
    assert not np.array_equal(states[0]["layers.1.weight"], states[1]["layers.1.weight"])
