"""Feature-weighted linear stacking: the weight of each member is linear in meta-features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level1.choice import (
    Choice,
    codes,
    differences,
    fit_choice,
    left_out_scores,
    log_loss,
)
from stackkit.level1.fitted import MetaFit, part, quantile_shift
from stackkit.level1.ridge import ridge_path
from stackkit.meta_features import MetaFeatures, ReadsGroups
from stackkit.meta_features.rows import Rows, links
from stackkit.predictions import Pool
from stackkit.spec import BaseLearner, Objective

BOUND = 3.0  # standard deviations that a gate may lie from its mean


@dataclass(frozen=True)
class FWLS(ReadsGroups, BaseLearner):
    """Σ_ij v_ij f_j(x) g_i(x) of members g and meta-features f, with f_0 = 1.

    Sill, Takács, Mackey and Lin, "Feature-weighted linear stacking" (2009, arXiv 0911.0460),
    eq. 4: one ridge on the products. Values enter in the objective's space; of classes the sum is
    one of logits within a softmax that shares v between classes (logistic regression for two).
    Meta-features are standardised on the fit rows and bounded, so that v_i0 is the weight of a
    member on an average row. Products with f_0 pay `penalty`, all others `ratio` times as much; a
    large ratio is plain stacking. Both are chosen by leave-one-out on the fit rows, exact for
    values, one Newton step for classes. Under a quantile, values are moved by that quantile of
    the left-out residuals.

    Parameters
    ----------
    groups : of meta-features, see `MetaFeatures`; none: plain linear stacking.
    strongest, neighbours : as there.
    penalties : candidates, for inputs of unit variance.
    ratios : candidates.
    most_products : numbers that are held at once while fitting (8 bytes each, about three times
        over); of more rows a random sample is fitted.
    """

    kind: ClassVar[str] = "fwls"
    needs_features: ClassVar[bool] = False
    groups: tuple[str, ...] = ("confidence", "spread")
    strongest: int = 5
    neighbours: int = 20
    penalties: tuple[float, ...] = (1.0, 10.0, 100.0, 1000.0)
    ratios: tuple[float, ...] = (1.0, 30.0, 10_000.0)
    most_products: int = 100_000_000

    def build(self, objective: Objective, seed: int) -> FWLSFit:
        """An unfitted estimator."""
        return FWLSFit(self, objective, seed)

    @property
    def meta_features(self) -> MetaFeatures:
        """What the weights depend on."""
        return MetaFeatures(tuple(self.groups), self.strongest, self.neighbours)


@dataclass(frozen=True)
class FeatureFWLS(FWLS):
    """FWLS whose meta-features are made of the features of the rows too."""

    kind: ClassVar[str] = "fwls-features"
    needs_features: ClassVar[bool] = True
    groups: tuple[str, ...] = ("strongest", "neighbour_distance", "confidence", "spread")


@dataclass(frozen=True)
class Gates:
    """Meta-features standardised (missing: 0), bounded, beside a first column of ones."""

    centre: np.ndarray
    scale: np.ndarray

    def of(self, made: np.ndarray) -> np.ndarray:
        """(n, 1 + d) of meta-features (n, d)."""
        z = np.nan_to_num((made - self.centre) / self.scale)
        return np.hstack([np.ones((len(made), 1)), np.clip(z, -BOUND, BOUND)])


def fit_gates(made: np.ndarray, weight: np.ndarray) -> Gates:
    """Weighted means and standard deviations of meta-features (n, d) where they are there."""
    there = ~np.isnan(made)
    total = np.maximum(weight @ there, 1e-12)
    filled = np.where(there, made, 0.0)
    centre = weight @ filled / total
    scale = np.sqrt(weight @ np.where(there, (filled - centre) ** 2, 0.0) / total)
    return Gates(centre, np.where(scale > 1e-9, scale, 1.0))


def products(inputs: np.ndarray, gates: np.ndarray) -> np.ndarray:
    """(n, C, m · (1 + d)) of inputs (n, C, m) and gates (n, 1 + d), gate after gate."""
    n, width, _ = inputs.shape
    return (gates[:, None, :, None] * inputs[:, :, None, :]).reshape(n, width, -1)


class FWLSFit(MetaFit):
    """A linear model of m · (1 + d) products; `weights` gives what each row makes of members."""

    def _fit(self, rows: Rows) -> None:
        self.meta_, made = self.learner.meta_features.fit_rows(rows)
        self.gates_ = fit_gates(made, rows.weight)
        self.names_ = ("1", *self.meta_.names)
        self.members_ = rows.pool.shape[0]
        kept = self._sample(len(rows), rows.pool.shape[2])
        rows = part(rows, kept)
        x = products(self._inputs(rows.pool), self.gates_.of(made[kept]))
        fit = self._fit_values if rows.space is not None else self._fit_classes
        fit(x, rows)

    def _fit_values(self, x: np.ndarray, rows: Rows) -> None:
        best, X = np.inf, x[:, 0]
        for ratio in self._ratios():
            factors = self._factors(ratio)
            for found in ridge_path(X, rows.y, rows.weight, self.learner.penalties, factors):
                error = float(rows.weight @ found.left_out**2)
                if error < best:
                    best, self.ratio_, self.penalty_ = error, ratio, found.penalty
                    self.coefficients_ = found.coefficients
                    self.intercept_ = found.intercept + quantile_shift(rows, found.left_out)

    def _fit_classes(self, x: np.ndarray, rows: Rows) -> None:
        best, y = np.inf, codes(rows.y, len(rows.objective.classes))
        for ratio in self._ratios():
            model: Choice | None = None
            for penalty in sorted(self.learner.penalties, reverse=True):
                model = fit_choice(x, y, rows.weight, penalty * self._factors(ratio), model)
                eta = left_out_scores(model, x, y, rows.weight)
                error = float(rows.weight @ log_loss(eta, y))
                if error < best:
                    best, self.ratio_, self.penalty_ = error, ratio, penalty
                    self.coefficients_, self.intercept_ = model.coefficients, model.intercept
                    self.model_ = model

    def _predict(self, pool: Pool) -> np.ndarray:
        x = products(self._inputs(pool), self.gates_.of(self.meta_.transform(pool)))
        if self.space_ is not None:
            return x[:, 0] @ self.coefficients_ + self.intercept_
        p = self.model_.probabilities(x)
        return p[:, ::-1] if p.shape[1] == 2 else p

    def weights(self, X: Pool) -> np.ndarray:
        """(n, m) the weight of each member in each row, members in the order of their names."""
        gates = self.gates_.of(self.meta_.transform(X.matched(self.known_)))
        return gates @ self.coefficients_.reshape(-1, self.members_)

    def _sample(self, n: int, width: int) -> np.ndarray:
        """Positions of the rows whose products are fitted: all, or a random sample of too many."""
        most = max(self.learner.most_products // (width * len(self.names_) * self.members_), 1)
        if n <= most:
            return np.arange(n)
        return np.sort(np.random.default_rng(self.seed).choice(n, most, replace=False))

    def _inputs(self, pool: Pool) -> np.ndarray:
        """(n, C − 1 or 1, m) float64."""
        return differences(links(pool, self.space_))

    def _ratios(self) -> tuple[float, ...]:
        """One where there is nothing but f_0."""
        return tuple(self.learner.ratios) if len(self.names_) > 1 else (1.0,)

    def _factors(self, ratio: float) -> np.ndarray:
        """(m · (1 + d),) what each product pays of the penalty."""
        return np.repeat(np.r_[1.0, np.full(len(self.names_) - 1, ratio)], self.members_)
