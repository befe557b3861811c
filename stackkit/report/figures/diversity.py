"""How alike are models, and which of them are different and good?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from stackkit.diversity import likeness_order
from stackkit.predictions import Predictions
from stackkit.report.figures.chart import (
    BLUE,
    RED,
    ROLES,
    Chart,
    blank,
    clipped,
    label_points,
    metric_label,
    tidy,
)
from stackkit.report.figures.costs import frontier

MOST_NUMBERS = 18
MOST_PAIRS = 12  # that a kappa-error diagram names
PIXELS = (480, 300)  # of a kappa-error diagram from the lowest to the highest pair
SAME_POINT, APART = 4, 13  # pixels: pairs nearer are one point; numbers nearer would overlap
AREA = 28  # of the point of one pair
NEAR = 0.97  # error correlation of twins
SIGNED, SHARE = (-1.0, 1.0), (0.0, None)
MEASURES = {
    "q": ("Yule's Q: right on the same rows", SIGNED),
    "correlation": ("Correlation of being right", SIGNED),
    "disagreement": ("One of the two alone is right", SHARE),
    "double_fault": ("Both are wrong", SHARE),
    "kappa": ("Agreement beyond chance", SIGNED),
    "errors": ("Correlation of errors", SIGNED),
    "kendall": ("Agreement on the order of rows", SIGNED),
}


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


def pairwise(table: pd.DataFrame, measure: str) -> Chart:
    """A heat map of what `pairwise_diversity` measures, like models side by side.

    The scale of a share starts at 0; that of a coefficient covers what is seen.
    """
    title, limits = MEASURES[measure]
    shares = limits == SHARE
    order = likeness_order(1 - table if measure == "disagreement" else table)
    values = table.loc[order, order].to_numpy()
    apart = values[~np.eye(len(values), dtype=bool)] if len(values) > 1 else values.ravel()
    low = 0.0 if shares else max(-1.0, np.floor(10 * apart.min()) / 10)
    high = max(np.ceil(20 * apart.max()) / 20, low + 0.05)
    label = "share of rows" if shares else measure.replace("q", "Q")
    return _heat_map(values, order, (low, high), title, label)


def kappa_error(table: pd.DataFrame) -> Chart:
    """A point a pair of models: what they agree on beyond chance, and how often they are wrong.

    Numbered and joined are the pairs that no other beats in both (Margineantu and Dietterich,
    1997); those at one point share a number. The area of a point tells how many pairs lie there.
    """
    if table.empty:
        return blank("A pair takes two models.")
    best = table.iloc[frontier(table.kappa.to_numpy(), -table.error.to_numpy())]
    front = best[["kappa", "error"]].merge(table, on=["kappa", "error"])  # and those that equal one
    chart = Chart(4.6)
    axes = tidy(chart.subplots(), "both")
    _draw_pairs(chart, axes, table)
    axes.plot(front.kappa, front.error, "o-", color=RED, markersize=5, linewidth=1.2)
    axes.margins(x=0.06, y=0.08)
    shown = front.iloc[np.unique(np.linspace(0, len(front) - 1, MOST_PAIRS).astype(int))]
    _number_pairs(axes, shown, _places(shown, table))
    axes.set_xlabel("kappa of the pair: agreement beyond chance (1: alike, 0: by chance)")
    axes.set_ylabel("mean share of wrong rows")
    axes.set_title(f"{len(front)} of {len(table)} pairs: none both agrees less and errs less")
    return chart


def _draw_pairs(chart: Chart, axes: Axes, table: pd.DataFrame) -> None:
    """All pairs; those that the picture cannot tell apart are one point, as large as they are."""
    points = table.groupby(_points(_places(table, table)))
    means, counts = points[["kappa", "error"]].mean(), points.size()
    axes.scatter(means.kappa, means.error, s=AREA * counts, color=BLUE, alpha=0.45, linewidths=0)
    if counts.max() == 1:
        return
    for count in np.unique([1, 2, counts.max()]):
        label = f"{count} pairs" if count > 1 else "1 pair"
        axes.scatter([], [], s=AREA * count, color=BLUE, alpha=0.45, linewidths=0, label=label)
    chart.legend(loc="outside lower center", ncols=3, frameon=False)


def _points(places: np.ndarray) -> np.ndarray:
    """(n,) codes of places (n, 2): each joins the first that is near and joins no other."""
    codes = np.full(len(places), -1)
    for j, place in enumerate(places):
        if codes[j] < 0:
            near = np.abs(places - place).max(axis=1) <= SAME_POINT
            codes[near & (codes < 0)] = j
    return codes


def _number_pairs(axes: Axes, front: pd.DataFrame, places: np.ndarray) -> None:
    """A number below the points of a front, where no point can lie, and what it stands for."""
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
    number, first = 0, np.full(2, -np.inf)
    for row, (pair, place) in enumerate(zip(front.itertuples(), places, strict=True)):
        if np.abs(place - first).max() > APART:
            number, first = number + 1, place
            axes.annotate(f"{number}", (pair.kappa, pair.error), xytext=(-3, -3), fontsize=8,
                          textcoords="offset points", ha="right", va="top", color=RED)  # fmt: skip
        a, b = clipped((pair.a, pair.b), 12)
        axes.text(1.03, 0.98 - row / 14, f"{number}  {a} + {b}", transform=axes.transAxes,
                  va="center", fontsize=9)  # fmt: skip


def _places(some: pd.DataFrame, table: pd.DataFrame) -> np.ndarray:
    """(n, 2) about where pairs lie, in pixels of the picture of all."""
    low, high = table[["kappa", "error"]].min(), table[["kappa", "error"]].max()
    return ((some[["kappa", "error"]] - low) / np.maximum(high - low, 1e-12)).to_numpy() * PIXELS


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
