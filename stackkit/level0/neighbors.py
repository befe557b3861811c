"""K-nearest neighbours whose votes fade with distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.probabilities import as_columns
from stackkit.level0.rows import blocks, rows_of, sample
from stackkit.level0.targets import averaged, space_of
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective

CELLS = 2**18  # distances held at once: larger blocks fall out of the processor's cache
GRID = 1e-5  # squared distances closer than this share of the columns' number are ties
PRIOR_VOTES = 1.0  # of the classes' shares among a row's neighbours
EDGE = 0.1  # vote of the farthest neighbour as a share of the nearest one's


@dataclass(frozen=True)
class Neighbors(BaseLearner):
    """The weighted mean of the targets of the nearest rows.

    A neighbour's vote falls with its squared distance, from 1 at the row itself to a tenth at the
    farthest neighbour. Rows at the farthest neighbour's distance vote too, so that neither the
    order of rows nor rounding decides who does.

    Parameters
    ----------
    counts : numbers of neighbours of which leave-one-out on a sample chooses.
    max_rows : rows that are searched; a random sample of those of larger inputs.
    sample_rows : rows that are left out in the choice.
    """

    kind: ClassVar[str] = "neighbors"
    counts: tuple[int, ...] = (5, 10, 20, 40, 80)
    max_rows: int = 20_000
    sample_rows: int = 1000

    def build(self, objective: Objective, seed: int) -> NeighborsFit:
        """An unfitted model."""
        return NeighborsFit(self, objective, seed)


@dataclass
class NeighborsFit:
    """The searched rows with their targets; weights multiply votes."""

    learner: Neighbors
    objective: Objective
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> NeighborsFit:
        """Keep the rows of X (n, d) and y (n,), and choose the number of neighbours."""
        rows = rows_of(X, y, weight)
        self.space_ = space_of(self.objective, rows.y)
        rows = rows.take(sample(len(rows), self.learner.max_rows, self.seed))
        targets = averaged(self.objective, rows.y, self.space_)
        prior = np.average(targets, axis=0, weights=rows.weight)
        self.voters_ = Voters(rows.values, targets, rows.weight, prior)
        self.count_ = self._choose()
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities or values (n, c)."""
        values = np.asarray(X, dtype=np.float64)
        made = self.voters_.means(values, (self.count_,), self._prior_votes)[0]
        return as_columns(made) if self.space_ is None else self.space_.inverse(made[:, 0])

    @property
    def _prior_votes(self) -> float:
        return PRIOR_VOTES if self.space_ is None else 0.0

    def _choose(self) -> int:
        """The number of neighbours of least leave-one-out loss on a sample."""
        voters, n = self.voters_, len(self.voters_.values)
        counts = sorted({min(count, max(n - 2, 1)) for count in self.learner.counts})
        queries = sample(n, self.learner.sample_rows, self.seed + 1)
        made = voters.means(voters.values[queries], counts, self._prior_votes, queries)
        truth, weight = voters.targets[queries], voters.weight[queries]
        losses = [np.average(self._loss(truth, m), weights=weight) for m in made]
        return counts[int(np.argmin(losses))]

    def _loss(self, truth: np.ndarray, made: np.ndarray) -> np.ndarray:
        if self.space_ is not None:
            return ((truth - made) ** 2).sum(axis=1)
        return -np.log(np.maximum((truth * made).sum(axis=1), 1e-15))


@dataclass(frozen=True)
class Voters:
    """Rows (m, d) that vote with their targets (m, t) and weights (m,); `prior` (t,) their mean."""

    values: np.ndarray
    targets: np.ndarray
    weight: np.ndarray
    prior: np.ndarray

    def means(
        self,
        queries: np.ndarray,
        counts: tuple[int, ...] | list[int],
        prior_votes: float,
        own: np.ndarray | None = None,
    ) -> list[np.ndarray]:
        """Weighted means (q, t) of the nearest rows' targets, for each of `counts`.

        `own` (q,) are the queries' positions among the rows where they must not vote.
        """
        made = [np.empty((len(queries), self.targets.shape[1])) for _ in counts]
        square = (self.values**2).sum(axis=1)
        for block in blocks(len(queries), max(1, CELLS // len(self.values))):
            far = self._distances(queries[block], square)
            if own is not None:
                far[np.arange(len(far)), own[block]] = np.inf
            for out, count in zip(made, counts, strict=True):
                out[block] = self._vote(far, count, prior_votes)
        return made

    def _distances(self, queries: np.ndarray, square: np.ndarray) -> np.ndarray:
        """Squared distances (q, m), rounded, so that equal ones are equal in any batch."""
        far = (-2 * queries) @ self.values.T
        far += square
        far += (queries**2).sum(axis=1)[:, None]
        far /= GRID * self.values.shape[1]
        return np.rint(np.maximum(far, 0, out=far), out=far).astype(np.float32)

    def _vote(self, far: np.ndarray, count: int, prior_votes: float) -> np.ndarray:
        edge = np.partition(far, count - 1, axis=1)[:, [count - 1]]
        fade = 1 - (1 - EDGE) * far / np.where(edge > 0, edge, 1)
        votes = np.where(far <= edge, fade, 0) * self.weight
        total = votes.sum(axis=1, keepdims=True) + prior_votes
        return (votes @ self.targets + prior_votes * self.prior) / total


SPECS = (
    ModelSpec(
        "knn",
        Neighbors(),
        family="neighbors",
        recipe="kernel",
        cost=ExpectedCost(0.3, rows=1.4, columns=0.2, copies=8),
        value=0.5,
    ),
)
