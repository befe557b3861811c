"""Post-processing: one record's predictions put right by a map that is fitted like any blend.

A step stands on one parent, say a blend; of several it takes their plain mean first. It is
cross-fitted, so that what it gains is a score and no hope. `ridge_meta` on one parent is Platt's
sigmoid (values: a line), and no step of its own.

What makes *labels* of predictions is no step here, because records hold probabilities and values
that others can still read: thresholds, class multipliers and cut points are a
`stackkit.metrics.Decision`, which `stackkit.metrics.fit_decision` fits for any record and which
scoring and submission fit out of fold by themselves wherever the metric reads labels.
"""

from stackkit.level2.postprocess.isotonic import Isotonic
from stackkit.level2.postprocess.rescale import Rescale
from stackkit.level2.postprocess.temperature import Temperature
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec

CLASSES = ("binary", "multiclass")

SPECS: tuple[ModelSpec, ...] = (
    ModelSpec("temperature", Temperature(), family="postprocess", recipe=None, role="blend",
              tasks=CLASSES, cost=ExpectedCost(0.01)),
    ModelSpec("isotonic", Isotonic(), family="postprocess", recipe=None, role="blend",
              tasks=CLASSES, cost=ExpectedCost(0.01)),
    ModelSpec("rescale", Rescale(), family="postprocess", recipe=None, role="blend",
              tasks=("regression",), cost=ExpectedCost(0.01)),
)  # fmt: skip

__all__ = ["SPECS", "Isotonic", "Rescale", "Temperature"]
