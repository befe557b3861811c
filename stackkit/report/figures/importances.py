"""Which columns do models need?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from stackkit.report.figures.chart import BLUE, GREY, SKY, Chart, blank, clipped, name_rows, tidy

MOST = 15
ALL = "all"


def importances(table: pd.DataFrame, metric: str) -> Chart:
    """A panel a model, columns in one order: the loss by shuffling on all rows (bar) and in every
    fold (dots).

    Parameters
    ----------
    table : as `stackkit.permutation_importance` makes it; of its models the first two.
    metric : its name, for the axis.
    """
    if table.empty:
        return blank("No fold model was kept: [cache] keep_models = true keeps them.")
    models = list(dict.fromkeys(table.model))[:2]
    whole = table[table.fold == ALL].pivot(index="column", columns="model", values="drop")[models]
    order = whole.mean(axis=1).sort_values(ascending=False, kind="stable").index
    shown = list(order[:MOST])
    chart = Chart(1.5 + 0.3 * max(len(shown), 3))
    panels = chart.subplots(1, len(models), sharey=True, squeeze=False).ravel()
    for axes, model in zip(panels, models, strict=True):
        _draw(tidy(axes), whole[model][shown], table[table.model == model])
        axes.set_title(model, fontsize=10)
        axes.tick_params(axis="y", length=0)
    chart.suptitle("What models lose without a column", fontsize=12)
    name_rows(panels[0], clipped(shown))
    more = f"; {len(order) - len(shown)} weaker columns not drawn" if len(order) > MOST else ""
    chart.supxlabel(
        f"loss in {metric} when the column is shuffled (dots: folds){more}", fontsize=10
    )
    return chart


def _draw(axes: Axes, whole: pd.Series, table: pd.DataFrame) -> None:
    axes.barh(range(len(whole)), whole, height=0.65, color=SKY)
    folds = table[table.fold != ALL].pivot(index="fold", columns="column", values="drop")
    for row, column in enumerate(whole.index):
        values = folds[column].dropna().to_numpy()
        axes.plot(values, np.full(len(values), row), "o", color=BLUE, markersize=3.5, alpha=0.6)
    axes.axvline(0, color=GREY, linewidth=1)
