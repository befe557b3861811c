"""Spaces in which neighbours are searched: features, predictions, leaves of a forest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from stackkit.errors import ModelError
from stackkit.level2.dynamic.leaves import Leaves
from stackkit.level2.dynamic.method import Region
from stackkit.level2.dynamic.regions import nearest, own_regions
from stackkit.metrics import get_space
from stackkit.predictions import Pool
from stackkit.spec import Objective

SPACES = ("features", "predictions", "leaves")
CODES = float(np.sqrt(0.5))  # scale of one-hot columns: two codes differ by 1
NEAR_CERTAIN = 4.0  # |logit| beyond which probabilities are alike


class FittedSpace(Protocol):
    """A space with its reference rows in it."""

    def own(self) -> Region:
        """The regions of the reference rows, each among the others."""

    def nearest(self, pool: Pool) -> Region:
        """The regions of the rows of a pool."""


def fit_space(
    name: str, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective,
    k: int, seed: int, threads: int = 1,
) -> FittedSpace:  # fmt: skip
    """The space with the rows of a pool as reference, for regions of k rows.

    "features": Euclid's distance of the feature recipe's columns as it scales them; codes one-hot,
    missing values at the mean. "predictions": of the members' logits, or of their values in units
    of the pool's spread. "leaves": share of trees of a forest (of the features; of the predictions
    where there are none) that part two rows.
    """
    if name not in SPACES:
        raise ModelError(f"a space is one of {', '.join(SPACES)}", repr(name))
    if pool.features is None and name == "features":
        rule = "neighbours in feature space need features"
        raise ModelError(rule, "a pool without", "give the model a feature recipe, say kernel")
    of_predictions = name == "predictions" or pool.features is None
    columns = Profiles.of(pool, objective) if of_predictions else Columns.of(pool)
    reference = columns.embed(pool)
    if name != "leaves":
        return Distances(columns, reference, k, threads)
    leaves = Leaves.of(reference, y, weight, objective.task, k, seed, threads)
    return Forest(columns, leaves, k)


@dataclass(frozen=True, eq=False)
class Columns:
    """Feature columns, those with codes one-hot; `fill` (d,) stands in for what is missing."""

    levels: tuple[int, ...]
    fill: np.ndarray

    @classmethod
    def of(cls, pool: Pool) -> Columns:
        """The columns of a pool's features."""
        values = np.asarray(pool.features, dtype=np.float64)
        there = np.isfinite(values)
        total = np.where(there, values, 0.0).sum(axis=0)
        return cls(_levels(pool), total / np.maximum(there.sum(axis=0), 1))

    def embed(self, pool: Pool) -> np.ndarray:
        """(n, d) float64."""
        values = np.asarray(pool.features, dtype=np.float64)
        filled = np.where(np.isfinite(values), values, self.fill)
        columns = [
            CODES * (values[:, [j]] == np.arange(count)) if count else filled[:, [j]]
            for j, count in enumerate(self.levels)
        ]
        return np.hstack(columns)


def _levels(pool: Pool) -> tuple[int, ...]:
    plain = (0,) * np.shape(pool.features)[1]
    return tuple(getattr(pool.features, "levels", plain))


@dataclass(frozen=True)
class Profiles:
    """The members' predictions: logits of probabilities, values over the pool's spread."""

    space: str
    scale: float

    @classmethod
    def of(cls, pool: Pool, objective: Objective) -> Profiles:
        """The profiles of a pool's rows."""
        if not objective.of_values:
            return cls("logit", 1.0)
        values = get_space(objective.space).forward(pool.matrix())
        return cls(objective.space, float(values.std()) or 1.0)

    def embed(self, pool: Pool) -> np.ndarray:
        """(n, m · c) float64."""
        forward, matrix = get_space(self.space).forward, pool.matrix()
        made = np.hstack([forward(member) / self.scale for member in matrix])
        return np.clip(made, -NEAR_CERTAIN, NEAR_CERTAIN) if self.space == "logit" else made


@dataclass(frozen=True, eq=False)
class Distances:
    """Euclid's distance to the embedded reference (n, d); tables are shared by all methods."""

    columns: Columns | Profiles
    reference: np.ndarray
    k: int
    threads: int

    def own(self) -> Region:
        """The regions of the reference rows, each among the others."""
        return own_regions(self.reference, self.k, self.threads)

    def nearest(self, pool: Pool) -> Region:
        """The regions of the rows of a pool."""
        return nearest(self.reference, self.columns.embed(pool), self.k, self.threads)


@dataclass(frozen=True, eq=False)
class Forest:
    """Common leaves of embedded rows; supervised, so made for each Fit."""

    columns: Columns | Profiles
    leaves: Leaves
    k: int

    def own(self) -> Region:
        """The regions of the reference rows, each among the others."""
        return self.leaves.own(self.k)

    def nearest(self, pool: Pool) -> Region:
        """The regions of the rows of a pool."""
        return self.leaves.nearest(self.columns.embed(pool), self.k)
