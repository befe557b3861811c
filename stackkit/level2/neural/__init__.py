"""Blenders of nets: negative correlation, and weights of each row."""

from stackkit.level2.neural.ensembler import NeuralEnsembler
from stackkit.level2.neural.negative_correlation import NegativeCorrelation
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec

SPECS = (
    ModelSpec("negative_correlation", NegativeCorrelation(), family="negative_correlation",
              recipe=None, role="blend", cost=ExpectedCost(2.5, rows=0.6)),
    ModelSpec("neural_ensembler", NeuralEnsembler(), family="neural",
              recipe=None, role="blend", cost=ExpectedCost(2.5, rows=0.6)),
)  # fmt: skip

__all__ = ["SPECS", "NegativeCorrelation", "NeuralEnsembler"]
