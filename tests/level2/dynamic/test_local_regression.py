"""Local weights for values against loops per row, and the batched solver against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import nnls

from stackkit.level2.dynamic.local_nnls import batched_nnls, simplex_least_squares
from stackkit.level2.dynamic.local_regression import (
    BetterThanMean,
    InverseLoss,
    LocalBest,
    LocalNnls,
)
from stackkit.level2.dynamic.method import Method, Reference, Region

METHODS = (LocalBest(), InverseLoss(), BetterThanMean(), LocalNnls())
SEEDS = range(4)


def made(seed: int, weighted: bool = False, power: int = 2) -> tuple[Reference, Region, np.ndarray]:
    """150 reference rows, 6 members of uneven quality, 40 queries with 12 neighbours."""
    rng = np.random.default_rng(seed)
    n, m, q, k = 150, 6, 40, 12
    y = rng.normal(size=n)
    shared = rng.normal(size=n)
    z = y + 0.5 * shared + rng.uniform(0.2, 1.5, (m, 1)) * rng.normal(size=(m, n))
    weight = rng.uniform(0.2, 2, n) if weighted else None
    rows = np.stack([rng.choice(n, k, replace=False) for _ in range(q)])
    region = Region(rows, np.sort(rng.exponential(size=(q, k)), axis=1))
    reference = Reference(y, z[..., None], -(np.abs(z - y) ** power), weight)
    return reference, region, rng.normal(size=(m, q, 1))


def shares(reference: Reference, rows: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Cleveland (1979), eq. 1, times the row weights."""
    s = np.array([(1 - min(d / distances.max(), 1) ** 3) ** 3 for d in distances])
    s = s if reference.weight is None else s * reference.weight[rows]
    return s / s.sum()


def slow(method: Method, reference: Reference, rows: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Each rule for one query."""
    s, m = shares(reference, rows, d), reference.members
    loss = np.array([sum(-reference.competence[i, rows] * s) for i in range(m)])
    if isinstance(method, LocalBest):  # Rooney et al. (2004), dynamic selection
        return np.eye(m)[np.argmin(loss)]
    if isinstance(method, InverseLoss):  # Rooney et al. (2004), dynamic weighting
        inverse = [(1 / value) ** method.power for value in loss]
        return np.array(inverse) / sum(inverse)
    if isinstance(method, BetterThanMean):  # Woloszynski et al. (2012) with the mean for chance
        margin = [max(loss.mean() - value, 0) for value in loss]
        return np.array(margin) / sum(margin)
    residuals = (reference.predictions[:, rows, 0] - reference.y[rows]).T
    lever = np.mean([(s * residuals[:, i] ** 2).sum() for i in range(m)])
    stacked = np.vstack([
        np.sqrt(s)[:, None] * residuals,
        np.sqrt(method.ridge * lever) * np.eye(m),
        np.sqrt(lever) * np.ones((1, m)),
    ])  # fmt: skip
    w, _ = nnls(stacked, np.r_[np.zeros(len(rows) + m), np.sqrt(lever)])
    return w / w.sum()


@pytest.mark.parametrize("method", [*METHODS, InverseLoss(3.0), LocalNnls(0.01)], ids=repr)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_each_method_is_the_loop(method: Method, seed: int, weighted: bool) -> None:
    reference, region, p = made(seed, weighted, power=1 + seed % 2)
    weights = method.fit(reference, region, 0).weights(region, p)
    pairs = zip(region.rows, region.distances, strict=True)
    np.testing.assert_allclose(weights, [slow(method, reference, *pair) for pair in pairs],
                               atol=1e-6)  # fmt: skip


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_no_method_is_another(method: Method) -> None:
    reference, region, p = made(0)
    mine = method.fit(reference, region, 0).weights(region, p)
    for other in (m for m in METHODS if m is not method):
        theirs = other.fit(reference, region, 0).weights(region, p)
        assert np.abs(mine - theirs).max() > 0.05


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_weights_are_on_the_simplex_in_hard_cases(method: Method) -> None:
    reference, region, p = made(1)
    perfect = reference.predictions.copy()
    perfect[2, ..., 0] = reference.y
    for z in (perfect, reference.predictions[:1], np.repeat(perfect[2:3], 4, axis=0)):
        known = Reference(reference.y, z, -((z[..., 0] - reference.y) ** 2))
        weights = method.fit(known, region, 0).weights(region, p[: len(z)])
        assert weights.min() >= 0
        total = weights.sum(axis=1)
        np.testing.assert_allclose(total[total > 0], 1)
    together = Region(region.rows, np.zeros_like(region.distances))
    assert np.isfinite(method.fit(reference, together, 0).weights(together, p)).all()


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_a_query_is_weighed_alone_as_among_others(method: Method) -> None:
    reference, region, p = made(2)
    fitted = method.fit(reference, region, 0)
    together = fitted.weights(region, p)
    for i in range(0, len(region), 7):
        one = Region(region.rows[i : i + 1], region.distances[i : i + 1])
        np.testing.assert_array_equal(fitted.weights(one, p[:, i : i + 1])[0], together[i])


def test_tied_members_give_way_to_the_better_overall() -> None:
    loss = np.array([[1.0, 1, 9], [1, 1, 0]])
    reference = Reference(np.zeros(3), np.zeros((2, 3, 1)), -loss)
    region = Region(np.array([[0, 1]]), np.array([[1.0, 1.0]]))
    weights = LocalBest().fit(reference, region, 0).weights(region, np.zeros((2, 1, 1)))
    np.testing.assert_array_equal(weights, [[0, 1]])


def test_opposite_errors_are_found_only_by_least_squares() -> None:
    """Members 0 and 1 cancel; 2 is better than each: the locally best is not the best blend."""
    z = np.array([[1.0, 1, 1], [-1, -1, -1], [0.5, 0.5, 0.5]])[..., None]
    reference = Reference(np.zeros(3), z, -(z[..., 0] ** 2))
    region = Region(np.array([[0, 1, 2]]), np.ones((1, 3)))
    best = LocalBest().fit(reference, region, 0).weights(region, z[:, :1])
    blend = LocalNnls(1e-6).fit(reference, region, 0).weights(region, z[:, :1])
    np.testing.assert_array_equal(best, [[0, 0, 1]])
    assert abs((blend @ z[:, 0]).item()) < 1e-3


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("members", [1, 2, 5, 20])
def test_the_batched_solver_is_scipys(seed: int, members: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(30, members + 10, members)) + 2 * rng.normal(size=(30, members + 10, 1))
    b = rng.normal(size=(30, members + 10)) + a[:, :, 0]
    grams = a.transpose(0, 2, 1) @ a
    found = batched_nnls(grams, (a.transpose(0, 2, 1) @ b[..., None])[..., 0])
    slow_ones = [nnls(one, right)[0] for one, right in zip(a, b, strict=True)]
    np.testing.assert_allclose(found, slow_ones, atol=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_simplex_weights_meet_their_conditions(seed: int) -> None:
    """Karush, Kuhn, Tucker: equal slopes of the used members, none smaller of the unused."""
    rng = np.random.default_rng(seed)
    r = rng.normal(size=(20, 15, 8)) + rng.normal(size=(20, 15, 1))
    grams = r.transpose(0, 2, 1) @ r
    w = simplex_least_squares(grams, 0.05)
    lever = np.trace(grams, axis1=1, axis2=2)[:, None] / 8
    slope = (grams @ w[..., None])[..., 0] / lever + 0.05 * w
    level = (slope * w).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.where(w > 0, slope - level, 0), 0, atol=1e-9)
    assert (slope - level).min() > -1e-9


def test_exchanges_that_would_go_in_a_circle_end() -> None:
    """A problem on which exchanging all wrong signs at once never ends."""
    gram = np.array([[3.44, 2.54, -0.4], [2.54, 1.99, -0.6], [-0.4, -0.6, 1.14]])
    found = batched_nnls(gram[None], np.array([[0.08, 0.58, -1.3]]))
    np.testing.assert_allclose(found, [[0, 0.58 / 1.99, 0]], atol=1e-12)
