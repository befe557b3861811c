"""How alike are models, and which of them are different and good?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from stackkit.diversity import likeness_order
from stackkit.predictions import Predictions
from stackkit.report.figures.chart import (
    ROLES,
    Chart,
    blank,
    clipped,
    label_points,
    metric_label,
    tidy,
)

MOST_NUMBERS = 18
NEAR = 0.97  # error correlation of twins


def error_correlation(table: pd.DataFrame) -> Chart:
    """A heat map of a correlation table, like models side by side, with numbers if they fit."""
    order = likeness_order(table)
    values = table.loc[order, order].to_numpy()
    low = min(0.9, np.floor(10 * values.min()) / 10)
    return _heat_map(values, order, (low, 1.0), "Correlation of out-of-fold errors", "correlation")


def disagreement(table: pd.DataFrame, task: str, order: Sequence[str] = ()) -> Chart:
    """A heat map of a disagreement table, in the given order of names."""
    names = list(order) or list(table.columns)
    values = table.loc[names, names].to_numpy()
    label = "distance / target's sd" if task == "regression" else "share of rows"
    return _heat_map(values, names, (0.0, max(values.max(), 0.05)), "Disagreement", label)


def _heat_map(
    values: np.ndarray, names: Sequence[str], limits: tuple[float, float], title: str, label: str
) -> Chart:
    side = min(7.2, 2.2 + 0.5 * len(names))
    chart = Chart(side * 0.94, width=min(8.0, side + 1.6))
    axes = chart.subplots()
    off_diagonal = np.ma.masked_where(np.eye(len(values), dtype=bool), values)
    axes.set_facecolor("0.93")
    image = axes.imshow(off_diagonal, cmap="cividis", vmin=limits[0], vmax=limits[1])
    shown = clipped(names, 18)
    size = 10 if len(names) <= 12 else 8 if len(names) <= 20 else 6.5
    axes.set_xticks(range(len(names)), shown, rotation=45, ha="right", rotation_mode="anchor",
                    fontsize=size)  # fmt: skip
    axes.set_yticks(range(len(names)), shown, fontsize=size)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if len(names) <= MOST_NUMBERS:
        _number_cells(axes, values, limits)
    chart.colorbar(image, ax=axes, label=label, shrink=0.8)
    axes.set_title(title)
    return chart


def _number_cells(axes: Axes, values: np.ndarray, limits: tuple[float, float]) -> None:
    many = len(values) > 10
    for (row, column), value in np.ndenumerate(values):
        if row == column:
            continue
        dark = (value - limits[0]) / (limits[1] - limits[0]) < 0.55
        text = f"{value:.2f}"
        axes.text(column, row, text.removeprefix("0") if many else text, ha="center", va="center",
                  fontsize=7.5 if many else 9, color="white" if dark else "black")  # fmt: skip


def quality_and_likeness(records: Sequence[Predictions], correlation: pd.DataFrame) -> Chart:
    """A point a model: its score against the highest correlation of its errors with another's.

    Good models stand high, models like no other left; a line joins each with its nearest.
    """
    if len(records) < 2:
        return blank("One model alone is like no other.")
    by_name = {record.name: record for record in records}
    names = [name for name in correlation.columns if name in by_name]
    table = correlation.loc[names, names].to_numpy(copy=True)
    np.fill_diagonal(table, -np.inf)
    nearest, likeness = table.argmax(axis=1), table.max(axis=1)
    scores = np.array([by_name[name].cv for name in names])
    chart = Chart(max(4.2, 1.6 + 0.25 * len(names)))
    axes = tidy(chart.subplots(), "both")
    if not records[0].scores["greater_is_better"]:
        axes.invert_yaxis()
    for j, name in enumerate(names):
        colour, marker = ROLES[by_name[name].role]
        other = nearest[j]
        axes.plot(likeness[[j, other]], scores[[j, other]], color="0.85", linewidth=1, zorder=1)
        axes.plot(likeness[j], scores[j], marker, color=colour, markersize=8, zorder=2)
    axes.margins(x=0.06, y=0.08)
    axes.axvspan(NEAR, max(1.0, axes.get_xlim()[1]), color="0.95", zorder=0)
    axes.set_xlim(right=max(min(1.0, likeness.max() + 0.02), likeness.max()))
    label_points(axes, names, likeness, scores)
    axes.set_xlabel(
        "highest correlation of errors with another model (a line leads to it; grey: near twins)"
    )
    axes.set_ylabel(metric_label(records[0]) + ("" if _upright(axes) else ", better above"))
    axes.set_title("Good and different: up and left")
    return chart


def _upright(axes: Axes) -> bool:
    low, high = axes.get_ylim()
    return low < high
