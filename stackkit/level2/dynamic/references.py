"""What a pool's rows teach: a Reference for the methods, the static weights, and the agreement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.errors import ModelError
from stackkit.level2.dynamic.local_nnls import simplex_least_squares
from stackkit.level2.dynamic.method import Reference
from stackkit.metrics import get_space
from stackkit.spec import Objective

COMPETENCES = ("soft", "hard")
CLIP = 1e-15
ROUNDS = 200  # of expectation and maximisation, from equal weights
EQUAL = 1e-9  # spread that is rounding
RIDGE = 0.01  # pull of the static weights of values to equal ones


def as_read(block: np.ndarray, objective: Objective) -> np.ndarray:
    """Predictions (m, b, C) as methods read them, float64: both classes of a binary target, values
    in the objective's space."""
    if objective.of_values:
        return get_space(objective.space).forward(block)
    p = np.asarray(block, dtype=np.float64)
    return np.concatenate([1 - p, p], axis=2) if p.shape[2] == 1 else p


def reference_of(
    matrix: np.ndarray, y: np.ndarray, weight: np.ndarray | None, objective: Objective, kind: str
) -> Reference:
    """The reference of members (m, n, c) with `kind` "soft" or "hard" competence."""
    if kind not in COMPETENCES:
        raise ModelError(f"competence is one of {', '.join(COMPETENCES)}", repr(kind))
    predictions = as_read(matrix, objective)
    if objective.of_values:
        y = get_space(objective.space).forward(y)
        loss = losses(predictions[..., 0] - y, objective.quantile)
        return Reference(y, predictions, -loss, weight)
    y = np.asarray(y).astype(np.intp)
    true = predictions[:, np.arange(len(y)), y]
    hard = (predictions.argmax(axis=2) == y).astype(np.float64)
    return Reference(y, predictions, true if kind == "soft" else hard, weight)


def losses(away: np.ndarray, quantile: float | None) -> np.ndarray:
    """Loss of residuals p − y: their square, or the pinball loss of a quantile."""
    return away**2 if quantile is None else np.maximum(-quantile * away, (1 - quantile) * away)


def static_weights(reference: Reference, values: bool) -> np.ndarray:
    """Weights (m,) that are the same on every row: where the pool agrees or a method is silent.

    Values: least squares on the simplex with a small pull to equal weights (Breiman 1996).
    Classes: those of the mixture of the members' probabilities of most likelihood, by expectation
    and maximisation from equal weights (Dempster, Laird, Rubin 1977): wᵢ ← wᵢ Σ vₙ qᵢₙ / (Σⱼ wⱼ
    qⱼₙ), which raises the likelihood at every step.
    """
    n = len(reference.y)
    share = np.full(n, 1 / n) if reference.weight is None else reference.weight
    share = share / share.sum()
    if values:
        away = reference.predictions[..., 0] - reference.y
        return simplex_least_squares(((away * share) @ away.T)[None], RIDGE)[0]
    true = np.maximum(reference.predictions[:, np.arange(n), reference.y], CLIP)
    weights = np.full(len(true), 1 / len(true))
    for _ in range(ROUNDS):
        weights = weights * (true @ (share / (weights @ true)))
    return weights / weights.sum()


@dataclass(frozen=True)
class Agreement:
    """Rows on which the pool agrees: one class is named, and the spread is below a limit.

    The spread of a row is the members' standard deviation there, of classes the largest. `limit` is
    in units of the predictions.
    """

    limit: float

    @classmethod
    def of(cls, reference: Reference, share: float) -> Agreement:
        """The limit is `share` of the median spread of the reference rows."""
        return cls(share * float(np.median(spread(reference.predictions))))

    def holds(self, predictions: np.ndarray) -> np.ndarray:
        """Whether (q,) the members (m, q, C) agree."""
        votes = predictions.argmax(axis=2)
        return (votes == votes[0]).all(axis=0) & (spread(predictions) <= self.limit + EQUAL)


def spread(predictions: np.ndarray) -> np.ndarray:
    """(q,) standard deviation of members (m, q, C), the largest of the classes.

    Summed member by member, so that a row gives what it gives in a batch.
    """
    mean = sum(predictions) / len(predictions)
    variance = sum((p - mean) ** 2 for p in predictions) / len(predictions)
    return np.sqrt(variance.max(axis=1))
