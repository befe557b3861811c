"""Do predictions mean what they say? Calibration of probabilities, residuals of values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from stackkit.competition import Competition
from stackkit.predictions import Predictions
from stackkit.report.figures.chart import (
    BLUE,
    GREY,
    PALETTE,
    Chart,
    by_score,
    grid,
    short,
    tidy,
    without_baseline,
)

MOST = 6
BINS = 10
POINTS = 2_000


def against_truth(competition: Competition, records: Sequence[Predictions]) -> Chart:
    """Out-of-fold predictions against what happened, for the best records.

    Probabilities: a reliability curve a record, and where its predictions lie. Values: true value
    against prediction, a panel a record.
    """
    shown = by_score(without_baseline(records))[:MOST]
    if competition.task == "regression":
        return _values(competition, shown)
    return _reliability(competition, shown)


def reliability(happened: np.ndarray, p: np.ndarray, bins: int = BINS) -> np.ndarray:
    """(b, 2) mean prediction and observed share in b ≤ `bins` bins of about equal size.

    Parameters
    ----------
    happened : (n,) bool.
    p : (n,) probabilities. Equal ones fall into one bin.
    """
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1]))
    bin_of = np.searchsorted(edges, p, side="left")
    count = np.bincount(bin_of, minlength=len(edges) + 1)
    sums = [np.bincount(bin_of, weights=v, minlength=len(count)) for v in (p, happened)]
    return np.column_stack([s[count > 0] / count[count > 0] for s in sums])


def _flat(competition: Competition, record: Predictions) -> tuple[np.ndarray, np.ndarray]:
    """What happened (n · c,) and its probability, class by class where there are several."""
    rows = record.scored
    p = np.asarray(record.oof[rows], dtype=np.float64)
    codes = np.arange(p.shape[1]) if p.shape[1] > 1 else np.ones(1)
    return (competition.y[rows, None] == codes).ravel(), p.ravel()


def _reliability(competition: Competition, shown: Sequence[Predictions]) -> Chart:
    chart = Chart(6.4)
    curves, places = chart.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    curves.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="calibrated")
    for record, colour in zip(shown, PALETTE, strict=False):
        happened, p = _flat(competition, record)
        points = reliability(happened, p)
        curves.plot(*points.T, "o-", color=colour, markersize=5, label=record.name)
        places.hist(p, bins=np.linspace(0, 1, 41), histtype="step", log=True, color=colour)
    what = "a class" if competition.width > 1 else f"class {competition.classes[-1]}"
    whose = "all classes pooled" if competition.width > 1 else what
    tidy(curves, "both").set(ylabel="share that happened", title=f"Calibration: {whose}")
    tidy(places).set(xlabel=f"predicted probability of {what}", ylabel="predictions (log)")
    places.yaxis.set_minor_formatter(NullFormatter())
    curves.legend(frameon=False)
    return chart


def _values(competition: Competition, shown: Sequence[Predictions]) -> Chart:
    columns = 2 if len(shown) in (2, 4) else min(3, len(shown))
    chart = Chart(0.9 + min(4.6, 6.8 / columns) * -(-len(shown) // columns))
    panels = grid(chart, len(shown), columns, sharex=True, sharey=True)
    for axes, record in zip(panels, shown, strict=True):
        _scatter(tidy(axes, "both"), competition.y, record)
    chart.suptitle("True values against out-of-fold predictions (line: equal)")
    chart.supxlabel(f"predicted {competition.target}")
    chart.supylabel(f"true {competition.target}")
    return chart


def _scatter(axes: Axes, y: np.ndarray, record: Predictions) -> None:
    rows = np.flatnonzero(record.scored)
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, POINTS).astype(np.int64))]
    p = record.oof[rows, 0]
    axes.scatter(p, y[rows], s=8, alpha=0.35, color=BLUE, linewidths=0)
    axes.axline((float(y.min()), float(y.min())), slope=1, color=GREY, linestyle="--", linewidth=1)
    axes.set_title(f"{record.name}: {record.scores['metric']} {short(record.cv)}", fontsize=10)
