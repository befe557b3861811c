"""The Nyström map and its least squares against the exact kernel and refits."""

from __future__ import annotations

import numpy as np

from stackkit.level0.distances import squared_distances, typical_square
from stackkit.level0.nystrom import fit_kernel_least_squares, nystrom_map
from stackkit.level0.rows import deal, rows_of

RNG = np.random.default_rng(0)
N = 80
X = RNG.normal(size=(N, 3))
TARGETS = np.stack([np.sin(X[:, 0]), X[:, 1]], axis=1)
WEIGHT = RNG.random(N) + 0.5
SPLITS = 4
PENALTIES = (1e-4, 1e-2, 1.0)


def slow_squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.array([[np.sum((x - z) ** 2) for z in b] for x in a])


def test_squared_distances_against_a_loop() -> None:
    np.testing.assert_allclose(squared_distances(X, X[:9]), slow_squares(X, X[:9]), atol=1e-12)


def test_the_typical_square_is_the_median_of_distinct_rows() -> None:
    far = slow_squares(X, X)[np.triu_indices(N, 1)]
    assert np.isclose(typical_square(X, 0), np.median(far))
    assert typical_square(np.ones((5, 2)), 0) == 1.0


def test_with_all_rows_as_landmarks_the_kernel_is_exact() -> None:
    kernel = nystrom_map(X, 0.3, N, 0)
    mapped = kernel.transform(X)
    np.testing.assert_allclose(mapped @ mapped.T, np.exp(-0.3 * slow_squares(X, X)) + 1, atol=1e-6)


def test_left_out_scores_and_the_choice_against_refits() -> None:
    rows = rows_of(X, TARGETS[:, 0], WEIGHT)
    kernel = nystrom_map(X, 0.3, 20, 0)
    found = fit_kernel_least_squares(rows, TARGETS, kernel, PENALTIES, SPLITS, 5)
    mapped, folds = kernel.transform(X), deal(np.zeros(N, int), SPLITS, 5)
    errors, scores = [], []
    for penalty in PENALTIES:
        made = np.empty((N, 2))
        for k in range(SPLITS):
            inside = folds != k
            w = rows.weight[inside]
            gram = (mapped[inside].T * w) @ mapped[inside]
            gram += penalty * w.sum() * np.eye(len(gram))
            made[~inside] = mapped[~inside] @ np.linalg.solve(
                gram, (mapped[inside].T * w) @ TARGETS[inside]
            )
        scores.append(made)
        errors.append(np.average(((made - TARGETS) ** 2).sum(axis=1), weights=rows.weight))
    best = int(np.argmin(errors))
    assert np.isclose(found.left_out.error, errors[best])
    np.testing.assert_allclose(found.left_out.scores, scores[best], rtol=1e-5, atol=1e-7)


def test_a_function_is_found() -> None:
    rows = rows_of(X, TARGETS[:, 0])
    kernel = nystrom_map(X, 0.2, 40, 0)
    found = fit_kernel_least_squares(rows, TARGETS, kernel, (1e-6, 1e-4), SPLITS, 0)
    new = RNG.uniform(-1, 1, size=(30, 3))
    np.testing.assert_allclose(found.scores(new)[:, 0], np.sin(new[:, 0]), atol=0.1)
