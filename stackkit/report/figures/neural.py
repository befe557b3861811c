"""What does the strength of the penalty do to nets that are trained together?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from stackkit.report.figures.chart import BLACK, BLUE, GREY, RED, Chart, blank, tidy

ALIKE = 0.97  # share of the blend's loss from which that loss itself is drawn


def lambda_path(table: pd.DataFrame, setting: str = "λ") -> Chart:
    """Left the inner loss by strength of the penalty, right the ambiguity of the nets.

    Thin lines are Fits, the thick one is their mean; losses are shares of that of the blend that
    nets begin at: below 1 (dashed, where it is in sight) nets are better. Ringed: what Fits chose.

    Parameters
    ----------
    table : as `stackkit.net_paths` makes it.
    setting : what the horizontal axis is called.
    """
    if table.empty:
        return blank("No fitted net was kept: [cache] keep_models = true keeps them.")
    chart = Chart(4.4)
    left, right = (tidy(axes, "both") for axes in chart.subplots(1, 2))
    _lines(left, table.assign(shown=table.loss / table.start), BLUE)
    _lines(left, table.assign(shown=table.individual / table.start), RED)
    _lines(right, table.assign(shown=table.ambiguity / table.start), BLACK)
    taken = table[table.chosen]
    told = f"chosen, by {len(taken)} of {table.fit.nunique()} Fits"
    left.plot(taken.setting, taken.loss / taken.start, "o", fillstyle="none", color=BLACK,
              markersize=9, label=told)  # fmt: skip
    left.plot([], [], color=BLUE, linewidth=2.5, label="mean of the nets")
    left.plot([], [], color=RED, linewidth=2.5, label="one net alone, on average")
    if left.get_ylim()[1] > ALIKE:
        left.axhline(1.0, color=GREY, linestyle="--", linewidth=1, label="the blend they begin at")
    left.set_title("Loss on inner folds")
    right.set_title("Ambiguity: what averaging gains")
    for axes in (left, right):
        axes.set_xlabel(setting)
        axes.set_xticks(sorted(table.setting.unique()))
    left.set_ylabel("share of the loss of the blend they begin at")
    right.set_ylim(bottom=min(0.0, right.get_ylim()[0]))
    chart.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2,
                 frameon=False)  # fmt: skip
    return chart


def _lines(axes: Axes, table: pd.DataFrame, colour: str) -> None:
    wide = table.pivot(index="setting", columns="fit", values="shown").sort_index()
    axes.plot(wide.index, wide.to_numpy(), color=colour, linewidth=0.8, alpha=0.35)
    axes.plot(wide.index, np.asarray(wide.mean(axis=1)), "-", color=colour, linewidth=2.5)
