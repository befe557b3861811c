"""DES-KL and DES-RRC against loops, quadrature and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from made_regions import knora_u, made
from scipy.integrate import quad
from scipy.stats import beta

from stackkit.level2.dynamic.method import Reference, Region
from stackkit.level2.dynamic.probabilistic import DesKl, DesRrc
from stackkit.level2.dynamic.randomized import randomized_competence

SEEDS = range(3)


def field(sources: np.ndarray, reference: Reference, region: Region, width: float) -> np.ndarray:
    """Woloszynski & Kurzynski (2011), eq. 11: Σ C(xₖ) exp(−d²) / Σ exp(−d²), for each query."""
    weight = np.ones(len(reference.y)) if reference.weight is None else reference.weight
    felt = []
    for rows, distances in zip(region.rows, region.distances, strict=True):
        potential = [
            weight[r] * np.exp(-((d / width) ** 2)) for r, d in zip(rows, distances, strict=True)
        ]
        felt.append(sum(v * sources[:, r] for v, r in zip(potential, rows, strict=True)))
        felt[-1] = felt[-1] / sum(potential)
    return np.array(felt)


def in_proportion(felt: np.ndarray, chance: float) -> np.ndarray:
    kept = np.where(felt > chance, felt, 0)
    total = kept.sum(axis=1, keepdims=True)
    return np.divide(kept, total, out=np.zeros_like(kept), where=total > 0)


def slow_divergence(reference: Reference) -> np.ndarray:
    """Woloszynski & Kurzynski (2009): ± KL(supports ‖ uniform) / log C."""
    m, n, classes = reference.predictions.shape
    out = np.zeros((m, n))
    for i in range(m):
        for r in range(n):
            p = reference.predictions[i, r]
            divergence = sum(v * np.log(v * classes) for v in p if v > 0) / np.log(classes)
            c = reference.competence[i, r]
            out[i, r] = divergence * (2 * c ** (np.log(2) / np.log(classes)) - 1)
    return out


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_des_kl_is_the_loop(seed: int, classes: int, hard: bool, weighted: bool) -> None:
    reference, region, p = made(seed, classes, hard, weighted)
    weights = DesKl(width=0.7).fit(reference, region, 0).weights(region, p)
    felt = field(slow_divergence(reference), reference, region, 0.7)
    np.testing.assert_allclose(weights, in_proportion(felt, 0.0), atol=1e-9)


def test_des_kl_prefers_the_sure_where_both_are_right() -> None:
    """Member 0 is right and sure, 1 right and unsure, 2 a random guess, 3 surely wrong."""
    p = np.array([[0.01, 0.99], [0.4, 0.6], [0.5, 0.5], [0.99, 0.01]])[:, None]
    reference = Reference(np.array([1]), p, (p[..., 1] > 0.5).astype(float))
    region = Region(np.zeros((1, 1), dtype=int), np.zeros((1, 1)))
    weights = DesKl().fit(reference, region, 0).weights(region, p)
    np.testing.assert_allclose(knora_u(reference, region), [[0.5, 0.5, 0, 0]])
    assert weights[0, 0] > 0.9
    np.testing.assert_array_equal(weights[0, 2:], 0)


@pytest.mark.parametrize("hard", [False, True])
def test_a_random_guess_has_no_divergence(hard: bool) -> None:
    y, p = np.zeros(1, dtype=int), np.full((1, 1, 4), 0.25)
    reference = Reference(y, p, np.array([[1.0 if hard else 0.25]]))
    region = Region(np.zeros((1, 1), dtype=int), np.zeros((1, 1)))
    np.testing.assert_array_equal(DesKl().fit(reference, region, 0).weights(region, p), [[0]])


def integral(p: np.ndarray, true: int) -> float:
    """Woloszynski & Kurzynski (2011), eq. 9, by quadrature."""
    c = len(p)
    laws = [beta(c * v, c * (1 - v)) for v in p]

    def density(u: float) -> float:
        others = [law.cdf(u) for j, law in enumerate(laws) if j != true]
        return laws[true].pdf(u) * float(np.prod(others))

    return quad(density, 0, 1, limit=200)[0]


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_randomized_competence_is_the_integral(classes: int) -> None:
    rng = np.random.default_rng(classes)
    p = 0.9 * rng.dirichlet(np.full(classes, 3.0), 12) + 0.1 / classes
    y = rng.integers(classes, size=12)
    found = randomized_competence(p[None], y)[0]
    exact = [integral(row, true) for row, true in zip(p, y, strict=True)]
    np.testing.assert_allclose(found, exact, atol=0.02)


@pytest.mark.parametrize("classes", [2, 4])
def test_randomized_competence_of_certainty_and_of_a_guess(classes: int) -> None:
    p = np.stack([np.eye(classes)[0], np.eye(classes)[1], np.full(classes, 1 / classes)])
    found = randomized_competence(p[None], np.zeros(3, dtype=int))[0]
    np.testing.assert_allclose(found, [1, 0, 1 / classes], atol=0.005)


def test_randomized_competence_does_not_depend_on_the_order_of_classes() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(4), 30)
    straight = randomized_competence(p[None], np.full(30, 1))
    mixed = randomized_competence(p[None][..., [3, 1, 0, 2]], np.full(30, 1))
    np.testing.assert_allclose(mixed, straight, rtol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_des_rrc_is_the_loop(seed: int, weighted: bool) -> None:
    reference, region, p = made(seed, 3, weighted=weighted)
    sources = randomized_competence(reference.predictions, reference.y)
    weights = DesRrc(width=1.3).fit(reference, region, 0).weights(region, p)
    felt = field(sources, reference, region, 1.3)
    np.testing.assert_allclose(weights, in_proportion(felt, 1 / 3), atol=1e-9)


def test_des_rrc_reads_supports_and_leaves_out_who_is_worse_than_chance() -> None:
    p = np.array([[0.1, 0.9], [0.45, 0.55], [0.55, 0.45]])[:, None].repeat(3, axis=1)
    reference = Reference(np.ones(3, dtype=int), p, (p[..., 1] > 0.5).astype(float))
    region = Region(np.array([[0, 1, 2]]), np.zeros((1, 3)))
    weights = DesRrc().fit(reference, region, 0).weights(region, p[:, :1])
    np.testing.assert_allclose(knora_u(reference, region), [[0.5, 0.5, 0]])
    assert weights[0, 0] > weights[0, 1] > weights[0, 2] == 0


@pytest.mark.parametrize("method", [DesKl(), DesRrc()], ids=lambda m: m.name)
def test_a_far_query_still_feels_the_nearest(method: DesKl | DesRrc) -> None:
    reference, region, p = made(0, hard=True)
    far = Region(region.rows, region.distances + 1e4)
    weights = method.fit(reference, region, 0).weights(far, p)
    assert np.isfinite(weights).all()
    np.testing.assert_allclose(weights.sum(axis=1)[weights.any(axis=1)], 1)


def test_without_a_width_it_is_that_of_the_furthest_neighbour() -> None:
    reference, region, _ = made(1)
    found = DesRrc().fit(reference, region, 0).competence(region)
    for i, furthest in enumerate(region.distances.max(axis=1)):
        one = Region(region.rows[i : i + 1], region.distances[i : i + 1])
        alone = DesRrc(width=furthest).fit(reference, region, 0).competence(one)
        np.testing.assert_allclose(found[i], alone[0], rtol=1e-12)


def test_the_exact_sum_over_all_rows_is_a_region_of_all_rows() -> None:
    reference, region, _ = made(2)
    n = len(reference.y)
    distances = np.random.default_rng(0).uniform(0, 6, (4, n))
    order = np.argsort(distances, axis=1)
    every = Region(order, np.take_along_axis(distances, order, axis=1))
    near = Region(every.rows[:, :60], every.distances[:, :60])
    fitted = DesRrc(width=1.0).fit(reference, region, 0)
    exact, cut = fitted.competence(every), fitted.competence(near)
    np.testing.assert_allclose(cut, exact, atol=1e-3)


@pytest.mark.parametrize("method", [DesKl(), DesRrc()], ids=lambda m: m.name)
def test_duplicates_at_no_distance_are_fine(method: DesKl | DesRrc) -> None:
    reference, region, p = made(0)
    same = Region(region.rows, np.zeros_like(region.distances))
    weights = method.fit(reference, same, 0).weights(same, p)
    assert np.isfinite(weights).all()
