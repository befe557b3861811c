"""OnSubset: a learner fitted on the members that a selection chooses; the middle of restacking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from stackkit.errors import ModelError
from stackkit.level2.blend import Weigher
from stackkit.predictions import Pool
from stackkit.spec import BaseLearner, Estimator, Objective, Part


@dataclass(frozen=True)
class OnSubset(BaseLearner):
    """A meta-model or blend that sees only the members to which a chooser gives weight.

    The chooser is fitted on the rows that the learner is fitted on, so that its choice is as honest
    as the fit. What the learner declares of itself holds for this one.

    Parameters
    ----------
    inner : the learner, such as LinearMeta(); its `threads` are those of this one.
    chooser : a weigher, such as HillClimb(); its weights are used only to choose.
    """

    kind: ClassVar[str] = "on-subset"
    inner: Any
    chooser: Any

    def __post_init__(self) -> None:
        for name in ("inner", "chooser"):
            part = getattr(self, name)
            if not isinstance(part, Part):
                object.__setattr__(self, name, Part.of(part))
        if not isinstance(self.chooser.learner, Weigher):
            got = type(self.chooser.learner).__name__
            raise ModelError("a chooser sets weights", got, "such as HillClimb() or Greedy()")

    @property
    def test_from(self) -> str:
        """The inner learner's."""
        return self.inner.learner.test_from

    @property
    def queries(self) -> str:
        """The inner learner's."""
        return self.inner.learner.queries

    @property
    def needs_features(self) -> bool:
        """Whether the inner learner does."""
        return self.inner.learner.needs_features

    @property
    def reads_names(self) -> bool:
        """Whether either does."""
        return self.inner.learner.reads_names or self.chooser.learner.reads_names

    @property
    def reads_metric(self) -> bool:
        """Whether either does."""
        return self.inner.learner.reads_metric or self.chooser.learner.reads_metric

    def build(self, objective: Objective, seed: int) -> OnSubsetFit:
        """An unfitted estimator."""
        inner, chooser = (
            part.build(objective, seed, self.threads) for part in (self.inner, self.chooser)
        )
        return OnSubsetFit(chooser, inner)


@dataclass
class OnSubsetFit:
    """The fitted chooser and the estimator on what it chose."""

    chooser: Estimator
    estimator: Estimator

    def fit(self, X: Pool, y: np.ndarray, weight: np.ndarray | None = None) -> OnSubsetFit:
        """Choose members on the rows of positive weight, then fit on them.

        `names_` are the chosen members' names, `chosen_` their positions in X.
        """
        self.known_ = X.names
        weights = self.chooser.fit(X, y, weight).weights_
        self.chosen_ = tuple(int(i) for i in np.flatnonzero(weights))
        self.names_ = tuple(X.names[i] for i in self.chosen_)
        self.estimator.fit(X.members(self.chosen_), y, weight)
        return self

    def predict(self, X: Pool) -> np.ndarray:
        """What the estimator predicts (n, c) from the chosen members."""
        return self.estimator.predict(X.matched(self.known_).members(self.chosen_))
