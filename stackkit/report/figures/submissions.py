"""Does test look to the chosen record as train did?"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from stackkit.competition import Competition
from stackkit.errors import PredictionError
from stackkit.predictions import Predictions
from stackkit.report.figures.chart import BLUE, ORANGE, Chart, grid, tidy

MOST = 12
BINS = 40


def oof_and_test(competition: Competition, record: Predictions) -> Chart:
    """Histograms of out-of-fold and test predictions on one scale, a panel a class.

    PredictionError where the record predicts no test set.
    """
    if record.test is None:
        raise PredictionError("a record has test predictions", f"none in {record.name}")
    panels = min(record.oof.shape[1], MOST)
    columns = min(3, panels)
    chart = Chart(3.8 if panels == 1 else 0.9 + 2.4 * -(-panels // columns))
    for j, axes in enumerate(grid(chart, panels, columns)):
        _histograms(tidy(axes), record.oof[record.scored, j], record.test[:, j])
        axes.set_xlabel(_what(competition, j), fontsize=10 if panels == 1 else 9)
    chart.supylabel("share of rows in each bin", fontsize=10)
    more = "" if panels == record.oof.shape[1] else f" (the first {panels} classes)"
    title = f"Predictions of {record.name}: train out of fold, and test{more}"
    chart.suptitle(title, fontsize=12)
    handles, labels = chart.axes[0].get_legend_handles_labels()
    chart.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return chart


def _histograms(axes: Axes, oof: np.ndarray, test: np.ndarray) -> None:
    both = np.concatenate([oof, test])
    bins = int(np.clip(np.sqrt(min(len(oof), len(test))), 8, BINS))
    edges = np.histogram_bin_edges(both, bins)
    for values, colour, label, filled in (
        (oof, BLUE, "train, out of fold", True),
        (test, ORANGE, "test", False),
    ):
        axes.hist(values, bins=edges, weights=np.full(len(values), 1 / len(values)), label=label,
                  color=colour, histtype="stepfilled" if filled else "step",
                  alpha=0.35 if filled else 1.0, linewidth=2)  # fmt: skip


def _what(competition: Competition, column: int) -> str:
    if competition.task == "regression":
        return f"predicted {competition.target}"
    name = competition.classes[-1] if competition.width == 1 else competition.classes[column]
    return f"predicted P({name})"
