"""Neighbours by common leaves against a count over all pairs and trees."""

from __future__ import annotations

import cloudpickle
import numpy as np
import pytest

from stackkit.level2.dynamic.leaves import Leaves


def made(seed: int, n: int = 150, q: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 4)).round(1)
    return rows, (rows[:, 0] * rows[:, 1] > 0).astype(int), rng.normal(size=(q, 4)).round(1)


def shared(leaves: Leaves, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Share of trees (q, n) in which a query and a row fall into one leaf."""
    a, b = leaves.forest.apply(queries), leaves.forest.apply(rows)
    return np.array([[(one == other).mean() for other in b] for one in a])


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("k", [1, 7, 40])
def test_the_nearest_share_the_most_leaves(task: str, k: int) -> None:
    rows, y, queries = made(0)
    leaves = Leaves.of(rows, y + 0.5 * (task == "regression"), None, task, k, seed=1)
    region, common = leaves.nearest(queries, k), shared(leaves, queries, rows)
    np.testing.assert_allclose(region.distances, np.sort(1 - common, axis=1)[:, :k], atol=1e-12)
    there = np.take_along_axis(common, region.rows, axis=1)
    np.testing.assert_allclose(region.distances, 1 - there, atol=1e-12)
    assert all(len(set(some)) == k for some in region.rows)


@pytest.mark.parametrize("seed", range(3))
def test_own_rows_are_left_out(seed: int) -> None:
    rows, y, _ = made(seed)
    leaves = Leaves.of(rows, y, None, "binary", 9, seed)
    region, common = leaves.own(9), shared(leaves, rows, rows)
    assert not (region.rows == np.arange(len(rows))[:, None]).any()
    np.fill_diagonal(common, -1)
    np.testing.assert_allclose(region.distances, np.sort(1 - common, axis=1)[:, :9], atol=1e-12)


def test_a_query_has_the_same_neighbours_alone_as_among_others() -> None:
    rows, y, queries = made(1)
    leaves = Leaves.of(rows, y, None, "binary", 9, seed=0)
    together = leaves.nearest(queries, 9)
    for i in range(len(queries)):
        alone = leaves.nearest(queries[i : i + 1], 9)
        np.testing.assert_array_equal(alone.rows[0], together.rows[i])
        np.testing.assert_array_equal(alone.distances[0], together.distances[i])


def test_supervision_finds_the_column_that_matters() -> None:
    """Of ten columns one decides: neighbours by leaves have like labels, those by distance not."""
    rng = np.random.default_rng(0)
    rows, queries = rng.normal(size=(800, 10)), rng.normal(size=(100, 10))
    y = (rows[:, 0] > 0).astype(int)
    leaves = Leaves.of(rows, y, None, "binary", 10, seed=0)
    mine = y[leaves.nearest(queries, 10).rows] == (queries[:, :1] > 0)
    away = ((queries[:, None] - rows) ** 2).sum(axis=2)
    plain = y[np.argsort(away, axis=1)[:, :10]] == (queries[:, :1] > 0)
    assert mine.mean() > plain.mean() + 0.1


def test_rows_without_enough_common_leaves_are_filled_up() -> None:
    rows, y, queries = made(2)
    leaves = Leaves.of(rows, y, None, "binary", 5, seed=0)
    region = leaves.nearest(queries, 1000)
    np.testing.assert_array_equal(np.sort(region.rows, axis=1), [np.arange(150)] * len(queries))
    assert leaves.own(1000).rows.shape == (150, 149)
    assert (np.diff(region.distances, axis=1) >= 0).all()


def test_few_rows_and_row_weights() -> None:
    rows, y, queries = made(3, n=8)
    leaves = Leaves.of(rows, y, np.linspace(0.1, 2, 8), "binary", 5, seed=0)
    np.testing.assert_array_equal(leaves.nearest(queries, 5).distances, 0)


def test_it_crosses_to_another_process() -> None:
    rows, y, queries = made(4)
    leaves = Leaves.of(rows, y, None, "binary", 5, seed=0)
    there = cloudpickle.loads(cloudpickle.dumps(leaves))
    np.testing.assert_array_equal(there.nearest(queries, 5).rows, leaves.nearest(queries, 5).rows)
