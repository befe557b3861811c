"""Duplicates against loops over pairs of rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.evaluation import Duplicates, find_duplicates
from stackkit.folds import Folds

N, M = 60, 20


def coarse(test: bool = True) -> Competition:
    """Rows of few values, some missing, so that many are equal."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({
        "x": rng.choice([0.0, 1.0, 2.0, np.nan], size=N + M),
        "k": rng.choice(["a", "b", "c", None], size=N + M),
        "z": rng.choice([0.5, 1.5], size=N + M),
    })  # fmt: skip
    train = frame[:N].assign(y=rng.integers(2, size=N), id=range(N))
    later = frame[N:].assign(id=range(N, N + M)) if test else None
    return Competition.from_frames(train, later, target="y", metric="auc", id="id")


def same(a: pd.Series, b: pd.Series) -> bool:
    return all(u == v or (pd.isna(u) and pd.isna(v)) for u, v in zip(a, b, strict=True))


def test_counts_against_a_loop(plan: Callable[..., Folds]) -> None:
    made, folds = coarse(), plan(rows=N, splits=3, held=6)
    train = [made.train.iloc[i] for i in range(N)]
    test = [made.test.iloc[i] for i in range(M)]
    twins = {i: [j for j in range(N) if j != i and same(train[i], train[j])] for i in range(N)}
    across = 0
    for fold in range(3):
        fitted = set(folds.fit_rows(0, fold).tolist())
        across += sum(bool(fitted & set(twins[i])) for i in folds.cell_rows(0, fold).tolist())
    expected = Duplicates(
        train=sum(bool(t) for t in twins.values()),
        contradictory=sum(any(made.y[i] != made.y[j] for j in t) for i, t in twins.items()),
        across_folds=across,
        test=sum(any(i != j and same(test[i], test[j]) for j in range(M)) for i in range(M)),
        in_train=sum(any(same(row, other) for other in train) for row in test),
    )
    assert min(expected.train, expected.contradictory, across, expected.test) > 0
    assert find_duplicates(made, folds) == expected


def test_without_test_only_train_is_counted(plan: Callable[..., Folds]) -> None:
    found = find_duplicates(coarse(test=False), plan(rows=N))
    assert found.test is None and found.in_train is None and found.train > 0


def test_distinct_rows_have_no_twins(
    competition: Callable[..., Competition], plan: Callable[..., Folds]
) -> None:
    assert find_duplicates(competition("binary"), plan()) == Duplicates(0, 0, 0, 0, 0)
