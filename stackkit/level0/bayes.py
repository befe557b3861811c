"""Naive Bayes on binned columns with calibrated probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.features.matrix import Matrix
from stackkit.level0.calibration import calibrate
from stackkit.level0.probabilities import as_columns
from stackkit.level0.rows import Rows, deal, rows_of, sample
from stackkit.sizing import ExpectedCost
from stackkit.spec import BaseLearner, ModelSpec, Objective

EDGES_FROM = 20_000  # rows that the quantiles are taken from


@dataclass(frozen=True)
class NaiveBayes(BaseLearner):
    """Columns as independent within each class, each with a histogram over its quantiles.

    Bins need no shape of a density and serve numbers and 0/1 columns alike (Dougherty, Kohavi and
    Sahami, "Supervised and unsupervised discretization of continuous features", 1995). Columns
    that say the same thing make raw posteriors near 0 and 1: the log likelihoods of rows that inner
    folds left out give slopes and shifts (see `calibration`).

    Parameters
    ----------
    bins : the most bins of a column.
    pseudo_rows : rows of the column's overall histogram that are added to each class's.
    inner_folds : folds of the calibration.
    """

    kind: ClassVar[str] = "naive-bayes"
    version: ClassVar[int] = 2
    bins: int = 12
    pseudo_rows: float = 10.0
    inner_folds: int = 5

    def build(self, objective: Objective, seed: int) -> NaiveBayesFit:
        """An unfitted model; it takes classes only."""
        return NaiveBayesFit(self, len(objective.classes), seed)


@dataclass
class NaiveBayesFit:
    """A weight counts like as many rows (after scaling to mean 1)."""

    learner: NaiveBayes
    classes: int
    seed: int

    def fit(self, X: Matrix, y: np.ndarray, weight: np.ndarray | None = None) -> NaiveBayesFit:
        """Fit the histograms and their calibration on X (n, d) and codes y (n,)."""
        rows = rows_of(X, y, weight)
        self.edges_ = quantile_edges(rows.values, self.learner.bins, self.seed)
        codes = bin_codes(rows.values, self.edges_)
        counts, left_out = self._counts(rows, codes)
        self.calibration_ = calibrate(left_out, rows.y, rows.weight)
        self.evidence_ = log_evidence(counts, self.learner.pseudo_rows)
        return self

    def predict(self, X: Matrix) -> np.ndarray:
        """Probabilities (n, c)."""
        codes = bin_codes(np.asarray(X, dtype=np.float64), self.edges_)
        return as_columns(self.calibration_.probabilities(scores(codes, self.evidence_)))

    def _counts(self, rows: Rows, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Counts of all rows, and scores (n, C) of each row without the rows of its fold."""
        folds = deal(rows.y, self.learner.inner_folds, self.seed)
        members = [folds == k for k in np.unique(folds)]
        parts = [self._tally(rows, codes, member) for member in members]
        total, left_out = sum(parts), np.empty((len(rows), self.classes))
        for member, part in zip(members, parts, strict=True):
            evidence = log_evidence(total - part, self.learner.pseudo_rows)
            left_out[member] = scores(codes[:, member], evidence)
        return total, left_out

    def _tally(self, rows: Rows, codes: np.ndarray, member: np.ndarray) -> np.ndarray:
        bins = self.learner.bins
        return tally(codes[:, member], rows.y[member], rows.weight[member], bins, self.classes)


def quantile_edges(values: np.ndarray, bins: int, seed: int) -> list[np.ndarray]:
    """For each column the inner edges of at most `bins` bins of about equal numbers of rows."""
    some = values[sample(len(values), EDGES_FROM, seed)]
    return [_edges(column, bins) for column in some.T]


def _edges(column: np.ndarray, bins: int) -> np.ndarray:
    """Halfway between values where there are few, else quantiles."""
    seen = np.unique(column)
    if len(seen) <= bins:
        return (seen[1:] + seen[:-1]) / 2
    return np.unique(np.quantile(column, np.arange(1, bins) / bins))


def bin_codes(values: np.ndarray, edges: list[np.ndarray]) -> np.ndarray:
    """The bin (d, n) of each value of rows (n, d)."""
    codes = np.empty((len(edges), len(values)), np.int16)
    for code, edge, column in zip(codes, edges, values.T, strict=True):
        code[:] = np.searchsorted(edge, column, side="right")
    return codes


def tally(
    codes: np.ndarray, y: np.ndarray, weight: np.ndarray, bins: int, classes: int
) -> np.ndarray:
    """The weight (d, bins, C) of each column's bins within each class."""
    size = bins * classes
    return np.stack(
        [
            np.bincount(code.astype(np.int64) * classes + y, weight, size).reshape(bins, classes)
            for code in codes
        ]
    )


@dataclass(frozen=True)
class LogEvidence:
    """Log shares (C,) of the classes and log P(bin | class) (d, bins, C) of the columns."""

    share: np.ndarray
    columns: np.ndarray


def log_evidence(counts: np.ndarray, pseudo_rows: float) -> LogEvidence:
    """Smoothed logarithms of weights (d, bins, C): of a class by all rows' histogram."""
    counts = np.maximum(counts, 0)
    total = counts[0].sum(axis=0)
    overall = counts.sum(axis=2, keepdims=True) + 1e-3
    overall = overall / overall.sum(axis=1, keepdims=True)
    smooth = (counts + pseudo_rows * overall) / (total + pseudo_rows)
    share = (total + 1) / (total + 1).sum()
    return LogEvidence(np.log(share), np.log(smooth))


def scores(codes: np.ndarray, evidence: LogEvidence) -> np.ndarray:
    """Log likelihoods (n, C) of rows in bins (d, n), up to a constant of the row."""
    made = np.tile(evidence.share, (codes.shape[1], 1))
    for code, table in zip(codes, evidence.columns, strict=True):
        made += table[code]
    return made


SPECS = (
    ModelSpec(
        "naive_bayes",
        NaiveBayes(),
        family="bayes",
        tasks=("binary", "multiclass"),
        recipe="kernel",
        cost=ExpectedCost(0.03, columns=0.8, outputs=0.4, copies=4),
        value=0.2,
    ),
)
