"""Neural networks: an ordinary multilayer perceptron."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.probabilities import as_columns
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective
from stackkit.target_space import target_space

if TYPE_CHECKING:
    from stackkit.nets.training import Training

REFERENCE = 1000  # rows up to which all epochs are run
BATCH = 256


@dataclass(frozen=True)
class MLP(BaseLearner):
    """A few perceptrons after RealMLP-TD-S, trained side by side for a fixed number of steps.

    `epochs` are those at 1,000 rows or fewer; above, epochs fall with sqrt(1000 / n), so steps grow
    with sqrt(n). `learning_rate` None: 0.01 for classes, 0.05 for values. `device` is torch's.
    """

    kind: ClassVar[str] = "mlp"
    epochs: int = 64
    hidden: tuple[int, ...] = (128, 128)
    members: int = 4
    dropout: float = 0.1
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
        """Train on X (n, d) without missing values and y (n,)."""
        from stackkit.nets.fitting import fit_bundle
        from stackkit.nets.mlp import Shape

        learner, values = self.learner, self.objective.task == "regression"
        if values:
            self.space_ = target_space(y, self.objective.space)
            y = self.space_.forward(y)
        self.shape_ = Shape(
            inputs=X.values.shape[1],
            outputs=1 if values else len(self.objective.classes),
            hidden=tuple(learner.hidden),
            members=learner.members,
            activation="mish" if values else "selu",
        )
        self.state_ = fit_bundle(
            self.shape_,
            X.values,
            y,
            weight,
            self._plan(len(y)),
            seed=self.seed,
            threads=learner.threads,
            device=learner.device,
        )
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities or values (n, c), the mean over nets."""
        from stackkit.nets.fitting import predict_bundle

        made = predict_bundle(self.shape_, self.state_, X.values, threads=self.learner.threads)
        if self.objective.task == "regression":
            return self.space_.inverse(made[:, 0])
        return as_columns(made)

    def _plan(self, n: int) -> Training:
        from stackkit.nets.training import Training

        learner = self.learner
        epochs = learner.epochs * min(1.0, math.sqrt(REFERENCE / n))
        return Training(
            steps=max(1, round(epochs * math.ceil(n / BATCH))),
            batch=BATCH,
            learning_rate=learner.learning_rate
            or (0.05 if self.objective.task == "regression" else 0.01),
            weight_decay=learner.weight_decay,
            dropout=learner.dropout,
        )


SPECS = (
    ModelSpec(
        "mlp", MLP(), family="neural", recipe="linear", fidelity="epochs", cost=ExpectedCost(8.0)
    ),
)
