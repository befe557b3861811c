"""Records and shelves without any model behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stackkit.cache import Shelf
from stackkit.predictions import Predictions


def make_record(seed: int = 0, **changes: Any) -> Predictions:
    """A record with every kind of array."""
    rng = np.random.default_rng(seed)
    shapes = {
        "oof": (8, 1),
        "oof_repeats": (2, 8, 1),
        "held": (3, 1),
        "test": (5, 1),
        "test_folds": (2, 5, 1),
        "held_folds": (2, 3, 1),
    }
    arrays = {name: rng.random(shape).astype(np.float32) for name, shape in shapes.items()}
    fields = {
        "name": "ridge",
        "key": "c0ffee" + "0123456789" * 5 + "abcdef01",
        "target": "y",
        "output": "value",
        "fits": ("r0f0", "r0f1"),
        "scores": {"cv": 0.25, "fold_sd": float("nan")},
        "recipe": {"learner": {"kind": "ridge", "version": 1}, "seed": 0},
    }
    return Predictions(**{**arrays, **fields, **changes})


@pytest.fixture(scope="session")
def record() -> Callable[..., Predictions]:
    return make_record


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    return Shelf(tmp_path / "tiny" / "00000000-11111111")
