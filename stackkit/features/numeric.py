"""Numbers: as they are for trees; filled, made symmetric, bounded and scaled for the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.features.encoder import Encoder

SAMPLE = 20_000  # rows that shape parameters are estimated from
POWERS = tuple(np.arange(-2.0, 3.01, 0.25))
SKEWED = 1.0  # |skewness| from which a column is transformed
BOUND = 3.0  # where values are bounded smoothly, in robust standard deviations
SPIKE = 0.05  # least share of zeros, and of other values, for an indicator of zero
HUGE, FARTHEST = 1e30, 1e12  # bounds of values, and of values over typical ones
FEW = 16  # most distinct whole numbers that also get indicators


def varies(values: pd.Series) -> bool:
    """Whether a column takes two values, missing being one."""
    return values.nunique(dropna=False) > 1


def numbers(values: pd.Series) -> np.ndarray:
    """A numeric or boolean column as float64 (n,)."""
    return values.to_numpy(dtype=np.float64)


@dataclass(frozen=True)
class Raw(Encoder):
    """The number itself, NaN where missing."""

    column: str

    def transform(self, values: pd.Series) -> np.ndarray:
        return numbers(values)[:, None]


@dataclass(frozen=True)
class Missing(Encoder):
    """1 where the value is missing, else 0."""

    column: str

    @property
    def names(self) -> tuple[str, ...]:
        return (f"{self.column}:missing",)

    def transform(self, values: pd.Series) -> np.ndarray:
        return values.isna().to_numpy(np.float64)[:, None]


@dataclass(frozen=True)
class Equal(Encoder):
    """One 0/1 column a listed number."""

    column: str
    points: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.column}={point:g}" for point in self.points)

    def transform(self, values: pd.Series) -> np.ndarray:
        return (numbers(values)[:, None] == np.array(self.points)).astype(np.float64)


@dataclass(frozen=True)
class Shaped(Encoder):
    """A number filled with `fill`, scaled, made symmetric by `power`, bounded smoothly.

    The steps are z = x / scale, the Yeo-Johnson transform of `power` (1: none), then
    b u / sqrt(b² + u²) of u = (z' − middle) / spread with bound b. NaN becomes `fill` first.
    """

    column: str
    fill: float
    scale: float
    power: float
    middle: float
    spread: float

    def transform(self, values: pd.Series) -> np.ndarray:
        x = numbers(values)
        z = _in_units(np.where(np.isnan(x), self.fill, x), self.scale)
        u = (yeo_johnson(z, self.power) - self.middle) / self.spread
        u = np.clip(u, -FARTHEST, FARTHEST)
        return (u / np.sqrt(1 + (u / BOUND) ** 2))[:, None]


def yeo_johnson(x: np.ndarray, power: float) -> np.ndarray:
    """The transform of Yeo and Johnson (2000), elementwise."""
    if power == 1:
        return x
    up, down = np.maximum(x, 0), np.maximum(-x, 0)
    above = np.log1p(up) if power == 0 else np.expm1(power * np.log1p(up)) / power
    mirror = 2 - power
    below = np.log1p(down) if mirror == 0 else np.expm1(mirror * np.log1p(down)) / mirror
    return above - below


def shape(column: str, values: pd.Series) -> Shaped:
    """Fit a Shaped column; values must not all be missing."""
    x = numbers(values)
    x = x[~np.isnan(x)]
    x = x[:: max(1, len(x) // SAMPLE)]
    scale = _unit(x)
    z = _in_units(x, scale)
    power = _power(z)
    shaped = yeo_johnson(z, power)
    middle = float(np.median(shaped))
    return Shaped(column, float(np.median(x)), scale, power, middle, _spread(shaped))


def clipped(column: str, values: pd.Series) -> Shaped:
    """A Shaped column of unchanged shape: less its median, over its interquartile range.

    Where that is 0, half of the range stands for it; two values are put evenly about 0. Values
    must not all be missing.
    """
    x = numbers(values)
    x = x[~np.isnan(x)]
    scale = _unit(x)
    z = _in_units(x, scale)
    low, first, middle, third, high = np.quantile(z, [0, 0.25, 0.5, 0.75, 1])
    half = (high - low) / 2
    spread = third - first if third > first else half
    if ((z == low) | (z == high)).all():
        middle, spread = low + half, half
    fill = float(np.median(x))
    return Shaped(column, fill, scale, 1.0, float(middle), float(spread) or 1.0)


def zero_heavy(values: pd.Series) -> bool:
    """Whether zeros are a group of their own among the numbers."""
    share = float((numbers(values) == 0).mean())
    return SPIKE <= share <= 1 - SPIKE


def few_whole_numbers(values: pd.Series, least: int) -> tuple[float, ...]:
    """The values of at least `least` rows in a column of 3 to FEW distinct whole numbers."""
    counts = values.dropna().value_counts()
    points = counts.index.to_numpy(np.float64)
    if not 3 <= len(points) <= FEW or (points != np.round(points)).any():
        return ()
    return tuple(
        sorted(float(p) for p, count in zip(points, counts, strict=True) if count >= least)
    )


def _unit(x: np.ndarray) -> float:
    """The size of typical values, so that shapes do not depend on units; 1 where all are tiny."""
    size = float(np.median(np.abs(x[x != 0]))) if (x != 0).any() else 1.0
    return min(size, HUGE) if size > 1 / HUGE else 1.0


def _in_units(x: np.ndarray, scale: float) -> np.ndarray:
    return np.clip(np.clip(x, -HUGE, HUGE) / scale, -FARTHEST, FARTHEST)


def _spread(x: np.ndarray) -> float:
    """A robust standard deviation: of quartiles, else of deviations; 1 for a constant."""
    low, high = np.quantile(x, [0.25, 0.75])
    robust = (high - low) / 1.349
    spread = float(robust if robust > 1e-9 * np.ptp(x) else np.std(x))
    return spread if spread > 1 / HUGE else 1.0


def _power(x: np.ndarray) -> float:
    if abs(_skewness(x)) <= SKEWED:
        return 1.0
    skews = [abs(_skewness(yeo_johnson(x, p))) for p in POWERS]
    return float(POWERS[int(np.argmin(skews))])


def _skewness(x: np.ndarray) -> float:
    centred = x - x.mean()
    variance = float(np.mean(centred**2))
    return float(np.mean(centred**3)) / variance**1.5 if variance > 0 else 0.0
