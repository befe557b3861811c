"""From frames to matrices, fitted inside the fold."""

from stackkit.features.matrix import Matrix
from stackkit.features.recipes import FeatureRecipe, get_recipe, recipe_names

__all__ = ["FeatureRecipe", "Matrix", "get_recipe", "recipe_names"]
