"""Neural networks: an ordinary multilayer perceptron."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.probabilities import as_columns
from stackkit.level0.target import target_space
from stackkit.spec import Objective

if TYPE_CHECKING:
    from stackkit.nets.mlp import Shape

REFERENCE = 1000  # rows up to which all epochs are run
BATCH = 256
PREDICT = 10_000  # rows predicted at a time


@dataclass(frozen=True)
class MLP:
    """A small ensemble of perceptrons after RealMLP-TD-S, trained for a fixed number of steps.

    `epochs` are those at 1,000 rows or fewer; above, epochs fall with sqrt(1000 / n), so steps grow
    with sqrt(n). `learning_rate` None: 0.04 for classes, 0.07 for values.
    """

    kind: ClassVar[str] = "mlp"
    version: ClassVar[int] = 1
    test_from: ClassVar[str] = "folds"
    reads_metric: ClassVar[bool] = False
    needs_features: ClassVar[bool] = True
    epochs: int = 128
    hidden: tuple[int, ...] = (128, 128)
    members: int = 4
    dropout: float = 0.15
    learning_rate: float | None = None
    weight_decay: float = 0.02
    device: str = "cpu"
    threads: int = 1

    def build(self, objective: Objective, seed: int) -> MLPFit:
        """An unfitted ensemble."""
        return MLPFit(self, objective, seed)


@dataclass
class MLPFit:
    """A fitted ensemble: sizes and weights as arrays, no torch object."""

    learner: MLP
    objective: Objective
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> MLPFit:
        """Train on X (n, d) without missing values and y (n,)."""
        from stackkit.nets.mlp import Bundle, Shape
        from stackkit.nets.training import seeded, train

        learner, values = self.learner, self.objective.task == "regression"
        if values:
            self.space_ = target_space(y, self.objective.space)
            y = self.space_.forward(y)
        outputs = 1 if values else len(self.objective.classes)
        activation = "mish" if values else "selu"
        self.shape_: Shape = Shape(
            X.values.shape[1], outputs, learner.hidden, learner.members, activation, learner.dropout
        )
        with seeded(self.seed, learner.threads):
            bundle = Bundle(self.shape_).to(learner.device)
            loss = self._loss(bundle, X, y, weight)
            train(
                bundle, bundle.groups(6.0, 0.1), loss, len(y), self._plan(len(y)), learner.dropout
            )
        self.state_ = {k: v.cpu().numpy() for k, v in bundle.state_dict().items()}
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities or values (n, c), the mean over members."""
        import torch

        from stackkit.nets.mlp import Bundle

        bundle = Bundle(self.shape_).eval().double()
        bundle.load_state_dict({k: torch.from_numpy(v) for k, v in self.state_.items()})
        made = [self._outputs(bundle, X.values[i : i + PREDICT]) for i in range(0, len(X), PREDICT)]
        if self.objective.task == "regression":
            return self.space_.inverse(np.concatenate(made))
        return as_columns(np.concatenate(made))

    def _plan(self, n: int):
        from stackkit.nets.training import Training

        learner = self.learner
        epochs = learner.epochs * min(1.0, math.sqrt(REFERENCE / n))
        steps = max(1, round(epochs * math.ceil(n / BATCH)))
        default = 0.07 if self.objective.task == "regression" else 0.04
        rate = learner.learning_rate or default
        return Training(steps, BATCH, rate, learner.weight_decay)

    def _loss(self, bundle, X, y, weight):
        import torch
        from torch.nn import functional as F

        x = torch.from_numpy(X.values)
        w = (
            torch.ones(len(y))
            if weight is None
            else torch.as_tensor(weight / weight.mean(), dtype=torch.float32)
        )
        if self.objective.task == "regression":
            t = torch.as_tensor(y, dtype=torch.float32)

            def loss(rows):
                out = bundle(x[rows])[..., 0]
                return (w[rows] * (out - t[rows]) ** 2).mean()
        else:
            t = torch.as_tensor(y)

            def loss(rows):
                out = bundle(x[rows])
                m = out.shape[0]
                l = F.cross_entropy(out.flatten(0, 1), t[rows].repeat(m), reduction="none")
                return (w[rows].repeat(m) * l).mean()

        return loss

    def _outputs(self, bundle, values):
        import torch

        with torch.inference_mode():
            out = bundle(torch.from_numpy(values).double())
            if self.objective.task == "regression":
                return out[..., 0].mean(0).numpy()
            return out.softmax(-1).mean(0).numpy()
