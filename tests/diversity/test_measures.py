"""Diversity of pairs and pools: loops that count rows, worked examples, and known limits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, pairwise

import numpy as np
import pytest
from scipy.stats import kendalltau
from sklearn.metrics import cohen_kappa_score

from stackkit.diversity import pairwise as pairs
from stackkit.diversity import pool

SEEDS = range(4)
ORACLE = {
    "q": pairs.q_statistic,
    "correlation": pairs.correctness_correlation,
    "disagreement": pairs.disagreement,
    "double_fault": pairs.double_fault,
}


def oracle(patterns: dict[str, int]) -> np.ndarray:
    """(m, n) from how many rows show each pattern of right and wrong, such as {"110": 3}."""
    rows = [[int(mark) for mark in pattern] for pattern, n in patterns.items() for _ in range(n)]
    return np.array(rows, dtype=bool).T


def drawn(seed: int, m: int = 5, n: int = 37) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random((m, n)) < rng.uniform(0.3, 0.9, size=(m, 1))


def by_counting(name: str, one: np.ndarray, other: np.ndarray) -> float:
    """The definition, with rows counted one by one."""
    count = {(p, q): 0 for p in (0, 1) for q in (0, 1)}
    for p, q in zip(one, other, strict=True):
        count[int(p), int(q)] += 1
    a, b, c, d = count[1, 1], count[1, 0], count[0, 1], count[0, 0]
    if name == "q":
        return (a * d - b * c) / (a * d + b * c)
    if name == "correlation":
        return (a * d - b * c) / ((a + b) * (c + d) * (a + c) * (b + d)) ** 0.5
    return (b + c if name == "disagreement" else d) / len(one)


@pytest.mark.parametrize("name", ORACLE)
@pytest.mark.parametrize("seed", SEEDS)
def test_pairs_against_counting(name: str, seed: int) -> None:
    right = drawn(seed)
    table = ORACLE[name](right)
    assert np.array_equal(table, table.T)
    for i, j in combinations(range(len(right)), 2):
        assert table[i, j] == pytest.approx(by_counting(name, right[i], right[j]), abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("classes", [2, 4])
def test_kappa_against_scikit_learn(seed: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(classes, size=60)
    labels = np.where(rng.random((4, 60)) < 0.6, truth, rng.integers(classes, size=(4, 60)))
    table = pairs.kappa(labels)
    for i, j in combinations(range(4), 2):
        assert table[i, j] == pytest.approx(cohen_kappa_score(labels[i], labels[j]), abs=1e-12)
    assert np.diag(table) == pytest.approx(1)


def test_correctness_correlation_is_pearsons() -> None:
    right = drawn(9)
    assert pairs.correctness_correlation(right) == pytest.approx(np.corrcoef(right))


def test_patterns_of_success_and_of_failure() -> None:
    """Three models of accuracy .6 on ten rows (Kuncheva, Whitaker, Shipp and Duin, 2003)."""
    success = oracle({"110": 3, "101": 3, "011": 3, "000": 1})
    failure = oracle({"111": 4, "100": 2, "010": 2, "001": 2})
    assert success.mean(axis=1) == pytest.approx(0.6) and failure.mean(axis=1) == pytest.approx(0.6)
    assert pairs.q_statistic(success)[0, 1] == pytest.approx(-0.5)
    assert pairs.q_statistic(failure)[0, 1] == pytest.approx(1 / 3)
    assert pool.kohavi_wolpert(success) == pytest.approx(0.9 * 2 / 9)
    assert pool.entropy(success) == pytest.approx(0.9)
    assert pool.coincident_failure_diversity(success) == pytest.approx(0.9)


def test_limits_of_pairs() -> None:
    half = oracle({"11": 5, "10": 5, "01": 5, "00": 5})
    assert pairs.q_statistic(half)[0, 1] == 0 == pairs.correctness_correlation(half)[0, 1]
    assert pairs.kappa(half.astype(int))[0, 1] == pytest.approx(0)
    alike = oracle({"11": 6, "00": 4})
    for measure in (pairs.q_statistic, pairs.correctness_correlation):
        assert measure(alike)[0, 1] == pytest.approx(1)
        assert measure(oracle({"11": 5}))[0, 1] == 1  # never wrong, and never apart
        assert measure(oracle({"10": 3, "01": 3}))[0, 1] == pytest.approx(-1)
        assert measure(oracle({"10": 3, "11": 3}))[0, 1] == 0  # one that is always right tells none
    assert pairs.kappa(alike.astype(int))[0, 1] == pytest.approx(1)
    assert pairs.kappa(np.zeros((2, 5), dtype=int))[0, 1] == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_error_correlation_and_kendall_against_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stack = np.round(rng.normal(size=(3, 25, 2)), 1)
    errors = stack.reshape(3, -1)
    assert pairs.error_correlation(errors) == pytest.approx(np.corrcoef(errors))
    table = pairs.kendall(stack)
    for i, j in combinations(range(3), 2):
        taus = [tau_b(stack[i, :, k], stack[j, :, k]) for k in range(2)]
        assert table[i, j] == pytest.approx(np.mean(taus))


def tau_b(x: np.ndarray, y: np.ndarray) -> float:
    """Concordant less discordant pairs over the geometric mean of those not tied in x, in y."""
    score, x_apart, y_apart = 0.0, 0, 0
    for i, j in combinations(range(len(x)), 2):
        score += np.sign(x[i] - x[j]) * np.sign(y[i] - y[j])
        x_apart += x[i] != x[j]
        y_apart += y[i] != y[j]
    return score / np.sqrt(x_apart * y_apart)


def test_kendall_of_many_rows_is_that_of_all_pairs_nearly() -> None:
    rng = np.random.default_rng(5)
    shared = rng.normal(size=3000)
    stack = np.stack([shared + scale * rng.normal(size=3000) for scale in (0.1, 1, 5)])[:, :, None]
    table = pairs.kendall(stack)
    for i, j in combinations(range(3), 2):
        assert table[i, j] == pytest.approx(kendalltau(stack[i], stack[j]).statistic, abs=0.01)
    assert pairs.kendall(np.stack([stack[0], np.exp(stack[0])]))[0, 1] == pytest.approx(1)


def test_a_constant_has_no_order_and_no_correlation() -> None:
    stack = np.stack([np.zeros((9, 1)), np.arange(9.0)[:, None]])
    assert np.array_equal(pairs.kendall(stack), np.eye(2))
    assert np.array_equal(pairs.error_correlation(stack[:, :, 0]), np.eye(2))


def loop_pool(right: np.ndarray) -> dict[str, float]:
    """Kuncheva and Whitaker's formulas, row by row and by the histogram of failures."""
    m, n = right.shape
    votes = [int(sum(right[:, j])) for j in range(n)]
    p = sum(votes) / (m * n)
    spread = sum(v * (m - v) for v in votes)
    chance = [sum(m - v == i for v in votes) / n for i in range(m + 1)]
    one = sum(i / m * chance[i] for i in range(1, m + 1))
    two = sum(i * (i - 1) / (m * (m - 1)) * chance[i] for i in range(1, m + 1))
    coincident = sum((m - i) / (m - 1) * chance[i] for i in range(1, m + 1)) / (1 - chance[0])
    return {
        "entropy": sum(min(v, m - v) / (m - -(-m // 2)) for v in votes) / n,
        "kohavi_wolpert": spread / (n * m**2),
        "interrater": 1 - (spread / m) / (n * (m - 1) * p * (1 - p)),
        "difficulty": float(np.var([v / m for v in votes])),
        "generalised_diversity": 1 - two / one,
        "coincident_failure_diversity": coincident,
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("m", [2, 5, 6])
def test_pools_against_loops(seed: int, m: int) -> None:
    right = drawn(seed, m)
    for name, expected in loop_pool(right).items():
        assert pool.POOL_MEASURES[name](right) == pytest.approx(expected, abs=1e-12), name


@pytest.mark.parametrize("seed", SEEDS)
def test_pool_measures_follow_from_disagreement(seed: int) -> None:
    """KW = (m − 1) / 2m · mean disagreement; κ = 1 − mean disagreement / (2 p (1 − p))."""
    right = drawn(seed)
    m, p = len(right), right.mean()
    mean = pairs.disagreement(right)[np.triu_indices(m, 1)].mean()
    assert pool.kohavi_wolpert(right) == pytest.approx((m - 1) / (2 * m) * mean)
    assert pool.interrater(right) == pytest.approx(1 - mean / (2 * p * (1 - p)))


LIMITS: list[tuple[str, Callable[[np.ndarray], float], float, float]] = [
    ("entropy", pool.entropy, 0, 1),
    ("generalised_diversity", pool.generalised_diversity, 0, 1),
    ("coincident_failure_diversity", pool.coincident_failure_diversity, 0, 1),
]


@pytest.mark.parametrize("name, measure, alike, apart", LIMITS)
def test_limits_of_pools(name: str, measure: Callable, alike: float, apart: float) -> None:
    assert measure(oracle({"1111": 4, "0000": 3})) == alike
    far = {"0111": 2, "1011": 2, "1101": 2, "1110": 2} if name != "entropy" else {"0011": 4}
    assert measure(oracle(far)) == pytest.approx(apart)
    assert measure(oracle({"1111": 4})) == 0  # none fails
    assert measure(drawn(0, 1)) == 0  # one model


def test_one_or_perfect_models_agree() -> None:
    assert pool.interrater(drawn(0, 1)) == 1 == pool.interrater(np.ones((3, 4), dtype=bool))
    assert pool.interrater(oracle({"11": 4, "00": 2})) == pytest.approx(1)
    assert [pool.difficulty(oracle({"10": 2, "01": 2})), pool.difficulty(oracle({"11": 1, "00": 1}))
            ] == [0, 0.25]  # fmt: skip


def test_more_overlap_of_failures_is_less_diversity() -> None:
    overlap = [oracle({"011": 4 - k, "101": 4 - k, "001": k, "111": 8 + k}) for k in range(4)]
    values = [pool.generalised_diversity(right) for right in overlap]
    assert all(a > b for a, b in pairwise(values))
