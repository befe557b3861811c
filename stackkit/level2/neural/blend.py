"""NetBlend: a blender whose nets begin at the simplex blend and keep what inner folds confirm."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stackkit.errors import ModelError
from stackkit.level2.neural.reading import Reading
from stackkit.level2.neural.state import outputs_of, state_of
from stackkit.level2.sampling import fold_of_rows
from stackkit.level2.weights.simplex import Simplex
from stackkit.predictions import Pool, rows_to_fit
from stackkit.spec import ABOVE_0, BaseLearner, Objective, check_ranges

if TYPE_CHECKING:
    import torch

    from stackkit.level2.neural.nets import Nets
    from stackkit.level2.neural.problems import Problem
    from stackkit.nets.training import Training

BATCHES = (32, 2048)  # rows of a mini-batch, at least and at most
STEPS = (60, 400)  # of training, at least and at most
FULL_RATE = 1000  # rows; fewer move nets less far: the rate falls with their square root
OF_AN_EPOCH = 20  # mini-batches, within these bounds of their rows
ROWS_A_FOLD = 5  # inner folds are made of that many rows at least, else nothing is trained


@dataclass(frozen=True)
class NetBlend(BaseLearner):
    """What blenders of nets declare: how many, how large, how they are trained.

    Nets start as the simplex blend of the members. Inner folds of the rows that it is fitted on
    choose a setting from the learner's grid and the length of training (none, or up to the end of
    one of four waves), in one batched computation of folds × settings × nets; then nets are trained
    so on all rows. Test predictions are those of the fold models, averaged: nets differ from fit to
    fit more than weights do, so the models that were scored out of fold are those that predict.

    Parameters
    ----------
    nets : how many are averaged.
    hidden : units of their hidden layers.
    epochs : passes over the rows, within 60 to 400 steps.
    learning_rate, weight_decay : of AdamW; the rate is that of 1,000 rows or more.
    inner_folds : how many.
    caution : standard errors by which the inner loss must fall, for nets to be trained at all: the
        best of many settings looks good by luck; 0 takes it at its word.
    device : of training: torch's name of one, or "auto" for a GPU where there is one.
    """

    test_from: ClassVar[str] = "folds"
    needs_features: ClassVar[bool] = False
    nets: int = 4
    hidden: tuple[int, ...] = (16,)
    epochs: int = 16
    learning_rate: float = 0.03
    weight_decay: float = 0.1
    inner_folds: int = 3
    caution: float = 2.0
    device: str = "cpu"

    def __post_init__(self) -> None:
        whole, number = (1, np.inf), (0, np.inf)
        check_ranges(self, {"nets": whole, "hidden": whole, "epochs": whole})
        check_ranges(self, {"learning_rate": (ABOVE_0, np.inf), "weight_decay": number})
        check_ranges(self, {"inner_folds": (2, np.inf), "caution": number})

    def build(self, objective: Objective, seed: int) -> NetBlendFit:
        """An unfitted estimator."""
        return NetBlendFit(self, objective, seed)

    @property
    def setting(self) -> str:
        """What the settings are called in a path."""
        raise NotImplementedError

    @property
    def settings(self) -> Sequence[float]:
        """The grid that inner folds choose from."""
        raise NotImplementedError

    def outputs(self, shape: tuple[int, int, int]) -> int:
        """Numbers that a net makes for a row of a pool (m, n, c)."""
        raise NotImplementedError

    def problem(self, data: Rows, starts: np.ndarray, settings: Sequence[float]) -> Problem:
        """What nets are trained for, with starting weights (f, m)."""
        raise NotImplementedError

    def blend(self, made: np.ndarray, block: np.ndarray, fit: NetBlendFit) -> np.ndarray:
        """Predictions (b, c) from outputs of nets (M, b, outputs) for a block (m, b, c)."""
        raise NotImplementedError

    def plan(self, n: int) -> Training:
        """Steps and mini-batches for n rows."""
        from stackkit.nets.training import Training

        batch = min(max(n // OF_AN_EPOCH, BATCHES[0]), BATCHES[1])
        steps = min(max(self.epochs * math.ceil(n / batch), STEPS[0]), STEPS[1])
        rate = self.learning_rate * min(1.0, math.sqrt(n / FULL_RATE))
        return Training(steps, batch, rate, self.weight_decay, dropout=0.0)


@dataclass(frozen=True)
class Rows:
    """The rows that nets are fitted on: columns x (n, d), the pool they were read from, y (n,)."""

    x: np.ndarray
    pool: Pool
    y: np.ndarray
    reading: Reading
    device: str

    def tensor(self, values: np.ndarray) -> torch.Tensor:
        """Float32, on the device."""
        import torch

        return torch.tensor(np.asarray(values), dtype=torch.float32, device=self.device)


@dataclass
class NetBlendFit:
    """Fitted nets as arrays: no torch object, and none needed to predict."""

    learner: NetBlend
    objective: Objective
    seed: int

    def fit(self, X: Pool, y: np.ndarray, weight: np.ndarray | None = None) -> NetBlendFit:
        """Fit on the rows of X whose weight is positive.

        Sets `start_` (m,), the weights that nets begin at, in the order of the members of X;
        `chosen_`, the setting, and `waves_`, how long nets were trained; `path_`, for each setting
        its inner losses at its best length.
        """
        weight = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=float)
        used = rows_to_fit(X, weight)
        self.names_ = X.names
        pool, y, weight = X.take(used), y[used], weight[used]
        self.reading_ = Reading(self.objective)
        x = self.reading_.fit(pool, y, weight)
        pool = self.reading_.sorted(pool)
        rows = Rows(x, pool, y, self.reading_, device_of(self.learner.device))
        self._fit_nets(rows, weight)
        self.start_ = self.sorted_start_[np.argsort(self.reading_.order)]
        return self

    def _fit_nets(self, rows: Rows, weight: np.ndarray) -> None:
        from stackkit.level2.neural.nets import Nets
        from stackkit.level2.neural.search import trained
        from stackkit.nets.training import seeded

        learner, n = self.learner, len(rows.y)
        self.sorted_start_ = self._weights(rows.pool, rows.y, weight)
        self.waves_, self.chosen_, self.path_ = 0, learner.settings[0], []
        with seeded(self.seed, learner.threads):
            outputs = learner.outputs(rows.pool.shape)
            first = Nets(learner.nets, rows.x.shape[1], learner.hidden, outputs).to(rows.device)
            if n >= ROWS_A_FOLD * learner.inner_folds:
                self._choose(first, rows, weight)
            problem = learner.problem(rows, self.sorted_start_[None], [self.chosen_])
            nets = trained(problem, first, weight, learner.plan(n), self.waves_)
        self.state_ = state_of(nets)

    def _choose(self, first: Nets, rows: Rows, weight: np.ndarray) -> None:
        """Set `waves_`, `chosen_` and `path_` by inner folds."""
        from stackkit.level2.neural.search import search

        learner, settings = self.learner, self.learner.settings
        fold = fold_of_rows(rows.y, learner.inner_folds, self.seed)
        starts = [self._outside(rows, weight, fold != f) for f in range(learner.inner_folds)]
        problem = learner.problem(rows, np.stack(starts), settings)
        found = search(problem, first, len(settings), fold, weight, learner.plan(len(fold)))
        self.waves_, best = found.best(learner.caution)
        self.chosen_ = settings[best]
        self.path_ = found.path(learner.setting, settings)

    def predict(self, X: Pool) -> np.ndarray:
        """Probabilities or values (n, c)."""
        blended = [self.learner.blend(made, block, self) for made, block in self._made(X)]
        return np.concatenate(blended)

    def _made(self, X: Pool) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Outputs of nets (M, b, outputs) beside the blocks (m, b, c) that they are made from."""
        for block in self.reading_.blocks(X.matched(self.names_)):
            yield outputs_of(self.state_, self.reading_.columns(block)), block

    def _outside(self, rows: Rows, weight: np.ndarray, kept: np.ndarray) -> np.ndarray:
        return self._weights(rows.pool.take(kept), rows.y[kept], weight[kept])

    def _weights(self, pool: Pool, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return Simplex().weights(pool, y, weight, self.objective, self.seed)


def device_of(name: str) -> str:
    """The torch device of a name; ModelError where it is not there."""
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ModelError("a net is trained on a device that is there", repr(name), 'try "auto"')
    return name
