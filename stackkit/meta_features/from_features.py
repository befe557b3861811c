"""Groups of meta-features that are made of the features of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.boosting import lightgbm_objective, train_lightgbm
from stackkit.features.matrix import Matrix
from stackkit.meta_features.nearest import Points, points_of
from stackkit.meta_features.rows import Rows, matrix_of
from stackkit.predictions import Pool

QUICK = {"num_leaves": 8, "learning_rate": 0.1, "min_data_in_leaf": 10, "lambda_l2": 1.0}
ROUNDS = 40  # of the boosting that says which columns are strong
MOST_POINTS = 20_000  # rows among which neighbours are sought
FOLDS = 5  # of the fit rows, for the target's density around them
VOTES = 1.0  # rows that the mean of all counts for in a density


@dataclass(frozen=True)
class Strongest:
    """The columns of most gain in a short boosting on the fit rows, as they are."""

    columns: tuple[int, ...]

    def values(self, pool: Pool) -> dict[str, np.ndarray]:
        """`feature.<column>`: columns (n,) by name, missing values as NaN."""
        X = matrix_of(pool, "strongest")
        return {f"feature.{X.names[j]}": X.values[:, j].astype(np.float64) for j in self.columns}


@dataclass(frozen=True)
class Missing:
    """How many features of a row are missing."""

    def values(self, pool: Pool) -> dict[str, np.ndarray]:
        """The count (n,) by name."""
        X = matrix_of(pool, "missing")
        return {"missing": np.isnan(X.values).sum(axis=1).astype(np.float64)}


@dataclass(frozen=True)
class Map:
    """Features as a place: numbers standardised, missing ones in the middle, codes as indicators.

    Two codes are as far apart as numbers by one standard deviation.
    """

    centre: np.ndarray
    scale: np.ndarray
    levels: tuple[int, ...]

    def places(self, X: Matrix) -> np.ndarray:
        """(n, e) float64."""
        parts = []
        for j, count in enumerate(self.levels):
            column = X.values[:, j].astype(np.float64)
            if count:
                parts.append((column[:, None] == np.arange(count)) / np.sqrt(2))
            else:
                parts.append(np.nan_to_num((column - self.centre[j]) / self.scale[j])[:, None])
        return np.hstack(parts)


@dataclass(frozen=True)
class NeighbourDistance:
    """The mean distance to the nearest of the fit rows."""

    map: Map
    points: Points
    k: int

    def values(self, pool: Pool) -> dict[str, np.ndarray]:
        """The distance (n,) by name."""
        places = self.map.places(matrix_of(pool, "neighbour_distance"))
        _, far = self.points.nearest(places, self.k)
        return {"neighbour_distance": far.mean(axis=1)}


@dataclass(frozen=True)
class Density:
    """The target's mean among the nearest fit rows: a share of each class but the first, or values.

    For the fit rows themselves it is made of the other folds, so that no row sees its own target.
    """

    map: Map
    points: Points
    k: int

    def values(self, pool: Pool) -> dict[str, np.ndarray]:
        """`density`, `density.<class>`: columns (n,) by name."""
        places = self.map.places(matrix_of(pool, "density"))
        return _density_columns(self.points.means(places, (self.k,), VOTES)[0])


def fit_strongest(rows: Rows, count: int) -> Strongest:
    """The `count` strongest columns, strongest first; ties in the order of the columns."""
    X = matrix_of(rows.pool, "strongest")
    parameters = QUICK | lightgbm_objective(
        rows.objective.task, len(rows.objective.classes), rows.objective.quantile
    )
    booster = train_lightgbm(X, rows.y, parameters, ROUNDS, rows.weight, seed=rows.seed)
    gain = booster.feature_importance("gain")
    order = np.argsort(-gain, kind="stable")[:count]
    return Strongest(tuple(int(j) for j in order))


def fit_missing(rows: Rows) -> Missing:
    """Nothing to learn; ModelError without features."""
    matrix_of(rows.pool, "missing")
    return Missing()


def fit_neighbour_distance(rows: Rows, k: int) -> tuple[NeighbourDistance, dict[str, np.ndarray]]:
    """The group, and its values for the fit rows: distances to the k nearest others."""
    X = matrix_of(rows.pool, "neighbour_distance")
    place_of = fit_map(X, rows.weight)
    places = place_of.places(X)
    kept = _sample(len(rows), rows.seed)
    points = points_of(places[kept], rows.targets[kept], rows.weight[kept])
    near, far = points.nearest(places, k + 1)
    own = np.full(len(rows), -1)
    alone = points.weight[points.place] <= rows.weight[kept] * (1 + 1e-9)
    own[kept] = np.where(alone, points.place, -1)
    others = far.sum(axis=1) - np.where(near == own[:, None], far, 0).sum(axis=1)
    dropped = np.where((near == own[:, None]).any(axis=1), 0.0, far[:, -1])
    mean = (others - dropped) / max(near.shape[1] - 1, 1)
    return NeighbourDistance(place_of, points, k), {"neighbour_distance": mean}


def fit_density(rows: Rows, k: int) -> tuple[Density, dict[str, np.ndarray]]:
    """The group on all rows, and cross-fitted values for the fit rows."""
    X = matrix_of(rows.pool, "density")
    place_of = fit_map(X, rows.weight)
    places, targets = place_of.places(X), rows.targets
    made = np.empty(targets.shape)
    fold = np.random.default_rng(rows.seed).permutation(len(rows)) % min(FOLDS, len(rows))
    for j in range(fold.max() + 1):
        outside, inside = np.flatnonzero(fold != j), np.flatnonzero(fold == j)
        if len(outside) == 0:
            made[inside] = targets[inside].mean(axis=0)
            continue
        kept = outside[_sample(len(outside), rows.seed)]
        points = points_of(places[kept], targets[kept], rows.weight[kept])
        made[inside] = points.means(places[inside], (k,), VOTES)[0]
    kept = _sample(len(rows), rows.seed)
    points = points_of(places[kept], targets[kept], rows.weight[kept])
    return Density(place_of, points, k), _density_columns(made)


def fit_map(X: Matrix, weight: np.ndarray) -> Map:
    """Weighted means and standard deviations of the numbers that are there."""
    values = X.values.astype(np.float64)
    there = ~np.isnan(values)
    total = np.maximum((there * weight[:, None]).sum(axis=0), 1e-12)
    filled = np.where(there, values, 0.0)
    centre = weight @ filled / total
    scale = np.sqrt(weight @ np.where(there, (filled - centre) ** 2, 0.0) / total)
    return Map(centre, np.where(scale > 1e-9, scale, 1.0), X.levels)


def _density_columns(means: np.ndarray) -> dict[str, np.ndarray]:
    if means.shape[1] <= 2:
        return {"density": means[:, -1]}
    return {f"density.{k}": column for k, column in enumerate(means.T) if k}


def _sample(n: int, seed: int) -> np.ndarray:
    if n <= MOST_POINTS:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, MOST_POINTS, replace=False))
