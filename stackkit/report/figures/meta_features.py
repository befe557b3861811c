"""Do meta-features say where a stack errs?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stackkit.report.figures.chart import BLUE, Chart, blank, grid, short, tidy

BINS = 10
MOST_PANELS = 9


def losses_by_meta_feature(table: pd.DataFrame, losses: np.ndarray, label: str = "loss") -> Chart:
    """A panel a meta-feature: the mean loss of the rows in each tenth of its range, ± s.e.

    Parameters
    ----------
    table : as `stackkit.meta_feature_table` makes it.
    losses : (n,) of all rows of train, as `stackkit.row_losses` makes them.
    label : what they are losses of.
    """
    varied = [name for name in table if table[name].nunique() > 1][:MOST_PANELS]
    if not varied:
        return blank("No meta-feature differs between rows.")
    losses = np.asarray(losses)[table.index]
    chart = Chart(0.6 + 2.5 * -(-len(varied) // 3))
    for axes, name in zip(grid(chart, len(varied), 3, sharey=True), varied, strict=True):
        found = _by_part(table[name], losses)
        tidy(axes, "y").errorbar(found.place, found["mean"], yerr=found.se, fmt="o-", color=BLUE,
                                 markersize=4, capsize=2, linewidth=1)  # fmt: skip
        axes.axhline(np.nanmean(losses), color="0.6", linewidth=0.8, linestyle="--")
        shown = [found.index[i] for i in sorted({0, len(found) // 2, len(found) - 1})]
        axes.set_xticks(found.place[shown], [short(float(f"{found.middle[i]:.2g}")) for i in shown])
        axes.set_xlabel(name)
    chart.supylabel(f"mean {label}", fontsize=10)
    chart.suptitle("Rows sorted by a meta-feature, in tenths (dashed: all rows)", fontsize=11)
    return chart


def _by_part(values: pd.Series, losses: np.ndarray) -> pd.DataFrame:
    """A row a tenth: its place, the median of the values, mean loss and its standard error."""
    parts = pd.qcut(values, BINS, labels=False, duplicates="drop").to_numpy()
    frame = pd.DataFrame({"value": values.to_numpy(), "loss": losses, "part": parts})
    found = frame.groupby("part").agg(
        middle=("value", "median"), mean=("loss", "mean"), se=("loss", "sem")
    )
    return found.assign(place=np.arange(len(found)), se=found.se.fillna(0.0))
