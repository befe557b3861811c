"""Level 0: base models."""

from stackkit.level0.own import models_beside
from stackkit.level0.registry import (
    get_model,
    model_names,
    own_models,
    register,
    registered_names,
)
from stackkit.level0.wrap import SklearnLearner

__all__ = [
    "SklearnLearner",
    "get_model",
    "model_names",
    "models_beside",
    "own_models",
    "register",
    "registered_names",
]
