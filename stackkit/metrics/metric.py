"""Metric: what a competition scores by, and what the rest of stackkit may know about it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from stackkit.errors import MetricError

Array = NDArray[Any]
Task = Literal["binary", "multiclass", "regression"]
Reads = Literal["proba", "value", "label"]
Surrogate = str  # "logloss", "squared", "absolute", or "quantile:q" with q between 0 and 1
DecisionKind = Literal["argmax", "threshold", "multipliers", "cutpoints", "mean_cutpoints"]

TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")
READS: tuple[Reads, ...] = ("proba", "value", "label")
KINDS: tuple[DecisionKind, ...] = get_args(DecisionKind)
_DECISIONS: dict[str, DecisionKind] = {
    "binary": "threshold",
    "multiclass": "argmax",
    "regression": "cutpoints",
}


def identity(loss: float) -> float:
    """The mean row loss is the score."""
    return loss


def quantile_of(surrogate: str) -> float | None:
    """The quantile of the target at which a surrogate is least; None where it is none.

    MetricError for a text that is no surrogate.

    >>> quantile_of("absolute"), quantile_of("quantile:0.9"), quantile_of("squared")
    (0.5, 0.9, None)
    """
    if surrogate in ("logloss", "squared"):
        return None
    if surrogate == "absolute":
        return 0.5
    kind, _, level = surrogate.partition(":")
    if kind == "quantile" and _is_share(level):
        return float(level)
    rule = "a surrogate is logloss, squared, absolute or quantile:q with q between 0 and 1"
    raise MetricError(rule, repr(surrogate), "such as quantile:0.9")


def _is_share(text: str) -> bool:
    try:
        return 0 < float(text) < 1
    except ValueError:
        return False


def root(loss: float) -> float:
    """The score is the root of the mean row loss."""
    return math.sqrt(loss)


@dataclass(frozen=True)
class Metric:
    """One scoring rule.

    Data format: y (n,) int 0..C-1 or float; p (n, c) float, c = 1 for regression and P(class 1),
    C otherwise; a metric that reads labels gets them as (n,) in y's encoding; weight (n,) or None.

    Parameters
    ----------
    name : as in competition.toml.
    greater_is_better : direction of the score.
    reads : "proba", "value" (one number a row: a value, or P(class 1)) or "label".
    tasks : the tasks that it can score.
    score : (y, p, weight=None) -> float, unchecked: `check` first, or call the metric itself.
    average_space : where means over folds, repeats and seeds are taken: "identity" or "log1p".
    row_loss : (y, p) -> (n,) float64, lower is better; None where the score is no mean over rows.
    gradient : (y, p) -> (n, c) float64, derivative of row_loss with respect to p.
    from_loss : mean row loss -> score.
    from_confusion : ((..., K, K) weights [true, predicted], labels (K,)) -> (...) scores, for
        metrics that read labels: lets decisions be searched without touching the rows again.
    surrogate : the loss that models and blends minimise: "logloss", "squared", "absolute" or
        "quantile:q", those of values in average_space; None derives it from the task.
    ranks : the score depends on the order of p only.
    lower, upper : range of valid predictions.
    top : how many labels a submission lists for each row, best first, joined by spaces; 0: it
        holds what `reads` says.
    divides : the score divides by the target, which may then not be 0.
    decisions : (task, kind) pairs or a mapping: how labels come from predictions by default.
    version : raised when the score changes for the same input.
    code : content of a custom metric, for cache keys; None for a built-in.
    """

    name: str
    greater_is_better: bool
    reads: Reads
    tasks: tuple[Task, ...]
    score: Callable[..., float]
    average_space: Literal["identity", "log1p"] = "identity"
    row_loss: Callable[[Array, Array], Array] | None = None
    gradient: Callable[[Array, Array], Array] | None = None
    from_loss: Callable[[float], float] = identity
    from_confusion: Callable[[Array, Array], Array] | None = None
    surrogate: Surrogate | None = None
    ranks: bool = False
    lower: float = -math.inf
    upper: float = math.inf
    top: int = 0
    divides: bool = False
    decisions: tuple[tuple[Task, DecisionKind], ...] = ()
    version: int = 1
    code: bytes | None = None

    def __post_init__(self) -> None:
        if self.reads not in READS:
            raise MetricError(f"a metric reads one of {', '.join(READS)}", repr(self.reads))
        if not self.tasks or any(task not in TASKS for task in self.tasks):
            raise MetricError(f"a metric's tasks are among {', '.join(TASKS)}", self.tasks)
        if self.average_space not in ("identity", "log1p"):
            raise MetricError("average_space is identity or log1p", repr(self.average_space))
        if not self.lower < self.upper:
            raise MetricError("a metric's lower is below its upper", (self.lower, self.upper))
        if self.top and (self.reads != "proba" or self.tasks != ("multiclass",)):
            got = f"reads={self.reads!r} for {', '.join(self.tasks)}"
            hint = 'reads="proba", tasks=("multiclass",)'
            raise MetricError("labels are listed from multiclass probabilities", got, hint)
        if self.surrogate is not None:
            quantile_of(self.surrogate)
        decisions = tuple(dict(self.decisions).items())
        if any(task not in TASKS or kind not in KINDS for task, kind in decisions):
            raise MetricError(f"decisions map tasks to {', '.join(KINDS)}", decisions)
        object.__setattr__(self, "decisions", decisions)

    def __call__(self, y: Array, p: Array, weight: Array | None = None) -> float:
        """The score, after `check`."""
        self.check(y, p, weight)
        return self.score(y, p, weight)

    @property
    def sign(self) -> int:
        """+1 where greater is better, else -1: sign * score always grows with quality."""
        return 1 if self.greater_is_better else -1

    def better(self, a: float, b: float) -> bool:
        """Is score a strictly better than score b? NaN is worse than any number."""
        if math.isnan(a) or math.isnan(b):
            return math.isnan(b) and not math.isnan(a)
        return self.sign * a > self.sign * b

    def surrogate_for(self, task: Task) -> Surrogate:
        """The loss minimised in this metric's place: its own, or log-loss, or squared error."""
        if self.surrogate is not None:
            return self.surrogate
        return "squared" if task == "regression" else "logloss"

    def decision_for(self, task: Task) -> DecisionKind | None:
        """How labels come from predictions by default; None where the metric reads no labels."""
        if self.reads != "label":
            return None
        return dict(self.decisions).get(task, _DECISIONS[task])

    def recipe(self) -> dict[str, object]:
        """What a cache key should know of this metric, as JSON values."""
        return {
            "name": self.name,
            "version": self.version,
            "reads": self.reads,
            "greater_is_better": self.greater_is_better,
            "average_space": self.average_space,
            "surrogate": {task: self.surrogate_for(task) for task in self.tasks},
            "decisions": {task: self.decision_for(task) for task in self.tasks},
            "code": None if self.code is None else hashlib.sha256(self.code).hexdigest(),
        }

    def check(
        self, y: Array, p: Array, weight: Array | None = None, task: Task | None = None
    ) -> None:
        """MetricError unless the arrays are what this metric can score."""
        y, p = np.asarray(y), np.asarray(p)
        if y.ndim != 1 or len(y) == 0:
            got, hint = f"shape {y.shape}", "targets of shape (n,)"
            raise MetricError("targets are one non-empty column", got, hint)
        _check_shape(self, p, len(y))
        if task is not None:
            _check_task(self, y, p, task)
        _check_values(self, y, p)
        if weight is not None:
            _check_weight(np.asarray(weight), len(y))


def _check_shape(metric: Metric, p: Array, n: int) -> None:
    if metric.reads == "label" and p.shape != (n,):
        rule = f"{metric.name} reads labels of shape ({n},)"
        raise MetricError(rule, f"shape {p.shape}", "apply a decision to the predictions first")
    if metric.reads != "label" and (p.ndim != 2 or len(p) != n or p.shape[1] == 0):
        rule = f"{metric.name} reads predictions of shape ({n}, c)"
        raise MetricError(rule, f"shape {p.shape}", "reshape one column to (n, 1)")


def _check_task(metric: Metric, y: Array, p: Array, task: Task) -> None:
    if task not in metric.tasks:
        rule = f"{metric.name} scores {', '.join(metric.tasks)}"
        raise MetricError(rule, task, "another metric, or the task that it scores")
    if metric.reads != "label" and (p.shape[1] == 1) != (task != "multiclass"):
        wanted = "a column a class" if task == "multiclass" else "one column"
        hint = "P(class 1) alone for two classes, all classes for more"
        raise MetricError(f"{task} predictions have {wanted}", f"shape {p.shape}", hint)
    if task == "binary" and not np.isin(y, (0, 1)).all():
        got, hint = np.unique(y)[:5].tolist(), "code the classes, 1 for the positive one"
        raise MetricError("binary targets are 0 and 1", got, hint)


def _check_values(metric: Metric, y: Array, p: Array) -> None:
    for what, array in (("targets", y), ("predictions", p)):
        if not np.isfinite(array).all():
            bad = int((~np.isfinite(array)).sum())
            raise MetricError(f"{what} are finite", f"{bad} that are not", "score fewer rows")
    if metric.divides and not np.all(y):
        rule, zeros = f"{metric.name} needs targets other than 0", f"{int((y == 0).sum())} of 0"
        raise MetricError(rule, zeros, "smape or mae, which read them, or leave those rows out")
    if metric.reads != "proba":
        return
    if p.min() < metric.lower or p.max() > metric.upper:
        rule = f"{metric.name} reads predictions within [{metric.lower}, {metric.upper}]"
        raise MetricError(rule, f"[{p.min()}, {p.max()}]", "give probabilities, not margins")
    classes = max(p.shape[1], 2)
    if y.min() < 0 or y.max() >= classes or not np.array_equal(y, np.floor(y)):
        rule, hint = f"classes are 0..{classes - 1} here", "codes in the order of the columns"
        raise MetricError(rule, f"{y.min()}..{y.max()}", hint)


def _check_weight(weight: Array, n: int) -> None:
    if weight.shape != (n,):
        rule = f"weights have shape ({n},)"
        raise MetricError(rule, f"shape {weight.shape}", "one weight a row of the targets")
    if not (np.isfinite(weight).all() and weight.min() >= 0 and weight.sum() > 0):
        rule = "weights are finite, at least 0 and not all 0"
        got = f"[{weight.min()}, {weight.max()}]"
        raise MetricError(rule, got, "0 for rows that should not count, else positive numbers")
