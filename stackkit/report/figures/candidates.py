"""What do meta-models and blends gain, and how sure is it?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from stackkit.report.figures.chart import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    RED,
    ROLES,
    Chart,
    blank,
    clipped,
    grid,
    name_rows,
    row_chart,
    tidy,
    value_column,
)

KINDS = {
    "dynamic": (BLUE, "dynamic selection"),
    "negative_correlation": (RED, "negative correlation"),
    "neural": (ORANGE, "neural ensembler"),
}
OTHER = (GREY, "others")
AGAINST = {
    "best": ("on_best", "best_low", "best_high", "the best base model"),
    "mean": ("on_mean", "mean_low", "mean_high", "the plain mean"),
}
FAR = 4.0  # gains below minus so many times the largest are cut off


def candidate_gains(table: pd.DataFrame, against: str = "best") -> Chart:
    """A row a candidate of a `candidate_table`: its gain with the 95 % interval.

    Parameters
    ----------
    against : "best" base model or plain "mean".
    """
    gain, low, high, what = AGAINST[against]
    shown = table[table.role != "base"]
    if shown.empty:
        return blank("Nothing stands above the base models.")
    chart = row_chart(len(shown), head=1.9, each=0.21)
    axes = tidy(chart.subplots())
    axes.tick_params(axis="y", labelsize=8)
    values = shown[[gain, low, high]].to_numpy()
    for row, role in enumerate(shown.role):
        colour, marker = ROLES[role]
        _interval(axes, row, values[row], colour, marker)
    _cut(axes, values)
    name_rows(axes, clipped(list(shown.name)))
    value_column(axes, [f"{count}" for count in shown.models], "models")
    axes.set_xlabel("gain in the metric, positive is better")
    axes.set_title(f"Gain on {what}, with 95 % intervals")
    handles = [_handle(*ROLES[role], role) for role in dict.fromkeys(shown.role)]
    chart.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    return chart


def gains_on_static(table: pd.DataFrame) -> Chart:
    """A panel a competition, a row a model: its gain on static weights, with the 95 % interval.

    Parameters
    ----------
    table : as `stackkit.gains_on` makes it.
    """
    names = list(dict.fromkeys(table.competition))
    parts = [table[table.competition == name] for name in names]
    columns = min(2, len(names))
    rows = [max(map(len, parts[i : i + columns])) for i in range(0, len(parts), columns)]
    chart = Chart(0.7 + sum(0.9 + 0.24 * count for count in rows), width=9.0)
    for axes, part in zip(grid(chart, len(parts), columns), parts, strict=True):
        _draw_panel(tidy(axes), part)
    shown = [_kind(family) for family in dict.fromkeys(table.family)]
    handles = [_handle(colour, "o", label) for colour, label in dict.fromkeys(shown)]
    chart.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return chart


def _draw_panel(axes: Axes, part: pd.DataFrame) -> None:
    values = part[["gain", "low", "high"]].to_numpy()
    for row, family in enumerate(part.family):
        _interval(axes, row, values[row], _kind(family)[0], "o")
    _cut(axes, values)
    name_rows(axes, clipped(list(part.name), 20))
    axes.tick_params(axis="y", labelsize=8)
    axes.set_xlabel(f"gain in {part.metric.iloc[0]}", fontsize=9)
    axes.set_title(part.competition.iloc[0], fontsize=10)


def _interval(axes: Axes, row: int, values: np.ndarray, colour: str, marker: str) -> None:
    gain, low, high = values
    axes.plot([low, high], [row, row], color=colour, linewidth=1.5)
    clear = low > 0 or high < 0
    axes.plot(gain, row, marker, color=colour, markersize=6,
              markerfacecolor=colour if clear else "white")  # fmt: skip


def _cut(axes: Axes, values: np.ndarray) -> None:
    """A line at no gain; what is far worse than others are good is an arrow at the edge."""
    axes.axvline(0, color=BLACK, linewidth=1, zorder=1)
    reach = FAR * max(values[:, 2].max(), np.abs(np.median(values, axis=0)).max())
    if values[:, 1].min() < -reach < 0:
        axes.set_xlim(left=-reach)
        beyond = np.flatnonzero(values[:, 0] < -reach)
        axes.plot(np.full(len(beyond), -0.98 * reach), beyond, "<", color=BLACK, markersize=5)
    axes.locator_params(axis="x", nbins=5)


def _kind(family: str) -> tuple[str, str]:
    return KINDS.get(family, OTHER)


def _handle(colour: str, marker: str, label: str) -> Line2D:
    return Line2D([], [], color=colour, marker=marker, linestyle="-", label=label)
