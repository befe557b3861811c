"""Answers: what several records say about the same rows, and where they are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stackkit.competition import Competition
from stackkit.errors import PredictionError
from stackkit.metrics import get_space
from stackkit.predictions import Predictions

MOST_ROWS = 20_000


@dataclass(frozen=True, eq=False)
class Answers:
    """Out-of-fold predictions of m records on n rows that all of them score.

    Attributes
    ----------
    names : (m,).
    stack : (m, n, c) float64: probabilities, or values in the space in which the metric averages.
    y : (n,) codes of classes, or the target in that space.
    classes : whether these are classes.
    """

    names: tuple[str, ...]
    stack: np.ndarray
    y: np.ndarray
    classes: bool

    @cached_property
    def labels(self) -> np.ndarray:
        """(m, n) ints: the class that each record names; of values, whether it is right.

        Several classes: the likeliest. Two: each record names as many rows positive as there are,
        its highest ones, so that neither a rare class nor a shifted scale hides differences.
        """
        if not self.classes:
            return self.right.astype(np.int64)
        if self.stack.shape[2] > 1:
            return self.stack.argmax(axis=2)
        p, negative = self.stack[:, :, 0], float(np.mean(self.y == 0))
        return (p > np.quantile(p, negative, axis=1, method="lower")[:, None]).astype(np.int64)

    @cached_property
    def right(self) -> np.ndarray:
        """(m, n) bool: the named class is the true one; of values, the error is a usual one.

        A value is right where its absolute error is at most the median of all records' errors.
        """
        if self.classes:
            return self.labels == self.y
        away = np.abs(self.stack[:, :, 0] - self.y)
        return away <= np.median(away)

    @cached_property
    def errors(self) -> np.ndarray:
        """(m, n · c) prediction minus truth: of each class's probability, or of the value."""
        truth = self.y[:, None]
        if self.classes:
            c = self.stack.shape[2]
            truth = truth == (np.arange(c) if c > 1 else np.ones(1))
        return (self.stack - truth).reshape(len(self.names), -1)


def answers_of(
    competition: Competition, records: Sequence[Predictions], most: int | None = MOST_ROWS
) -> Answers:
    """What records say on the rows that all of them score, on at most that many (None: all).

    Raises
    ------
    PredictionError : no records, those of other data, or no row that all of them score.
    """
    check_comparable(competition, records)
    rows = common_rows(records)
    return answers_on(competition, records, rows if most is None else thinned(rows, most))


def answers_on(
    competition: Competition, records: Sequence[Predictions], rows: np.ndarray
) -> Answers:
    """What records say on some rows that all of them score."""
    classes = competition.task != "regression"
    forward = get_space("identity" if classes else competition.metric.average_space).forward
    stack = np.stack([forward(record.oof[rows]) for record in records])
    y = competition.y[rows]
    return Answers(tuple(r.name for r in records), stack, y if classes else forward(y), classes)


def check_comparable(competition: Competition, records: Sequence[Predictions]) -> None:
    """PredictionError unless records predict the competition's target on its rows, by one plan.

    What a record does not say of its data and plan is taken to be right.
    """
    hint = "compare records of one competition under one fold plan"
    shape, data = (competition.n_rows, competition.width), competition.fingerprint
    for r in records:
        if (r.target, r.oof.shape) != (competition.target, shape):
            rule = f"records predict {competition.target!r}, shape {shape}, of {competition.name}"
            raise PredictionError(rule, f"{r.name}: {r.target!r}, shape {r.oof.shape}", hint)
        if r.recipe.get("data", data) != data:
            raise PredictionError("records are of the competition's data", f"{r.name} not", hint)
    plans = {r.recipe["folds"][:8]: r.name for r in records if "folds" in r.recipe}
    if len(plans) > 1:
        raise PredictionError("records are of one fold plan", f"{plans}", hint)


def common_rows(records: Sequence[Predictions]) -> np.ndarray:
    """Positions of the rows that all records score; PredictionError where there are none."""
    if not records:
        raise PredictionError("a comparison has records", "none", "fit a model or two first")
    rows = np.flatnonzero(np.logical_and.reduce([r.scored for r in records]))
    if not rows.size:
        raise PredictionError("records share scored rows", "none", "compare those of one fold plan")
    return rows


def thinned(rows: np.ndarray, most: int) -> np.ndarray:
    """At most that many of the rows, evenly spread."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(np.int64))]
