"""The registry of feature recipes: name -> FeatureRecipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from stackkit.competition.schema import CATEGORICAL, DATETIME, NUMERIC, TEXT, Schema
from stackkit.errors import ConfigError, nearest
from stackkit.features.encoder import FittedRecipe
from stackkit.features.kernel import fit_kernel
from stackkit.features.linear import fit_linear
from stackkit.features.native import fit_native
from stackkit.features.nets import fit_nets
from stackkit.features.target import Target
from stackkit.features.trees import fit_trees

__all__ = ["FeatureRecipe", "FittedRecipe", "get_recipe", "recipe_names"]


@dataclass(frozen=True)
class FeatureRecipe:
    """A way from typed frames to matrices.

    `name` and `version` enter the key of a record; `reads` are the kinds of columns it reads.
    """

    name: str
    version: int
    reads: tuple[str, ...]
    fitter: Callable[[pd.DataFrame, Schema, Target | None], FittedRecipe]

    def fit(
        self, frame: pd.DataFrame, schema: Schema, target: Target | None = None
    ) -> FittedRecipe:
        """Learn medians, levels, scales and encodings from the typed training rows (n ≥ 1).

        `target` is that of the same rows; None leaves out what is encoded by it. A model is fitted
        on `own(frame, target)` of the result and predicts from `transform` of other rows.
        """
        return self.fitter(frame, schema, target)


_KINDS = (NUMERIC, DATETIME, CATEGORICAL, TEXT)
_RECIPES = {
    "trees": FeatureRecipe("trees", 4, _KINDS, fit_trees),
    "native": FeatureRecipe("native", 3, _KINDS, fit_native),
    "linear": FeatureRecipe("linear", 4, _KINDS, fit_linear),
    "kernel": FeatureRecipe("kernel", 3, _KINDS, fit_kernel),
    "nets": FeatureRecipe("nets", 3, _KINDS, fit_nets),
}


def get_recipe(name: str) -> FeatureRecipe:
    """The recipe of that name; ConfigError names the nearest one."""
    if name not in _RECIPES:
        raise ConfigError("unknown feature recipe", repr(name), nearest(name, _RECIPES))
    return _RECIPES[name]


def recipe_names() -> list[str]:
    """The names of all recipes."""
    return list(_RECIPES)
