"""A stand-in for Competition: what fold plans read of it, and no more."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.config import FoldsConfig


@dataclass(frozen=True)
class StandIn:
    y: np.ndarray
    train: pd.DataFrame
    test: pd.DataFrame | None = None
    task: str = "regression"
    kinds: dict[str, str] = field(default_factory=dict)
    train_ids: pd.Series | None = None
    test_ids: pd.Series | None = None
    auxiliary: pd.DataFrame = field(default_factory=pd.DataFrame)
    config: Any = None
    folder: Path | None = None
    name: str = "stand-in"

    @property
    def n_rows(self) -> int:
        return len(self.y)

    def column(self, name: str) -> pd.Series:
        for frame in (self.train, self.auxiliary):
            if name in frame.columns:
                return frame[name]
        assert self.train_ids is not None and self.train_ids.name == name
        return self.train_ids

    def test_column(self, name: str) -> pd.Series | None:
        if self.test is not None and name in self.test.columns:
            return self.test[name]
        return self.test_ids


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_datetime64_any_dtype(column):
        return "datetime"
    return "numeric" if pd.api.types.is_numeric_dtype(column) else "categorical"


def _stand_in(
    train: Any,
    test: Any = None,
    *,
    y: Any = None,
    folds: FoldsConfig | None = None,
    **fields: Any,
) -> StandIn:
    train = pd.DataFrame(train)
    test = None if test is None else pd.DataFrame(test)
    y = np.arange(len(train), dtype=float) if y is None else np.asarray(y)
    kinds = {name: _kind(train[name]) for name in train.columns}
    config = None if folds is None else SimpleNamespace(folds=folds)
    return StandIn(y, train, test, **{"kinds": kinds, "config": config, **fields})


@pytest.fixture(scope="session")
def stand_in() -> Callable[..., StandIn]:
    """stand_in(train, test=None, y=None, folds=None, ...): columns by name, kinds read off them."""
    return _stand_in


@pytest.fixture(scope="session")
def real_files() -> Callable[[str], tuple[pd.DataFrame, pd.DataFrame]]:
    """real_files(name): train and test of a real competition, where the folder is there."""

    def read(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        root = os.environ.get("STACKKIT_REAL_DATA")
        if not root:
            pytest.skip("STACKKIT_REAL_DATA names no folder with kaggle/")
        folder = Path(root) / "kaggle" / name
        if not folder.is_dir():
            pytest.skip(f"no folder kaggle/{name} in STACKKIT_REAL_DATA")
        return pd.read_csv(folder / "train.csv"), pd.read_csv(folder / "test.csv")

    return read
