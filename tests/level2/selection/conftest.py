"""Pools of noisy members with the truth of their rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from stackkit.level2.selection.candidates import Candidates
from stackkit.metrics import get_metric
from stackkit.predictions import Pool
from stackkit.spec import Objective

CLASSES = {"binary": 2, "multiclass": 3, "regression": 0}
Make = Callable[..., tuple[Pool, np.ndarray, Objective]]


def make_case(
    metric: str, task: str, seed: int = 0, n: int = 301, m: int = 5, digits: int | None = None
) -> tuple[Pool, np.ndarray, Objective]:
    """Members of unlike quality; `digits` rounds them, so that many rows tie."""
    rng, classes = np.random.default_rng(seed), CLASSES[task]
    noise = rng.uniform(0.5, 2.0, size=m)[:, None, None]
    if task == "regression":
        y = np.exp(rng.normal(size=n))
        made = y[:, None] * np.exp(0.3 * noise * rng.normal(size=(m, n, 1)))
    else:
        y = rng.integers(classes, size=n)
        z = np.eye(classes)[y] + noise * rng.normal(size=(m, n, classes))
        made = np.exp(z) / np.exp(z).sum(axis=2, keepdims=True)
        made = made[..., 1:] if classes == 2 else made
    made = made if digits is None else made.round(digits)
    chosen = get_metric(metric)
    names = tuple("abc"[:classes])
    goal = Objective(task, chosen.average_space, chosen.surrogate_for(task), names, chosen)
    arrays = tuple(np.ascontiguousarray(a, np.float32) for a in made)
    return Pool(tuple(f"m{i}" for i in range(m)), arrays), y, goal


@pytest.fixture
def case() -> Make:
    """`make_case`."""
    return make_case


@pytest.fixture
def rows_of() -> Callable[..., Candidates]:
    """The candidates of such a case."""

    def make(metric: str, task: str, weight: np.ndarray | None = None, **more: int) -> Candidates:
        pool, y, goal = make_case(metric, task, **more)
        return Candidates.of(pool, y, weight, goal)

    return make
