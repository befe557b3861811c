"""What does a parameter of a notebook change, and is it more than the folds do?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stackkit.report.figures.chart import (
    BLUE,
    GREY,
    Chart,
    blank,
    clipped,
    name_rows,
    row_chart,
    short,
    tidy,
    value_column,
)

NOTHING = "No run reported a score."


def ablation_runs(table: pd.DataFrame, varied: Sequence[str], score: str = "cv") -> Chart:
    """A row a run, best first: its score ± its standard deviation over folds.

    Parameters
    ----------
    table : what `ablate` returned. `fold_sd`, `metric` and `greater_is_better` are drawn and obeyed
        where the notebook reported them; smaller is better where it did not say.
    varied : the parameters that name a run.
    score : the column that is drawn; runs without it are counted below the axis.
    """
    shown = _scored(table, score)
    if shown.empty:
        return blank(NOTHING)
    shown = shown.sort_values(score, ascending=not _greater(shown), kind="stable")
    chart = row_chart(len(shown))
    axes = tidy(chart.subplots())
    spread = shown["fold_sd"].fillna(0.0) if "fold_sd" in shown else np.zeros(len(shown))
    axes.errorbar(shown[score], range(len(shown)), xerr=spread, fmt="o", color=BLUE, capsize=3)
    names = [" ".join(map(str, row)) for row in shown[list(varied)].to_numpy()]
    name_rows(axes, clipped(names, 36))
    value_column(axes, [short(value) for value in shown[score]], score)
    axes.set_xlabel(_label(shown, score) + _left_out(len(table) - len(shown)))
    axes.set_title(f"{score} of each run ± sd over folds; rows are {', '.join(varied)}")
    return chart


def ablation_effect(table: pd.DataFrame, parameter: str, score: str = "cv") -> Chart:
    """The score against one parameter: a dot a run, a line through the means of each value.

    Parameters
    ----------
    table : what `ablate` returned.
    parameter : a varied one. Numbers lie where they are, other values side by side.
    score : the column that is drawn.
    """
    shown = _scored(table, score)
    if shown.empty:
        return blank(NOTHING)
    values = shown[parameter]
    means = shown.groupby(parameter, sort=_numeric(values))[score].mean()
    places = list(means.index) if _numeric(values) else list(range(len(means)))
    place = dict(zip(means.index, places, strict=True))
    chart = Chart(3.2)
    axes = tidy(chart.subplots(), along="y")
    axes.plot(places, means, "-", color=GREY, linewidth=1, zorder=1)
    axes.plot([place[value] for value in values], shown[score], "o", color=BLUE, alpha=0.7)
    axes.set_xticks(places, clipped(list(means.index)))
    axes.margins(x=0.1)
    axes.set_xlabel(parameter)
    axes.set_ylabel(_label(shown, score))
    axes.set_title(f"{score} by {parameter}: runs (dots) and their means (line)")
    return chart


def _scored(table: pd.DataFrame, score: str) -> pd.DataFrame:
    """The runs that reported a finite score."""
    if score not in table:
        return table.iloc[:0]
    return table[np.isfinite(pd.to_numeric(table[score], errors="coerce"))]


def _greater(table: pd.DataFrame) -> bool:
    return "greater_is_better" in table and bool(table["greater_is_better"].iloc[0])


def _label(table: pd.DataFrame, score: str) -> str:
    """The metric with its direction, as far as they are known."""
    name = table["metric"].iloc[0] if "metric" in table else score
    better = "greater" if _greater(table) else "smaller"
    return f"{name} ({better} is better)" if "greater_is_better" in table else str(name)


def _left_out(count: int) -> str:
    return f"; {count} without a score, not drawn" if count else ""


def _numeric(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
