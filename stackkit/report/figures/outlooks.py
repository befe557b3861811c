"""What is the chosen record worth: fold by fold, on unseen rows, and where it errs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.predictions import Predictions
from stackkit.report.figures.chart import (
    GREEN,
    GREY,
    ORANGE,
    ROLES,
    Chart,
    blank,
    clipped,
    metric_label,
    name_rows,
    row_chart,
    short,
    tidy,
    value_column,
)

MOST = 14
ROWS = 16


def fold_lines(records: Sequence[Predictions]) -> Chart:
    """The scores of a few records fold by fold, joined by a line a record, with their means.

    Lines that cross often mean that their order is a matter of folds; parallel ones that folds are
    harder or easier for all alike.
    """
    folds = [c for c, v in records[0].scores["folds"].items() if v is not None]
    chart = Chart(3.9)
    axes = tidy(chart.subplots(), "y")
    styles = ("-", "--", ":", "-.")
    for record, style in zip(records, styles, strict=False):
        colour, marker = ROLES[record.role]
        known = record.scores["folds"]
        values = [np.nan if known.get(c) is None else known[c] for c in folds]
        label = f"{record.name}: {short(float(np.nanmean(values)))}"
        axes.plot(range(len(folds)), values, marker + style, color=colour, label=label)
    axes.set_xticks(range(len(folds)), folds, rotation=45 if len(folds) > 12 else 0)
    axes.set_xlabel("fold")
    axes.set_ylabel(metric_label(records[0]))
    axes.set_title("Fold by fold (legend: mean over folds)")
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return chart


def segments(table: pd.DataFrame, loss: str) -> Chart:
    """The segments that err most beyond chance, a row each: their loss over that of all rows.

    Parameters
    ----------
    table : as `stackkit.segment_losses` makes it.
    loss : what it is a loss of.
    """
    if table.empty:
        return blank("No segment has enough rows.")
    shown = table.head(ROWS)
    chart = row_chart(len(shown), head=1.6, each=0.31)
    axes = tidy(chart.subplots())
    for row, (ratio, error) in enumerate(shown[["ratio", "se"]].to_numpy()):
        apart = ratio - 2 * error > 1
        colour = ORANGE if apart else GREY
        axes.errorbar(ratio, row, xerr=2 * error, fmt="o", color=colour, capsize=3)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xlim(0.4 * min(1.0, shown.ratio.min()), 1.3 * shown.ratio.max())
    names = [f"{c} {s}" for c, s in shown[["column", "segment"]].to_numpy()]
    name_rows(axes, clipped(names, 40))
    value_column(axes, [f"{n:,}" for n in shown.rows], "rows")
    axes.set_xlabel(f"mean loss of the segment over that of all rows (± 2 s.e.; {loss})")
    axes.set_title("Segments with the highest loss beyond chance")
    return chart


def honest(table: pd.DataFrame, competition: Competition) -> Chart:
    """A row a record: cv (ring), each chain's mean on the holdout (dot), the record there (star).

    Parameters
    ----------
    table : as `stackkit.honest_scores` makes it.
    """
    known = table[table.holdout.notna() & (table.name != "prior")].head(MOST)
    if known.empty:
        return blank("No rows were held out: [folds] holdout = 0.1 keeps some from every level.")
    chart = row_chart(len(known), head=1.8, each=0.32)
    axes = tidy(chart.subplots())
    rows = range(len(known))
    axes.hlines(rows, known.cv, known.holdout, color="0.85", linewidth=2, zorder=1)
    axes.plot(known.cv, rows, "o", color=GREY, markerfacecolor="none", markersize=9,
              markeredgewidth=2, label="cross-validated")  # fmt: skip
    axes.plot(known.chains, rows, "o", color=ORANGE, label="holdout, one fold's models")
    axes.plot(known.holdout, rows, "D", color=GREEN, markersize=6, label="holdout, all together")
    name_rows(axes, clipped(list(known.name)))
    metric = competition.metric
    better = "greater" if metric.greater_is_better else "smaller"
    axes.set_xlabel(f"{metric.name} ({better} is better)")
    axes.set_title("Cross-validated, and on rows that no level has seen")
    handles, labels = axes.get_legend_handles_labels()
    chart.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return chart
