"""Material: what pruning looks at, the same for every method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from stackkit.competition import Competition
from stackkit.diversity import MEASURES, Answers
from stackkit.diversity.answers import answers_on
from stackkit.diversity.decomposition import LossView, loss_view
from stackkit.errors import ConfigError
from stackkit.metrics import get_space
from stackkit.predictions import Predictions
from stackkit.scoring import running_score


@dataclass(frozen=True)
class Ordering:
    """Positions of members, the first to take first; `kept`: how many to take, None: not said."""

    order: tuple[int, ...]
    kept: int | None = None


@dataclass(frozen=True, eq=False)
class Material:
    """m records on at most 20,000 rows that all of them score.

    An ensemble is the equal mean of its members, in the space in which the metric averages; its
    loss is that of the metric's surrogate.
    """

    competition: Competition
    records: tuple[Predictions, ...]
    view: LossView

    @cached_property
    def stack(self) -> np.ndarray:
        """(m, n, c) float64, as the loss reads it."""
        return np.stack([self.view.read(record.oof) for record in self.records])

    @cached_property
    def answers(self) -> Answers:
        """What the records name, and where they are right."""
        return answers_on(self.competition, self.records, self.view.rows)

    @cached_property
    def losses(self) -> np.ndarray:
        """(m,) mean loss of each record alone."""
        return np.array([self.loss(one) for one in self.stack])

    @cached_property
    def correlation(self) -> np.ndarray:
        """(m, m) correlation of errors."""
        return MEASURES["errors"](self.answers)

    @cached_property
    def seconds(self) -> np.ndarray:
        """(m,) seconds of prediction, NaN where they were not measured."""
        return np.array([predict_seconds(record.cost) for record in self.records])

    @cached_property
    def ranked(self) -> list[int]:
        """Positions, the least loss first; ties by name."""
        names = self.answers.names
        return sorted(range(len(names)), key=lambda j: (self.losses[j], names[j]))

    def loss(self, predicted: np.ndarray) -> float:
        """The mean loss of one prediction (n, c), as `stack` holds it."""
        rows = self.view.loss.loss(predicted, self.view.truth)
        return float(np.average(rows, weights=self.view.row_weight))

    def mean(self, members: Sequence[int]) -> np.ndarray:
        """The equal mean (n, c) of some members."""
        return self.stack[list(members)].mean(axis=0)

    def score(self, predicted: np.ndarray) -> float:
        """The metric on one prediction, labels by the plainest decision."""
        values = get_space(self.view.space).inverse(
            predicted[:, 1:] if self.view.both else predicted
        )
        return running_score(self.competition, np.asarray(values), self.view.rows)


class Pruner(Protocol):
    """A way to order members; its fields are its parameters."""

    def order(self, material: Material, keep: int | None) -> Ordering:
        """Members to take first; `keep` tells how many will be taken, if that is settled."""
        ...


def material_of(records: Sequence[Predictions], competition: Competition) -> Material:
    """What pruning looks at; PredictionError without records or common rows."""
    return Material(competition, tuple(records), loss_view(competition, records))


def predict_seconds(cost: Mapping[str, Any]) -> float:
    """Wall seconds that a record's Fits took to predict, NaN if none was measured.

    Those of its parents, which a meta-model or a blend needs too, are not among them.
    """
    walls = [fit["predict"]["wall"] for fit in cost.get("fits", {}).values() if "predict" in fit]
    return float(sum(walls)) if walls else float("nan")


def check_share(name: str, value: float) -> None:
    """ConfigError unless 0 <= value <= 1."""
    if not 0 <= value <= 1:
        raise ConfigError(f"{name} is between 0 and 1", value, "0.5 to start with")
