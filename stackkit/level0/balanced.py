"""Class-weighted members: fitted on classes of like weight, predicting for those that there are.

Rare classes get more of a model's attention; its probabilities are then too large for them by a
known factor, which is taken out again (Saerens, Latinne and Decaestecker, 2002; Elkan, 2001).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from stackkit.errors import ModelError
from stackkit.features.matrix import Matrix
from stackkit.level0.boosting.lightgbm import LightGBM
from stackkit.level0.linear import Linear
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, Estimator, Learner, ModelSpec, Objective, Part

RARE = 0.1  # share of rows below which a class is rare
TASKS = ("binary", "multiclass")
RESTRAINED = LightGBM(rounds=150, num_leaves=4, min_data_in_leaf=20)
"""Trees that cannot learn a heavy row by heart: the correction is right only on average over rows
that are predicted as they were fitted, and boosting further makes rare classes too improbable."""


@dataclass(frozen=True)
class ClassWeighted(BaseLearner):
    """A learner fitted with row weights times (1 / share of the row's class) ** power.

    Parameters
    ----------
    inner : the learner, such as LightGBM(); its `threads` are those of this one.
    power : 1 gives every class the same weight in total, 0 leaves weights as they are.
    """

    kind: ClassVar[str] = "class_weighted"
    inner: Any
    power: float = 0.5

    def __post_init__(self) -> None:
        if not isinstance(self.inner, Part):
            object.__setattr__(self, "inner", _part(self.inner))

    def build(self, objective: Objective, seed: int) -> ClassWeightedFit:
        """An unfitted estimator; ModelError for a regression."""
        if objective.output != "proba":
            hint = f"{type(self.inner.learner).__name__} without class weights"
            raise ModelError("class weights need classes", f"a {objective.task} target", hint)
        return ClassWeightedFit(self, objective, self.inner.build(objective, seed, self.threads))


def _part(learner: Learner) -> Part:
    """Describe a learner of a base model; ModelError for any other."""
    plain = isinstance(learner, Learner) and dataclasses.is_dataclass(learner)
    if not plain or learner.test_from != "folds" or learner.reads_metric:
        raise ModelError(
            "a class-weighted learner is a dataclass that reads no metric and is not refitted",
            repr(learner),
            "pass a learner such as LightGBM()",
        )
    return Part.of(learner)


@dataclass
class ClassWeightedFit:
    """The fitted inner estimator and the factor of each class."""

    learner: ClassWeighted
    objective: Objective
    estimator: Estimator

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> ClassWeightedFit:
        """Fit the inner estimator on X (n, d), codes y (n,) and weights (n,) times the factors."""
        classes = len(self.objective.classes)
        self.factors_ = class_factors(y, classes, self.learner.power, weight)
        factors = self.factors_[y]
        self.estimator.fit(X, y, factors if weight is None else weight * factors)
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities (n, c) under the classes' own shares."""
        return undo_factors(self.estimator.predict(X), self.factors_)


def class_factors(
    y: np.ndarray, classes: int, power: float, weight: np.ndarray | None = None
) -> np.ndarray:
    """The factor (C,) of each class: share ** −power, scaled to a mean of 1 over weighted rows.

    A class without weight has factor 1.

    >>> class_factors(np.array([0, 0, 0, 1]), 2, 1.0).round(3).tolist()
    [0.667, 2.0]
    """
    totals = np.bincount(y, weight, minlength=classes).astype(np.float64)
    shares = totals / totals.sum()
    there = shares > 0
    factors = np.where(there, shares, 1.0) ** -power
    return np.where(there, factors / (shares * factors).sum(), 1.0)


def undo_factors(probabilities: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Probabilities (n, c) divided by the factors (C,) of their classes, renormalised."""
    p = np.asarray(probabilities, np.float64)
    if len(factors) == 2:
        p = np.hstack([1 - p, p])
    p = p / factors
    p /= p.sum(axis=1, keepdims=True)
    return p[:, 1:] if len(factors) == 2 else p


SPECS = (
    ModelSpec(
        "lightgbm_balanced",
        ClassWeighted(RESTRAINED),
        family="boosting",
        tasks=TASKS,
        rare_class=RARE,
        cost=ExpectedCost(0.2, rows=0.9, columns=0.6, outputs=0.9, copies=2),
        value=0.5,
    ),
    ModelSpec(
        "ridge_balanced",
        ClassWeighted(Linear()),
        family="linear",
        tasks=TASKS,
        recipe="linear",
        rare_class=RARE,
        cost=ExpectedCost(0.4, columns=0.6, outputs=0.8, copies=5),
        value=0.4,
    ),
)
