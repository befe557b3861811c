"""Metrics: scores, row losses, gradients, spaces for means, decisions that make labels.

Imports run one way: losses, confusion, quantiles -> kernels -> relative, ranking -> metric ->
parametric, built_in -> registry; link; metric -> search, multipliers -> decision.
"""

from __future__ import annotations

from stackkit.metrics.decision import Decision, fit_decision
from stackkit.metrics.link import RankSpace, Space, get_space, mean_in_space
from stackkit.metrics.metric import DecisionKind, Metric, Reads, Surrogate, Task, quantile_of
from stackkit.metrics.parametric import top_classes
from stackkit.metrics.quantiles import weighted_quantile
from stackkit.metrics.registry import (
    check_metric,
    default_metric,
    get_metric,
    listed_metrics,
    metric_names,
    own_metrics,
    register_metric,
)

__all__ = [
    "Decision",
    "DecisionKind",
    "Metric",
    "RankSpace",
    "Reads",
    "Space",
    "Surrogate",
    "Task",
    "check_metric",
    "default_metric",
    "fit_decision",
    "get_metric",
    "get_space",
    "listed_metrics",
    "mean_in_space",
    "metric_names",
    "own_metrics",
    "quantile_of",
    "register_metric",
    "top_classes",
    "weighted_quantile",
]
