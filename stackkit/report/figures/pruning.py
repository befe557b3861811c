"""Which models stay, and what do accuracy, diversity and seconds trade for each other?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from stackkit.report.figures.chart import (
    BLUE,
    GREY,
    RED,
    ROLES,
    Chart,
    blank,
    clipped,
    label_points,
    name_rows,
    row_chart,
    short,
    tidy,
    value_column,
)

MOST_ROWS = 40


def pareto(table: pd.DataFrame) -> Chart:
    """A point a model of a `pareto_table`: its loss against how unlike the others it errs.

    The line joins the models that no other beats in both.
    """
    if len(table) < 2:
        return blank("One model alone is like no other.")
    chart = Chart(max(4.2, 1.6 + 0.25 * len(table)))
    axes = tidy(chart.subplots(), "both")
    front = table[table.front].sort_values("difference")
    axes.plot(front.difference, front.loss, color="0.75", linewidth=1.5, zorder=1)
    for row in table.itertuples():
        colour, marker = ROLES[row.role]
        axes.plot(row.difference, row.loss, marker, color=colour, markersize=8, zorder=2,
                  markerfacecolor=colour if row.front else "white")  # fmt: skip
    axes.margins(x=0.06, y=0.08)
    axes.set_ylim(axes.get_ylim()[::-1])
    label_points(axes, list(table.name), table.difference.to_numpy(), table.loss.to_numpy())
    axes.set_xlabel("1 − mean correlation of errors with the other models")
    axes.set_ylabel("loss (smaller is better), better above")
    axes.set_title(f"{len(front)} of {len(table)} models: none is both better and more different")
    return chart


def trade_off(table: pd.DataFrame) -> Chart:
    """Ensembles of a `trade_off_curve`: their members' mean loss against what their mean gains.

    Ensembles on one grey line lose the same.
    """
    chart = Chart(4.6)
    axes = tidy(chart.subplots(), "both")
    axes.grid(False)
    found = table.groupby("names", sort=False).agg(
        diversity=("diversity", "first"), average=("average", "first"),
        low=("trade_off", "min"), high=("trade_off", "max"),
    )  # fmt: skip
    axes.plot(found.diversity, found.average, color="0.6", linewidth=1.2, zorder=2)
    points = axes.scatter(found.diversity, found.average, c=(found.low + found.high) / 2,
                          cmap="cividis", vmin=0, vmax=1, s=64, zorder=3)  # fmt: skip
    best = table.loc[table.loss.idxmin()]
    axes.plot(best.diversity, best.average, "o", markersize=15, fillstyle="none", color=RED)
    axes.margins(x=0.12, y=0.14)
    _equal_losses(axes, table)
    axes.set_ylim(axes.get_ylim()[::-1])
    names = [_span(low, high) for low, high in zip(found.low, found.high, strict=True)]
    label_points(axes, names, found.diversity.to_numpy(), found.average.to_numpy())
    chart.colorbar(points, ax=axes, label="trade-off: 0 accuracy, 1 diversity", pad=0.14)
    axes.set_xlabel("diversity: what their mean gains on the members' mean loss")
    axes.set_ylabel("members' mean loss, better above")
    alike = table.trade_off[table.names == best.names]
    what = f"Trade-off {_span(alike.min(), alike.max())} loses least"
    axes.set_title(f"{what}: {short(best.loss)} with {len(best.names)} models")
    return chart


def _equal_losses(axes: Axes, table: pd.DataFrame) -> None:
    """Lines along which mean loss less diversity is the same."""
    limits = axes.get_xlim(), axes.get_ylim()
    x = np.array(limits[0])
    low, high = limits[1][0] - x[1], limits[1][1] - x[0]
    for loss in np.linspace(low, high, 14):
        axes.plot(x, loss + x, color="0.88", linewidth=0.8, zorder=0)
    axes.set_xlim(limits[0])
    axes.set_ylim(limits[1])


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def pruned(table: pd.DataFrame, metric: str) -> Chart:
    """A row a model of a `pruning_table`, in the order of taking: its own score, and the score of
    the equal mean of all down to it; models below the line are not kept."""
    shown = table.head(MOST_ROWS)
    chart = row_chart(len(shown), head=1.8)
    axes, rows, kept = tidy(chart.subplots()), np.arange(len(shown)), int(table.kept.sum())
    axes.plot(shown.score, rows, "o", color=GREY, fillstyle="none", label="alone")
    axes.plot(shown.ensemble, rows, "-", color=BLUE, linewidth=1.2, alpha=0.6)
    axes.plot(shown.ensemble[shown.kept], rows[shown.kept], "D", color=BLUE, markersize=6,
              label="mean down to here, kept")  # fmt: skip
    axes.plot(shown.ensemble[~shown.kept], rows[~shown.kept], "D", color=BLUE, markersize=6,
              markerfacecolor="white", label="mean down to here, not kept")  # fmt: skip
    name_rows(axes, clipped(list(shown.name)))
    if kept < len(shown):
        axes.axhline(kept - 0.5, color=RED, linewidth=1)
    seconds = ["–" if np.isnan(s) else f"{s:.3g}" for s in shown.seconds]
    value_column(axes, seconds, "seconds to predict")
    chart.legend(
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False
    )
    axes.set_xlabel(f"{metric}, on the rows that the order was chosen on")
    cut = "" if len(shown) == len(table) else f", the first {len(shown)} shown"
    axes.set_title(f"{kept} of {len(table)} models stay{cut}", loc="left")
    return chart
