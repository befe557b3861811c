"""Support vector machines with an RBF kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar, Protocol

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.calibration import calibrate, cross_fitted
from stackkit.level0.distances import typical_square
from stackkit.level0.nystrom import KernelLeastSquares, fit_kernel_least_squares, nystrom_map
from stackkit.level0.probabilities import as_columns
from stackkit.level0.rows import Rows, deal, rows_of, sample, sample_classes
from stackkit.linear import quiet
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective
from stackkit.target_space import MARGIN, target_space

EPSILON = 0.05  # errors of a value that cost nothing, in standard deviations of the target
INNER_FOLDS = 3
CACHE_MB = 200
ITERATIONS = 1_000_000


@dataclass(frozen=True)
class SupportVectors(BaseLearner):
    """Support vector classification or regression; above `exact_rows` kernel least squares.

    The kernel is exp(−gamma · |x − z|²), gamma = width / (median squared distance). Width and cost
    are chosen on a sample of the rows by inner folds. Decision values of rows that were left out
    give the probabilities (see `calibration`). Above `exact_rows` rows a Nyström map with
    `components` landmarks and a squared loss take the place of the exact kernel and the hinge
    (least squares SVM: Suykens and Vandewalle, 1999).

    Parameters
    ----------
    widths, costs : of which the choice is made (cost is libsvm's C).
    penalties : of the squared loss a row, in place of the cost.
    exact_rows : the most rows of the exact kernel.
    components : landmarks above that.
    sample_rows : rows of the choice; ten times as many above `exact_rows`.
    """

    kind: ClassVar[str] = "support-vectors"
    version: ClassVar[int] = 2
    widths: tuple[float, ...] = (0.1, 0.4, 1.6)
    costs: tuple[float, ...] = (1.0, 10.0)
    penalties: tuple[float, ...] = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
    exact_rows: int = 6000
    components: int = 500
    sample_rows: int = 800

    def build(self, objective: Objective, seed: int) -> SupportValuesFit | SupportClassesFit:
        """An unfitted estimator of the objective's task."""
        if objective.output == "value":
            return SupportValuesFit(self, objective, seed)
        return SupportClassesFit(self, len(objective.classes), seed)


@dataclass
class SupportValuesFit:
    """Values in the objective's space; weights scale each row's cost."""

    learner: SupportVectors
    objective: Objective
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> SupportValuesFit:
        """Fit on X (n, d) and y (n,)."""
        rows = rows_of(X, y, weight)
        self.space_ = target_space(rows.y, self.objective.space, MARGIN)
        rows = Rows(rows.values, self.space_.forward(rows.y), rows.weight)
        if len(rows) > self.learner.exact_rows:
            self.model_ = fit_approximate(rows, rows.y[:, None], self.learner, self.seed)
        else:
            self.model_ = fit_regression(rows, self._choice(rows))
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Values (n, 1)."""
        scores = self.model_.scores(np.asarray(X, dtype=np.float64))
        return self.space_.inverse(scores[:, 0])

    def _choice(self, rows: Rows) -> Choice:
        some = rows.take(sample(len(rows), self.learner.sample_rows, self.seed))
        folds = deal(np.zeros(len(some), np.int64), INNER_FOLDS, self.seed)

        def loss(choice: Choice) -> float:
            made = left_out_scores(some, fit_regression, choice, folds)
            return float(np.average((made[:, 0] - some.y) ** 2, weights=some.weight))

        return min(choices(self.learner, rows, self.seed), key=loss)


@dataclass
class SupportClassesFit:
    """Calibrated probabilities; weights scale each row's cost."""

    learner: SupportVectors
    classes: int
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> SupportClassesFit:
        """Fit on X (n, d) and codes y (n,)."""
        rows = rows_of(X, y, weight)
        if len(rows) > self.learner.exact_rows:
            self._fit_approximate(rows)
        else:
            self._fit_exact(rows)
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities (n, c)."""
        scores = self.model_.scores(np.asarray(X, dtype=np.float64))
        return as_columns(self.calibration_.probabilities(scores))

    def _fit_exact(self, rows: Rows) -> None:
        choice = self._choice(rows)
        folds = deal(rows.y, INNER_FOLDS, self.seed)
        scores = left_out_scores(rows, self._machine, choice, folds)
        self.calibration_ = calibrate(scores, rows.y, rows.weight)
        self.model_ = self._machine(rows, choice)

    def _fit_approximate(self, rows: Rows) -> None:
        targets = np.eye(self.classes)[rows.y]
        self.model_ = fit_approximate(rows, targets, self.learner, self.seed)
        seen = self.model_.left_out
        codes, weight = rows.y[seen.positions], rows.weight[seen.positions]
        self.calibration_ = calibrate(seen.scores, codes, weight)

    def _machine(self, rows: Rows, choice: Choice) -> Machine:
        return fit_classification(rows, choice, self.classes)

    def _choice(self, rows: Rows) -> Choice:
        some = rows.take(sample_classes(rows.y, self.learner.sample_rows, self.seed))
        folds = deal(some.y, INNER_FOLDS, self.seed)

        def loss(choice: Choice) -> float:
            made = left_out_scores(some, self._machine, choice, folds)
            return calibrate(made, some.y, some.weight).loss(made, some.y, some.weight)

        return min(choices(self.learner, rows, self.seed), key=loss)


@dataclass(frozen=True)
class Choice:
    """Kernel and cost of a machine."""

    gamma: float
    cost: float


class Machine(Protocol):
    """A fitted machine."""

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Decision values (n, t) of rows (n, d)."""


def choices(learner: SupportVectors, rows: Rows, seed: int) -> list[Choice]:
    """Every width with every cost."""
    far = typical_square(rows.values, seed)
    return [Choice(width / far, cost) for width in learner.widths for cost in learner.costs]


def left_out_scores(
    rows: Rows, fit: Callable[[Rows, Choice], Machine], choice: Choice, folds: np.ndarray
) -> np.ndarray:
    """Decision values (n, t) of rows by machines fitted on the rows of the other folds (n,)."""
    return cross_fitted(rows, lambda some, values: fit(some, choice).scores(values), folds)


@dataclass(frozen=True)
class RegressionMachine:
    """Support vector regression."""

    model: Any

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Predicted targets (n, 1)."""
        return self.model.predict(values)[:, None]


def fit_regression(rows: Rows, choice: Choice) -> RegressionMachine:
    """Support vector regression of rows.y, in standard deviations."""
    from sklearn.svm import SVR

    model = SVR(
        C=choice.cost, gamma=choice.gamma, epsilon=EPSILON, cache_size=CACHE_MB, max_iter=ITERATIONS
    )
    with quiet():
        return RegressionMachine(model.fit(rows.values, rows.y, sample_weight=rows.weight))


@dataclass(frozen=True)
class ClassMachine:
    """Support vector classification of the classes `present`, of `classes` in all."""

    model: Any
    present: np.ndarray
    classes: int

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Mean decision (n, C) of each class against each other one; absent ones lose by 1."""
        wins = np.zeros((len(values), self.classes))
        present = len(self.present)
        for (i, j), won in zip(combinations(self.present, 2), self._duels(values), strict=True):
            wins[:, i] += won
            wins[:, j] -= won
        absent = np.setdiff1d(np.arange(self.classes), self.present)
        wins[:, absent] -= present
        wins[:, self.present] += len(absent)
        return wins / max(self.classes - 1, 1)

    def _duels(self, values: np.ndarray) -> np.ndarray:
        """Decisions (pairs, n), positive for the first of a pair."""
        if len(self.present) < 2:
            return np.empty((0, len(values)))
        made = self.model.decision_function(values)
        return -made[None] if made.ndim == 1 else made.T


def fit_classification(rows: Rows, choice: Choice, classes: int) -> ClassMachine:
    """One machine for each pair of classes of rows.y."""
    from sklearn.svm import SVC

    present = np.unique(rows.y)
    if len(present) < 2:
        return ClassMachine(None, present, classes)
    model = SVC(
        C=choice.cost,
        gamma=choice.gamma,
        decision_function_shape="ovo",
        cache_size=CACHE_MB,
        max_iter=ITERATIONS,
    )
    with quiet():
        model.fit(rows.values, rows.y, sample_weight=rows.weight)
    return ClassMachine(model, present, classes)


def fit_approximate(
    rows: Rows, targets: np.ndarray, learner: SupportVectors, seed: int
) -> KernelLeastSquares:
    """Kernel least squares of targets (n, t), its width chosen on a sample."""
    positions = sample(len(rows), 10 * learner.sample_rows, seed)
    some, far = rows.take(positions), typical_square(rows.values, seed)

    def fitted(fit_rows: Rows, fit_targets: np.ndarray, width: float) -> KernelLeastSquares:
        kernel = nystrom_map(rows.values, width / far, learner.components, seed)
        penalties = learner.penalties
        return fit_kernel_least_squares(fit_rows, fit_targets, kernel, penalties, INNER_FOLDS, seed)

    errors = [fitted(some, targets[positions], w).left_out.error for w in learner.widths]
    return fitted(rows, targets, learner.widths[int(np.argmin(errors))])


SPECS = (
    ModelSpec(
        "svm",
        SupportVectors(),
        family="kernel",
        recipe="kernel",
        cost=ExpectedCost(3.5, rows=0.5, columns=0.4, outputs=0.3, copies=12),
    ),
)
