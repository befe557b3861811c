"""Dynamic selection: which members to trust is decided row by row.

Imports run one way: method -> search -> regions, leaves -> spaces; method -> the methods -> METHODS
-> selection -> learner.
"""

from stackkit.level2.dynamic.learner import DynamicSelection
from stackkit.level2.dynamic.methods import METHODS
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec

SLOWER = {"knop": 0.15, "des_rrc": 0.15, "local_nnls": 0.2, "meta_des": 0.35}
ELSEWHERE = ("knora_u", "meta_des", "inverse_loss", "local_nnls")  # also in the other spaces


def dynamic_spec(method: str, space: str = "predictions") -> ModelSpec:
    """The model of a method, say "knora_u" as `des_knora_u`; with its space where it is not that of
    predictions: `des_knora_u_features`."""
    learner = DynamicSelection(method=method, space=space)
    name = method if "des_" in f"{method}_" else f"des_{method}"
    seconds, rows = SLOWER.get(method, 0.1), 1.6
    return ModelSpec(
        name if space == "predictions" else f"{name}_{space}",
        learner,
        family="dynamic",
        tasks=METHODS[method].tasks,
        recipe="kernel" if learner.needs_features else None,
        role="blend",
        cost=ExpectedCost(1.4 + seconds, 1.1) if space == "leaves" else ExpectedCost(seconds, rows),
    )


SPECS: tuple[ModelSpec, ...] = (
    *(dynamic_spec(method) for method in METHODS),
    *(dynamic_spec(method, space) for method in ELSEWHERE for space in ("features", "leaves")),
)

__all__ = ["METHODS", "SPECS", "DynamicSelection", "dynamic_spec"]
