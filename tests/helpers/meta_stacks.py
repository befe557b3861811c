"""Stacks for the tests of meta-models."""

from __future__ import annotations

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.predictions import Pool
from stackkit.spec import Objective

N, M = 150, 3


def objective(task: str, classes: int = 2, surrogate: str | None = None) -> Objective:
    """In the target's own space."""
    if task == "regression":
        return Objective(task, "identity", surrogate or "squared")
    return Objective(task, "identity", "logloss", tuple("abcd"[:classes]))


def pool_of(arrays: np.ndarray, features: np.ndarray | None = None) -> Pool:
    """Members (m, n, c), features as numbers."""
    made = tuple(np.ascontiguousarray(a, np.float32) for a in arrays)
    matrix = None
    if features is not None:
        names = tuple(f"x{j}" for j in range(features.shape[1]))
        matrix = Matrix(features.astype(np.float32), names, (0,) * len(names))
    return Pool(tuple(f"m{i}" for i in range(len(made))), made, features=matrix)


def values(seed: int = 0, n: int = N, m: int = M) -> tuple[Pool, np.ndarray]:
    """Members y + noise, each with more of it."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n)
    noise = rng.normal(size=(m, n)) * np.linspace(0.5, 1.5, m)[:, None]
    return pool_of((y + noise)[..., None], rng.normal(size=(n, 2))), y


def classes_of(classes: int, seed: int = 0, n: int = N, m: int = M) -> tuple[Pool, np.ndarray]:
    """Members of like quality."""
    rng = np.random.default_rng(seed)
    y = rng.integers(classes, size=n)
    scores = 1.5 * np.eye(classes)[y] + rng.normal(size=(m, n, classes))
    p = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
    return pool_of(p[..., 1:] if classes == 2 else p, rng.normal(size=(n, 2))), y


def regions(task: str, seed: int, n: int = 2000) -> tuple[Pool, np.ndarray]:
    """Two members, one good where the first feature is positive, the other where it is not."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 3))
    signal = rng.normal(size=n)
    noise = rng.normal(size=(2, n))
    good = np.stack([features[:, 0] > 0, features[:, 0] <= 0])
    seen = np.where(good, signal + 0.3 * noise, 1.2 * noise)
    if task == "regression":
        return pool_of(seen[..., None], features), signal + 0.3 * rng.normal(size=n)
    y = (signal + 0.3 * rng.logistic(size=n) > 0).astype(int)
    return pool_of(1 / (1 + np.exp(-2 * seen))[..., None], features), y
