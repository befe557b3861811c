"""Pools whose members err in different regions, and pools whose members are all alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from stackkit.predictions import Pool
from stackkit.spec import Objective

CLASSES = {"binary": 2, "multiclass": 3, "regression": 0}
Make = Callable[..., tuple[Pool, np.ndarray]]


@pytest.fixture
def pool_of() -> Callable[[np.ndarray], Pool]:
    return as_pool


@pytest.fixture
def goal() -> Callable[..., Objective]:
    return objective


@pytest.fixture
def regional() -> Make:
    """Even members know rows of one sign of what is true, odd ones the others."""
    return lambda task, n, seed, m=6: _made(task, n, seed, m, regions=True)


@pytest.fixture
def alike() -> Make:
    """All members err alike everywhere."""
    return lambda task, n, seed, m=6: _made(task, n, seed, m, regions=False)


def as_pool(arrays: np.ndarray) -> Pool:
    names = tuple(f"m{i}" for i in range(len(arrays)))
    return Pool(names, tuple(np.ascontiguousarray(a, dtype=np.float32) for a in arrays))


def objective(task: str, surrogate: str | None = None, space: str = "identity") -> Objective:
    surrogate = surrogate or ("squared" if task == "regression" else "logloss")
    return Objective(task, space, surrogate, tuple("abc"[: CLASSES[task]]))


def _made(task: str, n: int, seed: int, m: int, regions: bool) -> tuple[Pool, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = 2 * rng.normal(size=(n, max(1, CLASSES[task])))
    knows = (truth[:, -1] > 0) == (np.arange(m) % 2 == 0)[:, None]
    spread = np.where(knows, 0.2, 3.0) if regions else np.full((m, n), 0.8)
    margins = truth + spread[..., None] * rng.normal(size=(m, *truth.shape))
    if task == "regression":
        return as_pool(margins), truth[:, 0] + 0.1 * rng.normal(size=n)
    if task == "binary":
        truth[:, 0], margins[..., 0] = -truth[:, 1], -margins[..., 1]
    y = (_softmax(truth).cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    p = _softmax(margins)
    return as_pool(p[..., 1:] if task == "binary" else p), y


def _softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)
