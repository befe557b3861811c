"""Rules of the perceptron; what it learns; what is kept of it."""

from __future__ import annotations

import pickle

import cloudpickle
import numpy as np
import pytest

from stackkit.features.matrix import Matrix
from stackkit.level0.neural import FEWEST, MLP, SHRINK, MLPFit
from stackkit.spec import Objective

VALUES = Objective("regression", "identity", "squared")
CLASSES = Objective("binary", "identity", "logloss", ("0", "1"))
SMALL = MLP(epochs=30, hidden=(16,), members=2)
LEVELS = 12
SPLIT = 400


def matrix(values: np.ndarray, levels: tuple[int, ...]) -> Matrix:
    names = tuple(f"x{j}" for j in range(len(levels)))
    return Matrix(np.ascontiguousarray(values, np.float32), names, levels)


def mixed(n: int, codes: int = LEVELS) -> Matrix:
    """Two numbers, a flag and a column of codes 0..codes−1."""
    rng = np.random.default_rng(0)
    numbers = rng.uniform(-2, 2, (n, 2))
    columns = [numbers, rng.integers(0, 2, n), rng.integers(0, codes, n)]
    return matrix(np.column_stack(columns), (0, 0, 0, LEVELS))


def part(X: Matrix, rows: slice | np.ndarray) -> Matrix:
    return Matrix(X.values[rows], X.names, X.levels)


def explained(y: np.ndarray, made: np.ndarray) -> float:
    return 1 - np.mean((y - made[:, 0]) ** 2) / np.var(y)


def test_steps_grow_with_a_power_of_the_rows() -> None:
    fit = MLP(epochs=100).build(VALUES, 0)
    assert fit._plan(256).steps == 100
    assert fit._plan(1000).steps == 400
    assert fit._plan(256_000).steps == round(100 * (1 / 256) ** SHRINK * 1000)


def test_classes_take_a_share_of_the_epochs() -> None:
    more = Objective("multiclass", "identity", "logloss", ("a", "b", "c"))
    steps = [MLP(epochs=80).build(task, 0)._plan(500).steps for task in (CLASSES, more, VALUES)]
    assert steps == [60, 120, 160]


@pytest.mark.parametrize(("columns", "steps"), [(25, 160), (50, 80), (400, 40)])
def test_wide_inputs_take_fewer_epochs(columns: int, steps: int) -> None:
    assert MLP(epochs=80).build(VALUES, 0)._plan(500, columns).steps == steps


def test_few_epochs_of_few_rows_leave_some_steps() -> None:
    assert MLP(epochs=1).build(CLASSES, 0)._plan(50).steps == FEWEST


def test_levels_of_a_few_rows_are_not_learnt_by_heart() -> None:
    rng = np.random.default_rng(0)
    codes, y = np.repeat(np.arange(200), 4), rng.integers(0, 2, 800)
    X = matrix(np.column_stack([rng.normal(size=800), codes]), (0, 200))
    fitted = MLP(hidden=(16,), members=2).build(CLASSES, 0)
    made = fitted.fit(X, y).predict(X)[:, 0]
    assert np.abs(made - y.mean()).mean() < 0.15


def test_rates_follow_the_task_unless_set() -> None:
    values, classes = MLP().build(VALUES, 0)._plan(9), MLP().build(CLASSES, 0)._plan(9)
    assert values.learning_rate > classes.learning_rate
    assert values.dropout < classes.dropout
    own = MLP(learning_rate=0.3, dropout=0.0).build(CLASSES, 0)._plan(9)
    assert (own.learning_rate, own.dropout) == (0.3, 0.0)


def test_weights_are_kept_as_arrays_and_another_seed_makes_other_ones() -> None:
    X = mixed(50)
    y = X.values[:, 0] * 3.0
    states = [SMALL.build(VALUES, s).fit(X, y).state_ for s in (0, 0, 1)]
    for value in states[0].values():
        assert isinstance(value, np.ndarray)
    for name, value in states[0].items():
        np.testing.assert_array_equal(value, states[1][name])
    assert not np.array_equal(states[0]["layers.0.weight"], states[2]["layers.0.weight"])


def test_a_crooked_function_is_learnt_where_ridge_fails() -> None:
    from sklearn.linear_model import RidgeCV

    X = mixed(2 * SPLIT)
    y = np.sin(4 * X.values[:, 0]) + np.abs(X.values[:, 1])
    fit, score = part(X, slice(SPLIT)), part(X, slice(SPLIT, None))
    net = MLP(hidden=(32,), members=2).build(VALUES, 0).fit(fit, y[:SPLIT]).predict(score)
    line = RidgeCV().fit(fit.values, y[:SPLIT]).predict(score.values)[:, None]
    assert explained(y[SPLIT:], line) < 0.2
    assert explained(y[SPLIT:], net) > 0.8


def test_codes_without_order_are_learnt() -> None:
    X = mixed(2 * SPLIT)
    high = np.random.default_rng(1).permutation(LEVELS) < LEVELS / 2
    y = high[X.values[:, 3].astype(int)].astype(np.int64)
    net = MLP(epochs=100, hidden=(16,), members=2).build(CLASSES, 0)
    made = net.fit(part(X, slice(SPLIT)), y[:SPLIT]).predict(X)
    assert ((made[SPLIT:, 0] > 0.5) == y[SPLIT:]).mean() > 0.95


def test_a_code_that_fitting_did_not_see_lies_between_the_others() -> None:
    X = mixed(SPLIT, codes=2)
    y = X.values[:, 3] * 10.0
    fitted = SMALL.build(VALUES, 0).fit(X, y)
    new = part(X, np.arange(4))
    new.values[:, 3] = [0, 1, 7, LEVELS - 1]
    low, high, *unseen = fitted.predict(new)[:, 0]
    assert low < 2
    assert high > 8
    assert all(2 < value < 8 for value in unseen)


@pytest.mark.parametrize("classes", [2, 30])
def test_classes_make_probabilities_that_one_row_alone_repeats(classes: int) -> None:
    X = mixed(120)
    objective = Objective("multiclass", "identity", "logloss", tuple(map(str, range(classes))))
    made = SMALL.build(objective, 0).fit(X, np.arange(120) % classes).predict(X)
    assert made.shape == (120, classes if classes > 2 else 1)
    assert np.isfinite(made).all()
    assert ((made >= 0) & (made <= 1)).all()


def test_a_row_does_not_depend_on_its_batch() -> None:
    X = mixed(300)
    fitted = SMALL.build(VALUES, 0).fit(X, 1e4 * X.values[:, 0])
    single = np.concatenate([fitted.predict(part(X, np.array([i]))) for i in range(20)])
    np.testing.assert_allclose(single, fitted.predict(X)[:20], rtol=1e-9)


def test_values_stay_in_the_range_that_was_seen() -> None:
    X = mixed(100)
    y = X.values[:, 0].astype(float)
    far = part(X, slice(2))
    far.values[:, 0] = [-50, 50]
    made = SMALL.build(VALUES, 0).fit(X, y).predict(far)
    assert made.min() >= y.min()
    assert made.max() <= y.max()


def test_rows_of_no_weight_are_as_if_absent() -> None:
    X, weight = mixed(90), np.repeat([1.0, 0.0], [60, 30])
    y = X.values[:, 0].astype(float)
    y[60:] = 1e6
    one = SMALL.build(VALUES, 0).fit(X, y, weight)
    other = SMALL.build(VALUES, 0).fit(part(X, slice(60)), y[:60], weight[:60])
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


def test_a_constant_column_alone_gives_the_prior() -> None:
    X, y = matrix(np.zeros((80, 1)), (0,)), np.repeat([0, 1], [60, 20])
    made = MLP(hidden=(8,)).build(CLASSES, 0).fit(X, y).predict(X)
    np.testing.assert_allclose(made, 0.25, atol=0.05)


def test_a_pickle_predicts_alike() -> None:
    X = mixed(60)
    fitted: MLPFit = SMALL.build(CLASSES, 0).fit(X, X.values[:, 2].astype(np.int64))
    restored = pickle.loads(cloudpickle.dumps(fitted))
    np.testing.assert_array_equal(restored.predict(X), fitted.predict(X))
