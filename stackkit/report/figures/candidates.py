"""What do meta-models and blends gain, and how sure is it?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from stackkit.report.figures.chart import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    RED,
    ROLES,
    Chart,
    blank,
    clipped,
    grid,
    name_rows,
    row_chart,
    tidy,
    value_column,
)
from stackkit.report.tables import number

KINDS = {
    "dynamic": (BLUE, "dynamic selection"),
    "negative_correlation": (RED, "negative correlation"),
    "neural": (ORANGE, "neural ensembler"),
}
OTHER = (GREY, "others")
AGAINST = {
    "best": ("on_best", "best_low", "best_high", "the best base model"),
    "mean": ("on_mean", "mean_low", "mean_high", "the plain mean"),
}
FENCE = 3.0  # quartile distances beyond the quartiles at which an axis ends
MOST = 25  # rows drawn
REFERENCES = ("mean", "simplex", "best_single")  # drawn in any case


def candidate_gains(
    table: pd.DataFrame, against: str = "best", names: Sequence[str] = REFERENCES
) -> Chart:
    """A row a candidate of a `candidate_table`: its gain with the 95 % interval.

    Drawn are the 25 best, the named ones among them, those of the same predictions as one row that
    counts the others; lines are the best base model and the plain mean. Arrows at an edge stand for
    marks and intervals beyond it.

    Parameters
    ----------
    against : "best" base model or plain "mean".
    names : candidates that are drawn in any case.
    """
    gain, low, high, what = AGAINST[against]
    above = table[table.role != "base"]
    if above.empty:
        return blank("Nothing stands above the base models.")
    shown = _best_and_named(_without_twins(above, names).reset_index(drop=True), names)
    chart = row_chart(len(shown), head=1.9, each=0.21)
    axes = tidy(chart.subplots())
    axes.tick_params(axis="y", labelsize=8)
    values = shown[[gain, low, high]].to_numpy()
    for row, role in enumerate(shown.role):
        colour, marker = ROLES[role]
        _interval(axes, row, values[row], colour, marker)
    references = _references(table, gain)
    _cut(axes, values, list(references.values()))
    name_rows(axes, _with_twins(shown))
    value_column(axes, [f"{count}" for count in shown.models], "models")
    axes.set_xlabel("gain in the metric, positive is better")
    axes.set_title(f"Gain on {what}, with 95 % intervals" + _count(len(shown), len(above)))
    handles = [_handle(*ROLES[role], role) for role in dict.fromkeys(shown.role)]
    handles += _reference_lines(axes, references, against)
    chart.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return chart


def _without_twins(above: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """One row of each group of the same predictions, and named ones; `twins`: not shown.

    That row is the one that the others name, or the first where they name a base model.
    """
    group = above.same_as.where(above.same_as != "", above.name)
    head = (above.name == group) | ~(group.isin(above.name) | group.duplicated())
    kept = head | above.name.isin(names)
    twins = (~kept).groupby(group).transform("sum").where(head, 0)
    return above.assign(twins=twins)[kept]


def _with_twins(shown: pd.DataFrame) -> list[str]:
    """Names, with the number of candidates that the row stands for besides."""
    more = [f" (+{twins} alike)" if twins else "" for twins in shown.twins]
    return [name + text for name, text in zip(clipped(list(shown.name)), more, strict=True)]


def _best_and_named(above: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The best rows and the named ones, at most `MOST` unless more are named, in their order."""
    named = above.index[above.name.isin(names)]
    best = above.index.difference(named, sort=False)[: max(0, MOST - len(named))]
    return above.loc[named.union(best)]


def _count(shown: int, of: int) -> str:
    return f": {shown} of {of}" if shown < of else ""


def _references(table: pd.DataFrame, gain: str) -> dict[str, float]:
    """Gains of the best base model and the plain mean, those that there are."""
    found = {"best": table[gain][table.role == "base"], "mean": table[gain][table.name == "mean"]}
    return {key: float(at.iloc[0]) for key, at in found.items() if len(at)}


def _reference_lines(axes: Axes, references: dict[str, float], against: str) -> list[Line2D]:
    """Upright lines; that of what gains are on is solid. Of lines off the axis the legend tells."""
    colours, styles = {"best": ROLES["base"][0], "mean": ORANGE}, {"best": "--", "mean": ":"}
    low, high = axes.get_xlim()
    lines = []
    for key, at in references.items():
        colour, style = (BLACK, "-") if key == against else (colours[key], styles[key])
        label = AGAINST[key][3] + ("" if low <= at <= high else f", off the axis: {number(at)}")
        lines.append(Line2D([], [], color=colour, linestyle=style, linewidth=1.5, label=label))
        if low <= at <= high:
            axes.axvline(at, color=colour, linestyle=style, linewidth=1.5, zorder=1)
    return lines


def gains_on_static(table: pd.DataFrame) -> Chart:
    """A panel a competition, a row a model: its gain on static weights, with the 95 % interval.

    Parameters
    ----------
    table : as `stackkit.gains_on` makes it.
    """
    names = list(dict.fromkeys(table.competition))
    parts = [table[table.competition == name] for name in names]
    columns = min(2, len(names))
    rows = [max(map(len, parts[i : i + columns])) for i in range(0, len(parts), columns)]
    chart = Chart(0.7 + sum(0.9 + 0.24 * count for count in rows), width=9.0)
    for axes, part in zip(grid(chart, len(parts), columns), parts, strict=True):
        _draw_panel(tidy(axes), part)
    shown = [_kind(family) for family in dict.fromkeys(table.family)]
    handles = [_handle(colour, "o", label) for colour, label in dict.fromkeys(shown)]
    chart.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return chart


def _draw_panel(axes: Axes, part: pd.DataFrame) -> None:
    values = part[["gain", "low", "high"]].to_numpy()
    for row, family in enumerate(part.family):
        _interval(axes, row, values[row], _kind(family)[0], "o")
    _cut(axes, values)
    name_rows(axes, clipped(list(part.name), 20))
    axes.tick_params(axis="y", labelsize=8)
    axes.set_xlabel(f"gain in {part.metric.iloc[0]}", fontsize=9)
    axes.set_title(part.competition.iloc[0], fontsize=10)


def _interval(axes: Axes, row: int, values: np.ndarray, colour: str, marker: str) -> None:
    gain, low, high = values
    axes.plot([low, high], [row, row], color=colour, linewidth=1.5)
    clear = low > 0 or high < 0
    axes.plot(gain, row, marker, color=colour, markersize=6,
              markerfacecolor=colour if clear else "white")  # fmt: skip


def _cut(axes: Axes, values: np.ndarray, references: Sequence[float] = ()) -> None:
    """A line at no gain; an axis of the bulk of gains, low and high ends, arrows to what is off it.

    The bulk ends at the outer fences of Tukey (Exploratory Data Analysis, 1977), a little wider.
    """
    axes.axvline(0, color=BLACK, linewidth=1, zorder=1)
    left, right = _bulk(values, references)
    axes.set_xlim(left, right)
    room = 0.012 * (right - left)
    for edge, mark, beyond in (
        (left + room, "<", values < left),
        (right - room, ">", values > right),
    ):
        for row in np.flatnonzero(beyond.any(axis=1)):
            filled = BLACK if beyond[row, 0] else "white"  # the gain itself, or its interval only
            axes.plot(edge, row, mark, color=BLACK, markersize=5, markerfacecolor=filled)
    axes.locator_params(axis="x", nbins=5)


def _bulk(values: np.ndarray, references: Sequence[float]) -> tuple[float, float]:
    """From the lowest to the highest of rows (gain, low, high) inside the fences, and 0.

    References too, as long as the bulk keeps half of the axis.
    """
    known = values[np.isfinite(values).all(axis=1)]
    if not len(known):
        return -1.0, 1.0
    lower, upper = np.quantile(known, [0.25, 0.75], axis=0)
    reach = FENCE * (upper - lower) + np.median(known[:, 2] - known[:, 1])
    inside = known[(known >= lower - reach) & (known <= upper + reach)]
    low, high = min(inside.min(), 0.0), max(inside.max(), 0.0)
    near = [at for at in references if max(high, at) - min(low, at) <= 2 * (high - low)]
    low, high = min([low, *near]), max([high, *near])
    margin = 0.04 * (high - low) or 1e-9
    return low - margin, high + margin


def _kind(family: str) -> tuple[str, str]:
    return KINDS.get(family, OTHER)


def _handle(colour: str, marker: str, label: str) -> Line2D:
    return Line2D([], [], color=colour, marker=marker, linestyle="-", label=label)
