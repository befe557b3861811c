"""What did each model cost, in which phase, and what did the money buy?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from stackkit.cost import PHASES, record_seconds
from stackkit.predictions import Predictions
from stackkit.report.figures.chart import (
    BLUE,
    ORANGE,
    PINK,
    ROLES,
    SKY,
    Chart,
    clipped,
    label_points,
    metric_label,
    name_rows,
    row_chart,
    tidy,
    without_baseline,
)
from stackkit.report.summaries import costs as cost_table

COLOURS = dict(zip(PHASES, (SKY, BLUE, ORANGE), strict=True))


def costs(records: Sequence[Predictions]) -> Chart:
    """A row a record, dearest first: seconds by phase over all fits, and the peak memory."""
    table = cost_table(records)
    chart = row_chart(len(table), head=1.7)
    seconds, memory = chart.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    _draw_seconds(tidy(seconds), table)
    memory.barh(range(len(table)), table.peak_mb, color=PINK, height=0.65)
    tidy(memory).set(xlabel="MiB above the worker's baseline", title="Peak memory of a fit")
    memory.tick_params(axis="y", length=0)
    name_rows(seconds, clipped(list(table.name)))
    handles, labels = seconds.get_legend_handles_labels()
    chart.legend(handles, labels, loc="outside lower center", ncols=len(PHASES), frameon=False)
    return chart


def _draw_seconds(axes: Axes, table: pd.DataFrame) -> None:
    start = pd.Series(0.0, index=table.index)
    for phase in PHASES:
        axes.barh(range(len(table)), table[phase], left=start, height=0.65, label=phase,
                  color=COLOURS[phase])  # fmt: skip
        start = start + table[phase]
    for row, total in enumerate(start):
        axes.annotate(f"{total:.1f}", (total, row), xytext=(4, 0), textcoords="offset points",
                      va="center", fontsize=9)  # fmt: skip
    axes.margins(x=0.12)
    axes.set(xlabel="seconds over all fits", title="Wall time by phase")


def cost_and_score(records: Sequence[Predictions]) -> Chart:
    """A point a record: its score against the seconds of all its fits (log scale).

    The line joins those that nothing cheaper beats.
    """
    shown = without_baseline(records)
    seconds = np.array([max(record_seconds(r.cost), 1e-3) for r in shown])
    scores = np.array([r.cv for r in shown])
    chart = Chart(max(4.0, 1.6 + 0.25 * len(shown)))
    axes = tidy(chart.subplots(), "both")
    if not shown[0].scores["greater_is_better"]:
        axes.invert_yaxis()
    for record, x, y in zip(shown, seconds, scores, strict=True):
        colour, marker = ROLES[record.role]
        axes.plot(x, y, marker, color=colour, markersize=8, zorder=2)
    best = frontier(seconds, scores * (1 if shown[0].scores["greater_is_better"] else -1))
    axes.plot(seconds[best], scores[best], color="0.75", linewidth=1.5, zorder=1)
    axes.set_xscale("log")
    for which in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        which(lambda x, _: f"{x:g}" if f"{x:.0e}"[0] in "125" else "")
    axes.margins(x=0.08, y=0.08)
    label_points(axes, [r.name for r in shown], seconds, scores)
    axes.set_xlabel("seconds over all fits (log); the line: nothing cheaper is better")
    axes.set_ylabel(metric_label(shown[0]))
    axes.set_title("What the seconds buy")
    return chart


def frontier(cost: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """Positions of the points that no cheaper one beats, cheapest first."""
    order = np.lexsort((-worth, cost))
    best = np.maximum.accumulate(worth[order])
    new = np.append(True, worth[order][1:] > best[:-1])
    return order[new]
