"""Level 2: blenders of base models and meta-models."""

from stackkit.level2 import dynamic, neural, plain, postprocess, ranks, selection, weights
from stackkit.spec import ModelSpec

BLENDS: dict[str, ModelSpec] = {
    spec.name: spec
    for part in (plain, ranks, selection, weights, dynamic, neural, postprocess)
    for spec in part.SPECS
}

__all__ = ["BLENDS"]
