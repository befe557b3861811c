"""What Fits were expected to cost when they started, against what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from stackkit.cost import fit_peak_mb, fit_seconds
from stackkit.predictions import Predictions

COLUMNS = ("model", "fit", "measured", "expected_seconds", "seconds", "expected_mb", "mb")


def fit_forecasts(records: Sequence[Predictions]) -> pd.DataFrame:
    """A row a Fit: wall seconds and peak MiB, as expected at its start and as they were.

    `measured` tells forecasts from earlier Fits of the same model from those of its stated cost.
    """
    rows = [row for record in records for row in _rows(record)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def forecast_errors(records: Sequence[Predictions]) -> pd.DataFrame:
    """A row a model: Fits forecast from measured ones, mean seconds, median relative error."""
    table = fit_forecasts(records)
    table = table[table.measured.astype(bool)]
    table = table.assign(error=(table.expected_seconds / table.seconds - 1).abs())
    return table.groupby("model", sort=False, as_index=False).agg(
        fits=("fit", "size"),
        expected_seconds=("expected_seconds", "mean"),
        seconds=("seconds", "mean"),
        median_error=("error", "median"),
    )


def forecast_line(records: Sequence[Predictions]) -> str:
    """How well seconds were forecast, in a sentence; empty where nothing was."""
    table = fit_forecasts(records)
    table = table[table.measured.astype(bool)]
    if table.empty:
        return ""
    error = (table.expected_seconds / table.seconds - 1).abs().median()
    return f"forecasts: {len(table)} fits after their model's first, median error {error:.0%}"


def _rows(record: Predictions) -> Iterator[tuple[object, ...]]:
    for fit, cost in record.cost.get("fits", {}).items():
        expected = cost.get("expected")
        if expected is not None:
            yield (
                record.name,
                fit,
                expected["measured"],
                expected["seconds"],
                fit_seconds(cost),
                expected["memory_mb"],
                fit_peak_mb(cost),
            )
