"""The loss of weights from blocks of rows: value, exact gradient and Hessian in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from stackkit.level2.weights.curves import CLIP, Curve, Log, Pinball
from stackkit.metrics import get_space
from stackkit.predictions import Pool
from stackkit.spec import Objective

CELLS = 2**18  # of a block: 2 MB, near to the core
RIDGE = 1e-6  # of the diagonal of a Hessian whose sums are float32
ROUNDED = 0.01  # share of the mean error within which the kink of a pinball loss is rounded

Read = Callable[[np.ndarray, np.ndarray], np.ndarray]  # block (m, b, c), y (b,) -> (m, k) float64


@dataclass(frozen=True)
class Value:
    """A loss at some weights: value, gradient (m,), Hessian (m, m); `blended` (k,) is what its
    curve read where that must stay positive, else None."""

    value: float
    gradient: np.ndarray
    hessian: np.ndarray
    blended: np.ndarray | None = None


class Loss(Protocol):
    """A convex function of weights (m,)."""

    def __call__(self, w: np.ndarray) -> Value:
        """Value and derivatives."""

    def value(self, w: np.ndarray) -> float:
        """The value alone."""


@dataclass(frozen=True)
class Terms:
    """What a loss needs of each row: numbers (m, k) that weights mix to one (k,).

    k is a row, or a row and class; `read` makes them from a block of the pool. `share` (n,) are row
    weights that sum to 1; rows of share 0 are read and count nothing.
    """

    pool: Pool
    y: np.ndarray
    share: np.ndarray
    read: Read

    @property
    def members(self) -> int:
        """How many."""
        return len(self.pool.arrays)

    def blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(m, k) float64 numbers and (k,) shares, a block of rows at a time."""
        m, _, c = self.pool.shape
        start = 0
        for block in self.pool.blocks(max(256, CELLS // (m * c))):
            part = slice(start, start + block.shape[1])
            start = part.stop
            rows = self.read(block, self.y[part])
            share = self.share[part]
            yield rows, share if rows.shape[1] == len(share) else np.repeat(share, c)

    def take(self, rows: np.ndarray) -> Terms:
        """The same of some rows."""
        share = self.share[rows]
        return Terms(self.pool.take(rows), self.y[rows], share / share.sum(), self.read)


@dataclass(frozen=True)
class Smooth:
    """The mean of a curve over terms. Sums are float64; the Hessian of a block is float32."""

    terms: Terms
    curve: Curve

    def __call__(self, w: np.ndarray) -> Value:
        """One pass."""
        m, total, kept = self.terms.members, 0.0, []
        gradient, hessian = np.zeros(m), np.zeros((m, m))
        for rows, share in self.terms.blocks():
            z = w @ rows
            value, slope, curvature = self.curve(z)
            total += float(share @ value)
            gradient += rows @ (share * slope)
            scaled = (rows * np.sqrt(share * curvature)).astype(np.float32)
            hessian += scaled @ scaled.T
            if self.curve.positive:
                kept.append(np.maximum(z, CLIP))
        hessian[np.diag_indices(m)] *= 1 + RIDGE
        return Value(total, gradient, hessian, np.concatenate(kept) if kept else None)

    def value(self, w: np.ndarray) -> float:
        """The value alone."""
        return sum(float(share @ self.curve(w @ rows)[0]) for rows, share in self.terms.blocks())


@dataclass(frozen=True)
class Quadratic:
    """w'Gw of a Gram matrix (m, m) of residuals: the mean squared error of their mix."""

    gram: np.ndarray

    @classmethod
    def of(cls, terms: Terms) -> Quadratic:
        """One pass over the rows; free from then on."""
        gram = np.zeros((terms.members, terms.members))
        for rows, share in terms.blocks():
            scaled = rows * np.sqrt(share)
            gram += scaled @ scaled.T
        return cls(gram)

    def __call__(self, w: np.ndarray) -> Value:
        """No pass."""
        return Value(self.value(w), 2 * self.gram @ w, 2 * self.gram)

    def value(self, w: np.ndarray) -> float:
        """The value alone."""
        return float(w @ self.gram @ w)


@dataclass(frozen=True)
class Kind:
    """A loss by name: "logloss", "brier", or of values in `space` "squared" or a `quantile`."""

    name: str
    space: str = "identity"
    quantile: float | None = None

    @classmethod
    def surrogate(cls, objective: Objective) -> Kind:
        """The surrogate of an objective; probabilities have log-loss."""
        if objective.output == "proba":
            return cls("logloss")
        name = "squared" if objective.quantile is None else "quantile"
        return cls(name, objective.space, objective.quantile)

    def terms(self, pool: Pool, y: np.ndarray, weight: np.ndarray | None) -> Terms:
        """What it needs of members (m, n, c), targets (n,) and row weights (n,)."""
        share = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
        reads = {"logloss": _true_class, "brier": _from_truth}
        read = reads.get(self.name) or _Residuals(self.space)
        return Terms(pool, np.asarray(y), share / share.sum(), read)

    def loss(self, terms: Terms) -> Loss:
        """The mean loss of terms of this kind."""
        if self.name == "logloss":
            return Smooth(terms, Log())
        if self.name == "quantile":
            return Smooth(terms, Pinball(self.quantile, _width(terms)))
        return Quadratic.of(terms)


def _true_class(block: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Each member's probability of the true class."""
    if block.shape[2] > 1:
        return block[:, np.arange(len(y)), y].astype(np.float64)
    sign = np.where(y == 1, 1.0, -1.0)
    return block[..., 0] * sign + (y != 1)


def _from_truth(block: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Probabilities less what they should have been, a column a class."""
    m, b, c = block.shape
    truth = (y == 1)[:, None] if c == 1 else np.arange(c) == y[:, None]
    return (block - truth.astype(np.float64)).reshape(m, b * c)


@dataclass(frozen=True)
class _Residuals:
    """Predictions less targets in a space: since weights sum to 1, their mix is the mix's own."""

    space: str

    def __call__(self, block: np.ndarray, y: np.ndarray) -> np.ndarray:
        forward = get_space(self.space).forward
        return forward(block[..., 0]) - forward(np.asarray(y, dtype=np.float64))


def _width(terms: Terms) -> float:
    """Half the width of the rounded kink: a share of the mean error of equal weights."""
    errors = (float(share @ np.abs(rows.mean(axis=0))) for rows, share in terms.blocks())
    return max(ROUNDED * sum(errors), CLIP)
