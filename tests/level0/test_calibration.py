"""Calibration against direct optimisation and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from stackkit.level0.calibration import PRIOR_ROWS, calibrate, cross_fitted, scaling_loss, softmax
from stackkit.level0.rows import Rows, rows_of

RNG = np.random.default_rng(0)
N = 300


def slow_loss(at: np.ndarray, scores: np.ndarray, codes: np.ndarray, weight: np.ndarray) -> float:
    """Row by row: the log-loss of exp(slope · score + shift), and the pull on the parameters."""
    count, total = scores.shape[1], 0.0
    for row, code, w in zip(scores, codes, weight, strict=True):
        z = [at[k] * row[k] + at[count + k] for k in range(count)]
        total += w * (np.log(np.sum(np.exp(z))) - z[code])
    pull = np.sum((at[:count] - 1) ** 2) + np.sum(at[count:] ** 2)
    return float((total + 0.5 * PRIOR_ROWS * pull) / weight.sum())


@pytest.mark.parametrize("classes", [2, 3])
def test_calibration_against_direct_optimisation(classes: int) -> None:
    scores = RNG.normal(size=(60, classes))
    codes = np.argmax(3 * scores + RNG.gumbel(size=scores.shape), axis=1)
    weight = RNG.random(60) + 0.5
    found = calibrate(scores, codes, weight)
    start = np.concatenate([np.ones(classes), np.zeros(classes)])
    scaled = scores / found.unit
    slow = minimize(slow_loss, start, (scaled, codes, weight), "BFGS").x
    expected = softmax(scaled * slow[:classes] + slow[classes:])
    np.testing.assert_allclose(found.probabilities(scores), expected, atol=2e-4)


def test_the_gradient_is_that_of_the_loss() -> None:
    scores, codes = RNG.normal(size=(40, 3)), RNG.integers(0, 3, 40)
    weight, at = RNG.random(40), RNG.normal(size=6)
    target = np.eye(3)[codes]
    value, gradient = scaling_loss(at, scores, target, weight)
    assert value == pytest.approx(slow_loss(at, scores, codes, weight))
    numeric = approx_fprime(at, slow_loss, 1e-7, scores, codes, weight)
    np.testing.assert_allclose(gradient, numeric, atol=1e-5)


def test_overconfident_scores_are_tempered_and_shifted() -> None:
    truth = RNG.normal(size=N) * 1.5
    codes = (RNG.random(N) < 1 / (1 + np.exp(-truth - 1))).astype(int)
    scores = np.stack([-5 * truth, 5 * truth], axis=1)
    made = calibrate(scores, codes, np.ones(N)).probabilities(scores)[:, 1]
    np.testing.assert_allclose(made, 1 / (1 + np.exp(-truth - 1)), atol=0.12)
    assert made.mean() == pytest.approx(codes.mean(), abs=0.01)


def test_scores_that_run_against_their_classes_say_nothing() -> None:
    codes = (RNG.random(N) < 0.3).astype(int)
    against = RNG.normal(size=N) - codes
    found = calibrate(np.stack([-against, against], axis=1), codes, np.ones(N))
    assert (found.slope >= 0).all()
    new = RNG.normal(size=(50, 1)) * [-1, 1]
    np.testing.assert_allclose(found.probabilities(new)[:, 1], codes.mean(), atol=0.02)


def test_probabilities_of_separated_classes_stay_inside() -> None:
    codes = np.arange(20) % 2
    scores = np.stack([-1.0 * codes, 1.0 * codes], axis=1)
    made = calibrate(scores, codes, np.ones(20)).probabilities(scores)
    assert ((made > 0.001) & (made < 0.999)).all()
    assert (made.argmax(axis=1) == codes).all()


def test_equal_scores_give_the_shares_of_the_classes() -> None:
    codes = np.repeat([0, 1, 2], [50, 30, 20])
    made = calibrate(np.zeros((100, 3)), codes, np.ones(100)).probabilities(np.zeros((1, 3)))
    np.testing.assert_allclose(made[0], [0.5, 0.3, 0.2], atol=0.02)


def test_the_loss_is_the_mean_log_loss_of_the_probabilities() -> None:
    scores, codes, weight = RNG.normal(size=(9, 3)), RNG.integers(0, 3, 9), RNG.random(9)
    found = calibrate(scores, codes, weight)
    p = found.probabilities(scores)
    slow = sum(-w * np.log(p[i, c]) for i, (c, w) in enumerate(zip(codes, weight, strict=True)))
    assert found.loss(scores, codes, weight) == pytest.approx(slow / weight.sum())


def test_scores_come_from_rows_of_other_folds() -> None:
    rows = rows_of(np.arange(6.0)[:, None], np.arange(6) % 2)
    folds = np.array([0, 1, 2, 0, 1, 2])

    def sums(fitted: Rows, values: np.ndarray) -> np.ndarray:
        return np.hstack([values, np.full((len(values), 1), fitted.values.sum())])

    made = cross_fitted(rows, sums, folds)
    others = [rows.values[folds != k].sum() for k in folds]
    np.testing.assert_array_equal(made, np.stack([np.arange(6.0), others], axis=1))
