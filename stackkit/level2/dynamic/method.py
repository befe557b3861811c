"""The protocol of dynamic selection: what a method knows, and what it answers.

A method sees the reference rows with the pool's out-of-fold predictions on them, the regions of
competence of the queries, and the pool's predictions there. It answers with weights per query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np


@dataclass(frozen=True)
class Region:
    """The k nearest reference rows of each query, nearest first.

    `rows` (q, k) positions in the reference, `distances` (q, k) float64.
    """

    rows: np.ndarray
    distances: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Reference:
    """Rows whose truth is known, with out-of-fold predictions of the pool.

    Classes: `y` (n,) codes, `predictions` (m, n, C) probabilities (C = 2 for binary), `competence`
    (m, n) in [0, 1]: the probability of the true class (soft) or whether the likeliest class is
    right (hard). Values: `y` (n,) and `predictions` (m, n, 1) in the objective's space,
    `competence` (m, n) is minus the loss of each row. `weight` (n,) are row weights or None.
    """

    y: np.ndarray
    predictions: np.ndarray
    competence: np.ndarray
    weight: np.ndarray | None = None

    @property
    def members(self) -> int:
        """How many models."""
        return len(self.predictions)


class FittedMethod(Protocol):
    """A method that has seen its reference."""

    def weights(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """Weights (q, m) ≥ 0 of the members for queries with `predictions` (m, q, C).

        Rows sum to 1; a row of zeros says that the method selects nobody there.
        """


@runtime_checkable
class Method(Protocol):
    """A frozen dataclass whose fields are the method's parameters.

    `reads_own` says whether `fit` reads the reference rows' own regions: where it does not (the
    class attribute is False), they are not searched and come empty.
    """

    name: ClassVar[str]
    tasks: ClassVar[tuple[str, ...]]

    def fit(self, reference: Reference, own: Region, seed: int) -> FittedMethod:
        """Learn from the reference; `own` are its rows' regions among the others, (n, k)."""


def reads_own(method: Method) -> bool:
    """Whether a method reads the reference rows' own regions: yes, unless it says otherwise."""
    return getattr(method, "reads_own", True)
