"""What did each model cost, and in which phase?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from stackkit.cost import PHASES
from stackkit.predictions import Predictions
from stackkit.report.figures.chart import (
    BLUE,
    ORANGE,
    PINK,
    SKY,
    Chart,
    name_rows,
    row_chart,
    tidy,
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
    name_rows(seconds, list(table.name))
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
