"""DynamicSelection: members weighted row by row, by how good they are around the row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stackkit.errors import ModelError, shown
from stackkit.level2.blend import finished
from stackkit.level2.dynamic.explain import explained
from stackkit.level2.dynamic.methods import METHODS
from stackkit.level2.dynamic.references import CLIP, COMPETENCES, losses, reference_of
from stackkit.level2.dynamic.selection import Rows, Selection, fit_selection
from stackkit.level2.dynamic.spaces import SPACES, fit_space
from stackkit.level2.sampling import inner_folds, sample
from stackkit.metrics import get_space
from stackkit.predictions import Pool, rows_to_fit
from stackkit.spec import BaseLearner, Objective, check_choice, check_ranges

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 40  # rows below which the largest shrink is taken untried
TRIED = 10_000  # rows that shrinks are tried on
FOLDS = 2  # of them, each tried by a fit on the other
ERRORS = 1.0  # standard errors within which losses are alike


@dataclass(frozen=True)
class DynamicSelection(BaseLearner):
    """Members selected and weighted for each row by their competence on the rows around it.

    The reference are all rows that it is fitted on, with their out-of-fold predictions. Rows on
    which the pool agrees get static weights; so do those for which the method selects nobody.
    Elsewhere weights are (1 − s) · dynamic + s · static. Probabilities are averaged, not votes
    (values in the objective's space). Cruz, Sabourin, Cavalcanti, "Dynamic classifier selection:
    recent advances and perspectives" (Information Fusion 41, 2018).

    Parameters
    ----------
    method : one of METHODS, say "knora_u" for classes or "inverse_loss" for values.
    space : where neighbours are searched: "features", "predictions", or "leaves" of a forest
        (of the features; where a pool has none, of the predictions).
    neighbours : rows in a region of competence.
    competence : "soft": the probability of the true class; "hard": whether it has the most. Of
        values always minus the loss.
    gate : the pool agrees on a row where all members name one class and their spread is at most
        this share of the median spread; 0: where they are equal.
    shrink : values of s. Of those whose loss on rows that were not fitted on is within a standard
        error of the least, the largest is taken.
    reference_rows : kept at most, drawn by the seed.
    """

    kind: ClassVar[str] = "dynamic-selection"
    queries: ClassVar[str] = "chain"
    method: str = "knora_u"
    space: str = "predictions"
    neighbours: int = 20
    competence: str = "soft"
    gate: float = 0.5
    shrink: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    reference_rows: int = 100_000

    def __post_init__(self) -> None:
        check_choice(self, "method", METHODS)
        check_choice(self, "space", SPACES)
        check_choice(self, "competence", COMPETENCES)
        ranges = {"neighbours": (1, np.inf), "gate": (0, np.inf), "shrink": (0, 1)}
        check_ranges(self, ranges | {"reference_rows": (1, np.inf)})

    @property
    def needs_features(self) -> bool:
        """Whether the space is made of features."""
        return self.space != "predictions"

    def build(self, objective: Objective, seed: int) -> DynamicFit:
        """An unfitted estimator; ModelError for a method that is not of the task."""
        if objective.task not in METHODS[self.method].tasks:
            fitting = [name for name, m in METHODS.items() if objective.task in m.tasks]
            rule = f"{self.method} is for {' and '.join(METHODS[self.method].tasks)}"
            raise ModelError(rule, objective.task, f"one of {', '.join(fitting)}")
        return DynamicFit(self, objective, seed)


@dataclass
class DynamicFit:
    """The reference in its space, and the share of static weights that served it best."""

    learner: DynamicSelection
    objective: Objective
    seed: int

    def fit(self, X: Pool, y: np.ndarray, weight: np.ndarray | None = None) -> DynamicFit:
        """Learn from the rows of X whose weight is positive."""
        used = self._used(X, weight)
        pool, y = X.take(used), np.asarray(y)[used]
        weight = None if weight is None else weight[used]
        weight = None if weight is None or (weight == weight[0]).all() else weight
        self.names_ = X.names
        self.shrink_ = self._choose_shrink(pool, y, weight)
        self.selection_ = self._select(pool, y, weight)
        return self

    def predict(self, X: Pool) -> np.ndarray:
        """Blended predictions (n, c)."""
        parts = [rows.blend(self.shrink_) for rows in self._rows(X)]
        return finished(self._columns(np.concatenate(parts)), self.objective)

    def row_weights(self, X: Pool) -> np.ndarray:
        """Weights (n, m) of the members `names_` on each row; rows sum to 1."""
        return np.concatenate([r.weights(self.shrink_) for r in self._rows(X)])

    def _rows(self, X: Pool) -> Iterator[Rows]:
        return self.selection_.rows(X.matched(self.names_))

    def explain(self, X: Pool) -> pd.DataFrame:
        """One row a query and member, as a DataFrame: what it weighs and why.

        Columns: row (position in X), member, prediction (of class 1, of the likeliest class of
        several, or the value), competence (mean over the region), selected, weight, agreed
        (whether the pool agrees, which gives static weights) and neighbours (tuple of positions
        among the reference rows, nearest first).
        """
        import pandas as pd

        if not isinstance(X, Pool) or not len(X):
            got = shown(X) if not isinstance(X, Pool) else "a pool without rows"
            raise ModelError("rows of a Pool are explained", got, "pool.take(np.array([3]))")
        tables, start = [], 0
        for rows in self._rows(X):
            known = self.selection_.reference
            tables.append(explained(rows, self.names_, known, self.shrink_, start))
            start += len(rows.region)
        return pd.concat(tables, ignore_index=True)

    def _used(self, X: Pool, weight: np.ndarray | None) -> np.ndarray:
        """Positions of the reference rows, in order."""
        used = rows_to_fit(X, weight)
        if len(used) <= self.learner.reference_rows:
            return used
        rng = np.random.default_rng(self.seed)
        return np.sort(rng.choice(used, self.learner.reference_rows, replace=False))

    def _select(self, pool: Pool, y: np.ndarray, weight: np.ndarray | None) -> Selection:
        learner, objective = self.learner, self.objective
        k = min(learner.neighbours, len(pool))
        space = fit_space(learner.space, pool, y, weight, objective, k, self.seed, learner.threads)
        reference = reference_of(pool.matrix(), y, weight, objective, learner.competence)
        method = METHODS[learner.method]
        return fit_selection(method, space, reference, objective, learner.gate, self.seed)

    def _choose_shrink(self, pool: Pool, y: np.ndarray, weight: np.ndarray | None) -> float:
        """The largest share of static weights whose surrogate loss on rows that were not fitted on
        is within one standard error of the least.

        That is the rule of Breiman, Friedman, Olshen, Stone, "Classification and regression trees"
        (1984), with the error of the rows' differences: of like models the simplest.
        """
        if len(self.learner.shrink) == 1 or len(y) < FEWEST:
            return max(self.learner.shrink)
        rows = sample(y, TRIED, self.seed)
        pairs = [(rows[i], rows[o]) for i, o in inner_folds(y[rows], FOLDS, self.seed)]
        tried = [self._tried(pool, y, weight, *pair) for pair in pairs]
        losses = dict(zip(self.learner.shrink, np.concatenate(tried, axis=1), strict=True))
        outside = np.concatenate([outside for _, outside in pairs])
        share = np.ones(len(rows)) if weight is None else weight[outside]
        least = min(losses.values(), key=lambda loss: np.average(loss, weights=share))
        return max(s for s, loss in losses.items() if not lasts(loss - least, share))

    def _tried(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None,
        inside: np.ndarray, outside: np.ndarray,
    ) -> np.ndarray:  # fmt: skip
        """Losses (shrinks, rows outside) of a fit on the rows inside."""
        part = None if weight is None else weight[inside]
        selection = self._select(pool.take(inside), y[inside], part)
        rows = list(selection.rows(pool.take(outside)))
        blends = (np.concatenate([r.blend(s) for r in rows]) for s in self.learner.shrink)
        return np.array([self._loss(blended, y[outside]) for blended in blends])

    def _columns(self, blended: np.ndarray) -> np.ndarray:
        """(n, c) of (n, C): of two classes the second."""
        return blended[:, -self.objective.width :]

    def _loss(self, blended: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Surrogate loss (n,) of blends (n, C) in the objective's space."""
        if self.objective.of_values:
            away = blended[:, 0] - get_space(self.objective.space).forward(y)
            return losses(away, self.objective.quantile)
        return -np.log(np.maximum(blended[np.arange(len(y)), y.astype(np.intp)], CLIP))


def lasts(gains: np.ndarray, weight: np.ndarray) -> bool:
    """Whether the weighted mean of gains (n,) exceeds `ERRORS` of its standard errors."""
    share = weight / weight.sum()
    mean = share @ gains
    return bool(mean > ERRORS * np.sqrt(share**2 @ (gains - mean) ** 2))
