"""Encoders centred and scaled, with nothing missing: for models that compare columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.features.encoder import Encoder
from stackkit.features.target import Target

TINY = 1e-9
FAINT = 0.05  # deviation below which a block of columns is not blown up to its full size

Scale = Callable[[np.ndarray], np.ndarray | float]


@dataclass(frozen=True)
class Centred(Encoder):
    """The columns of `encoder` less their means (k,), over their scales (k,); missing becomes 0."""

    encoder: Encoder
    mean: np.ndarray
    scale: np.ndarray

    @property
    def column(self) -> str:
        return self.encoder.column

    @property
    def names(self) -> tuple[str, ...]:
        return self.encoder.names

    @property
    def levels(self) -> tuple[int, ...]:
        return self.encoder.levels

    def transform(self, values: pd.Series) -> np.ndarray:
        return self._scaled(self.encoder.transform(values))

    def own(self, values: pd.Series, target: Target | None) -> np.ndarray:
        return self._scaled(self.encoder.own(values, target))

    def _scaled(self, made: np.ndarray) -> np.ndarray:
        z = made - self.mean
        z /= self.scale
        z[np.isnan(z)] = 0.0
        return z


def centred(encoder: Encoder, values: pd.Series, target: Target | None, scale: Scale) -> Centred:
    """Centre the columns of `encoder` on the rows of the fit; `scale` reads them centred (n, k)."""
    made = encoder.own(values, target)
    present = np.maximum((~np.isnan(made)).sum(axis=0), 1)
    mean = np.nansum(made, axis=0) / present
    made = made - mean
    made[np.isnan(made)] = 0.0
    scales = np.broadcast_to(scale(made), mean.shape)
    return Centred(encoder, mean, np.where(scales > TINY, scales, 1.0))


def deviation(made: np.ndarray) -> np.ndarray:
    """Each column over its standard deviation."""
    return np.sqrt(_squares(made))


def together(made: np.ndarray) -> float:
    """All columns over one number, that of their joint length: the block weighs as one column."""
    return float(np.sqrt(max(_squares(made).sum(), FAINT**2 * made.shape[1])))


def largest(made: np.ndarray) -> float:
    """All columns over the largest standard deviation: the order of their sizes is kept."""
    return float(max(deviation(made).max(), FAINT))


def fixed(size: float) -> Scale:
    """All columns over a number: for 0/1 columns, whose deviations would make rare ones large."""
    return lambda made: size


def _squares(made: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->j", made, made) / max(1, len(made))
