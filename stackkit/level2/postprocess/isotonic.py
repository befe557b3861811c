"""Isotonic calibration: probabilities by the rising step curve that fits the classes best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.postprocess.step import Step
from stackkit.spec import Objective


@dataclass(frozen=True)
class Isotonic(Step):
    """The non-decreasing curve of least weighted squared error a class, straight between its steps.

    Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass probability
    estimates" (2002): pool adjacent violators for two classes, one against the rest and then
    renormalised for more. It has as many free numbers as steps, so it takes about 5,000 rows to be
    worth more than `Temperature`; rows on one step become equal, which costs a metric of order.
    Targets are Platt's (1999), (N₊ + 1) / (N₊ + 2) and 1 / (N₋ + 2), so that no probability is 0
    or 1.
    """

    kind: ClassVar[str] = "isotonic"

    def fitted_map(
        self, p: np.ndarray, y: np.ndarray, weight: np.ndarray, objective: Objective
    ) -> Calibrated:
        """The curves (c,) of the classes."""
        classes = [1] if p.shape[1] == 1 else range(p.shape[1])
        columns = zip(p.T, classes, strict=True)
        return Calibrated(tuple(rising_curve(x, y == k, weight) for x, k in columns))


@dataclass(frozen=True, eq=False)
class Curve:
    """A non-decreasing curve through points, level beyond the outer ones."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Probabilities (n, c) by a curve a column; rows of several columns are renormalised."""

    curves: tuple[Curve, ...]

    def __call__(self, p: np.ndarray) -> np.ndarray:
        """(n, c) of (n, c)."""
        columns = zip(p.T, self.curves, strict=True)
        mapped = np.column_stack([np.interp(x, curve.x, curve.y) for x, curve in columns])
        return mapped if mapped.shape[1] == 1 else mapped / mapped.sum(axis=1, keepdims=True)


def rising_curve(x: np.ndarray, positive: np.ndarray, weight: np.ndarray) -> Curve:
    """The isotonic regression of Platt's targets of positive (n,) bool on predictions x (n,)."""
    from sklearn.isotonic import IsotonicRegression

    found = IsotonicRegression().fit(x, platt_targets(positive), weight)
    return Curve(found.X_thresholds_, found.y_thresholds_)


def platt_targets(positive: np.ndarray) -> np.ndarray:
    """What stands for 1 and 0 of (n,) bool, as if each class had been seen once more."""
    count = int(positive.sum())
    return np.where(positive, (count + 1) / (count + 2), 1 / (len(positive) - count + 2))
