"""How large an input a model takes, and what one Fit on an input of a size is expected to cost."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

ROWS, COLUMNS = 5000, 20  # the size at which costs are stated
SHORTEST = 0.05  # seconds of a Fit however small: imports, files, messages


@dataclass(frozen=True)
class Limits:
    """The largest input a model takes; None: no limit."""

    rows: int | None = None
    columns: int | None = None

    def exceeded(self, rows: int, columns: int) -> str | None:
        """The limit that is exceeded, in words, or None."""
        if self.rows is not None and rows > self.rows:
            return f"{rows:,} rows above its limit of {self.rows:,}"
        if self.columns is not None and columns > self.columns:
            return f"{columns:,} columns above its limit of {self.columns:,}"
        return None


@dataclass(frozen=True)
class Size:
    """What a Fit works on: rows to fit on, columns of the data, outputs (classes, or 1)."""

    rows: int
    columns: int
    outputs: int = 1


@dataclass(frozen=True)
class ExpectedCost:
    """Seconds and memory of one Fit before anything was measured.

    `seconds` are those at 5,000 rows, 20 columns and one output on one core; they grow with the
    given powers of rows, columns and outputs, and are at least 0.05. `copies` is the peak memory
    above the worker's own in float64 copies of the rows.
    """

    seconds: float = 1.0
    rows: float = 1.0
    columns: float = 0.5
    outputs: float = 0.0
    copies: float = 3.0

    def at(self, size: Size) -> float:
        """Expected seconds of a Fit of a size."""
        growth = (size.rows / ROWS) ** self.rows * (size.columns / COLUMNS) ** self.columns
        return max(SHORTEST, self.seconds * growth * size.outputs**self.outputs)

    def memory_mb(self, size: Size) -> float:
        """Expected peak in MiB of a Fit of a size."""
        return self.copies * size.rows * size.columns * 8 / 2**20

    def scaled(self, factor: float) -> ExpectedCost:
        """The cost of `factor` times the work."""
        return dataclasses.replace(self, seconds=self.seconds * factor)
