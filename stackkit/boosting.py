"""Booster builders: LightGBM on a Matrix, for base models and meta-models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from stackkit.features.matrix import Matrix

if TYPE_CHECKING:
    import lightgbm


def lightgbm_objective(task: str, classes: int, quantile: float | None = None) -> dict[str, Any]:
    """LightGBM's parameters for a task; of values it estimates a quantile, or the mean."""
    if quantile is not None:
        return {"objective": "quantile", "alpha": quantile}
    if task == "regression":
        return {"objective": "regression"}
    if task == "binary":
        return {"objective": "binary"}
    return {"objective": "multiclass", "num_class": classes}


def train_lightgbm(
    X: Matrix,
    y: np.ndarray,
    parameters: Mapping[str, Any],
    rounds: int,
    weight: np.ndarray | None = None,
    *,
    seed: int = 0,
    threads: int = 1,
) -> lightgbm.Booster:
    """A booster of `rounds` rounds, deterministic for a seed and a number of threads."""
    import lightgbm

    data = lightgbm.Dataset(
        X.values,
        np.ascontiguousarray(y),
        weight=weight,
        feature_name=[f"c{j}" for j in range(X.values.shape[1])],
        categorical_feature=X.categorical,
        free_raw_data=True,
    )
    fixed = {
        "seed": seed,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    booster = lightgbm.train({**parameters, **fixed}, data, num_boost_round=rounds)
    return booster.free_dataset()


def predict_lightgbm(booster: lightgbm.Booster, X: Matrix, threads: int = 1) -> np.ndarray:
    """Values or P(class 1) (n,), or probabilities (n, C)."""
    return booster.predict(X.values, num_threads=threads)
