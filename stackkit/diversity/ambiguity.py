"""Ambiguity: the loss of an ensemble is its members' mean loss less what they differ by.

Krogh and Vedelsby, "Neural network ensembles, cross validation, and active learning" (1995), for
squared error; Wood et al., "A unified theory of diversity in ensemble learning" (JMLR 2023,
arXiv 2301.03962), for other losses and for the reading as bias, variance and diversity.

Data format: stacks (m, n, c) float64, truth (n, c): a value, or 1 in the column of the true class
(c = 1 for one value or P(class 1), except for log-loss, which reads all classes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stackkit.errors import ModelError
from stackkit.metrics import quantile_of

CLIP = 1e-15


@dataclass(frozen=True)
class Loss:
    """A loss that splits into a mean and a spread around a centre.

    For any weights w that sum to one, loss(centre) = Σ wᵢ loss(memberᵢ) − Σ wᵢ gapᵢ, row by row.

    Attributes
    ----------
    centre : (stack, weights) -> (n, c), the combination for which this holds.
    loss : (p, truth) -> rows of losses; p is (n, c), or a whole stack.
    gap : (stack, centre, truth) -> (m, n).
    """

    centre: Callable[[np.ndarray, np.ndarray], np.ndarray]
    loss: Callable[[np.ndarray, np.ndarray], np.ndarray]
    gap: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Ambiguity:
    """What a weighted ensemble owes to each member: `ensemble` = `average` − `ambiguity`.

    Attributes
    ----------
    weights, losses, gaps : (m,) weight, mean loss, and mean distance from the ensemble.
    ensemble : mean loss of the combination.
    """

    weights: np.ndarray
    losses: np.ndarray
    gaps: np.ndarray
    ensemble: float

    @property
    def average(self) -> float:
        """The members' mean loss."""
        return float(self.weights @ self.losses)

    @property
    def ambiguity(self) -> float:
        """What the combination gains on it."""
        return float(self.weights @ self.gaps)


@dataclass(frozen=True)
class BiasVarianceDiversity:
    """Expected loss of an ensemble = `bias` + `variance` − `diversity` (Wood et al., 2023).

    The noise of the target is within `bias`.
    """

    bias: float
    variance: float
    diversity: float
    expected: float


def loss_named(name: str) -> Loss:
    """squared (of probabilities: Brier), logloss, absolute or quantile:q; MetricError else."""
    level = quantile_of(name)
    if level is None:
        return SQUARED if name == "squared" else LOGLOSS
    return _tilted(1.0, 1.0) if name == "absolute" else _tilted(level, 1 - level)


def decompose(
    stack: np.ndarray,
    truth: np.ndarray,
    loss: Loss,
    weights: np.ndarray | None = None,
    row_weight: np.ndarray | None = None,
) -> Ambiguity:
    """The mean loss of a combination of members, split.

    `weights` (m,) sum to one (None: equal), else ModelError; `row_weight` (n,) weighs rows.
    """
    w = _equal(len(stack)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (len(stack),) or abs(w.sum() - 1) > 1e-9:
        hint = "divide them by their sum"
        raise ModelError(f"{len(stack)} weights sum to 1", f"{w.shape}, sum {w.sum():.6g}", hint)
    centre = loss.centre(stack, w)
    rows = loss.loss(stack, truth), loss.gap(stack, centre, truth), loss.loss(centre, truth)
    losses, gaps, ensemble = (np.average(r, axis=-1, weights=row_weight) for r in rows)
    return Ambiguity(w, losses, gaps, float(ensemble))


def split_bias_variance(
    repeats: np.ndarray, truth: np.ndarray, loss: Loss, row_weight: np.ndarray | None = None
) -> BiasVarianceDiversity:
    """Bias, variance and diversity of an equally weighted ensemble from R trainings of it.

    `repeats` (R, m, n, c): each training's predictions of rows that it has not seen. Ambiguity
    taken twice: over trainings for each member, then over members for each training.
    """
    members = [decompose(one, truth, loss, None, row_weight) for one in repeats.swapaxes(0, 1)]
    trainings = [decompose(one, truth, loss, None, row_weight) for one in repeats]
    return BiasVarianceDiversity(
        bias=float(np.mean([one.ensemble for one in members])),
        variance=float(np.mean([one.ambiguity for one in members])),
        diversity=float(np.mean([one.ambiguity for one in trainings])),
        expected=float(np.mean([one.ensemble for one in trainings])),
    )


def _equal(m: int) -> np.ndarray:
    return np.full(m, 1 / m)


def _mean(stack: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.tensordot(weights, stack, axes=1)


def _squares(p: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return ((p - truth) ** 2).sum(axis=-1)


def _tilted(under: float, over: float) -> Loss:
    """|error| times `under` where the prediction is too low, `over` where it is too high.

    Each member's error times the difference of its slope from the ensemble's is its gap: what the
    members on the other side of the truth cancel. It depends on the truth, as this loss is no
    divergence; Wood et al. speak of a diversity effect.
    """

    def slope(error: np.ndarray) -> np.ndarray:
        return np.where(error > 0, over, np.where(error < 0, -under, 0.0))

    def losses(p: np.ndarray, truth: np.ndarray) -> np.ndarray:
        error = (p - truth)[..., 0]
        return error * slope(error)

    def gap(stack: np.ndarray, centre: np.ndarray, truth: np.ndarray) -> np.ndarray:
        error = (stack - truth)[..., 0]
        return error * (slope(error) - slope((centre - truth)[..., 0]))

    return Loss(_mean, losses, gap)


def _logs(p: np.ndarray) -> np.ndarray:
    """Logs of probabilities, clipped and renormalised."""
    kept = np.clip(p, CLIP, 1.0)
    return np.log(kept) - np.log(kept.sum(axis=-1, keepdims=True))


def _geometric_mean(stack: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The normalised geometric mean, in which log-loss decomposes."""
    logs = _mean(_logs(stack), weights)
    odds = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)


def _log_losses(p: np.ndarray, truth: np.ndarray) -> np.ndarray:
    kept = np.clip(p, CLIP, 1.0)
    return np.log(kept.sum(axis=-1)) - np.log((truth * kept).sum(axis=-1))


def _divergence(stack: np.ndarray, centre: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Kullback and Leibler's, of each member from the centre: it does not ask for the truth."""
    return (centre * (_logs(centre) - _logs(stack))).sum(axis=-1)


SQUARED = Loss(_mean, _squares, lambda stack, centre, truth: _squares(stack, centre))
LOGLOSS = Loss(_geometric_mean, _log_losses, _divergence)
