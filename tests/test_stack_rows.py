"""Rows of a stack with features, on real workers: every prediction and feature tells its row."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, ClassVar

import cloudpickle
import numpy as np
import pandas as pd
import pytest

from stackkit.crossfit import fit_level
from stackkit.folds import Folds
from stackkit.predictions import Pool
from stackkit.runs.replay import Replay
from stackkit.spec import BaseLearner, ModelSpec, Objective

cloudpickle.register_pickle_by_value(sys.modules[__name__])
ROWS, TEST = 60, 12


@dataclass(frozen=True)
class Teller(BaseLearner):
    """Predicts the number of a row, and refuses to meet a row that it was fitted on."""

    queries: ClassVar[str] = "mean"

    def build(self, objective: Objective, seed: int) -> TellerFit:
        return TellerFit()


class ChainTeller(Teller):
    """The same, and test is predicted from the chain of each Fit."""

    queries: ClassVar[str] = "chain"


class TellerFit:
    def fit(self, X: Any, y: np.ndarray, weight: np.ndarray | None = None) -> TellerFit:
        used = slice(None) if weight is None else weight > 0
        self.fitted_ = told(X)[used]
        assert (self.fitted_ == y[used]).all()
        return self

    def predict(self, X: Any) -> np.ndarray:
        found = told(X)
        assert not np.isin(found, self.fitted_).any()
        return found


def told(X: Any) -> np.ndarray:
    """The row numbers (n,) that the features tell, which all members tell too."""
    if not isinstance(X, Pool):
        return X.values[:, 0].astype(float)
    found = X.features.values[:, 0].astype(float)
    there = ~np.isnan(X.matrix()).any(axis=(0, 2))
    assert there.all()
    assert (X.matrix()[..., 0] == found).all()
    return found


def frame(start: int, rows: int) -> pd.DataFrame:
    row = np.arange(start, start + rows, dtype=float)
    return pd.DataFrame({"row": row, "x": np.random.default_rng(start).normal(size=rows)})


def base(name: str) -> ModelSpec:
    return ModelSpec(name, Teller(), family=name, seed=len(name))


def above(name: str, learner: Teller) -> ModelSpec:
    return ModelSpec(name, learner, family="meta", role="meta", seed=len(name))


def groups() -> Folds:
    """Whole groups of four rows in a fold, two repeats, five rows held out."""
    rng = np.random.default_rng(0)
    fold = np.stack([np.repeat(rng.permutation(15) % 3, 4) for _ in range(2)])
    held = np.arange(ROWS) >= ROWS - 5
    return Folds(np.where(held, -1, fold).astype(np.int16), holdout=held)


@pytest.fixture(params=["repeats and holdout", "groups", "forward"])
def folds(request: pytest.FixtureRequest, plan: Any, forward: Any) -> Folds:
    if request.param == "groups":
        return groups()
    return forward() if request.param == "forward" else plan(repeats=2, held=8)


@pytest.mark.parametrize("learner", [Teller(), ChainTeller()])
def test_rows_features_and_labels_go_together(
    learner: Teller, folds: Folds, bench: Any, pool: Any
) -> None:
    train, test = frame(0, ROWS), frame(ROWS, TEST)
    made = bench(folds=folds, train=train.assign(y=train["row"]), test=test)

    def level(specs: list[ModelSpec], parents: Any = None) -> list[Any]:
        result = fit_level([(spec, parents) for spec in specs], made, pool)
        assert not result.failures
        return result.records

    first = level([base("a"), base("bb")])
    second = level([above("c", learner), above("dd", Teller())], first)
    [third] = level([above("e", learner)], [*first, *second])
    held = np.flatnonzero(folds.holdout)
    for record in (*first, *second, third):
        rows = np.flatnonzero(record.scored)
        assert rows.size
        assert (record.oof[rows, 0] == rows).all()
        assert (record.test[:, 0] == test["row"]).all()
        assert (record.test_folds[..., 0] == test["row"].to_numpy()).all()
        assert not held.size or (record.held[:, 0] == held).all()
        if record.oof_repeats is not None:
            assert np.array_equal(record.oof_repeats[..., 0], np.tile(record.oof[:, 0], (2, 1)),
                                  equal_nan=True)  # fmt: skip
        found = Replay(made.shelf, made.competition, test).predict(record.key)
        assert (found == record.test).all()
