"""Weights of the members row by row: a method, its regions, and static weights beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stackkit.level2.dynamic.method import FittedMethod, Method, Reference, Region, reads_own
from stackkit.level2.dynamic.references import Agreement, as_read, static_weights
from stackkit.level2.dynamic.spaces import FittedSpace
from stackkit.predictions import Pool
from stackkit.spec import Objective

GATHERED = 8_000_000  # members times neighbours times queries at once


@dataclass(frozen=True, eq=False)
class Rows:
    """Some queries: predictions (m, q, C) as methods read them, regions, and what was found.

    `dynamic` (q, m) are the method's weights, of zeros where the pool `agreed` (q,) or the method
    selects nobody; `static` (m,) serve there.
    """

    predictions: np.ndarray
    region: Region
    dynamic: np.ndarray
    agreed: np.ndarray
    static: np.ndarray

    @property
    def selected(self) -> np.ndarray:
        """Whether (q, m) the method gives a member weight."""
        return self.dynamic > 0

    def weights(self, shrink: float) -> np.ndarray:
        """(q, m) with `shrink` as the share of the static weights; rows sum to 1."""
        found = self.selected.any(axis=1, keepdims=True)
        return np.where(found, (1 - shrink) * self.dynamic + shrink * self.static, self.static)

    def blend(self, shrink: float) -> np.ndarray:
        """Weighted sums (q, C) of the predictions."""
        return np.einsum("qm,mqc->qc", self.weights(shrink), self.predictions)


@dataclass(frozen=True, eq=False)
class Selection:
    """A method fitted on a reference, with the space of its regions and the static weights (m,)."""

    reference: Reference
    method: FittedMethod
    space: FittedSpace
    static: np.ndarray
    agreement: Agreement
    objective: Objective

    def rows(self, pool: Pool) -> Iterator[Rows]:
        """The rows of a pool, block by block."""
        region = self.space.nearest(pool)
        size = max(GATHERED // (len(pool.arrays) * max(region.rows.shape[1], 1)), 1)
        for i, block in enumerate(pool.blocks(size)):
            part = slice(i * size, (i + 1) * size)
            yield self._block(
                as_read(block, self.objective), Region(region.rows[part], region.distances[part])
            )

    def _block(self, predictions: np.ndarray, region: Region) -> Rows:
        agreed = self.agreement.holds(predictions)
        dynamic = np.zeros((len(region), len(predictions)))
        asked = np.flatnonzero(~agreed)
        if asked.size:
            open_ = Region(region.rows[asked], region.distances[asked])
            dynamic[asked] = self.method.weights(open_, predictions[:, asked])
        return Rows(predictions, region, dynamic, agreed, self.static)


def fit_selection(
    method: Method, space: FittedSpace, reference: Reference, objective: Objective,
    gate: float, seed: int,
) -> Selection:  # fmt: skip
    """The selection of a method whose space holds the reference rows."""
    empty = np.empty((len(reference.y), 0))
    own = Region(empty.astype(np.intp), empty)
    if reads_own(method):
        own = space.own()
    fitted = method.fit(reference, own, seed)
    static = static_weights(reference, objective.of_values)
    agreement = Agreement.of(reference, gate)
    return Selection(reference, fitted, space, static, agreement, objective)
