"""The target of a regression in the space a model is fitted in, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stackkit.errors import ModelError
from stackkit.metrics import get_space

AVERAGE_SPACES = ("identity", "log1p")
MARGIN = 0.1  # share of the target's range that predictions of smooth models may leave it by


@dataclass(frozen=True)
class TargetSpace:
    """A monotone map of y, standardised: (f(y) − centre) / scale, bounded by low and high.

    `low` and `high` are in units of f(y): the range seen in fitting, widened by a margin.
    """

    space: str
    centre: float
    scale: float
    low: float
    high: float

    def forward(self, y: np.ndarray) -> np.ndarray:
        """Targets, or predictions of them, as fitted, float64."""
        return (get_space(self.space).forward(y) - self.centre) / self.scale

    def inverse(self, z: np.ndarray) -> np.ndarray:
        """Predictions (n, 1) in the target's units from fitted ones (n,)."""
        bounded = np.clip(np.asarray(z, np.float64) * self.scale + self.centre, self.low, self.high)
        return get_space(self.space).inverse(bounded).reshape(-1, 1)


def target_space(y: np.ndarray, space: str, margin: float = 0.0) -> TargetSpace:
    """The space of y (n,), standardised by its mean and standard deviation.

    `margin` widens the range by that share of it; a target that is never negative stays so.
    """
    if space not in AVERAGE_SPACES:
        raise ModelError(f"a target space is one of {', '.join(AVERAGE_SPACES)}", repr(space))
    z = get_space(space).forward(y)
    low, high = float(z.min()), float(z.max())
    extra = margin * (high - low)
    floor = 0.0 if low >= 0 else -np.inf
    scale = float(z.std()) or 1.0
    return TargetSpace(space, float(z.mean()), scale, max(low - extra, floor), high + extra)
