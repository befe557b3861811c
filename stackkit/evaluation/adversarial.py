"""Adversarial validation: can a model tell test rows from train rows, and by which columns?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.boosting import predict_lightgbm, train_lightgbm
from stackkit.competition import Competition
from stackkit.competition.schema import CATEGORICAL, DATETIME, NUMERIC, TEXT
from stackkit.features.matrix import Matrix
from stackkit.metrics import get_metric

FOLDS = 5
ROUNDS = 60
MOST_ROWS = 4_000  # of train, and of test
CELLS = 240_000  # sampled rows · columns: wide tables are judged by fewer rows
FEWEST_ROWS = 400
MOST_LEVELS = 250
NAMED = 5  # columns that are also tried alone
CLEAR, SOME = 0.7, 0.55  # of the AUC
DRIVING = 0.1  # of the strongest column's drop: weaker ones are not named
WHOLE, ORDERED = 0.95, 0.9
TREES = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": 15,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.7,
    "max_cat_to_onehot": 8,
    "cat_smooth": 20.0,
}


@dataclass(frozen=True)
class AdversarialValidation:
    """How well test rows can be told from train rows.

    Attributes
    ----------
    folds : the AUC in each fold; 0.5 is chance, 1 means that train and test do not overlap.
    drivers : a row a column, strongest first: `column`, `kind`, `drop` (how much AUC is lost on
        unseen rows when the column is shuffled, mean over folds), `drop_sd`, `alone` (AUC of the
        column by itself, for the first few), `looks_like` ("time", "id", "row order" or "").
    rows : sampled rows of train and of test.
    """

    folds: tuple[float, ...]
    drivers: pd.DataFrame
    rows: tuple[int, int]

    @property
    def auc(self) -> float:
        """Mean over folds."""
        return float(np.mean(self.folds))

    @property
    def sd(self) -> float:
        """Standard deviation over folds."""
        return float(np.std(self.folds, ddof=1))

    @property
    def verdict(self) -> str:
        """What it means, in a sentence."""
        auc = f"AUC {self.auc:.3f} ± {self.sd:.3f} over {len(self.folds)} folds"
        if self.auc - 0.5 <= 2 * self.sd / math.sqrt(len(self.folds)) or self.auc < SOME:
            return f"{auc}: train and test look alike, so folds by lot imitate the split"
        drop = self.drivers["drop"]
        strong = self.drivers[(drop > self.drivers.drop_sd) & (drop >= DRIVING * drop.max())]
        names = ", ".join(map(repr, strong.column[:3])) or "many columns together"
        how = "differ clearly" if self.auc >= CLEAR else "differ somewhat"
        return f"{auc}: train and test {how}, most of all in {names}"


def adversarial_validation(competition: Competition, seed: int = 0) -> AdversarialValidation | None:
    """Cross-validate a classifier of test against train; None without a test set.

    Both are sampled to equal sizes of at most 4,000 rows (fewer where there are many columns).
    LightGBM reads the raw feature columns (before any hook): numbers, times, codes of levels, and
    of text its length. A column counts by what its shuffling costs on rows that the classifier has
    not seen, so columns of many levels do not count for being memorised.
    """
    if competition.test is None:
        return None
    rng = np.random.default_rng(seed)
    parts = _samples(competition, rng)
    X = _matrix(competition, pd.concat(parts, ignore_index=True))
    y = np.repeat([0, 1], [len(part) for part in parts])
    fold = _stratified(y, rng)
    scores, drops = _cross_validated(X, y, fold, rng)
    drivers = _drivers(competition, drops)
    drivers["alone"] = _alone(X, y, fold, drivers.column[:NAMED])
    return AdversarialValidation(tuple(scores), drivers, (len(parts[0]), len(parts[1])))


def _samples(competition: Competition, rng: np.random.Generator) -> list[pd.DataFrame]:
    """Rows of train and of test by lot, as many of either, in file order."""
    frames = [competition.train, competition.test]
    most = max(FEWEST_ROWS, min(MOST_ROWS, CELLS // (2 * len(competition.kinds))))
    size = min(most, *(len(frame) for frame in frames))
    picked = [np.sort(rng.choice(len(frame), size, replace=False)) for frame in frames]
    return [frame.iloc[rows] for frame, rows in zip(frames, picked, strict=True)]


def _matrix(competition: Competition, frame: pd.DataFrame) -> Matrix:
    """A column a feature: numbers as they are, levels as codes, missing as NaN."""
    columns = [_column(frame[name], kind) for name, kind in competition.kinds.items()]
    values = np.column_stack([values for values, _ in columns]).astype(np.float32)
    levels = tuple(count for _, count in columns)
    return Matrix(np.ascontiguousarray(values), tuple(competition.kinds), levels)


def _column(values: pd.Series, kind: str) -> tuple[np.ndarray, int]:
    """Numbers (n,) of a column, and its number of levels (0: none)."""
    if kind == NUMERIC:
        return values.to_numpy(dtype=np.float64, na_value=np.nan), 0
    if kind == DATETIME:
        return ((values - values.min()) / pd.Timedelta("1min")).to_numpy(dtype=np.float64), 0
    if kind == TEXT:
        return values.str.len().to_numpy(dtype=np.float64, na_value=np.nan), 0
    known = values.value_counts()
    known = known[known > 1].index[:MOST_LEVELS]
    codes = known.get_indexer(values).astype(np.float64)  # rare ones: a code of their own
    codes = np.where(codes < 0, len(known), codes)
    return np.where(values.isna(), np.nan, codes), len(known) + 1


def _stratified(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The fold of each row, train and test dealt evenly."""
    fold = np.empty(len(y), dtype=np.int64)
    for value in (0, 1):
        rows = rng.permutation(np.flatnonzero(y == value))
        fold[rows] = np.arange(len(rows)) % FOLDS
    return fold


def _cross_validated(
    X: Matrix, y: np.ndarray, fold: np.ndarray, rng: np.random.Generator
) -> tuple[list[float], np.ndarray]:
    """The AUC of each fold, and what shuffling each column costs there (folds, columns)."""
    scores, drops = [], np.zeros((FOLDS, X.values.shape[1]))
    for k in range(FOLDS):
        booster = _fitted(X, y, fold != k)
        inside, truth = X.values[fold == k], y[fold == k]
        scores.append(_auc(booster, inside, truth, X))
        for j in range(inside.shape[1]):
            shuffled = inside.copy()
            shuffled[:, j] = rng.permutation(shuffled[:, j])
            drops[k, j] = scores[k] - _auc(booster, shuffled, truth, X)
    return scores, drops


def _fitted(X: Matrix, y: np.ndarray, rows: np.ndarray) -> object:
    inside = Matrix(X.values[rows], X.names, X.levels)
    return train_lightgbm(inside, y[rows], TREES, ROUNDS)


def _auc(booster: object, values: np.ndarray, y: np.ndarray, like: Matrix) -> float:
    p = predict_lightgbm(booster, Matrix(values, like.names, like.levels))
    return float(get_metric("auc").score(y, np.clip(p, 0, 1)[:, None]))


def _drivers(competition: Competition, drops: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "column": list(competition.kinds),
            "kind": list(competition.kinds.values()),
            "drop": drops.mean(axis=0),
            "drop_sd": drops.std(axis=0, ddof=1),
        }
    )
    table = table.sort_values("drop", ascending=False, kind="stable", ignore_index=True)
    kinds = competition.kinds
    table["looks_like"] = [looks_like(competition.train[c], kinds[c]) for c in table.column]
    return table


def _alone(X: Matrix, y: np.ndarray, fold: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """(columns,) the mean AUC of each of the first columns by itself, NaN for the others."""
    found = np.full(len(X.names), np.nan)
    for place, name in enumerate(names):
        j = X.names.index(name)
        one = Matrix(np.ascontiguousarray(X.values[:, [j]]), (name,), (X.levels[j],))
        parts = [_auc(_fitted(one, y, fold != k), one.values[fold == k], y[fold == k], one)
                 for k in range(FOLDS)]  # fmt: skip
        found[place] = np.mean(parts)
    return found


def looks_like(values: pd.Series, kind: str) -> str:
    """What a column may be besides a feature: "time", "id", "row order", or nothing."""
    if kind == DATETIME:
        return "time"
    present = values.dropna()
    if kind == NUMERIC:
        position = np.arange(len(values))[values.notna()]
        if present.nunique() > 2 and abs(np.corrcoef(present.rank(), position)[0, 1]) > ORDERED:
            return "row order"
        if not (present.astype(np.float64) % 1 == 0).all():
            return ""
    many = len(present) > 0 and present.nunique() > WHOLE * len(present)
    return "id" if many and kind in (NUMERIC, CATEGORICAL, TEXT) else ""
