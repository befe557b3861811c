"""Equal weights, the best member and mean ranks against the few lines that define them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from stackkit.errors import ModelError
from stackkit.level2.plain import BestSingle, Mean, TopMean, TrimmedPoolMean
from stackkit.level2.ranks import RankMean
from stackkit.level2.sampling import inner_folds
from stackkit.metrics import get_metric
from stackkit.predictions import Pool
from stackkit.spec import Objective

N = 90
RNG = np.random.default_rng(3)
CLASSES = {"regression": 0, "binary": 2, "multiclass": 3}


def objective(task: str, metric: str | None = None, space: str = "identity") -> Objective:
    names = tuple("abc"[: CLASSES[task]])
    chosen = None if metric is None else get_metric(metric)
    return Objective(task, space, "squared" if not names else "logloss", names, chosen)


def pool_of(*members: Any) -> Pool:
    arrays = tuple(np.asarray(m, np.float32).reshape(len(m), -1) for m in members)
    return Pool(tuple(f"m{i}" for i in range(len(arrays))), arrays)


def shares(classes: int, members: int = 3) -> Pool:
    return pool_of(*RNG.dirichlet(np.ones(classes), size=(members, N)))


def fit(learner: Any, goal: Objective, pool: Pool, y: np.ndarray, weight: Any = None) -> Any:
    return learner.build(goal, 0).fit(pool, y, weight)


def test_mean_is_the_mean() -> None:
    values = pool_of(*RNG.normal(size=(3, N)))
    found = fit(Mean(), objective("regression"), values, np.zeros(N)).predict(values)
    np.testing.assert_allclose(found, values.matrix().mean(axis=0), rtol=1e-6)


def test_mean_of_logarithms_is_a_geometric_one() -> None:
    values = pool_of(*np.exp(RNG.normal(size=(3, N))))
    found = fit(Mean(), objective("regression", space="log1p"), values, np.ones(N)).predict(values)
    expected = np.expm1(np.log1p(values.matrix().astype(float)).mean(axis=0))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_mean_of_shares_sums_to_one() -> None:
    pool = shares(3)
    found = fit(Mean(), objective("multiclass"), pool, np.zeros(N, int)).predict(pool)
    np.testing.assert_allclose(found, pool.matrix().mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize(
    ("task", "metric"),
    [("regression", "rmse"), ("regression", "mae"), ("binary", "auc"), ("binary", "f1"),
     ("binary", "accuracy"), ("multiclass", "logloss"), ("multiclass", "accuracy")],
)  # fmt: skip
@pytest.mark.parametrize("best", [0, 1, 2])
def test_best_single_finds_the_member_that_knows(task: str, metric: str, best: int) -> None:
    if task == "regression":
        y = RNG.normal(size=N)
        members = [RNG.normal(size=N) for _ in range(3)]
        members[best] = y + 0.1
    else:
        classes = CLASSES[task]
        y = np.arange(N) % classes
        members = list(RNG.dirichlet(np.ones(classes), size=(3, N)))
        members[best] = 0.8 * np.eye(classes)[y] + 0.2 / classes
        members = [m[:, 1:] if classes == 2 else m for m in members]
    pool = pool_of(*members)
    fitted = fit(BestSingle(), objective(task, metric), pool, y)
    assert fitted.weights_.tolist() == [float(i == best) for i in range(3)]
    np.testing.assert_allclose(fitted.predict(pool), pool.arrays[best], atol=1e-6)


def test_best_single_reads_only_rows_of_positive_weight() -> None:
    y = RNG.normal(size=N)
    late = np.where(np.arange(N) < 60, y, 99.0)
    pool = pool_of(y + 1.0, late)
    weight = (np.arange(N) < 60).astype(float)
    goal = objective("regression", "rmse")
    assert fit(BestSingle(), goal, pool, y).weights_.tolist() == [1, 0]
    assert fit(BestSingle(), goal, pool, y, weight).weights_.tolist() == [0, 1]


def test_best_single_weighs_rows() -> None:
    y = np.zeros(N)
    pool = pool_of(np.r_[np.zeros(N - 1), 9.0], np.r_[np.ones(N - 1), 0.0])
    goal, weight = objective("regression", "rmse"), np.r_[np.full(N - 1, 1e-6), 1.0]
    assert fit(BestSingle(), goal, pool, y).weights_.tolist() == [1, 0]
    assert fit(BestSingle(), goal, pool, y, weight).weights_.tolist() == [0, 1]


def test_rank_mean_is_the_mean_of_ranks() -> None:
    pool = pool_of(*RNG.random(size=(3, N)).round(1))
    y = np.arange(N) % 2
    found = fit(RankMean(), objective("binary"), pool, y).predict(pool)
    ranks = np.mean([(rankdata(m[:, 0]) - 0.5) / N for m in pool.matrix()], axis=0)
    np.testing.assert_allclose(found[:, 0], ranks, rtol=1e-12)


def test_rank_mean_does_not_see_scales() -> None:
    y = np.arange(N) % 2
    good, noise = 0.5 * y + RNG.random(N), RNG.random(N)
    plain, squeezed = pool_of(good / 2, noise), pool_of((good / 2) ** 9, noise)
    goal = objective("binary", "auc")
    first, second = (
        roc_auc_score(y, fit(RankMean(), goal, p, y).predict(p)[:, 0]) for p in (plain, squeezed)
    )
    assert first == pytest.approx(second, abs=1e-12)


def test_rank_mean_of_classes_sums_to_one() -> None:
    pool = shares(3)
    found = fit(RankMean(), objective("multiclass"), pool, np.arange(N) % 3).predict(pool)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)
    below = pool_of(*np.full((3, 2, 3), -1.0))
    lowest = fit(RankMean(), objective("multiclass"), pool, np.arange(N) % 3).predict(below)
    np.testing.assert_allclose(lowest, 1 / 3)


def skilled(noises: list[float], n: int = 400, seed: int = 0) -> tuple[Pool, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n)
    return pool_of(*(y + noise * rng.normal(size=n) for noise in noises)), y


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_top_mean_of_a_given_size_takes_the_best(size: int) -> None:
    pool, y = skilled([0.9, 0.3, 2.0, 0.5])
    weights = fit(TopMean(sizes=(size,)), objective("regression", "rmse"), pool, y).weights_
    best = [1, 3, 0, 2][:size]
    np.testing.assert_allclose(weights, [1 / size if i in best else 0 for i in range(4)])


def test_top_mean_chooses_its_size_as_a_loop_over_inner_folds_does() -> None:
    goal, sizes = objective("regression", "mae"), (1, 2, 3, 5)
    for seed in range(6):
        pool, y = skilled([0.5, 0.6, 0.7, 1.5, 3.0], n=60, seed=seed)
        total = np.zeros(len(sizes))
        for inside, outside in inner_folds(y, 3, seed=0):
            scores = [np.abs(a[inside, 0] - y[inside]).mean() for a in pool.arrays]
            ranked = np.argsort(scores)
            for i, size in enumerate(sizes):
                mean = np.mean([pool.arrays[j][outside, 0] for j in ranked[:size]], axis=0)
                total[i] += np.abs(mean - y[outside]).mean()
        weights = fit(TopMean(sizes, inner_folds=3), goal, pool, y).weights_
        assert np.count_nonzero(weights) == sizes[int(np.argmin(total))]


def test_top_mean_of_rows_too_few_for_folds_is_the_smallest() -> None:
    pool, y = skilled([0.5, 0.6, 0.7], n=11)
    goal = objective("regression", "mae")
    weights = fit(TopMean((2, 3), inner_folds=3), goal, pool, y).weights_
    assert np.count_nonzero(weights) == 2


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 1.0])
def test_trimmed_pool_keeps_members_by_their_gain_over_the_prior(share: float) -> None:
    pool, y = skilled([0.3, 0.35, 0.7, 1.5, 1.1])
    scores = [np.sqrt(np.mean((a[:, 0] - y) ** 2)) for a in pool.arrays]
    gains = np.std(y) - np.array(scores)
    kept = gains >= share * gains.max() - 1e-12
    weights = fit(TrimmedPoolMean(share), objective("regression", "rmse"), pool, y).weights_
    np.testing.assert_allclose(weights, kept / kept.sum())
    assert kept.sum() < 5


@pytest.mark.parametrize(("task", "metric"), [("binary", "auc"), ("multiclass", "logloss"),
                                              ("binary", "f1")])  # fmt: skip
def test_trimmed_pool_drops_a_member_that_knows_nothing(task: str, metric: str) -> None:
    classes = CLASSES[task]
    y = np.arange(N) % classes
    shown = 0.6 * np.eye(classes)[y] + 0.4 * RNG.dirichlet(np.ones(classes), size=(2, N))
    members = [*shown, RNG.dirichlet(np.ones(classes), size=N)]
    pool = pool_of(*(m[:, 1:] if classes == 2 else m for m in members))
    weights = fit(TrimmedPoolMean(0.5), objective(task, metric), pool, y).weights_
    assert weights[2] == 0 < weights[:2].min()


def test_trimmed_pool_of_members_below_the_prior_is_the_best_single() -> None:
    pool, y = skilled([5.0, 4.0, 9.0])
    weights = fit(TrimmedPoolMean(), objective("regression", "rmse"), pool, y).weights_
    np.testing.assert_array_equal(weights, [0, 1, 0])


@pytest.mark.parametrize(
    "learner", [lambda: TopMean(sizes=()), lambda: TopMean(inner_folds=1),
                lambda: TrimmedPoolMean(1.2)]
)  # fmt: skip
def test_parameters_are_checked(learner: Any) -> None:
    with pytest.raises(ModelError):
        learner()
