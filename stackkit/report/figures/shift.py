"""Do train and test differ, and in which columns?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from stackkit.competition import Competition
from stackkit.competition.schema import DATETIME, NUMERIC, TEXT
from stackkit.evaluation import AdversarialValidation
from stackkit.report.figures.chart import (
    BLUE,
    GREY,
    ORANGE,
    PINK,
    Chart,
    blank,
    clipped,
    grid,
    name_rows,
    row_chart,
    short,
    tidy,
    value_column,
)

NO_TEST = "There is no test set to compare train with."
MOST = 15
PANELS = 6
LEVELS = 8
BINS = 30


def adversarial(found: AdversarialValidation | None) -> Chart:
    """A row a column, strongest first: the AUC that is lost when it is shuffled, ± over folds."""
    if found is None:
        return blank(NO_TEST)
    table = found.drivers.head(MOST)
    chart = row_chart(len(table), head=1.6, each=0.32)
    axes = tidy(chart.subplots())
    rows = range(len(table))
    axes.barh(rows, table["drop"], xerr=table.drop_sd, height=0.6, color=PINK,
              error_kw={"ecolor": GREY, "capsize": 3})  # fmt: skip
    axes.axvline(0, color=GREY, linewidth=1)
    name_rows(axes, clipped(list(table.column)))
    alone = ["" if np.isnan(a) else f"{a:.3f}" for a in table.alone]
    value_column(axes, alone, "alone")
    axes.set_xlabel("AUC lost without the column (± sd over folds); right: AUC of the column alone")
    folds = f"{found.auc:.3f} ± {found.sd:.3f}"
    axes.set_title(f"Telling test from train: AUC {folds} (0.5 is chance)")
    return chart


def train_and_test(competition: Competition, found: AdversarialValidation | None) -> Chart:
    """The strongest drivers of a difference in train (filled) and test (outlined), a panel each."""
    if found is None or competition.test is None:
        return blank(NO_TEST)
    names = list(found.drivers.column[:PANELS])
    columns = min(3, len(names))
    chart = Chart(0.9 + 2.3 * -(-len(names) // columns))
    for name, axes in zip(names, grid(chart, len(names), columns), strict=True):
        parts = [competition.train[name], competition.test[name]]
        kind = competition.kinds[name]
        if kind in (NUMERIC, DATETIME, TEXT) and _numbers(parts[0], kind).nunique() > LEVELS:
            _histograms(tidy(axes, "y"), [_numbers(part, kind) for part in parts])
        else:
            _levels(tidy(axes, "y"), parts)
        axes.set_title(clipped([name])[0] + (" (length)" if kind == TEXT else ""), fontsize=10)
    handles, labels = chart.axes[0].get_legend_handles_labels()
    chart.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    chart.suptitle("The columns that tell test from train best", fontsize=12)
    chart.supylabel("share of rows", fontsize=10)
    return chart


def _numbers(values: pd.Series, kind: str) -> pd.Series:
    """A column as numbers: a time as its year with a fraction, a text as its length."""
    if kind == DATETIME:
        return values.dt.year + (values.dt.day_of_year - 1) / 365.25
    return values.str.len() if kind == TEXT else values


def _histograms(axes: Axes, parts: list[pd.Series]) -> None:
    known = [part.dropna().to_numpy(dtype=np.float64) for part in parts]
    both = np.concatenate(known)
    low, high = np.quantile(both, [0.005, 0.995])
    edges = np.histogram_bin_edges(np.clip(both, low, high), BINS)
    styles = ((BLUE, "train", "stepfilled", 0.35), (ORANGE, "test", "step", 1.0))
    for values, (colour, label, kind, alpha) in zip(known, styles, strict=True):
        share = np.full(len(values), 1 / max(len(values), 1))
        axes.hist(np.clip(values, low, high), bins=edges, weights=share, label=label, color=colour,
                  histtype=kind, alpha=alpha, linewidth=2)  # fmt: skip
    if max(abs(low), abs(high)) >= 1e5:
        axes.ticklabel_format(axis="x", style="sci", scilimits=(0, 0))


def _levels(axes: Axes, parts: list[pd.Series]) -> None:
    words = [part.map(_word, na_action="ignore").fillna("missing") for part in parts]
    shares = [part.value_counts(normalize=True) for part in words]
    gap = shares[0].subtract(shares[1], fill_value=0).abs().sort_values(ascending=False)
    levels = sorted(gap.index[:LEVELS], key=_place)
    place = np.arange(len(levels))
    axes.bar(place, [shares[0].get(v, 0) for v in levels], width=0.7, color=BLUE, alpha=0.35,
             label="train")  # fmt: skip
    axes.bar(place, [shares[1].get(v, 0) for v in levels], width=0.7, fill=False, linewidth=2,
             edgecolor=ORANGE, label="test")  # fmt: skip
    turn = len(levels) > 4 or max(map(len, levels)) > 6
    axes.set_xticks(place, clipped(levels, 10), rotation=45 if turn else 0,
                    ha="right" if turn else "center", fontsize=8)  # fmt: skip


def _place(level: str) -> tuple[float, str]:
    """Numbers in their order, then words."""
    try:
        return float(level), level
    except ValueError:
        return np.inf, level


def _word(value: object) -> str:
    return short(value) if isinstance(value, int | float) else str(value)
