"""Weights under constraints, that minimise a loss or the metric itself.

Imports run one way: feasible, interior -> programme; curves -> terms -> newton -> sparse -> fitting
-> simplex; scored -> ranked, descended, evolved; searching -> metric.
"""

from stackkit.level2.weights.metric import Evolved, MetricWeights
from stackkit.level2.weights.simplex import Simplex
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec

SPECS: tuple[ModelSpec, ...] = (
    ModelSpec("simplex", Simplex(), family="weights", recipe=None, role="blend",
              cost=ExpectedCost(0.07, rows=0.7)),
    ModelSpec("simplex_sparse", Simplex(max_models=8, min_weight=0.02), family="weights",
              recipe=None, role="blend", cost=ExpectedCost(0.25, rows=0.7)),
    ModelSpec("simplex_capped", Simplex(family_cap=0.5), family="weights", recipe=None,
              role="blend", cost=ExpectedCost(0.1, rows=0.7)),
    ModelSpec("metric_weights", MetricWeights(), family="weights", recipe=None, role="blend",
              cost=ExpectedCost(1.0, rows=0.7)),
    ModelSpec("cma", Evolved(), family="weights", recipe=None, role="blend",
              cost=ExpectedCost(2.0, rows=0.7)),
)  # fmt: skip

__all__ = ["SPECS", "Evolved", "MetricWeights", "Simplex"]
