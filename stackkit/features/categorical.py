"""Categories as codes, indicators and counts.

Levels that are not kept, and those that fitting did not see, are "other".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stackkit.features.encoder import Encoder


def count_levels(values: pd.Series) -> dict[str, int]:
    """Rows of each level, most frequent first, equal ones by name; missing is no level."""
    counts = values.value_counts()
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {level: int(count) for level, count in order}


def frequent(counts: Mapping[str, int], limit: int, least: int) -> tuple[str, ...]:
    """At most `limit` levels of at least `least` rows, most frequent first."""
    return tuple(level for level, count in counts.items() if count >= least)[:limit]


def code(values: pd.Series, kept: tuple[str, ...]) -> np.ndarray:
    """Codes (n,): position in `kept`, len(kept) for other levels, −1 for missing."""
    codes = pd.Index(kept, dtype=object).get_indexer(values.to_numpy(dtype=object))
    codes[codes < 0] = len(kept)
    codes[values.isna().to_numpy()] = -1
    return codes


@dataclass(frozen=True)
class Codes(Encoder):
    """One column of codes 0..len(kept), the last one for other levels, NaN for missing."""

    column: str
    kept: tuple[str, ...]

    @property
    def levels(self) -> tuple[int, ...]:
        return (len(self.kept) + 1,)

    def transform(self, values: pd.Series) -> np.ndarray:
        codes = code(values, self.kept).astype(np.float64)
        return np.where(codes < 0, np.nan, codes)[:, None]


@dataclass(frozen=True)
class Indicators(Encoder):
    """One 0/1 column a kept level, and where they occurred in fitting one for other and missing."""

    column: str
    kept: tuple[str, ...]
    other: bool
    missing: bool

    @property
    def names(self) -> tuple[str, ...]:
        extra = ["other"] * self.other + ["missing"] * self.missing
        return tuple(f"{self.column}={level}" for level in [*self.kept, *extra])

    def transform(self, values: pd.Series) -> np.ndarray:
        codes = code(values, self.kept)
        wanted = [*range(len(self.kept) + self.other), *([-1] if self.missing else [])]
        return (codes[:, None] == np.array(wanted, dtype=codes.dtype)).astype(np.float64)


@dataclass(frozen=True)
class Sign(Encoder):
    """−1 for the first of two levels, 1 for the second, 0 for anything else."""

    column: str
    kept: tuple[str, str]

    def transform(self, values: pd.Series) -> np.ndarray:
        return np.array([-1.0, 1.0, 0.0, 0.0])[code(values, self.kept)][:, None]


@dataclass(frozen=True)
class Embedded(Encoder):
    """One column of codes 0..len(kept)+1: kept levels, then other levels, then missing.

    Where fitting saw none missing, missing is another level: a code without rows teaches nothing.
    Other levels may have had no row either, where fitting kept all it saw.
    """

    column: str
    kept: tuple[str, ...]
    missing: bool

    @property
    def levels(self) -> tuple[int, ...]:
        return (len(self.kept) + 2,)

    def transform(self, values: pd.Series) -> np.ndarray:
        codes = code(values, self.kept)
        codes[codes < 0] = len(self.kept) + self.missing
        return codes.astype(np.float64)[:, None]


@dataclass(frozen=True)
class Counts(Encoder):
    """log(1 + rows of the level in fitting).

    Levels not in `counts` have one row, as if each came once: a new level then looks like one that
    fitting saw once. Missing is no row.
    """

    column: str
    counts: Mapping[str, int]

    @property
    def names(self) -> tuple[str, ...]:
        return (f"{self.column}:count",)

    def transform(self, values: pd.Series) -> np.ndarray:
        rows = np.array([*self.counts.values(), 1, 0], dtype=np.float64)
        return np.log1p(rows)[code(values, tuple(self.counts))][:, None]


def recurring_counts(column: str, counts: Mapping[str, int]) -> Counts:
    """Counts of the levels of two rows and more; the others need not be kept."""
    return Counts(column, {level: count for level, count in counts.items() if count > 1})
