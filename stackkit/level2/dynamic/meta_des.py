"""META-DES: a classifier learns from meta-features when a member is right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.dynamic.local_means import weights_of
from stackkit.level2.dynamic.meta_features import MetaFeatures, margin_of_votes
from stackkit.level2.dynamic.method import Reference, Region

FEWEST = 50  # rows of low consensus below which all rows are learnt from


@dataclass(frozen=True)
class MetaDes:
    """Members that a naive Bayes meta-classifier expects to be right, by that probability.

    Cruz, Sabourin, Cavalcanti, Ren, "META-DES: a dynamic ensemble selection framework using
    meta-learning" (Pattern Recognition 48, 2015). The meta-features of a member at a query are:
    f1, whether it is right on each row of the region; f2, its probability of their true classes;
    f3, its mean competence there; f4, its competence on the reference rows whose output profiles
    (the whole pool's predictions) are nearest to the query's; f5, its top probability. The
    meta-classifier is fitted on reference rows on which the pool has little consensus, each with
    its neighbours among the others, and is the multinomial naive Bayes of tenths: its log-odds are
    linear in the meta-features, which are added up one by one and never stored together.

    Parameters
    ----------
    profiles : output profiles that f4 reads.
    consensus : rows are learnt from where the votes of the two first classes differ by less than
        this share of the pool; above 1: all rows.
    threshold : members whose probability to be right is above it are selected.
    rows : learnt from at most, drawn by the seed.
    """

    name: ClassVar[str] = "meta_des"
    tasks: ClassVar[tuple[str, ...]] = ("binary", "multiclass")
    profiles: int = 5
    consensus: float = 0.7
    threshold: float = 0.5
    rows: int = 10_000

    def fit(self, reference: Reference, own: Region, seed: int) -> MetaDesFit:
        """Fit the meta-classifier on rows of low consensus."""
        features = MetaFeatures.of(reference, own.rows.shape[1], self.profiles)
        rows = self._learnt(reference.predictions, seed)
        there = reference.predictions[:, rows]
        near = Region(own.rows[rows], own.distances[rows])
        columns = features.columns(near, features.alike(rows, there), there)
        weight = np.ones(len(rows)) if reference.weight is None else reference.weight[rows]
        prior, coefficients = log_odds(columns, features.right[rows], weight / weight.mean())
        return MetaDesFit(features, prior, coefficients, self.threshold)

    def _learnt(self, predictions: np.ndarray, seed: int) -> np.ndarray:
        """Positions of the reference rows that the meta-classifier is fitted on."""
        rows = np.flatnonzero(margin_of_votes(predictions) < self.consensus)
        rows = rows if len(rows) >= FEWEST else np.arange(predictions.shape[1])
        if len(rows) <= self.rows:
            return rows
        return np.sort(np.random.default_rng(seed).choice(rows, self.rows, replace=False))


@dataclass(frozen=True)
class MetaDesFit:
    """Log-odds that a member is right: `prior` plus a coefficient for each meta-feature."""

    features: MetaFeatures
    prior: float
    coefficients: np.ndarray
    threshold: float

    def competence(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """Probability (q, m) that each member is right, as the meta-classifier sees it."""
        alike = self.features.alike_to(predictions)
        columns = self.features.columns(region, alike, predictions)
        odds = np.full(predictions.shape[1::-1], self.prior)
        for coefficient, column in zip(self.coefficients, columns, strict=True):
            odds += coefficient * column
        return 1.0 / (1.0 + np.exp(-np.clip(odds, -700, 700)))

    def weights(self, region: Region, predictions: np.ndarray) -> np.ndarray:
        """In proportion to competence, 0 at or below the threshold."""
        competence = self.competence(region, predictions)
        return weights_of(np.where(competence > self.threshold, competence, 0.0))


def log_odds(
    columns: Iterable[np.ndarray], right: np.ndarray, weight: np.ndarray
) -> tuple[float, np.ndarray]:
    """Prior and coefficients of the multinomial naive Bayes, all counts smoothed by 1.

    `columns` are meta-features (r, m) in tenths, `right` (r, m) what is learnt, `weight` (r,).
    """
    for_right, for_wrong = right * weight[:, None], ~right * weight[:, None]
    sums = np.array([((c * for_right).sum(), (c * for_wrong).sum()) for c in columns]) + 1.0
    share = np.log(sums / sums.sum(axis=0))
    prior = np.log(for_right.sum() + 1.0) - np.log(for_wrong.sum() + 1.0)
    return float(prior), share[:, 0] - share[:, 1]
