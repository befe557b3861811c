"""Kernel least squares on a Nyström map: many rows, a bounded number of landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.level0.distances import squared_distances
from stackkit.level0.rows import Rows, blocks, deal, sample

SMALLEST = 1e-10  # share of the largest eigenvalue below which a direction is left out
CHECKED = 20_000  # rows whose left-out scores choose the penalty


@dataclass(frozen=True)
class NystromMap:
    """φ(x) = k(x, landmarks) · root, and a constant; φ(x)·φ(z) − 1 approaches exp(−gamma |x−z|²).

    Williams and Seeger, "Using the Nyström method to speed up kernel machines" (2001).
    """

    landmarks: np.ndarray
    root: np.ndarray
    gamma: float

    def transform(self, values: np.ndarray) -> np.ndarray:
        """The map (n, m + 1) of rows (n, d)."""
        near = np.exp(-self.gamma * squared_distances(values, self.landmarks))
        return np.hstack([near @ self.root, np.ones((len(values), 1))])


def nystrom_map(values: np.ndarray, gamma: float, components: int, seed: int) -> NystromMap:
    """A map whose landmarks are a random sample of the rows (n, d)."""
    landmarks = values[sample(len(values), components, seed)]
    near = np.exp(-gamma * squared_distances(landmarks, landmarks))
    size, directions = np.linalg.eigh(near)
    kept = size > SMALLEST * size[-1]
    return NystromMap(landmarks, directions[:, kept] / np.sqrt(size[kept]), gamma)


@dataclass(frozen=True)
class LeftOut:
    """Scores (s, t) of some rows, at `positions` (s,), by models that were not fitted on them."""

    positions: np.ndarray
    scores: np.ndarray
    error: float


@dataclass(frozen=True)
class KernelLeastSquares:
    """Scores (n, t) linear in a Nyström map; `left_out` are those of rows left out in fitting."""

    map: NystromMap
    coefficients: np.ndarray
    left_out: LeftOut

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Scores (n, t) of rows (n, d)."""
        made = [self.map.transform(values[b]) @ self.coefficients for b in blocks(len(values))]
        return np.concatenate(made)


@dataclass(frozen=True)
class Moments:
    """Weighted sums of φφ' (m, m) and φt' (m, t) and of the weights."""

    gram: np.ndarray
    cross: np.ndarray
    weight: float

    def without(self, other: Moments) -> Moments:
        """The sums less those of some of the rows."""
        gram, cross = self.gram - other.gram, self.cross - other.cross
        return Moments(gram, cross, self.weight - other.weight)

    def solve(self, penalties: tuple[float, ...]) -> np.ndarray:
        """Least squares with each penalty a row: (penalties, m, t)."""
        size, directions = np.linalg.eigh(self.gram)
        turned = directions.T @ self.cross
        shrink = [np.maximum(size, 0) + penalty * self.weight for penalty in penalties]
        return np.stack([directions @ (turned / s[:, None]) for s in shrink])


def fit_kernel_least_squares(
    rows: Rows,
    targets: np.ndarray,
    kernel: NystromMap,
    penalties: tuple[float, ...],
    splits: int,
    seed: int,
) -> KernelLeastSquares:
    """Least squares of targets (n, t) on the map with the penalty of least left-out error.

    The sums of each fold are kept apart, so that leaving one out costs a subtraction.
    """
    folds = deal(np.zeros(len(rows), np.int64), splits, seed)
    parts = [_moments(rows, targets, kernel, folds == k) for k in range(splits)]
    total = Moments(
        sum(p.gram for p in parts), sum(p.cross for p in parts), sum(p.weight for p in parts)
    )
    solved = np.stack([total.without(part).solve(penalties) for part in parts])
    checked = sample(len(rows), CHECKED, seed)
    left_out = [_left_out(rows, targets, kernel, solved[:, j], folds, checked)
                for j in range(len(penalties))]  # fmt: skip
    best = int(np.argmin([found.error for found in left_out]))
    coefficients = total.solve((penalties[best],))[0]
    return KernelLeastSquares(kernel, coefficients, left_out[best])


def _moments(rows: Rows, targets: np.ndarray, kernel: NystromMap, member: np.ndarray) -> Moments:
    positions = np.flatnonzero(member)
    width = kernel.root.shape[1] + 1
    gram, cross = np.zeros((width, width)), np.zeros((width, targets.shape[1]))
    for block in blocks(len(positions)):
        some = positions[block]
        mapped = kernel.transform(rows.values[some])
        weighted = mapped * rows.weight[some, None]
        gram += weighted.T @ mapped
        cross += weighted.T @ targets[some]
    return Moments(gram, cross, float(rows.weight[positions].sum()))


def _left_out(
    rows: Rows,
    targets: np.ndarray,
    kernel: NystromMap,
    coefficients: np.ndarray,
    folds: np.ndarray,
    checked: np.ndarray,
) -> LeftOut:
    """Scores of the checked rows by their fold's coefficients (folds, m, t)."""
    scores = np.empty((len(checked), targets.shape[1]))
    for block in blocks(len(checked)):
        some = checked[block]
        mapped = kernel.transform(rows.values[some])
        for k, coefficient in enumerate(coefficients):
            inside = folds[some] == k
            scores[block][inside] = mapped[inside] @ coefficient
    squares = ((scores - targets[checked]) ** 2).sum(axis=1)
    return LeftOut(checked, scores, float(np.average(squares, weights=rows.weight[checked])))
