"""What nets read of a pool: its members in link space, standardised, in an order of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from stackkit.level2.neural.terms import own_losses
from stackkit.metrics import get_space
from stackkit.predictions import Pool
from stackkit.spec import Objective
from stackkit.target_space import MARGIN, TargetSpace, target_space

LEAST_SPREAD = 1e-3  # of the spread of the mean: a column that moves less is read as constant
REACH = 5.0  # standard deviations at which columns are bent towards their bound


@dataclass
class Reading:
    """Columns (n, (m + 1) c) of members (m, n, c): their mean, then each one's distance from it.

    Probabilities enter as logits (centred log-ratios of several classes), values standardised in
    the objective's space. A distance of 0 says that a member agrees with the rest, so 0 stands for
    a member that is dropped. Members are sorted by their own loss on the fit rows: the order (and
    the names) in which they come does not matter.
    """

    objective: Objective
    order: np.ndarray = field(init=False)
    centre: np.ndarray = field(init=False)
    scale: np.ndarray = field(init=False)
    space: TargetSpace | None = field(init=False, default=None)

    def fit(self, pool: Pool, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Learn order, centre and scale; the columns (n, d) of the fit rows, float32."""
        if self.objective.of_values:
            self.space = target_space(y, self.objective.space, MARGIN)
        losses = [self._loss(member, y, weight) for member in _members(pool)]
        self.order = np.argsort(losses, kind="stable")
        raw = np.concatenate([self._raw(b).astype(np.float32) for b in self.blocks(pool)])
        self.centre, spread = raw.mean(axis=0, dtype=float), raw.std(axis=0, dtype=float)
        c = pool.shape[2]
        moves = spread > LEAST_SPREAD * spread[:c].max()
        self.scale = np.where(moves & (spread > 0), spread, np.inf)
        return np.concatenate([self._bent(raw[i : i + 65_536]) for i in range(0, len(raw), 65_536)])

    def blocks(self, pool: Pool) -> Iterator[np.ndarray]:
        """(m, b, c) float32 blocks of rows with members in the order of this reading."""
        return self.sorted(pool).blocks()

    def sorted(self, pool: Pool) -> Pool:
        """The pool with members in the order of this reading."""
        return pool.members(self.order)

    def columns(self, block: np.ndarray) -> np.ndarray:
        """(b, d) float64 of a block (m, b, c)."""
        return self._bent(self._raw(block))

    def link(self, values: np.ndarray) -> np.ndarray:
        """Members or blends in the space that nets work in."""
        return (
            get_space("logit").forward(values) if self.space is None else self.space.forward(values)
        )

    def start(self, block: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """(b, c): the blend of a block (m, b, c) with these weights (m,), in link space."""
        if self.space is None:
            return self.link(np.tensordot(weights, block.astype(float), axes=1))
        return np.tensordot(weights, self.link(block), axes=1)

    def unlinked(self, margin: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Margins (b, c) in the target's units; values stay in its range or that of the start."""
        if self.space is None:
            return get_space("logit").inverse(margin)
        value, begun = (z * self.space.scale + self.space.centre for z in (margin, start))
        low, high = np.minimum(begun, self.space.low), np.maximum(begun, self.space.high)
        return get_space(self.space.space).inverse(np.clip(value, low, high))

    def _raw(self, block: np.ndarray) -> np.ndarray:
        linked = np.stack([self.link(member) for member in block])
        mean = linked.mean(axis=0)
        return np.hstack([mean, *(linked - mean)])

    def _loss(self, member: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
        """The surrogate loss of one member (1, n, c)."""
        return float(own_losses(member, y, self.space, self.objective)[0] @ weight)

    def _bent(self, raw: np.ndarray) -> np.ndarray:
        """Standardised, and smoothly bounded at ± REACH."""
        x = ((raw - self.centre) / self.scale).astype(raw.dtype)
        return x / np.sqrt(1 + (x / REACH) ** 2)


def _members(pool: Pool) -> Iterator[np.ndarray]:
    """Members (1, n, c), one at a time."""
    for i in range(pool.shape[0]):
        yield pool.members([i]).matrix()
