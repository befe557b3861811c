"""Neural networks: multilayer perceptrons with embedded inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.boosting.common import chosen
from stackkit.level0.probabilities import as_columns
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective
from stackkit.target_space import target_space

if TYPE_CHECKING:
    from stackkit.nets.layout import Layout
    from stackkit.nets.mlp import Shape
    from stackkit.nets.training import Training

REFERENCE = 1000  # rows up to which all epochs are run
SHRINK = 0.4  # power of the rows by which epochs fall above
BATCH = 256
TWO, SEVERAL = 0.375, 0.75  # shares of the epochs for two classes, and for more
ROOM, LEAST = 20, 0.25  # rows a column below which epochs fall, and the share that is left at least
FEWEST = 16  # steps however few the epochs: rates rise from zero and fall back


@dataclass(frozen=True)
class MLP(BaseLearner):
    """A few perceptrons after RealMLP-TD, trained side by side for a fixed number of steps.

    Numbers and codes are embedded. `epochs` are those of values at 1,000 rows or fewer; above,
    epochs fall with (1000 / n) ** 0.4, so steps grow with n ** 0.6. Two classes take 0.375 of
    them, more classes 0.75: trained for longer, nets grow sure of themselves beyond what they
    know. Below 20 rows a column epochs fall in proportion, to a quarter at least. None stands
    for 0.4 of `dropout` and 0.04 of `learning_rate` for classes, for 0 and 0.1 for values.
    `device` is torch's.
    """

    kind: ClassVar[str] = "mlp"
    version: ClassVar[int] = 3
    epochs: int = 64
    hidden: tuple[int, ...] = (128, 128)
    members: int = 4
    dropout: float | None = None
    learning_rate: float | None = None
    weight_decay: float = 0.02
    device: str = "cpu"

    def build(self, objective: Objective, seed: int) -> MLPFit:
        """Unfitted nets."""
        return MLPFit(self, objective, seed)


@dataclass
class MLPFit:
    """Fitted nets: sizes and weights as arrays, no torch object."""

    learner: MLP
    objective: Objective
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> MLPFit:
        """Train on X (n, d) without missing values and y (n,); rows of weight 0 are left out."""
        from stackkit.nets.fitting import fit_bundle
        from stackkit.nets.layout import layout_of

        X, y, weight = _counting(X, y, weight)
        self.shape_ = self._shape(layout_of(X))
        self.state_ = fit_bundle(
            self.shape_,
            X.values,
            self._target(y),
            weight,
            self._plan(*X.values.shape),
            seed=self.seed,
            threads=self.learner.threads,
            device=self.learner.device,
            quantile=self.objective.quantile,
        )
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities or values (n, c), the mean over nets."""
        from stackkit.nets.fitting import predict_bundle

        learner = self.learner
        made = predict_bundle(
            self.shape_, self.state_, X.values, threads=learner.threads, device=learner.device
        )
        return self.space_.inverse(made[:, 0]) if self.objective.of_values else as_columns(made)

    def _target(self, y: np.ndarray) -> np.ndarray:
        """Class codes as they are; values standardised in the objective's space."""
        if not self.objective.of_values:
            return y
        self.space_ = target_space(y, self.objective.space)
        return self.space_.forward(y)

    def _shape(self, layout: Layout) -> Shape:
        from stackkit.nets.mlp import Shape

        return Shape(
            layout=layout,
            outputs=1 if self.objective.of_values else len(self.objective.classes),
            hidden=tuple(self.learner.hidden),
            members=self.learner.members,
            activation="silu" if self.objective.of_values else "selu",
            start=1.0 if self.objective.of_values else 0.3,
        )

    def _plan(self, n: int, columns: int = 1) -> Training:
        from stackkit.nets.training import Training

        learner = self.learner
        epochs = learner.epochs * self._share() * _shrunk(n, columns)
        return Training(
            steps=max(FEWEST, round(epochs * math.ceil(n / BATCH))),
            batch=BATCH,
            learning_rate=chosen(learner.learning_rate, 0.1 if self.objective.of_values else 0.04),
            weight_decay=learner.weight_decay,
            dropout=chosen(learner.dropout, 0.0 if self.objective.of_values else 0.4),
        )

    def _share(self) -> float:
        """Of the epochs: values carry more to learn from than classes, and several than two."""
        if self.objective.of_values:
            return 1.0
        return TWO if len(self.objective.classes) == 2 else SEVERAL


def _shrunk(n: int, columns: int) -> float:
    """The share of the epochs that many rows, or few of them a column, leave."""
    return min(1.0, (REFERENCE / n) ** SHRINK) * min(1.0, max(LEAST, n / (ROOM * columns)))


def _counting(
    X: Matrix, y: np.ndarray, weight: np.ndarray | None
) -> tuple[Matrix, np.ndarray, np.ndarray | None]:
    """The rows of positive weight."""
    if weight is None or (weight > 0).all():
        return X, y, weight
    kept = weight > 0
    return Matrix(X.values[kept], X.names, X.levels), y[kept], weight[kept]


SPECS = (
    ModelSpec(
        "mlp",
        MLP(),
        family="neural",
        recipe="nets",
        fidelity="epochs",
        cost=ExpectedCost(3.0, rows=0.6, columns=0.5, copies=6.0),
        value=1.5,
    ),
)
