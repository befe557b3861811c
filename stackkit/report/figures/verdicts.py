"""What a record gets wrong: classes that it mixes up, how it ranks, and what values it misses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from stackkit.competition import Competition
from stackkit.evaluation import decided_labels
from stackkit.folds import Folds
from stackkit.predictions import Predictions
from stackkit.report.figures.chart import BLUE, GREY, ORANGE, PALETTE, Chart, clipped, short, tidy

MOST_CLASSES = 30
MOST_NUMBERS = 12
POINTS = 2_000
BINS = 40
STEPS = 200


def errors(competition: Competition, folds: Folds, record: Predictions) -> Chart:
    """What the out-of-fold predictions of a record get wrong.

    Classes: the confusion table (a share of each true class), and for two of them how the ranking
    separates (ROC). Values: residuals against predictions, with their running spread, and their
    distribution.
    """
    if competition.task == "regression":
        return _residuals(competition, record)
    table = _confusion(competition, folds, record)
    many = len(table) > MOST_NUMBERS
    wide = competition.width == 1
    height = 3.9 if wide else min(7.0, 2.8 + 0.42 * len(table))
    chart = Chart(height, width=8.0 if wide else min(8.0, height + 1.8))
    if not wide:
        _draw_confusion(chart, chart.subplots(), competition, table, not many)
        return chart
    left, right = chart.subplots(1, 2)
    _draw_confusion(chart, left, competition, table, True)
    _draw_roc(tidy(right, "both"), competition, record)
    return chart


def _confusion(competition: Competition, folds: Folds, record: Predictions) -> np.ndarray:
    """(C, C) rows of each true class by named class."""
    named, size = decided_labels(competition, folds, record), len(competition.classes)
    rows = named >= 0
    pairs = competition.y[rows] * size + named[rows]
    return np.bincount(pairs, minlength=size**2).reshape(size, size)[:MOST_CLASSES, :MOST_CLASSES]


def _draw_confusion(
    chart: Chart, axes: Axes, competition: Competition, table: np.ndarray, numbers: bool
) -> None:
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    names = clipped(list(map(str, competition.classes[: len(table)])), 14)
    turn = len(names) > 6 or max(map(len, names)) > 6
    axes.set_xticks(range(len(names)), names, rotation=45 if turn else 0,
                    ha="right" if turn else "center")  # fmt: skip
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0)
    for (row, column), part in np.ndenumerate(share) if numbers else ():
        few, colour = len(names) <= 6, "white" if part > 0.55 else "black"
        text = f"{part:.0%}\n{table[row, column]:,}" if few else f"{part:.0%}"
        axes.text(column, row, text, ha="center", va="center",
                  fontsize=9 if few else 8, color=colour)  # fmt: skip
    if competition.width > 1:
        chart.colorbar(image, ax=axes, label="share of the true class", shrink=0.8)
    axes.set(xlabel="named out of fold", ylabel="true class")
    axes.set_title("Confusion: shares of each true class")


def _draw_roc(axes: Axes, competition: Competition, record: Predictions) -> None:
    rows = record.scored
    truth, p = competition.y[rows] == 1, record.oof[rows, 0]
    false, true = roc_points(truth, p)
    axes.plot(false, true, color=BLUE, linewidth=2)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1)
    area = float(np.trapezoid(true, false))
    axes.set(xlabel="share of the others above the cut", title=f"ROC: area {short(area)}")
    axes.set_ylabel(f"share of class {competition.classes[-1]} above it")


def roc_points(truth: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """False and true positive rates at every distinct cut, from (0, 0) to (1, 1)."""
    order = np.argsort(-p, kind="stable")
    hits, last = truth[order], np.append(np.diff(p[order]) != 0, True)
    true = np.cumsum(hits)[last] / max(hits.sum(), 1)
    false = np.cumsum(~hits)[last] / max((~hits).sum(), 1)
    return np.append(0.0, false), np.append(0.0, true)


def _residuals(competition: Competition, record: Predictions) -> Chart:
    rows = np.flatnonzero(record.scored)
    p, truth = record.oof[rows, 0].astype(np.float64), competition.y[rows]
    chart = Chart(3.9)
    left, right = chart.subplots(1, 2, width_ratios=(3, 2))
    picked = np.unique(np.linspace(0, len(rows) - 1, POINTS).astype(np.int64))
    residual = truth - p
    tidy(left, "both").scatter(
        p[picked], residual[picked], s=8, alpha=0.3, color=BLUE, linewidths=0
    )
    middle, low, high = _running(p, residual)
    left.plot(middle, low, color=ORANGE, linewidth=2, label="10 and 90 % of the rows nearby")
    left.plot(middle, high, color=ORANGE, linewidth=2)
    left.axhline(0, color=GREY, linestyle="--", linewidth=1)
    left.legend(frameon=False, loc="upper left", fontsize=9)
    left.set(xlabel=f"predicted {competition.target}", ylabel="truth − prediction")
    left.set_title("Residuals")
    edge = float(np.quantile(np.abs(residual), 0.995))
    tidy(right, "y").hist(np.clip(residual, -edge, edge), bins=BINS, color=BLUE, alpha=0.85)
    right.axvline(residual.mean(), color=ORANGE, linewidth=2)
    right.set(xlabel="truth − prediction", ylabel="rows")
    right.set_title(f"mean {short(float(residual.mean()))}, sd {short(float(residual.std()))}")
    return chart


def _running(p: np.ndarray, residual: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean prediction, and 10 and 90 % quantiles of residuals, in about 20 bins of equal size."""
    parts = np.array_split(np.argsort(p, kind="stable"), max(1, min(20, len(p) // 20)))
    low, high = (np.array([np.quantile(residual[i], q) for i in parts]) for q in (0.1, 0.9))
    return np.array([p[i].mean() for i in parts]), low, high


def decisions(competition: Competition, folds: Folds, record: Predictions) -> Chart:
    """What follows from acting on the predictions.

    Two classes: precision, recall, F1 and accuracy against the cut, with the cuts in use. Several:
    accuracy against the share of rows answered, the surest first. Values: the share of rows within
    a distance of the truth.
    """
    rows = np.flatnonzero(record.scored)
    p, y = record.oof[rows].astype(np.float64), competition.y[rows]
    chart = Chart(3.8)
    axes = tidy(chart.subplots(), "both")
    if competition.task == "regression":
        _draw_tolerance(axes, competition, y, p[:, 0])
    elif competition.width == 1:
        _draw_cuts(axes, y == 1, p[:, 0], cuts_in_use(competition, folds, record))
    else:
        _draw_answered(axes, y, p)
    return chart


def cuts_in_use(
    competition: Competition, folds: Folds, record: Predictions
) -> Sequence[tuple[str, float]]:
    """The cut at one half, and where the metric reads labels the one that its decision takes."""
    if competition.metric.reads != "label":
        return [("one half", 0.5)]
    from stackkit.submission import final_decision

    decision = final_decision(competition, record)
    return [("one half", 0.5), ("the metric's own", float(decision.values[0]))]


def _draw_cuts(
    axes: Axes, truth: np.ndarray, p: np.ndarray, cuts: Sequence[tuple[str, float]]
) -> None:
    grid = np.unique(np.quantile(p, np.linspace(0, 1, STEPS)))[:-1]
    ranked, hits = np.sort(p), np.sort(p[truth])
    above = len(p) - np.searchsorted(ranked, grid, side="right")
    true = truth.sum() - np.searchsorted(hits, grid, side="right")
    precision, recall = true / np.maximum(above, 1), true / max(truth.sum(), 1)
    right = (true + (len(p) - truth.sum()) - (above - true)) / len(p)
    f1 = 2 * true / np.maximum(above + truth.sum(), 1)
    curves = {"precision": precision, "recall": recall, "F1": f1, "accuracy": right}
    for (name, values), colour in zip(curves.items(), PALETTE, strict=False):
        axes.plot(grid, values, color=colour, linewidth=2, label=name)
    for (name, cut), style in zip(cuts, ("--", ":"), strict=False):
        axes.axvline(cut, color=GREY, linestyle=style, linewidth=1.5, label=f"{name}: {cut:.3g}")
    axes.set(xlabel="cut: rows with a higher probability are named positive", ylim=(0, 1.02))
    axes.set_title("What a cut gives")
    axes.legend(frameon=False, ncols=1, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _draw_answered(axes: Axes, y: np.ndarray, p: np.ndarray) -> None:
    sure = np.argsort(-p.max(axis=1), kind="stable")
    right = (p.argmax(axis=1) == y)[sure]
    share = np.arange(1, len(y) + 1) / len(y)
    accuracy = np.cumsum(right) / np.arange(1, len(y) + 1)
    from_ = max(1, len(y) // 50)
    axes.plot(share[from_:], accuracy[from_:], color=BLUE, linewidth=2)
    axes.axhline(accuracy[-1], color=GREY, linestyle="--", linewidth=1)
    axes.set(xlabel="share of rows answered, the surest first", ylabel="accuracy on them")
    axes.set_title(f"Accuracy where the record is sure (all rows: {short(accuracy[-1])})")


def _draw_tolerance(axes: Axes, competition: Competition, y: np.ndarray, p: np.ndarray) -> None:
    miss = np.sort(np.abs(y - p))
    share = np.arange(1, len(miss) + 1) / len(miss)
    plain = np.sort(np.abs(y - np.median(y)))
    kept = share <= 0.99
    axes.plot(miss[kept], share[kept], color=BLUE, linewidth=2, label="this record")
    axes.plot(plain[kept], share[kept], color=GREY, linestyle="--", label="the median for all")
    axes.set(
        xlabel=f"distance from the true {competition.target}", ylabel="share of rows within it"
    )
    axes.set_title(f"How close: half of the rows within {short(float(np.median(miss)))}")
    axes.legend(frameon=False, loc="lower right")
