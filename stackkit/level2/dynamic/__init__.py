"""Dynamic selection: which members to trust is decided row by row."""

from stackkit.level2.dynamic.learner import DynamicSelection
from stackkit.level2.dynamic.methods import METHODS
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec

SPECS: tuple[ModelSpec, ...] = tuple(
    ModelSpec(
        name if "des_" in f"{name}_" else f"des_{name}",
        DynamicSelection(method=name),
        family="dynamic", tasks=method.tasks, recipe=None, role="blend",
        cost=ExpectedCost(0.3, rows=1.5),
    )
    for name, method in METHODS.items()
)  # fmt: skip

__all__ = ["METHODS", "SPECS", "DynamicSelection"]
