"""Meta-features against loops over rows; groups are switches; no row sees its own target."""

from __future__ import annotations

import dataclasses
from itertools import combinations

import numpy as np
import pytest

from stackkit.errors import ModelError
from stackkit.features.matrix import Matrix
from stackkit.level1 import METAS
from stackkit.meta_features import GROUPS, MetaFeatures
from stackkit.meta_features.nearest import points_of
from stackkit.meta_features.rows import rows_of
from stackkit.metrics import get_metric
from stackkit.predictions import Pool
from stackkit.spec import Objective

N = 90
CLASSES = {"binary": 2, "multiclass": 3, "regression": 0}
TASKS = tuple(CLASSES)


def objective(task: str) -> Objective:
    surrogate = "squared" if task == "regression" else "logloss"
    return Objective(task, "identity", surrogate, tuple("abc"[: CLASSES[task]]))


def stack(task: str, seed: int = 0, n: int = N) -> tuple[Pool, np.ndarray]:
    rng = np.random.default_rng(seed)
    if task == "regression":
        y = rng.normal(size=n)
        arrays = (y + rng.normal(size=(4, n)))[..., None]
    else:
        y = np.arange(n) % CLASSES[task]
        p = rng.dirichlet(np.ones(CLASSES[task]), size=(4, n))
        arrays = p[..., 1:] if task == "binary" else p
    values = rng.normal(size=(n, 3)).astype(np.float32)
    values[:, 1] = np.arange(n) % 4
    values[::7, 2] = np.nan
    features = Matrix(values, ("number", "code", "holes"), (0, 4, 0))
    made = tuple(np.ascontiguousarray(a, np.float32) for a in arrays)
    families = ("trees", "nets", "trees", "linear")
    return Pool(("d", "b", "a", "c"), made, families=families, features=features), y


def made_of(task: str, *groups: str, seed: int = 0) -> tuple[dict[str, np.ndarray], Pool]:
    pool, y = stack(task, seed)
    fitted = MetaFeatures(groups).fit(pool, y, None, objective(task), 0)
    return dict(zip(fitted.names, fitted.transform(pool).T, strict=True)), pool


def whole(pool: Pool) -> np.ndarray:
    p = pool.matrix().astype(np.float64)
    return np.concatenate([1 - p, p], axis=2) if p.shape[2] == 1 else p


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("group", GROUPS)
def test_each_group_is_a_switch(task: str, group: str) -> None:
    """All groups but one give the columns of all less those of that one."""
    pool, y = stack(task)
    aim = objective(task)
    every = MetaFeatures(GROUPS).fit(pool, y, None, aim, 0)
    alone = MetaFeatures((group,)).fit(pool, y, None, aim, 0)
    rest = MetaFeatures(tuple(g for g in GROUPS if g != group)).fit(pool, y, None, aim, 0)
    assert set(alone.names) | set(rest.names) == set(every.names)
    assert not set(alone.names) & set(rest.names)
    assert bool(alone.names) == ((task, group) != ("regression", "logits"))
    columns = [every.names.index(name) for name in alone.names]
    np.testing.assert_array_equal(alone.transform(pool), every.transform(pool)[:, columns])


@pytest.mark.parametrize("task", TASKS)
def test_a_row_has_what_it_has_in_a_batch_in_any_order_of_members(task: str) -> None:
    pool, y = stack(task)
    fitted = MetaFeatures(GROUPS).fit(pool, y, None, objective(task), 0)
    together = fitted.transform(pool)
    assert together.shape == (N, len(fitted.names))
    alone = np.vstack([fitted.transform(pool.take(np.array([i]))) for i in range(0, N, 8)])
    np.testing.assert_allclose(alone, together[::8], rtol=1e-9, atol=1e-12)
    mixed = pool.members([2, 0, 3, 1])
    np.testing.assert_array_equal(fitted.transform(mixed), together)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("seed", range(3))
def test_confidence_and_spread_of_classes_are_those_of_a_loop(task: str, seed: int) -> None:
    made, pool = made_of(task, "confidence", "spread", "distances", seed=seed)
    p = whole(pool)
    for i in range(0, N, 11):
        mean = p[:, i].mean(axis=0)
        low, high = np.sort(mean)[-2:]
        pairs = [a.argmax() != b.argmax() for a, b in combinations(p[:, i], 2)]
        entropy = -sum(q * np.log(q) for q in mean) / np.log(len(mean))
        assert made["confidence.top"][i] == pytest.approx(high)
        assert made["confidence.margin"][i] == pytest.approx(high - low)
        assert made["confidence.entropy"][i] == pytest.approx(entropy)
        assert made["spread.disagreement"][i] == pytest.approx(np.mean(pairs))
        spread = np.sqrt(np.mean([p[:, i, k].var() for k in range(p.shape[2])]))
        assert made["spread.deviation"][i] == pytest.approx(spread)
        far = np.sqrt(np.mean((p[0, i] - mean) ** 2))
        assert made[f"distance.{pool.names[0]}"][i] == pytest.approx(far)


@pytest.mark.parametrize("seed", range(3))
def test_confidence_and_spread_of_values_are_those_of_a_loop(seed: int) -> None:
    made, pool = made_of("regression", "confidence", "spread", seed=seed)
    _, y = stack("regression", seed)
    z = (pool.matrix()[..., 0].astype(np.float64) - y.mean()) / y.std()
    for i in range(0, N, 11):
        pairs = [abs(a - b) for a, b in combinations(z[:, i], 2)]
        assert made["confidence.extremity"][i] == pytest.approx(abs(z[:, i].mean()))
        assert made["spread.deviation"][i] == pytest.approx(z[:, i].std())
        assert made["spread.disagreement"][i] == pytest.approx(np.mean(pairs))


def test_ranks_logits_and_families_are_those_of_a_loop() -> None:
    made, pool = made_of("binary", "ranks", "logits", "families")
    p = dict(zip(pool.names, pool.matrix()[..., 0].astype(np.float64), strict=True))
    logit = {name: np.log(q / (1 - q)) for name, q in p.items()}
    for name, q in p.items():
        rank = [np.mean(q < x) + np.mean(q == x) / 2 for x in q]
        np.testing.assert_allclose(made[f"rank.{name}"], rank)
        np.testing.assert_allclose(made[f"logit.{name}"], logit[name], rtol=1e-5, atol=1e-5)
    trees = (logit["d"] + logit["a"]) / 2
    np.testing.assert_allclose(made["family.trees"], trees, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["fwls", "lightgbm_meta", "extra_trees_meta", "mlp_meta"])
def test_families_are_part_of_the_key_of_those_who_read_them(name: str) -> None:
    learner = METAS[name].learner
    assert not learner.reads_names
    assert dataclasses.replace(learner, groups=("families",)).reads_names


def test_groups_of_features_say_what_they_need() -> None:
    pool, y = stack("binary")
    bare = dataclasses.replace(pool, features=None, families=None)
    for group in ("strongest", "missing", "neighbour_distance", "density", "families"):
        with pytest.raises(ModelError, match=group):
            MetaFeatures((group,)).fit(bare, y, None, objective("binary"), 0)
    with pytest.raises(ModelError, match="probabilities"):
        MetaFeatures(("logit",))


def test_missing_values_are_counted() -> None:
    made, pool = made_of("binary", "missing")
    np.testing.assert_array_equal(made["missing"], np.isnan(pool.features.values).sum(axis=1))


@pytest.mark.parametrize("task", TASKS)
def test_the_strongest_column_is_the_one_that_says_most(task: str) -> None:
    pool, y = stack(task, n=400)
    values = pool.features.values.copy()
    values[:, 2] = y + 0.1 * np.random.default_rng(1).normal(size=400)
    pool = dataclasses.replace(pool, features=dataclasses.replace(pool.features, values=values))
    fitted = MetaFeatures(("strongest",), strongest=1).fit(pool, y, None, objective(task), 0)
    assert fitted.names == ("feature.holes",)
    np.testing.assert_allclose(fitted.transform(pool)[:, 0], values[:, 2])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cells", [3, 1000])
def test_nearest_points_are_those_of_a_loop(seed: int, cells: int) -> None:
    """Three values a column give many equal rows and equal distances."""
    rng = np.random.default_rng(seed)
    values, queries = (rng.integers(cells, size=(n, 3)).astype(float) for n in (80, 12))
    y, weight = rng.normal(size=(80, 1)), rng.uniform(0.5, 2, size=80)
    points = points_of(values, y, weight)
    near, far = points.nearest(queries, 6)
    made = points.means(queries, (2, 6), 1.5)[1]
    for i, query in enumerate(queries):
        distance = np.sqrt(((points.values - query) ** 2).sum(axis=1))
        first = np.lexsort((np.arange(len(distance)), distance))[:6]
        np.testing.assert_array_equal(near[i], first)
        np.testing.assert_allclose(far[i], distance[first])
        chosen = [j for j in range(80) if (values[j] == points.values[first]).all(axis=1).any()]
        prior = weight @ y[:, 0] / weight.sum()
        mean = (weight[chosen] @ y[chosen, 0] + 1.5 * prior) / (weight[chosen].sum() + 1.5)
        assert made[i, 0] == pytest.approx(mean)


@pytest.mark.parametrize("cells", [3, 1000])
def test_left_out_means_are_those_of_points_without_the_row(cells: int) -> None:
    rng = np.random.default_rng(3)
    values = rng.integers(cells, size=(60, 2)).astype(float)
    y, weight = rng.normal(size=(60, 1)), rng.uniform(0.5, 2, size=60)
    points = points_of(values, y, weight)
    made = points.left_out_means(y, weight, (4,), 0.0)[0]
    for i in range(60):
        others = np.arange(60) != i
        alone = points_of(values[others], y[others], weight[others])
        expected = alone.means(values[[i]], (4,), 0.0)[0]
        np.testing.assert_allclose(made[i], expected[0], rtol=1e-9)


def test_density_of_other_rows_is_the_mean_of_their_neighbours() -> None:
    pool, y = stack("binary")
    fitted = MetaFeatures(("density",), neighbours=5).fit(pool, y, None, objective("binary"), 0)
    values = pool.features.values.astype(np.float64)
    z = (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)
    codes = (values[:, [1]] == np.arange(4)) / np.sqrt(2)
    places = np.nan_to_num(np.column_stack([z[:, 0], codes, z[:, 2]]))
    for i in range(0, N, 13):
        near = np.argsort(((places - places[i]) ** 2).sum(axis=1), kind="stable")[:5]
        expected = (y[near].sum() + y.mean()) / 6
        assert fitted.transform(pool)[i, 0] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
def test_density_says_nothing_of_a_target_of_noise(seed: int) -> None:
    """And much of it where each row may look at its own target."""
    pool, _ = stack("binary", seed, n=1500)
    y = np.random.default_rng(seed + 10).integers(2, size=1500)
    rows = rows_of(pool, y, None, objective("binary"), seed)
    fitted, made = MetaFeatures(("density",), neighbours=5).fit_rows(rows)
    auc = get_metric("auc").score
    assert auc(y, made) == pytest.approx(0.5, abs=0.06)
    assert auc(y, fitted.transform(pool)) > 0.65


def test_no_row_changes_its_own_density() -> None:
    pool, y = stack("regression")
    aim = objective("binary")
    labels = (y > 0).astype(int)
    rows = rows_of(pool_of_halves(pool), labels, None, aim, 0)
    before = MetaFeatures(("density",)).fit_rows(rows)[1]
    for i in (3, 40):
        spoilt = labels.copy()
        spoilt[i] = 1 - spoilt[i]
        rows = rows_of(pool_of_halves(pool), spoilt, None, aim, 0)
        after = MetaFeatures(("density",)).fit_rows(rows)[1]
        assert after[i] == before[i]
        assert (after != before).any()


def pool_of_halves(pool: Pool) -> Pool:
    return dataclasses.replace(pool, arrays=tuple(np.full_like(a, 0.5) for a in pool.arrays))


def test_distances_of_fit_rows_leave_themselves_out() -> None:
    pool, y = stack("binary")
    rows = rows_of(pool, y, None, objective("binary"), 0)
    fitted, own = MetaFeatures(("neighbour_distance",), neighbours=3).fit_rows(rows)
    others = np.arange(N) != 5
    without = MetaFeatures(("neighbour_distance",), neighbours=3)
    alone = without.fit(pool.take(others), y[others], None, objective("binary"), 0)
    query = alone.transform(pool.take(np.array([5])))
    assert own[5, 0] == pytest.approx(query[0, 0], rel=0.1)
    assert (own[:, 0] > fitted.transform(pool)[:, 0]).all()
