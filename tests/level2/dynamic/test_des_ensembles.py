"""DES-KNN and DES-MI against a loop per row."""

from __future__ import annotations

import numpy as np
import pytest
from made_regions import knora_u, made

from stackkit.level2.dynamic.ensembles import DesKnn, DesMi
from stackkit.level2.dynamic.method import Reference, Region

SEEDS = range(4)


def slow_des_knn(reference: Reference, rows: np.ndarray, n: int, j: int) -> np.ndarray:
    """Soares et al. (2006), section III, for one query."""
    c, members = reference.competence, reference.members
    w = np.ones(len(rows)) if reference.weight is None else reference.weight[rows]
    overall = [np.average(c[i], weights=reference.weight) for i in range(members)]
    accuracy, fault = np.zeros(members), np.zeros(members)
    for i in range(members):
        accuracy[i] = sum(wr * c[i, r] for wr, r in zip(w, rows, strict=True)) / w.sum()
        for other in range(members):
            if other != i:
                both = [(1 - c[i, r]) * (1 - c[other, r]) for r in rows]
                fault[i] += float(w @ both) / w.sum()
    order = sorted(range(members), key=lambda i: (-round(accuracy[i], 9), -overall[i]))[:n]
    chosen = sorted(order, key=lambda i: round(fault[i], 9))[:j]
    return np.isin(range(members), chosen) / j


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_des_knn_is_the_loop(seed: int, hard: bool, weighted: bool) -> None:
    reference, region, p = made(seed, hard=hard, weighted=weighted)
    weights = DesKnn(accurate=0.6, diverse=0.4).fit(reference, region, 0).weights(region, p)
    slow = [slow_des_knn(reference, rows, n=4, j=3) for rows in region.rows]
    np.testing.assert_allclose(weights, slow, atol=1e-12)


def test_des_knn_prefers_the_diverse_of_the_accurate() -> None:
    """Members 0 and 1 err on the same row, 2 on another; 3 is always wrong."""
    c = np.array([[0, 1, 1, 1], [0, 1, 1, 1], [1, 1, 1, 0], [0, 0, 0, 0]], dtype=float)
    y, p = np.ones(4, dtype=int), np.stack([1 - c, c], axis=2)
    region = Region(np.arange(4)[None], np.arange(4.0)[None])
    reference = Reference(y, p, c)
    method = DesKnn(accurate=0.75, diverse=0.25)
    weights = method.fit(reference, region, 0).weights(region, p[:, :1])
    np.testing.assert_allclose(knora_u(reference, region), [[1 / 3, 1 / 3, 1 / 3, 0]])
    assert weights[0, 3] == 0
    both = [(1 - c[i]) @ (1 - np.delete(c, i, axis=0)).sum(axis=0) for i in range(3)]
    assert weights[0, int(np.argmin(both))] == 1


def slow_des_mi(reference: Reference, rows: np.ndarray, n: int, alpha: float) -> np.ndarray:
    """García et al. (2018), algorithm 2, for one query."""
    unit = np.ones(len(reference.y)) if reference.weight is None else reference.weight
    size = {c: unit[reference.y == c].sum() for c in np.unique(reference.y)}
    mean = np.mean(list(size.values()))
    w = [unit[r] / (1 + np.exp(alpha * size[reference.y[r]] / mean)) for r in rows]
    local = [np.average(reference.competence[i, rows], weights=w) for i in range(reference.members)]
    overall = [np.average(c, weights=reference.weight) for c in reference.competence]
    order = sorted(range(reference.members), key=lambda i: (-round(local[i], 9), -overall[i]))
    return np.isin(range(reference.members), order[:n]) / n


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_des_mi_is_the_loop(seed: int, hard: bool, weighted: bool) -> None:
    reference, region, p = made(seed, hard=hard, weighted=weighted)
    weights = DesMi(accurate=0.5, alpha=2.0).fit(reference, region, 0).weights(region, p)
    slow = [slow_des_mi(reference, rows, n=3, alpha=2.0) for rows in region.rows]
    np.testing.assert_allclose(weights, slow, atol=1e-12)


def test_des_mi_prefers_who_is_right_on_the_rare_class() -> None:
    """Member 0 is right on the one rare row of the region, member 1 on two of the common ones."""
    y = np.array([0] * 18 + [1, 0])
    c = np.ones((2, 20))
    c[0, [0, 1]], c[1, 18] = 0, 0
    region = Region(np.array([[0, 1, 18]]), np.arange(3.0)[None])
    reference = Reference(y, np.full((2, 20, 2), 0.5), c)
    method = DesMi(accurate=0.5, alpha=3.0)
    np.testing.assert_array_equal(method.fit(reference, region, 0).weights(region, c), [[1, 0]])
    np.testing.assert_allclose(knora_u(reference, region), [[1 / 3, 2 / 3]])


def test_large_classes_do_not_underflow() -> None:
    n = 5000
    y = np.arange(n) % 2
    c = np.stack([np.ones(n), np.zeros(n)])
    reference = Reference(y, np.full((2, n, 2), 0.5), c)
    region = Region(np.arange(5)[None], np.arange(5.0)[None])
    method = DesMi(accurate=0.5, alpha=2000.0)
    np.testing.assert_array_equal(method.fit(reference, region, 0).weights(region, c), [[1, 0]])


@pytest.mark.parametrize("method", [DesKnn(), DesMi()], ids=lambda m: m.name)
def test_the_order_of_members_does_not_matter_where_they_tie(method: DesKnn | DesMi) -> None:
    reference, region, p = made(1, hard=True)
    order = np.random.default_rng(0).permutation(reference.members)
    mixed = Reference(reference.y, reference.predictions[order], reference.competence[order])
    straight = method.fit(reference, region, 0).weights(region, p)
    other = method.fit(mixed, region, 0).weights(region, p[order])
    np.testing.assert_array_equal(other, straight[:, order])


@pytest.mark.parametrize("method", [DesKnn(), DesMi()], ids=lambda m: m.name)
def test_one_member_is_selected_alone(method: DesKnn | DesMi) -> None:
    reference, region, p = made(1)
    alone = Reference(reference.y, reference.predictions[:1], reference.competence[:1])
    weights = method.fit(alone, region, 0).weights(region, p[:1])
    np.testing.assert_array_equal(weights, np.ones((len(region), 1)))
