"""Paths against conditions of optimality, differences and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.linear_model import ElasticNet

from stackkit.level0.rows import Rows, rows_of
from stackkit.level0.sparse import (
    LogLoss,
    Path,
    Penalty,
    classes_path,
    left_out_losses,
    log_losses,
    probabilities,
    steepest,
    values_path,
)

RNG = np.random.default_rng(0)
N, D = 80, 5
X = RNG.normal(size=(N, D)) + 3
VALUES = X[:, 0] - 2 * X[:, 1] + RNG.normal(size=N)
CODES = np.argmax(X[:, :3] + RNG.gumbel(size=(N, 3)), axis=1)
WEIGHT = RNG.random(N) + 0.5


def test_values_against_scikit_learn() -> None:
    penalty = Penalty(np.array([0.5, 0.05]), 0.4)
    found = values_path(rows_of(X, VALUES, WEIGHT), penalty).scores(X)
    for scores, strength in zip(found, penalty.strengths, strict=True):
        model = ElasticNet(alpha=strength, l1_ratio=0.4, tol=1e-10, max_iter=100_000)
        expected = model.fit(X, VALUES, sample_weight=WEIGHT).predict(X)
        np.testing.assert_allclose(scores[:, 0], expected, atol=2e-2)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.3])
def test_class_coefficients_are_optimal(classes: int, l1_ratio: float) -> None:
    """At zero the slope of the loss is within the penalty's, elsewhere equal to it."""
    codes, strength = np.minimum(CODES, classes - 1), 0.03
    rows = rows_of(X, codes, WEIGHT)
    path = classes_path(rows, classes, Penalty(np.array([strength]), l1_ratio))
    w, z = path.coefficients[0], path.scores(X)[0]
    p = probabilities(z)[:, -w.shape[1] :]
    error = p - np.eye(classes)[codes][:, -w.shape[1] :]
    slope = X.T @ (rows.weight[:, None] * error) / N + strength * (1 - l1_ratio) * w
    limit = strength * l1_ratio
    assert (np.abs(slope[w == 0]) <= limit + 1e-3).all()
    np.testing.assert_allclose(slope[w != 0], -limit * np.sign(w[w != 0]), atol=1e-3)
    np.testing.assert_allclose(rows.weight @ error / N, 0, atol=1e-3)


def test_above_the_steepest_slope_all_coefficients_are_zero() -> None:
    for targets, fit in ((VALUES[:, None], _values), (np.eye(3)[CODES], _classes)):
        steep = steepest(rows_of(X, CODES, WEIGHT), targets)
        assert (fit(Penalty(np.array([1.01 * steep]), 1.0)).coefficients == 0).all()
        assert (fit(Penalty(np.array([0.8 * steep]), 1.0)).coefficients != 0).any()


def _values(penalty: Penalty) -> Path:
    return values_path(rows_of(X, VALUES, WEIGHT), penalty)


def _classes(penalty: Penalty) -> Path:
    return classes_path(rows_of(X, CODES, WEIGHT), 3, penalty)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_gradient_of_the_log_loss(classes: int) -> None:
    loss = LogLoss(rows_of(X, np.minimum(CODES, classes - 1), WEIGHT), classes, 0.4)
    at = RNG.random(len(loss.bounds)) / 3
    numeric = approx_fprime(at, lambda point: loss(point, 0.2)[0], 1e-7)
    np.testing.assert_allclose(loss(at, 0.2)[1], numeric, atol=1e-5)


@pytest.mark.parametrize("columns", [1, 3])
def test_log_losses_against_a_loop(columns: int) -> None:
    z = RNG.normal(size=(10, columns))
    codes = RNG.integers(0, max(columns, 2), 10)
    for loss, row, code in zip(log_losses(z, codes), z, codes, strict=True):
        full = np.append(0.0, row) if columns == 1 else row
        assert loss == pytest.approx(np.log(np.exp(full).sum()) - full[code])


def test_left_out_losses_against_a_loop() -> None:
    rows, folds = rows_of(X, VALUES, WEIGHT), np.arange(N) % 3
    penalty = Penalty(np.array([1.0, 0.1]), 1.0)

    def squares(scores: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (scores[:, 0] - y) ** 2

    total = np.zeros(2)
    for i in range(N):
        path = values_path(rows.take(folds != folds[i]), penalty)
        made = path.scores(X[i : i + 1])[:, 0, 0]
        total += rows.weight[i] * (made - VALUES[i]) ** 2
    found = left_out_losses(rows, folds, penalty, values_path, squares)
    np.testing.assert_allclose(found, total / N, rtol=1e-8)


def test_strengths_fall_with_the_root_of_the_rows() -> None:
    found = Penalty(np.array([1.0, 0.5]), 0.3).for_rows(100, 400)
    assert found.strengths.tolist() == [0.5, 0.25]
    assert found.at(1).strengths.tolist() == [0.25]


def test_a_class_without_rows_is_unlikely() -> None:
    rows: Rows = rows_of(X, np.where(CODES == 2, 0, CODES))
    made = classes_path(rows, 3, Penalty(np.array([0.1]), 1.0)).scores(X)[0]
    assert (probabilities(made)[:, 2] < 1e-2).all()
