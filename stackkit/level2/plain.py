"""Equal weights for all members, for the best ones, or for the best one alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.blend import Weigher, finished
from stackkit.level2.means import PowerMean, TrimmedMean
from stackkit.level2.sampling import inner_folds
from stackkit.metrics import fit_decision, get_space, weighted_quantile
from stackkit.predictions import Pool
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec, Objective, check_ranges

FEW_ROWS = 4  # of an inner fold; where there are fewer, nothing is chosen by folds


@dataclass(frozen=True)
class Mean(Weigher):
    """Equal weights."""

    kind: ClassVar[str] = "mean"

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """1/m each."""
        return np.full(len(pool.arrays), 1 / len(pool.arrays))


@dataclass(frozen=True)
class BestSingle(Weigher):
    """The member with the best score on the fit rows; the first of equal ones."""

    kind: ClassVar[str] = "best-single"
    reads_metric: ClassVar[bool] = True

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """1 for the best member, 0 for the others."""
        return _equal(len(pool.arrays), [int(np.argmax(member_scores(pool, y, weight, objective)))])


@dataclass(frozen=True)
class TopMean(Weigher):
    """Equal weights for the k members of best score; ranked on the fit rows.

    Parameters
    ----------
    sizes : candidates for k, one of them chosen by inner folds: ranked inside, scored outside; the
        least where rows are too few for that. Above the pool's size they mean all members.
    inner_folds : how many.
    """

    kind: ClassVar[str] = "top-mean"
    reads_metric: ClassVar[bool] = True
    sizes: tuple[int, ...] = (2, 3, 5, 8, 13, 21)
    inner_folds: int = 5

    def __post_init__(self) -> None:
        check_ranges(self, {"sizes": (1, np.inf), "inner_folds": (2, np.inf)})

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """1/k for each of the best k."""
        sizes = sorted({min(size, len(pool.arrays)) for size in self.sizes})
        size = sizes[0]
        if len(sizes) > 1 and len(y) >= FEW_ROWS * self.inner_folds:
            size = self._choose(pool, y, weight, objective, seed, sizes)
        ranked = _ranked(member_scores(pool, y, weight, objective))
        return _equal(len(ranked), ranked[:size])

    def _choose(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int,
        sizes: list[int],
    ) -> int:  # fmt: skip
        """The size of best score on rows left out."""
        total = np.zeros(len(sizes))
        for inside, outside in inner_folds(y, self.inner_folds, seed):
            ranked = _ranked(member_scores(*_rows(pool, y, weight, inside), objective))
            total += _mean_scores(*_rows(pool, y, weight, outside), objective, ranked, sizes)
        return sizes[int(np.argmax(total))]


@dataclass(frozen=True)
class TrimmedPoolMean(Weigher):
    """Equal weights for members that gain enough over the prior: weak ones spoil a plain mean.

    A member's gain is its score minus that of the best constant (shares of classes, or the mean or
    quantile of the target), on the fit rows.

    Parameters
    ----------
    share : of the best member's gain that a member needs.
    """

    kind: ClassVar[str] = "trimmed-pool-mean"
    reads_metric: ClassVar[bool] = True
    share: float = 0.9

    def __post_init__(self) -> None:
        check_ranges(self, {"share": (0, 1)})

    def weights(
        self, pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective, seed: int
    ) -> np.ndarray:
        """Equal for those that stay; the best always does."""
        scores = member_scores(pool, y, weight, objective)
        prior = _score(y, weight, objective, np.tile(_prior(y, weight, objective), (len(y), 1)))
        best = scores.max()
        bar = prior + self.share * (best - prior) if best > prior > -np.inf else best
        return _equal(len(scores), np.flatnonzero(scores >= min(bar, best)))


def member_scores(
    pool: Pool, y: np.ndarray, weight: np.ndarray | None, objective: Objective
) -> np.ndarray:
    """(m,) scores times the metric's sign, −inf for NaN; one member is in memory at a time."""
    members = _members(pool, range(len(pool.arrays)))
    return np.array([_score(y, weight, objective, member) for member in members])


def _score(y: np.ndarray, weight: np.ndarray | None, objective: Objective, p: np.ndarray) -> float:
    metric = objective.metric
    kind = metric.decision_for(objective.task)
    readable = p if kind is None else fit_decision(kind, metric, y, p, weight).apply(p)
    score = metric.sign * metric.score(y, readable, weight)
    return -np.inf if np.isnan(score) else score


def _equal(members: int, chosen: list[int] | np.ndarray) -> np.ndarray:
    weights = np.zeros(members)
    weights[chosen] = 1 / len(chosen)
    return weights


def _ranked(scores: np.ndarray) -> np.ndarray:
    return np.argsort(-scores, kind="stable")


def _rows(
    pool: Pool, y: np.ndarray, weight: np.ndarray | None, rows: np.ndarray
) -> tuple[Pool, np.ndarray, np.ndarray | None]:
    return pool.take(rows), y[rows], None if weight is None else weight[rows]


def _mean_scores(
    pool: Pool,
    y: np.ndarray,
    weight: np.ndarray | None,
    objective: Objective,
    ranked: np.ndarray,
    sizes: list[int],
) -> np.ndarray:
    """Scores of the means of the first members in `ranked`, for each size, ascending."""
    forward, total, scores = get_space(objective.space).forward, 0.0, []
    for size, member in enumerate(_members(pool, ranked[: sizes[-1]]), start=1):
        total = total + forward(member)
        if size in sizes:
            scores.append(_score(y, weight, objective, finished(total / size, objective)))
    return np.array(scores)


def _members(pool: Pool, which: Iterable[int]) -> Iterator[np.ndarray]:
    """(n, c) of some members, one in memory at a time."""
    arrays = (pool.arrays[i] for i in which)
    return (a if pool.rows is None else a[pool.rows] for a in arrays)


def _prior(y: np.ndarray, weight: np.ndarray | None, objective: Objective) -> np.ndarray:
    """(c,): the best constant."""
    if objective.output == "proba":
        shares = np.bincount(y, weight, minlength=len(objective.classes)).astype(np.float64)
        shares /= shares.sum()
        return shares[1:] if objective.width == 1 else shares
    if objective.quantile is not None:
        return np.array([weighted_quantile(y, objective.quantile, weight)])
    space = get_space(objective.space)
    return space.inverse(np.average(space.forward(y), weights=weight, keepdims=True))


SPECS: tuple[ModelSpec, ...] = (
    ModelSpec("mean", Mean(), family="mean", recipe=None, role="blend", cost=ExpectedCost(0.005)),
    ModelSpec("best_single", BestSingle(), family="selection", recipe=None, role="blend",
              cost=ExpectedCost(0.01)),
    ModelSpec("top_k_mean", TopMean(), family="mean", recipe=None, role="blend",
              cost=ExpectedCost(0.05)),
    ModelSpec("mean_trimmed_pool", TrimmedPoolMean(), family="mean", recipe=None, role="blend",
              cost=ExpectedCost(0.01)),
    ModelSpec("logit_mean", PowerMean(0.0), family="mean", recipe=None, role="blend",
              tasks=("binary", "multiclass"), cost=ExpectedCost(0.02)),
    ModelSpec("geometric_mean", PowerMean(0.0), family="mean", recipe=None, role="blend",
              tasks=("regression",), cost=ExpectedCost(0.02)),
    ModelSpec("power_mean", PowerMean(0.5), family="mean", recipe=None, role="blend",
              cost=ExpectedCost(0.02)),
    ModelSpec("median", TrimmedMean(0.5), family="mean", recipe=None, role="blend",
              cost=ExpectedCost(0.02)),
    ModelSpec("trimmed_mean", TrimmedMean(0.2), family="mean", recipe=None, role="blend",
              cost=ExpectedCost(0.02)),
)  # fmt: skip
