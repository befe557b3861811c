"""The nearest rows are those of all distances, in any batch, with duplicates and ties."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from stackkit.errors import ModelError
from stackkit.level2.dynamic import regions
from stackkit.level2.dynamic.method import Region
from stackkit.level2.dynamic.regions import nearest, own_regions
from stackkit.level2.dynamic.search import CROWDED, Index, _each

CASES = ["spread", "whole numbers", "far away", "few values", "long tails"]


def points(case: str, n: int, d: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    made = rng.normal(size=(n, d))
    return {
        "spread": made,
        "whole numbers": np.round(made),
        "far away": made * 100 + 1e4,
        "few values": rng.integers(0, 2, size=(n, d)).astype(float),
        "long tails": np.exp(4 * made),
    }[case]


def all_distances(queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.sqrt(((queries[:, None] - rows[None]) ** 2).sum(axis=2))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", range(6))
def test_they_are_the_nearest_of_all(case: str, seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    n, d, k = (int(rng.integers(1, top)) for top in (700, 9, 30))
    rows, queries = points(case, n, d, seed), points(case, 60, d, seed + 50)
    far = all_distances(queries, rows)
    found = Index.of(rows).nearest(queries, k)
    best = np.sort(far, axis=1)[:, :k]
    np.testing.assert_allclose(found.distances, best, rtol=1e-12, atol=1e-10)
    picked = np.take_along_axis(far, found.rows, axis=1)
    np.testing.assert_allclose(picked, best, rtol=1e-12, atol=1e-10)
    assert all(len(set(row)) == len(row) for row in found.rows.tolist())


@pytest.mark.parametrize("case", CASES)
def test_a_query_alone_has_the_neighbours_that_it_has_in_a_batch(case: str) -> None:
    rows, queries = points(case, 500, 6, 1), points(case, 70, 6, 2)
    queries[::3] = rows[:24]
    index = Index.of(rows)
    together = index.nearest(queries, 7)
    for i in range(len(queries)):
        alone = index.nearest(queries[i : i + 1], 7)
        np.testing.assert_array_equal(alone.rows[0], together.rows[i])
        np.testing.assert_array_equal(alone.distances[0], together.distances[i])


@pytest.mark.parametrize("case", CASES)
def test_a_row_is_not_its_own_neighbour_though_its_doubles_are(case: str) -> None:
    rows = np.repeat(points(case, 60, 4, 3), 3, axis=0)
    far = all_distances(rows, rows)
    np.fill_diagonal(far, np.inf)
    found = Index.of(rows).own(5)
    assert (found.rows != np.arange(len(rows))[:, None]).all()
    best = np.sort(far, axis=1)[:, :5]
    np.testing.assert_allclose(found.distances, best, rtol=1e-12, atol=1e-10)


def test_where_float32_parts_too_few_rows_float64_decides() -> None:
    """Two clusters so narrow that float32 distances within each are mostly rounding."""
    rng = np.random.default_rng(7)
    rows = np.where(rng.random((4000, 1)) < 0.5, 0.5, -0.5) + 1e-5 * rng.normal(size=(4000, 6))
    queries = np.vstack([rows[:20] + 1e-5 * rng.normal(size=(20, 6)), np.zeros((1, 6)) + 5])
    index = Index.of(rows)
    crowded = index._within(queries - index.centre, 3, index.table, 2 * 3 + CROWDED)[2]
    assert 10 < len(crowded) < 21
    found = index.nearest(queries, 3)
    np.testing.assert_array_equal(found.rows, np.argsort(all_distances(queries, rows))[:, :3])
    for i in range(0, 21, 4):
        np.testing.assert_array_equal(index.nearest(queries[i : i + 1], 3).rows[0], found.rows[i])


def test_rows_of_one_place_are_not_chosen_by_their_order() -> None:
    found = Index.of(np.zeros((1000, 2))).nearest(np.zeros((1, 2)), 50)
    assert 300 < found.rows.mean() < 700


def test_threads_do_not_change_the_answer() -> None:
    rows, queries = points("whole numbers", 900, 5, 4), points("whole numbers", 600, 5, 5)
    one, two = (Index.of(rows).nearest(queries, 9, threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.rows, two.rows)


@pytest.mark.parametrize("threads", [1, 2])
def test_products_of_a_block_run_on_one_thread(threads: int) -> None:
    def products(start: int) -> int:
        info = threadpool_info()
        return max(pool["num_threads"] for pool in info if pool["user_api"] == "blas")

    with threadpool_limits(2, user_api="blas"):
        assert products(0) == 2
        assert list(_each(products, range(3), threads)) == [1, 1, 1]
        assert products(0) == 2


def test_a_region_is_never_larger_than_the_reference() -> None:
    rows = points("spread", 4, 2, 6)
    assert nearest(rows, rows, 9).rows.shape == (4, 4)
    assert own_regions(rows, 9).rows.shape == (4, 3)
    assert own_regions(rows[:1], 9).rows.shape == (1, 0)


@pytest.mark.parametrize("rows", [np.empty((0, 2)), np.full((3, 2), np.nan)])
def test_rows_that_have_no_distance_are_refused(rows: np.ndarray) -> None:
    with pytest.raises(ModelError, match="finite rows"):
        Index.of(rows)


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many neighbours each search that really took place asked for."""
    made: list[int] = []
    search = Index.nearest

    def counted(self: Index, queries: np.ndarray, k: int, threads: int = 1) -> Region:
        made.append(k)
        return search(self, queries, k, threads)

    monkeypatch.setattr(Index, "nearest", counted)
    monkeypatch.setattr(regions, "_tables", type(regions._tables)())
    return made


def test_a_table_is_computed_once_and_its_beginning_serves_fewer(searches: list[int]) -> None:
    rows, queries = points("few values", 300, 4, 7), points("few values", 50, 4, 8)
    wide = nearest(rows, queries, 9)
    narrow = nearest(rows.copy(), queries.copy(), 4)
    np.testing.assert_array_equal(narrow.rows, wide.rows[:, :4])
    np.testing.assert_array_equal(narrow.rows, Index.of(rows).nearest(queries, 4).rows)
    assert searches == [9, 4]
    nearest(rows, queries, 12)
    nearest(rows + 1, queries, 9)
    assert searches == [9, 4, 12, 9]


def test_tables_that_are_kept_are_bounded(
    searches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regions, "KEPT", 2 * 16 * 50 * 3)
    rows = points("spread", 300, 4, 9)
    for seed in (1, 2, 1, 3, 1, 2):
        nearest(rows, points("spread", 50, 4, seed), 3)
    assert len(searches) == 4
    assert len(regions._tables) == 2
