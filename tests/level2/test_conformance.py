"""Every meta-model and blend on every task keeps the promises that the loop relies on."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest

from stackkit.errors import ModelError
from stackkit.features.matrix import Matrix
from stackkit.level1 import METAS
from stackkit.level2 import BLENDS
from stackkit.level2.blend import Weigher
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
    """Members of like quality, features (a number, a code, a number that misses) and families."""
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
    families = tuple(("trees", "linear", "trees", "nets")[i % 4] for i in range(members))
    made = tuple(np.ascontiguousarray(a, dtype=np.float32) for a in arrays)
    return Pool(names, made, families=families, features=features()), y


def features() -> Matrix:
    rng = np.random.default_rng(5)
    values = np.column_stack([rng.normal(size=N), np.arange(N) % 3, rng.normal(size=N)])
    return Matrix(values.astype(np.float32), ("number", "code", "other"), (0, 3, 0))


def members_of(spec: ModelSpec) -> int:
    """A step behind a blend reads one record."""
    return 1 if spec.family == "postprocess" else M


def objective_of(spec: ModelSpec, task: str) -> Objective:
    metric = get_metric(METRICS[task])
    return Objective(
        task,
        metric.average_space,
        metric.surrogate_for(task),
        tuple("abc"[: CLASSES[task]]),
        metric if spec.learner.reads_metric else None,
    )


def fitted(
    spec: ModelSpec, task: str, members: int | None = None, weight: Any = None
) -> tuple[Any, Pool]:
    pool, y = stack_for(spec, task, members)
    return spec.learner.build(objective_of(spec, task), seed=1).fit(pool, y, weight), pool


def stack_for(spec: ModelSpec, task: str, members: int | None = None) -> tuple[Pool, np.ndarray]:
    """As the loop hands it over: features where the spec names a recipe."""
    pool, y = stack(task, members or members_of(spec))
    return (pool if spec.recipe else dataclasses.replace(pool, features=None)), y


def fit_pool(spec: ModelSpec, task: str, pool: Pool, y: np.ndarray, weight: Any = None) -> Any:
    return spec.learner.build(objective_of(spec, task), seed=1).fit(pool, y, weight)


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
    assert (spec.recipe is not None) == spec.learner.needs_features
    assert spec.role == ("meta" if spec.name in METAS else "blend")
    assert spec.learner.test_from in ("folds", "full")
    assert spec.learner.test_from == "folds" or spec.learner.queries == "mean"
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
    _, y = stack_for(*case)
    p, metric = estimator.predict(pool), get_metric(METRICS[case[1]])
    chance = np.full_like(p, np.median(y) if case[1] == "regression" else 1 / CLASSES[case[1]])
    assert metric.better(metric.score(y, p), metric.score(y, chance))


def test_members_are_matched_by_name_or_else_by_order(case: tuple[ModelSpec, str]) -> None:
    estimator, pool = whole(case)
    straight, m = estimator.predict(pool), len(pool.names)
    turned = pool.members(range(m)[::-1])
    np.testing.assert_array_equal(estimator.predict(turned), straight)
    renamed = dataclasses.replace(pool, names=tuple("zyxw"[:m]))
    np.testing.assert_array_equal(estimator.predict(renamed), straight)
    if hasattr(estimator, "row_weights"):
        weights = estimator.row_weights(pool)
        np.testing.assert_array_equal(estimator.row_weights(turned), weights)
    if m > 1:
        with pytest.raises(ModelError, match="4 members that were fitted on"):
            estimator.predict(pool.members([0, 1, 2]))


def test_rows_without_numbers_or_weight_are_refused(case: tuple[ModelSpec, str]) -> None:
    pool, y = stack_for(*case)
    spoilt = pool.matrix()
    spoilt[-1, 7] = np.nan
    wrong = dataclasses.replace(pool, arrays=tuple(spoilt))
    with pytest.raises(ModelError, match=f"1 rows without in '{pool.names[-1]}'"):
        fit_pool(*case, wrong, y)
    with pytest.raises(ModelError, match="positive weight"):
        fit_pool(*case, pool, y, np.zeros(len(y)))


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
    pool, y = stack_for(spec, task)
    before, labels = pool.matrix(), y.copy()
    fit_pool(spec, task, pool, y).predict(pool)
    np.testing.assert_array_equal(pool.matrix(), before)
    np.testing.assert_array_equal(y, labels)


def test_mapped_read_only_members_are_enough(case: tuple[ModelSpec, str], tmp_path: Path) -> None:
    spec, task = case
    pool, y = stack_for(spec, task)
    for name, array in zip(pool.names, pool.arrays, strict=True):
        np.save(tmp_path / f"{name}.npy", array)
    maps = tuple(np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in pool.names)
    mapped = dataclasses.replace(pool, arrays=maps)
    found = fit_pool(spec, task, mapped, y).predict(mapped)
    np.testing.assert_array_equal(found, whole(case)[0].predict(pool))


def test_rows_that_a_parent_did_not_score_are_not_read(case: tuple[ModelSpec, str]) -> None:
    spec, task = case
    pool, y = stack_for(spec, task)
    weight = (np.arange(N) % 10 != 3).astype(float)
    holes = tuple(a.copy() for a in pool.arrays)
    holes[0][weight == 0] = np.nan
    first = fit_pool(spec, task, dataclasses.replace(pool, arrays=holes), y, weight)
    second = fit_pool(spec, task, pool, y, weight)
    np.testing.assert_array_equal(first.predict(pool), second.predict(pool))


def test_identical_members_are_as_good_as_one(case: tuple[ModelSpec, str]) -> None:
    spec, task = case
    pool, y = stack_for(spec, task)
    same = dataclasses.replace(pool, arrays=(pool.arrays[0],) * len(pool.arrays))
    p = fit_pool(spec, task, same, y).predict(same)
    assert np.isfinite(p).all()
    if isinstance(spec.learner, Weigher):
        np.testing.assert_allclose(p, pool.arrays[0], rtol=1e-5, atol=1e-6)


def test_a_constant_member_does_no_harm(case: tuple[ModelSpec, str]) -> None:
    spec, task = case
    pool, y = stack_for(spec, task)
    constant = np.full_like(pool.arrays[0], 1.0 if task == "regression" else 1 / CLASSES[task])
    last = () if len(pool.arrays) == 1 else pool.arrays[1:]
    beside = dataclasses.replace(pool, arrays=(constant, *last))
    assert np.isfinite(fit_pool(spec, task, beside, y).predict(beside)).all()


def test_rows_of_no_weight_have_no_influence(case: tuple[ModelSpec, str]) -> None:
    spec, task = case
    weight = (np.arange(N) < 70).astype(float)
    pool, y = stack_for(spec, task)
    before = fit_pool(spec, task, pool, y, weight).predict(pool)
    spoilt = np.where(weight > 0, y, y[::-1])
    again = fit_pool(spec, task, pool, spoilt, weight).predict(pool)
    np.testing.assert_array_equal(before, again)


def test_row_weights_are_taken(case: tuple[ModelSpec, str]) -> None:
    spec, task = case
    weight = np.where(np.arange(N) < 50, 1.0, 0.01)
    pool, _ = stack_for(spec, task)
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
    if len(pool.arrays) == 1:
        return
    mixed = pool.members([2, 0, 3, 1])
    other = fit_pool(spec, task, mixed, stack(task)[1]).predict(mixed)
    np.testing.assert_allclose(other, estimator.predict(pool), rtol=1e-3, atol=1e-4)


def test_a_fitted_one_crosses_to_another_process(case: tuple[ModelSpec, str]) -> None:
    estimator, pool = whole(case)
    there = cloudpickle.loads(cloudpickle.dumps(estimator))
    np.testing.assert_array_equal(there.predict(pool), estimator.predict(pool))
