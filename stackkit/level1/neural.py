"""Small perceptrons on the predictions in link space and on meta-features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level1.fitted import MetaFit
from stackkit.meta_features import MetaFeatures, ReadsGroups
from stackkit.meta_features.rows import Rows, full, links
from stackkit.predictions import Pool
from stackkit.spec import BaseLearner, Objective

if TYPE_CHECKING:
    from stackkit.nets.mlp import Shape
    from stackkit.nets.training import Training

REFERENCE = 1000  # rows up to which all epochs are run
SHRINK = 0.4  # power of the rows by which epochs fall above
FEWEST = 16  # steps however few the epochs


@dataclass(frozen=True)
class MLPMeta(ReadsGroups, BaseLearner):
    """A few small perceptrons after RealMLP (Holzmüller et al., 2024), trained side by side.

    They read logits (centred log-ratios; values as fitted) and groups of meta-features. Values are
    fitted less the mean of the members, a quantile of them by pinball loss. `epochs` are those at
    1,000 rows or fewer; above, they fall with (1000 / n) ** 0.4. `device` is torch's.
    """

    kind: ClassVar[str] = "mlp-meta"
    needs_features: ClassVar[bool] = False
    groups: tuple[str, ...] = ("confidence", "spread")
    epochs: int = 24
    hidden: tuple[int, ...] = (32,)
    members: int = 4
    batch: int = 256
    dropout: float = 0.2
    learning_rate: float = 0.03
    weight_decay: float = 0.05
    device: str = "cpu"

    def build(self, objective: Objective, seed: int) -> MLPMetaFit:
        """Unfitted nets."""
        return MLPMetaFit(self, objective, seed)


class MLPMetaFit(MetaFit):
    """Sizes and weights as arrays, no torch object."""

    def _fit(self, rows: Rows) -> None:
        from stackkit.nets.fitting import fit_bundle

        learner = self.learner
        self.meta_, made = MetaFeatures(tuple(learner.groups)).fit_rows(rows)
        raw = self._stacked(rows.pool, made)
        self.centre_ = np.average(raw, axis=0, weights=rows.weight)
        scale = np.sqrt(np.average((raw - self.centre_) ** 2, axis=0, weights=rows.weight))
        self.scale_ = np.where(scale > 1e-6, scale, 1.0)
        X = self._scaled(raw)
        self.shape_ = self._shape(X)
        self.state_ = fit_bundle(
            self.shape_,
            X.values,
            rows.y if rows.space is None else rows.y - self._start(rows.pool),
            rows.weight,
            self._plan(len(rows)),
            seed=self.seed,
            threads=learner.threads,
            device=learner.device,
            quantile=self.objective.quantile,
        )

    def _predict(self, pool: Pool) -> np.ndarray:
        from stackkit.nets.fitting import predict_bundle

        X, learner = self._scaled(self._stacked(pool, self.meta_.transform(pool))), self.learner
        made = predict_bundle(
            self.shape_, self.state_, X.values, threads=learner.threads, device=learner.device
        )
        return made if self.space_ is None else made[:, 0] + self._start(pool)

    def _start(self, pool: Pool) -> np.ndarray:
        """(n,) the mean of values as fitted."""
        return full(pool, self.space_)[..., 0].mean(axis=0)

    def _stacked(self, pool: Pool, made: np.ndarray) -> np.ndarray:
        return np.hstack([*links(pool, self.space_), made])

    def _scaled(self, raw: np.ndarray) -> Matrix:
        values = ((raw - self.centre_) / self.scale_).astype(np.float32)
        names = tuple(f"c{j}" for j in range(values.shape[1]))
        return Matrix(np.ascontiguousarray(values), names, (0,) * len(names))

    def _shape(self, X: Matrix) -> Shape:
        from stackkit.nets.layout import layout_of
        from stackkit.nets.mlp import Shape

        return Shape(
            layout=layout_of(X),
            outputs=1 if self.objective.of_values else len(self.objective.classes),
            hidden=tuple(self.learner.hidden),
            members=self.learner.members,
            activation="silu" if self.objective.of_values else "selu",
            start=0.3,
        )

    def _plan(self, n: int) -> Training:
        from stackkit.nets.training import Training

        learner = self.learner
        epochs = learner.epochs * min(1.0, (REFERENCE / n) ** SHRINK)
        return Training(
            steps=max(FEWEST, round(epochs * math.ceil(n / learner.batch))),
            batch=learner.batch,
            learning_rate=learner.learning_rate,
            weight_decay=learner.weight_decay,
            dropout=learner.dropout,
        )
