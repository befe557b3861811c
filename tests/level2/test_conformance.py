"""Every meta-model and blend on every task keeps the promises that the loop relies on."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cloudpickle
import numpy as np
import pytest

from stackkit.level1 import METAS
from stackkit.level2 import BLENDS
from stackkit.metrics import get_metric
from stackkit.predictions import Pool
from stackkit.recipe import canonical
from stackkit.spec import Learner, ModelSpec, Objective

N, M = 100, 4
METRICS = {"binary": "auc", "multiclass": "logloss", "regression": "rmsle"}
CLASSES = {"binary": 2, "multiclass": 3, "regression": 0}
CASES = [(spec, task) for spec in (*METAS.values(), *BLENDS.values()) for task in spec.tasks]


@lru_cache
def stack(task: str, members: int = M) -> tuple[Pool, np.ndarray]:
    rng = np.random.default_rng(4)
    if task == "regression":
        y = np.exp(rng.normal(size=N))
        made = y * np.exp(0.4 * rng.normal(size=(members, N)))
        arrays = made[..., None]
    else:
        y = np.arange(N) % CLASSES[task]
        scores = 2 * np.eye(CLASSES[task])[y] + rng.normal(size=(members, N, CLASSES[task]))
        p = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
        arrays = p[..., 1:] if task == "binary" else p
    names = tuple(f"m{i}" for i in range(members))
    return Pool(names, tuple(np.ascontiguousarray(a, dtype=np.float32) for a in arrays)), y


def fitted(spec: ModelSpec, task: str, members: int = M, weight: Any = None) -> tuple[Any, Pool]:
    metric = get_metric(METRICS[task])
    goal = Objective(
        task,
        metric.average_space,
        metric.surrogate_for(task),
        tuple("abc"[: CLASSES[task]]),
        metric if spec.learner.reads_metric else None,
    )
    pool, y = stack(task, members)
    return spec.learner.build(goal, seed=1).fit(pool, y, weight), pool


@lru_cache
def whole(case: tuple[ModelSpec, str]) -> tuple[Any, Pool]:
    """Fitted once for all tests that only predict."""
    return fitted(*case)


@pytest.fixture(params=CASES, ids=[f"{spec.name}-{task}" for spec, task in CASES])
def case(request: pytest.FixtureRequest) -> tuple[ModelSpec, str]:
    return request.param


def test_it_declares_what_a_learner_declares(case: tuple[ModelSpec, str]) -> None:
    spec, _ = case
    assert isinstance(spec.learner, Learner)
    assert spec.recipe is None
    assert spec.role == ("meta" if spec.name in METAS else "blend")
    assert spec.learner.test_from == ("folds" if spec.role == "meta" else "full")
    canonical(spec.parameters)


def test_predictions_have_the_shape_and_are_what_the_task_asks(
    case: tuple[ModelSpec, str],
) -> None:
    estimator, pool = whole(case)
    p = estimator.predict(pool)
    assert p.shape == (N, 3 if case[1] == "multiclass" else 1)
    assert np.isfinite(p).all()
    if case[1] != "regression":
        assert p.min() >= 0 and p.max() <= 1
    if case[1] == "multiclass":
        np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-9)


def test_it_is_better_than_chance(case: tuple[ModelSpec, str]) -> None:
    estimator, pool = whole(case)
    _, y = stack(case[1])
    p, metric = estimator.predict(pool), get_metric(METRICS[case[1]])
    chance = np.full_like(p, np.median(y) if case[1] == "regression" else 1 / CLASSES[case[1]])
    assert metric.better(metric.score(y, p), metric.score(y, chance))


def test_it_is_reproducible(case: tuple[ModelSpec, str]) -> None:
    (first, pool), (second, _) = whole(case), fitted(*case)
    np.testing.assert_array_equal(first.predict(pool), second.predict(pool))


def test_one_row_is_predicted_as_within_a_batch(case: tuple[ModelSpec, str]) -> None:
    estimator, pool = whole(case)
    together = estimator.predict(pool)
    alone = np.vstack([estimator.predict(pool.take(np.array([i]))) for i in range(0, N, 9)])
    np.testing.assert_allclose(alone, together[::9], rtol=1e-5, atol=1e-6)


def test_the_pool_is_left_as_it_was(case: tuple[ModelSpec, str]) -> None:
    spec, task = case
    pool, y = stack.__wrapped__(task)
    before, labels = pool.matrix(), y.copy()
    spec.learner.build(whole(case)[0].objective, 1).fit(pool, y).predict(pool)
    np.testing.assert_array_equal(pool.matrix(), before)
    np.testing.assert_array_equal(y, labels)


def test_read_only_members_are_enough(case: tuple[ModelSpec, str]) -> None:
    spec, task = case
    pool, y = stack.__wrapped__(task)
    for array in (*pool.arrays, y):
        array.flags.writeable = False
    estimator = spec.learner.build(whole(case)[0].objective, 1)
    assert len(estimator.fit(pool, y).predict(pool)) == N


def test_rows_of_no_weight_have_no_influence(case: tuple[ModelSpec, str]) -> None:
    spec, task = case
    weight = (np.arange(N) < 70).astype(float)
    estimator, pool = fitted(spec, task, weight=weight)
    before = estimator.predict(pool)
    _, y = stack(task)
    spoilt = np.where(weight > 0, y, y[::-1])
    again = estimator.fit(pool, spoilt, weight).predict(pool)
    np.testing.assert_array_equal(before, again)


def test_row_weights_are_taken(case: tuple[ModelSpec, str]) -> None:
    spec, task = case
    weight = np.where(np.arange(N) < 50, 1.0, 0.01)
    pool, _ = stack(task)
    weighted = fitted(spec, task, weight=weight)[0].predict(pool)
    plain = whole(case)[0].predict(pool)
    assert np.isfinite(weighted).all()
    if spec.name in ("ridge_meta", "simplex"):
        assert not np.allclose(weighted, plain, atol=1e-6)


def test_one_member_is_enough(case: tuple[ModelSpec, str]) -> None:
    estimator, pool = fitted(*case, members=1)
    assert np.isfinite(estimator.predict(pool)).all()


def test_the_order_of_members_does_not_matter(case: tuple[ModelSpec, str]) -> None:
    spec, task = case
    estimator, pool = whole(case)
    order = [2, 0, 3, 1]
    names, arrays = ([some[i] for i in order] for some in (pool.names, pool.arrays))
    straight, mixed = estimator.predict(pool), Pool(tuple(names), tuple(arrays))
    fresh = spec.learner.build(estimator.objective, 1)
    other = fresh.fit(mixed, stack(task)[1]).predict(mixed)
    np.testing.assert_allclose(other, straight, rtol=1e-3, atol=1e-4)


def test_a_fitted_one_crosses_to_another_process(case: tuple[ModelSpec, str]) -> None:
    estimator, pool = whole(case)
    there = cloudpickle.loads(cloudpickle.dumps(estimator))
    np.testing.assert_array_equal(there.predict(pool), estimator.predict(pool))
