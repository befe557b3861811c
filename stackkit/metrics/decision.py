"""Decision: how labels come from probabilities or values.

Records hold probabilities and values; only scoring and submission read labels. A decision that was
fitted is scored on rows that did not fit it: `stackkit.scoring` does so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stackkit.errors import MetricError, nearest
from stackkit.metrics.metric import KINDS, DecisionKind, Metric
from stackkit.metrics.multipliers import best_multipliers
from stackkit.metrics.search import best_cuts, best_threshold

Array = NDArray[Any]
MAX_LABELS = 200


@dataclass(frozen=True)
class Decision:
    """A rule from predictions (n, c) to labels (n,); it looks at each row alone.

    Parameters
    ----------
    kind : "argmax": the most probable class (c = 1: class 1 where p > 0.5). "threshold": class 1
        where p > values[0]. "multipliers": argmax of p * values. "cutpoints": labels[k] where
        exactly k of the ascending `values` lie below the prediction. "mean_cutpoints": the same of
        the mean class, the sum over columns j of j * p[:, j].
    values : the fitted numbers.
    labels : the ordered labels of cut points, in y's encoding.
    """

    kind: DecisionKind
    values: tuple[float, ...] = ()
    labels: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        _check_kind(self.kind)
        if not np.isfinite(self.values).all() or not _CHECKS[self.kind](self.values, self.labels):
            rule = f"values and labels must make a decision of kind {self.kind}"
            raise MetricError(rule, f"{self.values}, {self.labels}", "fit_decision makes them")

    def apply(self, p: Array) -> Array:
        """Labels (n,) of predictions (n, c): int64, or float64 where the cut points' labels are."""
        p = _predictions(p)
        if self.kind == "multipliers":
            if p.shape[1] != len(self.values):
                raise MetricError(f"{len(self.values)} multipliers need as many columns", p.shape)
            return (p * np.array(self.values)).argmax(axis=1)
        if self.kind == "argmax" and p.shape[1] > 1:
            return p.argmax(axis=1)
        v = _mean_class(p) if self.kind == "mean_cutpoints" else _one_column(p, self.kind)
        if self.labels:
            return np.array(self.labels)[np.searchsorted(self.values, v, side="left")]
        return (v > (self.values[0] if self.values else 0.5)).astype(np.int64)

    def to_dict(self) -> dict[str, Any]:
        """JSON values; `from_dict` reads them back."""
        return {"kind": self.kind, "values": list(self.values), "labels": list(self.labels)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Decision:
        """The decision that `to_dict` wrote."""
        if "kind" not in data:
            raise MetricError("a decision has a kind", sorted(data), f"one of {', '.join(KINDS)}")
        return cls(data["kind"], tuple(data.get("values", ())), tuple(data.get("labels", ())))


def fit_decision(
    kind: DecisionKind, metric: Metric, y: Array, p: Array, weight: Array | None = None
) -> Decision:
    """The decision of this kind that scores best on y (n,), p (n, c); argmax fits nothing.

    threshold: exact over all cuts where the metric reads off a confusion table (F1, accuracy, QWK),
    else over at most 200 quantiles. cutpoints, mean_cutpoints: labels are the distinct y.
    multipliers: ones, unless others score better.
    """
    _check_kind(kind)
    if kind == "argmax":
        return Decision("argmax")
    y, p, weight = _fit_rows(metric, y, p, weight)
    if kind == "multipliers":
        return _fit_multipliers(metric, y, p, weight)
    if kind == "mean_cutpoints":
        return _fit_cuts(kind, metric, y, _mean_class(p), weight)
    v = _one_column(p, kind)
    if kind == "cutpoints":
        return _fit_cuts(kind, metric, y, v, weight)
    if not np.isin(y, (0, 1)).all():
        raise MetricError("a threshold needs targets 0 and 1", _distinct(y).tolist()[:5])
    return Decision("threshold", (best_threshold(metric, y, v, weight),))


def _fit_cuts(
    kind: DecisionKind, metric: Metric, y: Array, v: Array, weight: Array | None
) -> Decision:
    labels = _distinct(y)
    return Decision(kind, best_cuts(metric, y, v, weight, labels), tuple(labels.tolist()))


def _fit_multipliers(metric: Metric, y: Array, p: Array, weight: Array | None) -> Decision:
    if p.shape[1] == 1:
        raise MetricError("multipliers need a column a class", p.shape, "threshold for one column")
    plain = Decision("multipliers", (1.0,) * p.shape[1])
    found = Decision("multipliers", best_multipliers(metric, y, p, weight))
    before, after = (metric.score(y, x.apply(p), weight) for x in (plain, found))
    return found if metric.better(after, before) else plain


def _fit_rows(
    metric: Metric, y: Array, p: Array, weight: Array | None
) -> tuple[Array, Array, Array | None]:
    y, p = np.asarray(y), _predictions(p)
    if metric.reads != "label":
        hint = f"{metric.name} needs no decision"
        raise MetricError("a decision is fitted for a metric of labels", metric.reads, hint)
    metric.check(y, np.zeros(len(p)), weight)
    return y, p, None if weight is None else np.asarray(weight, dtype=np.float64)


def _predictions(p: Array) -> Array:
    """(n, c) float64: a float32 cut could fall on the wrong side of its neighbour."""
    p = np.asarray(p, dtype=np.float64)
    if p.ndim != 2 or p.shape[1] == 0:
        raise MetricError("a decision reads predictions of shape (n, c)", f"shape {p.shape}")
    if not np.isfinite(p).all():
        raise MetricError("a decision reads finite predictions", "NaN or infinity", "mask the rows")
    return p


def _one_column(p: Array, kind: str) -> Array:
    if p.shape[1] != 1:
        hint = "argmax or multipliers for a column a class"
        raise MetricError(f"{kind} reads one column", f"shape {p.shape}", hint)
    return p[:, 0]


def _mean_class(p: Array) -> Array:
    """Sum of j * p[:, j] over the columns (n, c); P(class 1) of one column. Added up in order, so
    that a row gives the same alone and in a batch."""
    if p.shape[1] == 1:
        return p[:, 0]
    mean = np.zeros(len(p))
    for j in range(1, p.shape[1]):
        mean += j * p[:, j]
    return mean


def _distinct(y: Array) -> Array:
    labels = np.unique(y)
    if len(labels) > MAX_LABELS:
        hint = "a metric that reads values"
        rule = f"cut points need at most {MAX_LABELS} distinct targets"
        raise MetricError(rule, len(labels), hint)
    return labels


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise MetricError("a decision's kind must be known", repr(kind), nearest(str(kind), KINDS))


def _are_cuts(values: tuple[float, ...], labels: tuple[float, ...]) -> bool:
    ascending = all(a <= b for a, b in pairwise(values))
    return ascending and len(labels) == len(values) + 1


_CHECKS = {
    "argmax": lambda values, labels: not values and not labels,
    "threshold": lambda values, labels: len(values) == 1 and not labels,
    "multipliers": lambda values, labels: len(values) > 1 and min(values) > 0 and not labels,
    "cutpoints": _are_cuts,
    "mean_cutpoints": _are_cuts,
}
