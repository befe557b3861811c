"""What is in the files: missing values, the target, and how the folds cut the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from stackkit.competition import Competition
from stackkit.folds import Folds
from stackkit.report.figures.chart import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    Chart,
    blank,
    clipped,
    name_rows,
    row_chart,
    tidy,
)

MOST = 30
BINS = 40
STRIPES = 160
SKEWED = 1.5
PLAN = {"fitted on": "#CFE6F5", "scored": BLUE, "not used": "#E8E8E8", "holdout": ORANGE}


def missing_values(competition: Competition) -> Chart:
    """A row a column that has gaps, most first: its missing share in train (bar) and test (dot)."""
    train = competition.train.isna().mean()
    test = train * np.nan if competition.test is None else competition.test.isna().mean()
    worst = np.fmax(train, test).sort_values(ascending=False, kind="stable")
    names = list(worst[worst > 0].index)
    if not names:
        return blank("No column has missing values, in train or in test.")
    shown = names[:MOST]
    chart = row_chart(len(shown), head=1.6, each=0.3)
    axes = tidy(chart.subplots())
    axes.barh(range(len(shown)), train[shown], height=0.6, color=SKY, label="train")
    if competition.test is not None:
        axes.plot(test[shown], range(len(shown)), "D", color=ORANGE, markersize=6, label="test")
    name_rows(axes, clipped(shown))
    more = f"; {len(names) - len(shown)} more have fewer" if len(names) > len(shown) else ""
    rest = len(competition.kinds) - len(names)
    axes.set_xlabel(f"share of rows that are missing ({rest} columns have none{more})")
    axes.set_xlim(left=0)
    axes.set_title("Missing values")
    axes.legend(frameon=False, loc="lower right")
    return chart


def target(competition: Competition) -> Chart:
    """How the target is distributed: bars of classes, or histograms (of log1p too if skewed)."""
    if competition.task == "regression":
        return _values(competition)
    counts = np.bincount(competition.y, minlength=len(competition.classes))
    order = np.argsort(-counts, kind="stable")[:MOST]
    chart = row_chart(len(order), head=1.4)
    axes = tidy(chart.subplots())
    share = counts[order] / counts.sum()
    axes.barh(range(len(order)), share, height=0.65, color=BLUE)
    for row, j in enumerate(order):
        text = f"{counts[j]:,} rows, {counts[j] / counts.sum():.1%}"
        axes.annotate(text, (share[row], row), xytext=(5, 0), textcoords="offset points",
                      va="center", fontsize=9)  # fmt: skip
    axes.margins(x=0.25)
    name_rows(axes, clipped([str(competition.classes[j]) for j in order]))
    axes.set_xlabel("share of the rows of train")
    more = f", the {MOST} most frequent of {len(counts)}" if len(counts) > MOST else ""
    axes.set_title(f"Classes of {competition.target}{more}")
    return chart


def _values(competition: Competition) -> Chart:
    y = pd.Series(competition.y)
    skewed = y.min() > -1 and abs(float(y.skew())) > SKEWED
    chart = Chart(3.4)
    panels = np.atleast_1d(chart.subplots(1, 2 if skewed else 1, sharey=False))
    _histogram(panels[0], competition.y, competition.target)
    if skewed:
        _histogram(panels[1], np.log1p(competition.y), f"log(1 + {competition.target})")
    chart.suptitle(f"Distribution of {competition.target} in train")
    panels[0].set_ylabel("rows")
    return chart


def _histogram(axes: Axes, values: np.ndarray, label: str) -> None:
    tidy(axes, "y").hist(values, bins=BINS, color=BLUE, alpha=0.85)
    for share, style in ((0.5, "-"), (0.05, ":"), (0.95, ":")):
        axes.axvline(np.quantile(values, share), color=ORANGE, linestyle=style, linewidth=1.5)
    axes.locator_params(axis="x", nbins=6)
    axes.set_xlabel(f"{label} (lines: median, 5 and 95 %)")


def fold_plan(competition: Competition, folds: Folds) -> Chart:
    """The plan of the first repeat, a row a fold over the rows of train; beside it the target of
    the rows that each fold scores."""
    chart = Chart(1.5 + 0.36 * max(folds.n_splits, 3))
    plan, share = chart.subplots(1, 2, width_ratios=(3, 1.3), sharey=True)
    plan.imshow(_plan_colours(folds), aspect="auto", interpolation="nearest",
                extent=(0, folds.n_rows, folds.n_splits - 0.5, -0.5))  # fmt: skip
    plan.set_title("Who is fitted and scored where")
    plan.set_xlabel(_stripes(folds), fontsize=9)
    plan.spines[:].set_visible(False)
    _draw_targets(tidy(share), competition, folds)
    name_rows(plan, [f"fold {k}" for k in range(folds.n_splits)])
    share.tick_params(axis="y", length=0)
    drawn = {name: colour for name, colour in PLAN.items() if _is_there(folds, name)}
    handles = [Patch(color=colour, label=name) for name, colour in drawn.items()]
    chart.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return chart


def _stripes(folds: Folds) -> str:
    every = max(1, round(folds.n_rows / STRIPES))
    return "rows of train, in file order" + (
        f"; a stripe: one row of {every:,}" if every > 1 else ""
    )


def _states(folds: Folds, fold: int) -> np.ndarray:
    """(n,) place in PLAN of each row for a fold of the first repeat."""
    state = np.full(folds.n_rows, 2)
    state[folds.fit_rows(0, fold)] = 0
    state[folds.cell_rows(0, fold)] = 1
    state[folds.holdout] = 3
    return state


def _is_there(folds: Folds, name: str) -> bool:
    place = list(PLAN).index(name)
    return any((_states(folds, fold) == place).any() for fold in range(folds.n_splits))


def _plan_colours(folds: Folds) -> np.ndarray:
    """(K, stripes, 3): the colours of rows picked evenly over the file."""
    colours = np.array([to_rgb(colour) for colour in PLAN.values()])
    picked = np.unique(np.linspace(0, folds.n_rows - 1, STRIPES).astype(np.int64))
    return np.array([colours[_states(folds, fold)][picked] for fold in range(folds.n_splits)])


def _draw_targets(axes: Axes, competition: Competition, folds: Folds) -> None:
    y = competition.y.astype(np.float64)
    if competition.task != "regression":
        rarest = int(np.bincount(competition.y).argmin())
        name = (
            competition.classes[-1] if competition.task == "binary" else competition.classes[rarest]
        )
        y = (competition.y == (1 if competition.task == "binary" else rarest)).astype(np.float64)
        label, title = f"share of {name}", "Target by fold"
    else:
        label, title = f"mean of {competition.target}", "Target by fold"
    for fold in range(folds.n_splits):
        inside = y[folds.cell_rows(0, fold)]
        if inside.size:
            error = inside.std() / np.sqrt(len(inside))
            axes.errorbar(inside.mean(), fold, xerr=2 * error, fmt="o", color=GREEN, capsize=3)
    axes.axvline(y.mean(), color=GREY, linestyle="--", linewidth=1)
    axes.locator_params(axis="x", nbins=4)
    axes.set_xlabel(f"{label} (± 2 s.e.)", fontsize=9)
    axes.set_title(title)
