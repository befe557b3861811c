"""Datetimes as parts: hour, weekday, month, ... and the days elapsed since the first one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.features.encoder import Encoder

DAY = pd.Timedelta(days=1)
CALENDAR: dict[str, Callable[[pd.Series], pd.Series]] = {
    "hour": lambda d: d.dt.hour + d.dt.minute / 60,
    "weekday": lambda d: d.dt.day_of_week,
    "month": lambda d: d.dt.month,
    "day": lambda d: d.dt.day,
    "dayofyear": lambda d: d.dt.day_of_year,
    "year": lambda d: d.dt.year,
}
ELAPSED = "elapsed"


def part(values: pd.Series, name: str, origin: pd.Timestamp) -> np.ndarray:
    """One part (n,) in float64, NaN where missing."""
    if name == ELAPSED:
        return ((values - origin) / DAY).to_numpy(np.float64)
    return CALENDAR[name](values).to_numpy(np.float64)


def varying_parts(values: pd.Series) -> tuple[str, ...]:
    """The parts that take at least two values."""
    present = values.dropna()
    if present.empty:
        return ()
    origin = present.min()
    parts = (*CALENDAR, ELAPSED)
    return tuple(p for p in parts if np.ptp(part(present, p, origin)) > 0)


@dataclass(frozen=True)
class DateParts(Encoder):
    """The named parts as numbers; `origin` is where elapsed days start."""

    column: str
    parts: tuple[str, ...]
    origin: pd.Timestamp

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.column}:{p}" for p in self.parts)

    def transform(self, values: pd.Series) -> np.ndarray:
        return np.column_stack([part(values, p, self.origin) for p in self.parts])


PERIODS = {"hour": (0, 24), "weekday": (0, 7), "month": (1, 12), "dayofyear": (1, 365.25)}
MEMBERS = {"hour": range(24), "weekday": range(7), "month": range(1, 13)}


@dataclass(frozen=True)
class CyclicParts(Encoder):
    """Smooth and separate forms of the parts: sine and cosine of periods, 0/1 columns of members.

    Two waves a period; year and elapsed days as they are; hours at weekends as columns of their
    own, since days off have another rhythm. Missing is NaN.
    """

    column: str
    parts: tuple[str, ...]
    origin: pd.Timestamp

    @property
    def names(self) -> tuple[str, ...]:
        waves = [f"{p}~{w}{k}" for p in self._of(PERIODS) for k in (1, 2) for w in ("sin", "cos")]
        members = [f"{p}={m}" for p in self._of(MEMBERS) for m in MEMBERS[p]]
        plain = [p for p in self.parts if p in ("year", ELAPSED)]
        weekend = [f"weekend&hour={h}" for h in range(24)] if self._rhythm else []
        return tuple(f"{self.column}:{name}" for name in [*waves, *members, *plain, *weekend])

    @property
    def _rhythm(self) -> bool:
        return "hour" in self.parts and "weekday" in self.parts

    def _of(self, table: dict) -> list[str]:
        return [p for p in table if p in self.parts]

    def transform(self, values: pd.Series) -> np.ndarray:
        known = {p: part(values, p, self.origin) for p in self.parts}
        waves = [w for p in self._of(PERIODS) for w in _waves(known[p], *PERIODS[p])]
        members = [_members(known[p], MEMBERS[p]) for p in self._of(MEMBERS)]
        plain = [known[p] for p in self.parts if p in ("year", ELAPSED)]
        weekend = []
        if self._rhythm:
            off = np.where(known["weekday"] >= 5, 1.0, 0.0)
            weekend = [_members(known["hour"], range(24)) * off[:, None]]
        return np.column_stack([*waves, *members, *plain, *weekend])


@dataclass(frozen=True)
class Waves(Encoder):
    """Few columns: a sine and a cosine of hour, weekday and season, and days elapsed.

    Missing is NaN.
    """

    column: str
    parts: tuple[str, ...]
    origin: pd.Timestamp

    @property
    def names(self) -> tuple[str, ...]:
        waves = [f"{p}~{w}" for p in self._periods for w in ("sin", "cos")]
        plain = [ELAPSED] if ELAPSED in self.parts else []
        return tuple(f"{self.column}:{name}" for name in [*waves, *plain])

    @property
    def _periods(self) -> list[str]:
        return [p for p in ("hour", "weekday", "dayofyear") if p in self.parts]

    def transform(self, values: pd.Series) -> np.ndarray:
        known = {p: part(values, p, self.origin) for p in self.parts}
        waves = [w for p in self._periods for w in _waves(known[p], *PERIODS[p])[:2]]
        return np.column_stack([*waves, *(known[p] for p in self.parts if p == ELAPSED)])


def _waves(x: np.ndarray, start: float, period: float) -> list[np.ndarray]:
    angle = 2 * np.pi * (x - start) / period
    return [f(k * angle) for k in (1, 2) for f in (np.sin, np.cos)]


def _members(x: np.ndarray, members: range) -> np.ndarray:
    equal = (np.floor(x)[:, None] == np.array(members)).astype(np.float64)
    equal[np.isnan(x)] = np.nan
    return equal
