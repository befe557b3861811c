"""Level 1: meta-models on base predictions."""

from stackkit.level1.linear import LinearMeta
from stackkit.spec import ModelSpec

METAS: dict[str, ModelSpec] = {
    spec.name: spec
    for spec in (ModelSpec("ridge_meta", LinearMeta(), family="linear", recipe=None, role="meta"),)
}

__all__ = ["METAS", "LinearMeta"]
