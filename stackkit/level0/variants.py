"""Second models of strong families, of another shape and seed: for the profile `best`.

Which families repay a second configuration, and which way it differs, follows the public portfolios
of AutoGluon (2023 and 2025) and TabArena's spread between default and tuned models.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from stackkit.level0 import boosting, forests, neural
from stackkit.spec import ModelSpec

SHARE = 0.6  # worth of a second model relative to the first
_FIRST = {spec.name: spec for family in (boosting, forests, neural) for spec in family.SPECS}


def _variant(name: str, of: str, parameters: Mapping[str, Any]) -> ModelSpec:
    spec = _FIRST[of].with_parameters(parameters).with_seed(1)
    return dataclasses.replace(spec, name=name, value=SHARE * spec.value)


SPECS = (
    _variant("catboost_deep", "catboost", {"depth": 8, "rounds": 500}),
    _variant("lightgbm_xt_large", "lightgbm_xt", {"num_leaves": 64, "min_data_in_leaf": 3}),
    _variant("lightgbm_slow", "lightgbm", {"learning_rate": 0.015, "rounds": 1500}),
    _variant("xgboost_deep", "xgboost", {"max_depth": 9, "min_child_weight": 3.0}),
    _variant("extra_trees_few", "extra_trees", {"max_features": 0.35}),
    _variant("mlp_wide", "mlp", {"hidden": (256, 256)}),
)
