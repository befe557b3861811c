"""Temperature scaling: one number that makes probabilities bolder or more timid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.postprocess.step import Step
from stackkit.metrics import get_space
from stackkit.spec import Objective

COLDEST, HOTTEST = 0.05, 20.0
LOGIT = get_space("logit")


@dataclass(frozen=True)
class Temperature(Step):
    """softmax(logits / T) at the T of least weighted log-loss, within 0.05 to 20.

    Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks" (2017), §4.2. The loss
    is convex in 1/T, so its minimum is where its slope changes sign. The likeliest class stays so
    and the order of rows of two classes too; T = 1 where no temperature changes anything.
    """

    kind: ClassVar[str] = "temperature"

    def fitted_map(
        self, p: np.ndarray, y: np.ndarray, weight: np.ndarray, objective: Objective
    ) -> Tempered:
        """The map at the best temperature."""
        return Tempered(best_temperature(_scores(p), y.astype(np.intp), weight))


@dataclass(frozen=True)
class Tempered:
    """Probabilities (n, c) at another temperature."""

    temperature: float

    def __call__(self, p: np.ndarray) -> np.ndarray:
        """(n, c) of (n, c); logits clip at 1e-6."""
        return LOGIT.inverse(LOGIT.forward(p) / self.temperature)


def best_temperature(scores: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """The temperature of least weighted log-loss of softmax(scores (n, C) / T) against y (n,)."""
    from scipy.optimize import brentq

    share = weight / weight.sum()
    own = scores[np.arange(len(y)), y]

    def slope(log_inverse: float) -> float:
        """d loss / d (1/T): the mean score that the model expects less that of the true class."""
        expected = (LOGIT.inverse(scores * np.exp(log_inverse)) * scores).sum(axis=1)
        return float(share @ (expected - own))

    low, high = -np.log(HOTTEST), -np.log(COLDEST)
    if slope(low) >= 0 and slope(high) <= 0:
        return 1.0
    if slope(low) >= 0:
        return HOTTEST
    if slope(high) <= 0:
        return COLDEST
    return float(np.exp(-brentq(slope, low, high, xtol=1e-12)))


def _scores(p: np.ndarray) -> np.ndarray:
    """Logits (n, C), of one column those of both classes."""
    z = LOGIT.forward(p)
    return np.hstack([np.zeros_like(z), z]) if z.shape[1] == 1 else z
