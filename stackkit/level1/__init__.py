"""Level 1: meta-models on base predictions."""

from stackkit.level1.linear import LinearMeta
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec

METAS: dict[str, ModelSpec] = {
    spec.name: spec
    for spec in (
        ModelSpec("ridge_meta", LinearMeta(), family="linear", recipe=None, role="meta",
                  cost=ExpectedCost(0.4, rows=0.6, outputs=0.5)),
    )
}  # fmt: skip

__all__ = ["METAS", "LinearMeta"]
