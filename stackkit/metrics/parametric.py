"""Metrics whose name carries a number: map@3, pinball@0.9.

The scores are frozen dataclasses, so that metrics of one name are equal, travel and enter keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackkit.errors import MetricError
from stackkit.metrics.kernels import weighted_mean
from stackkit.metrics.losses import column
from stackkit.metrics.metric import Metric

Array = NDArray[Any]


@dataclass(frozen=True)
class TopPrecision:
    """MAP@k of one true class a row: the mean of 1 / its place, 0 beyond the k-th.

    Of classes with equal probability the earlier column has the better place, as in `top_classes`.
    """

    k: int

    def __call__(self, y: Array, p: Array, weight: Array | None = None) -> float:
        """y (n,) int 0..C-1, p (n, C)."""
        places = 1 + np.zeros(len(p), dtype=np.intp)
        y, p = np.asarray(y, dtype=np.intp), np.asarray(p)
        own = p[np.arange(len(p)), y]
        for j in range(p.shape[1]):
            places += (p[:, j] > own) | ((p[:, j] == own) & (j < y))
        return weighted_mean(np.where(places <= self.k, 1 / places, 0.0), weight)


def top_classes(p: Array, k: int) -> Array:
    """Columns (m, min(k, C)) of the largest probabilities of p (m, C), best first."""
    return np.argsort(-np.asarray(p), axis=1, kind="stable")[:, :k]


@dataclass(frozen=True)
class Pinball:
    """Mean of q (y - p) where y is above p, else (1 - q) (p - y); least at the q-quantile.

    Koenker and Bassett, "Regression quantiles" (1978).
    """

    q: float

    def __call__(self, y: Array, p: Array, weight: Array | None = None) -> float:
        """y (n,), p (n, 1)."""
        return weighted_mean(PinballLoss(self.q)(y, p), weight)


@dataclass(frozen=True)
class PinballLoss:
    """The row losses of `Pinball`."""

    q: float

    def __call__(self, y: Array, p: Array) -> Array:
        """(n,) losses."""
        above = np.asarray(y) - column(p)
        return np.maximum(self.q * above, (self.q - 1) * above)


@dataclass(frozen=True)
class PinballGradient:
    """Their derivative with respect to p: -q below the target, 1 - q above it, 0 at it."""

    q: float

    def __call__(self, y: Array, p: Array) -> Array:
        """(n, 1) slopes."""
        above = np.asarray(y) - column(p)
        return np.where(above > 0, -self.q, np.where(above < 0, 1 - self.q, 0.0))[:, None]


def _map_at(k: int) -> Metric:
    name, score = f"map@{k}", TopPrecision(k)
    return Metric(name, True, "proba", ("multiclass",), score, lower=0.0, upper=1.0, top=k)


def _pinball_at(q: float) -> Metric:
    loss, slope = PinballLoss(q), PinballGradient(q)
    tasks = ("regression",)
    return Metric(
        f"pinball@{q!r}",
        False,
        "value",
        tasks,
        Pinball(q),
        row_loss=loss,
        gradient=slope,
        surrogate=f"quantile:{q!r}",
    )


@dataclass(frozen=True)
class Family:
    """Metrics of one name and a number.

    `pattern` shows the name, `allowed` says in words which numbers, `example` is one of them;
    `number` reads the text behind the @ (ValueError where it is none), `make` is the metric of it.
    """

    pattern: str
    allowed: str
    example: str
    number: Callable[[str], Any]
    make: Callable[[Any], Metric]


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise ValueError(text)
    return int(text)


def _level(text: str) -> float:
    if not re.fullmatch(r"[0-9]*\.?[0-9]+", text) or not 0 < float(text) < 1:
        raise ValueError(text)
    return float(text)


FAMILIES = {
    "map": Family("map@k", "k a whole number of at least 1", "map@3", _count, _map_at),
    "pinball": Family("pinball@q", "q between 0 and 1", "pinball@0.9", _level, _pinball_at),
}


def parametric_metric(name: str) -> Metric | None:
    """The metric of a name such as map@3; None where no family has the part before the @.

    MetricError where the number is missing or out of range.
    """
    stem, _, number = name.partition("@")
    family = FAMILIES.get(stem)
    if family is None:
        return None
    try:
        return family.make(family.number(number))
    except ValueError:
        rule = f"{family.pattern} has {family.allowed}"
        raise MetricError(rule, repr(name), f"such as {family.example}") from None
