"""Rescaling: values moved, stretched and kept within what train has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stackkit.level2.postprocess.step import Step
from stackkit.metrics import get_space, weighted_quantile
from stackkit.spec import Objective


@dataclass(frozen=True)
class Rescale(Step):
    """a + b z of predictions z in the objective's space, clipped to the range of the target.

    The line is that of least squares, shrunk to the identity as by `pull` rows of the same spread
    whose predictions are right. Under a quantile the slope is the same and the shift is that
    quantile of the residuals about it, which makes their pinball loss least, shrunk alike. The
    slope is never negative. The range is that of the rows it is fitted on, extended by nothing.

    Parameters
    ----------
    pull : rows; 0 is the plain line.
    """

    kind: ClassVar[str] = "rescale"
    pull: float = 20.0

    def fitted_map(
        self, p: np.ndarray, y: np.ndarray, weight: np.ndarray, objective: Objective
    ) -> Line:
        """The line and its limits."""
        space = get_space(objective.space)
        z, target = space.forward(p[:, 0]), space.forward(np.asarray(y, dtype=np.float64))
        rows = weight.sum() ** 2 / (weight**2).sum()  # Kish's effective number
        line = shrunk_line(z, target - z, weight, rows / (rows + self.pull), objective.quantile)
        return Line(objective.space, *line, float(np.min(y)), float(np.max(y)))


@dataclass(frozen=True)
class Line:
    """z + shift + tilt · (z − centre) in a space, within limits in the target's units."""

    space: str
    centre: float
    shift: float
    tilt: float
    lowest: float
    highest: float

    def __call__(self, p: np.ndarray) -> np.ndarray:
        """(n, 1) of (n, 1)."""
        space = get_space(self.space)
        z = space.forward(p)
        moved = space.inverse(z + self.shift + self.tilt * (z - self.centre))
        return np.clip(moved, self.lowest, self.highest)


def shrunk_line(
    z: np.ndarray, residual: np.ndarray, weight: np.ndarray, share: float, quantile: float | None
) -> tuple[float, float, float]:
    """Centre of z (n,), shift there and tilt of the residuals (n,), both times `share`."""
    centre = float(np.average(z, weights=weight))
    away = z - centre
    spread = float(np.average(away**2, weights=weight))
    flat = spread <= 1e-12 * max(1.0, centre**2)  # one value: nothing to tilt
    tilt = 0.0 if flat else float(np.average(away * residual, weights=weight)) / spread
    tilt = max(share * tilt, -1.0)
    left = residual - tilt * away
    level = weighted_quantile(left, quantile, weight) if quantile is not None else None
    shift = np.average(left, weights=weight) if level is None else level
    return centre, share * float(shift), tilt
