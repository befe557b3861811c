"""The rows that meta-features and meta-models are fitted on, and their predictions in full."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.errors import ModelError
from stackkit.features.matrix import Matrix
from stackkit.metrics import get_space
from stackkit.predictions import Pool, rows_to_fit
from stackkit.spec import Objective
from stackkit.target_space import MARGIN, TargetSpace, target_space


@dataclass(frozen=True)
class Rows:
    """Members and targets of the rows of positive weight.

    `pool` holds its members in the order of their names; `y` (n,) are values in the fitted space
    `space`, or class codes; `weight` (n,) has mean 1.
    """

    pool: Pool
    y: np.ndarray
    weight: np.ndarray
    objective: Objective
    space: TargetSpace | None
    seed: int

    def __len__(self) -> int:
        return len(self.y)

    @property
    def targets(self) -> np.ndarray:
        """(n, t): values of one column, or an indicator a class."""
        if self.space is not None:
            return self.y[:, None]
        return np.eye(len(self.objective.classes))[self.y]


def rows_of(
    pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
) -> Rows:
    """The rows of positive weight; values are standardised in the objective's space."""
    used = rows_to_fit(pool, weight)
    y = np.asarray(y)[used]
    weight = np.ones(len(used)) if weight is None else np.asarray(weight, np.float64)[used]
    space = target_space(y, objective.space, MARGIN) if objective.of_values else None
    y = y if space is None else space.forward(y)
    return Rows(by_name(pool).take(used), y, weight / weight.mean(), objective, space, seed)


def by_name(pool: Pool) -> Pool:
    """The same members in the order of their names, so that no order of them matters."""
    return pool.members(name_order(pool))


def name_order(pool: Pool) -> list[int]:
    """Positions of the members in the order of their names."""
    return sorted(range(len(pool.names)), key=pool.names.__getitem__)


def full(pool: Pool, space: TargetSpace | None) -> np.ndarray:
    """(m, n, C) float64: a probability of each class, or (m, n, 1) values as fitted."""
    members = pool.matrix().astype(np.float64)
    if space is not None:
        return space.forward(members)
    return np.concatenate([1 - members, members], axis=2) if members.shape[2] == 1 else members


def links(pool: Pool, space: TargetSpace | None) -> np.ndarray:
    """(m, n, c) float64: values as fitted, or logits; centred log-ratios of several classes."""
    members = pool.matrix()
    if space is not None:
        return space.forward(members)
    return np.stack([get_space("logit").forward(member) for member in members])


def matrix_of(pool: Pool, group: str) -> Matrix:
    """The feature matrix of a pool; ModelError naming the group that needs it where it has none."""
    if isinstance(pool.features, Matrix):
        return pool.features
    rule = f"meta-features {group!r} read the features of the rows"
    raise ModelError(rule, "a pool without features", "give the model's spec a recipe")
