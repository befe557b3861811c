"""What the process learns, and how weights and classes enter."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.level0 import get_model
from stackkit.level0.gaussian import GaussianProcess
from stackkit.spec import Objective

RNG = np.random.default_rng(0)
N = 120
X = RNG.normal(size=(N, 2))
VALUES = Objective("regression", "identity", "squared")
BINARY = Objective("binary", "identity", "logloss", ("0", "1"))


def test_a_smooth_function_is_found_between_the_rows() -> None:
    new = RNG.uniform(-1, 1, size=(50, 2))
    y = 100 + 10 * np.sin(2 * X[:, 0]) + 5 * X[:, 1]
    made = GaussianProcess().build(VALUES, 0).fit(X, y).predict(new)[:, 0]
    truth = 100 + 10 * np.sin(2 * new[:, 0]) + 5 * new[:, 1]
    assert np.sqrt(np.mean((made - truth) ** 2)) < 0.5


def test_two_classes_of_a_circle() -> None:
    y = ((X**2).sum(axis=1) > 1.4).astype(np.int64)
    new = RNG.normal(size=(200, 2))
    made = GaussianProcess().build(BINARY, 0).fit(X, y).predict(new)[:, 0]
    assert ((made > 0.5) == ((new**2).sum(axis=1) > 1.4)).mean() > 0.85
    assert ((made > 0) & (made < 1)).all()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shares", [(0.7, 0.3), (0.5, 0.3, 0.2)], ids=["two", "three"])
def test_probabilities_of_noise_are_the_classes_share(shares: tuple[float, ...], seed: int) -> None:
    rng, classes = np.random.default_rng(seed), tuple(str(k) for k in range(len(shares)))
    noise, new = rng.normal(size=(800, 3)), rng.normal(size=(500, 3))
    y = rng.choice(len(shares), 800, p=shares)
    task = "binary" if len(shares) == 2 else "multiclass"
    fitted = GaussianProcess().build(Objective(task, "identity", "logloss", classes), 0)
    made = fitted.fit(noise, y).predict(new)
    made = np.hstack([1 - made, made]) if task == "binary" else made
    prior = -np.dot(shares, np.log(shares))
    assert -(np.log(made) @ shares).mean() < 1.03 * prior


@pytest.mark.parametrize("objective", [VALUES, BINARY], ids=["values", "classes"])
def test_rows_of_weight_zero_are_not_there(objective: Objective) -> None:
    y = (X[:, 0] > 0).astype(np.int64)
    weight = np.where(np.arange(N) % 4 == 0, 0.0, 2.0)
    used = weight > 0
    one = GaussianProcess().build(objective, 0).fit(X, y, weight).predict(X)
    other = GaussianProcess().build(objective, 0).fit(X[used], y[used]).predict(X)
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_heavy_rows_are_met_more_closely() -> None:
    same = np.repeat(X[:60], 2, axis=0)
    y = np.tile([0.0, 1.0], 60) + np.repeat(X[:60, 0], 2)
    weight = np.tile([1.0, 9.0], 60)
    made = GaussianProcess().build(VALUES, 0).fit(same, y, weight).predict(X[:60])[:, 0]
    assert np.mean(made - X[:60, 0]) == pytest.approx(0.9, abs=0.03)


def test_thirty_classes_of_few_rows() -> None:
    classes = tuple(str(k) for k in range(30))
    y = np.arange(60) % 30
    objective = Objective("multiclass", "identity", "logloss", classes)
    values = np.eye(30)[y] + RNG.normal(0, 0.1, (60, 30))
    made = GaussianProcess().build(objective, 0).fit(values, y).predict(values)
    assert made.shape == (60, 30)
    assert (made.argmax(axis=1) == y).mean() > 0.9


def test_its_limit_holds_five_thousand_rows() -> None:
    limits = get_model("gp").limits
    assert limits.exceeded(5000, 20) is None
    assert limits.exceeded(100_000, 20) is not None
