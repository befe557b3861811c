"""Power means and trimmed means against a loop per row."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit, softmax
from scipy.stats import gmean, hmean

from stackkit.errors import ModelError
from stackkit.level2.means import PowerMean, TrimmedMean
from stackkit.metrics import get_space
from stackkit.predictions import Pool
from stackkit.spec import Objective

N, M = 60, 6
CLASSES = {"regression": 0, "binary": 2, "multiclass": 3}


def objective(task: str, space: str = "identity") -> Objective:
    names = tuple("abc"[: CLASSES[task]])
    return Objective(task, space, "logloss" if names else "squared", names)


def pool_of(made: np.ndarray) -> Pool:
    arrays = tuple(np.ascontiguousarray(a, np.float32).reshape(len(a), -1) for a in made)
    return Pool(tuple(f"m{i}" for i in range(len(arrays))), arrays)


def probabilities(task: str, seed: int, members: int = M) -> Pool:
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(CLASSES[task]), size=(members, N))
    return pool_of(p[..., 1:] if task == "binary" else p)


def predicted(
    learner: object, goal: Objective, pool: Pool, y: np.ndarray | None = None
) -> np.ndarray:
    y = np.ones(N) if y is None else y
    return learner.build(goal, 0).fit(pool, y).predict(pool)


@pytest.mark.parametrize("seed", range(3))
def test_the_geometric_mean_of_two_classes_is_the_mean_of_logits(seed: int) -> None:
    pool = probabilities("binary", seed)
    found = predicted(PowerMean(0.0), objective("binary"), pool)
    clipped = np.clip(pool.matrix().astype(float), 1e-6, 1 - 1e-6)
    np.testing.assert_allclose(found, expit(logit(clipped).mean(axis=0)), rtol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_geometric_mean_of_classes_is_the_mean_of_log_ratios(seed: int) -> None:
    pool = probabilities("multiclass", seed)
    found = predicted(PowerMean(0.0), objective("multiclass"), pool)
    logs = np.log(np.maximum(pool.matrix().astype(float), 1e-6))
    np.testing.assert_allclose(found, softmax(logs.mean(axis=0), axis=1), rtol=1e-9)


@pytest.mark.parametrize("power", [-1.0, 0.5, 1.0, 2.0, 8.0])
def test_powers_of_probabilities_row_by_row(power: float) -> None:
    pool = probabilities("multiclass", 0)
    found = predicted(PowerMean(power), objective("multiclass"), pool)
    for row, p in zip(found, np.swapaxes(pool.matrix().astype(float), 0, 1), strict=True):
        mean = np.mean(np.maximum(p, 1e-6) ** power, axis=0) ** (1 / power)
        np.testing.assert_allclose(row, mean / mean.sum(), rtol=1e-9)


@pytest.mark.parametrize(("power", "known"), [(0.0, gmean), (-1.0, hmean), (1.0, np.mean)])
def test_means_of_positive_values(power: float, known: object) -> None:
    values = np.exp(np.random.default_rng(0).normal(size=(M, N)))
    found = predicted(PowerMean(power), objective("regression"), pool_of(values), np.full(N, 0.01))
    floored = np.maximum(values.astype(np.float32), 0.01)
    np.testing.assert_allclose(found[:, 0], known(floored, axis=0), rtol=1e-5)


def test_values_below_the_least_target_are_lifted() -> None:
    pool = pool_of(np.array([np.full(N, -3.0), np.full(N, 8.0)]))
    found = predicted(PowerMean(0.0), objective("regression"), pool, np.arange(N) + 2.0)
    np.testing.assert_allclose(found, 4.0)


@pytest.mark.parametrize("space", ["identity", "log1p"])
def test_without_positive_targets_the_mean_is_plain(space: str) -> None:
    values = np.random.default_rng(0).uniform(size=(M, N))
    goal, pool = objective("regression", space), pool_of(values)
    found = predicted(PowerMean(0.0), goal, pool, np.arange(N) * 1.0)
    there = get_space(space)
    expected = there.inverse(there.forward(pool.matrix()).mean(axis=0))
    np.testing.assert_allclose(found, expected)


def test_rows_without_weight_do_not_set_the_floor() -> None:
    y, weight = np.r_[-5.0, np.full(N - 1, 2.0)], np.r_[0.0, np.ones(N - 1)]
    fitted = (
        PowerMean(0.0).build(objective("regression"), 0).fit(pool_of(np.ones((2, N))), y, weight)
    )
    assert fitted.floor_ == 2.0


@pytest.mark.parametrize("members", [1, 2, 5, 6])
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_the_median_is_numpys(members: int, task: str) -> None:
    pool = probabilities(task, 1, members)
    found = predicted(TrimmedMean(0.5), objective(task), pool)
    middle = np.median(pool.matrix().astype(float), axis=0)
    if task == "multiclass":
        middle /= middle.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, middle, rtol=1e-6)


@pytest.mark.parametrize("cut", [0.0, 0.1, 0.2, 0.34])
@pytest.mark.parametrize("space", ["identity", "log1p"])
def test_trimmed_means_row_by_row(cut: float, space: str) -> None:
    values = np.exp(np.random.default_rng(2).normal(size=(M, N)))
    pool, there = pool_of(values), get_space(space)
    found = predicted(TrimmedMean(cut), objective("regression", space), pool)
    for row, members in zip(found, pool.matrix()[..., 0].T, strict=True):
        left = sorted(there.forward(members))[int(cut * M) : M - int(cut * M)]
        np.testing.assert_allclose(row, there.inverse(np.mean(left)), rtol=1e-6)


def test_an_outlier_does_not_move_a_trimmed_mean() -> None:
    values = np.random.default_rng(3).normal(size=(M, N))
    spoilt = np.vstack([values[:-1], np.full((1, N), 1e6)])
    goal = objective("regression")
    assert np.abs(predicted(TrimmedMean(0.2), goal, pool_of(spoilt))).max() < 10
    assert np.abs(predicted(TrimmedMean(0.0), goal, pool_of(spoilt))).max() > 1e5


@pytest.mark.parametrize("cut", [-0.1, 0.6])
def test_the_cut_is_checked(cut: float) -> None:
    with pytest.raises(ModelError):
        TrimmedMean(cut)
