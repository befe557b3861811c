"""What an ensemble of records owes to each: ambiguity, and bias, variance and diversity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.diversity.ambiguity import (
    BiasVarianceDiversity,
    Loss,
    decompose,
    loss_named,
    split_bias_variance,
)
from stackkit.diversity.answers import MOST_ROWS, check_comparable, common_rows, thinned
from stackkit.errors import PredictionError
from stackkit.metrics import get_space
from stackkit.predictions import Predictions


@dataclass(frozen=True, eq=False)
class LossView:
    """Predictions of some rows as a loss reads them.

    Attributes
    ----------
    loss : which.
    truth : (n, c), 1 in the column of the true class, or a value.
    row_weight : (n,) or None.
    rows : (n,) positions in train.
    space : in which values are read; both : whether P(class 0) goes before P(class 1).
    """

    loss: Loss
    truth: np.ndarray
    row_weight: np.ndarray | None
    rows: np.ndarray
    space: str
    both: bool

    def read(self, predicted: np.ndarray) -> np.ndarray:
        """Predictions (…, all rows, c) as (…, n, c) float64, with both classes for log-loss."""
        p = np.asarray(get_space(self.space).forward(predicted[..., self.rows, :]))
        return np.concatenate([1 - p, p], axis=-1) if self.both else p


def loss_view(
    competition: Competition, records: Sequence[Predictions], loss: str | None = None
) -> LossView:
    """How a loss, by default the metric's surrogate, reads at most 20,000 rows that all score."""
    name = loss or competition.metric.surrogate_for(competition.task)
    check_comparable(competition, records)
    rows = thinned(common_rows(records), MOST_ROWS)
    classes, width = competition.task != "regression", competition.width
    both = name == "logloss" and width == 1
    space = "identity" if classes else competition.metric.average_space
    truth = np.asarray(get_space(space).forward(competition.y[rows, None]))
    if classes:
        codes = np.arange(max(width, 2)) if both or width > 1 else np.ones(1)
        truth = (truth == codes).astype(np.float64)
    weight = None if competition.weight is None else competition.weight[rows]
    return LossView(loss_named(name), truth, weight, rows, space, both)


def ambiguity(
    competition: Competition,
    records: Sequence[Predictions],
    loss: str | None = None,
    weights: Sequence[float] | None = None,
) -> pd.DataFrame:
    """A row a record: what it adds to the loss of a combination of them all.

    Columns name, weight, `loss` its own mean loss, `gap` how far it lies from the combination in
    that loss, and `net`, their difference. Sums weighted by `weight` are the members' mean loss,
    the ambiguity, and the loss of the combination: the mean, for log-loss the normalised geometric
    mean of probabilities (Krogh and Vedelsby, 1995; Wood et al., 2023). On at most 20,000 rows that
    all records score.

    Parameters
    ----------
    loss : "squared" (of probabilities: Brier), "logloss", "absolute" or "quantile:q"; None is the
        metric's surrogate, in the space in which the metric averages.
    weights : one a record, of sum 1; None: equal.
    """
    view = loss_view(competition, records, loss)
    given = None if weights is None else np.asarray(weights, dtype=np.float64)
    stack = np.stack([view.read(record.oof) for record in records])
    split = decompose(stack, view.truth, view.loss, given, view.row_weight)
    columns = {"name": [r.name for r in records], "weight": split.weights, "loss": split.losses,
               "gap": split.gaps, "net": split.losses - split.gaps}  # fmt: skip
    return pd.DataFrame(columns)


def bias_variance_diversity(
    competition: Competition, records: Sequence[Predictions], loss: str | None = None
) -> BiasVarianceDiversity:
    """Expected loss of the equal combination = bias + variance − diversity (Wood et al., 2023).

    The expectation is over the repeats of the fold plan, each of which trains every record anew.
    Their training parts overlap, so variance, and what diversity takes off it, are understated.

    Raises
    ------
    PredictionError : a record has no repeats.
    """
    without = [r.name for r in records if r.oof_repeats is None]
    if without:
        hint = "n_repeats = 2 or more in [folds]"
        raise PredictionError("variance is measured over repeats", f"none in {without}", hint)
    view = loss_view(competition, [_scored_in_all(r) for r in records], loss)
    repeats = np.stack([view.read(r.oof_repeats) for r in records], axis=1)
    return split_bias_variance(repeats, view.truth, view.loss, view.row_weight)


def _scored_in_all(record: Predictions) -> Predictions:
    """The record with rows unscored that some repeat does not score."""
    everywhere = ~np.isnan(record.oof_repeats[:, :, :1]).any(axis=0)
    return record.with_(oof=np.where(everywhere, record.oof, np.float32(np.nan)))
