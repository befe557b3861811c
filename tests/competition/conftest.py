"""A small competition, whose columns and options tests replace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition

N, M = 12, 5


def frames(**columns: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test with id, x, k and y; `columns` replace or add columns of train."""
    rng = np.random.default_rng(0)
    train = pd.DataFrame({
        "id": range(N), "x": rng.normal(size=N), "k": list("aab") * 4, "y": [0, 1] * 6,
    })  # fmt: skip
    test = pd.DataFrame({"id": range(N, N + M), "x": rng.normal(size=M), "k": list("abcab")})
    return train.assign(**columns), test


def made(
    pair: tuple[pd.DataFrame, pd.DataFrame | None] | None = None, **options: Any
) -> Competition:
    train, test = pair or frames()
    return Competition.from_frames(
        train, test, **{"target": "y", "metric": "auc", "id": "id", **options}
    )


@pytest.fixture(scope="session", name="frames")
def frames_fixture() -> Callable[..., tuple[pd.DataFrame, pd.DataFrame]]:
    """`frames(**columns)`."""
    return frames


@pytest.fixture(scope="session", name="made")
def made_fixture() -> Callable[..., Competition]:
    """`made((train, test), **options)`."""
    return made
