"""Whom does a row-wise blend listen to where, and which rows tell it so?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.predictions import Predictions
from stackkit.report.figures.chart import (
    BLACK,
    BLUE,
    GREY,
    RED,
    Chart,
    clipped,
    name_rows,
    short,
    tidy,
)

BINS = 24
MOST_MEMBERS = 18
MOST_LEVELS = 12


def selection_map(
    weights: pd.DataFrame, values: pd.Series, static: pd.DataFrame | None = None
) -> Chart:
    """A row a member, a column a part of the range of a feature: the mean weight there.

    Parts hold equally many rows; levels of a feature that is no number are parts of their own.

    Parameters
    ----------
    weights : (n, m), as `stackkit.row_weights` makes them.
    values : the feature of all rows of train, by position.
    static : of one blend whose weights are the same for all rows, as `stackkit.blend_weights` makes
        them; drawn beside.
    """
    parts, edges = _parts(values.reset_index(drop=True).loc[weights.index])
    means = weights.groupby(parts.to_numpy(), observed=True).mean().T
    centre = means.abs() @ np.arange(means.shape[1]) / means.abs().sum(axis=1)
    kept = means.abs().mean(axis=1).nlargest(MOST_MEMBERS).index
    means = means.loc[centre[kept].sort_values(kind="stable").index]
    chart = Chart(1.7 + 0.3 * max(len(means), 3))
    beside = pd.Series(dtype=float) if static is None else static.groupby("member").weight.mean()
    ratios = {"width_ratios": (1, 14)} if len(beside) else {}
    panels = chart.subplots(1, 1 + bool(len(beside)), squeeze=False, **ratios)[0]
    scale = _scale(means)
    image = panels[-1].imshow(means.to_numpy(), aspect="auto", interpolation="nearest", **scale)
    if len(beside):
        panels[0].imshow(beside.reindex(means.index).fillna(0.0).to_numpy()[:, None],
                         aspect="auto", **scale)  # fmt: skip
        panels[0].set_xticks([0], ["static"])
        panels[-1].set_yticks([])
    for axes in panels:
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
    name_rows(panels[0], clipped(list(means.index)))
    panels[-1].set_ylim(len(means) - 0.5, -0.5)
    panels[0].set_ylim(len(means) - 0.5, -0.5)
    shown = np.unique(np.linspace(0, len(edges) - 1, 7).astype(int))
    places = shown - 0.5 if len(edges) == means.shape[1] + 1 else shown
    panels[-1].set_xticks(places, [str(edges[i]) for i in shown])
    panels[-1].set_xlabel(f"{values.name} (equally many rows in each column)")
    chart.colorbar(image, ax=list(panels), label="mean weight", pad=0.02)
    panels[-1].set_title("Who gets the weight where")
    return chart


def _parts(values: pd.Series) -> tuple[pd.Series, list[str]]:
    """The part that each row is in, and the edges of the parts, or the names of levels."""
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > MOST_LEVELS:
        parts, edges = pd.qcut(values, BINS, labels=False, retbins=True, duplicates="drop")
        return parts, [short(float(f"{edge:.3g}")) for edge in edges]
    common = values.astype(str).value_counts().index[:MOST_LEVELS]
    levels = values.astype(str).where(values.astype(str).isin(common), "others")
    parts, names = pd.factorize(levels, sort=True)
    return pd.Series(parts, index=values.index), list(names)


def _scale(means: pd.DataFrame) -> dict[str, object]:
    """From none to the most where no weight is negative, else even around none."""
    most = float(means.abs().to_numpy().max())
    if means.to_numpy().min() >= 0:
        return {"cmap": "viridis", "vmin": 0.0, "vmax": most}
    return {"cmap": "RdBu_r", "vmin": -most, "vmax": most}


def region(
    competition: Competition,
    pair: Sequence[Predictions],
    explained: pd.DataFrame,
    values: pd.Series,
) -> Chart:
    """The region of competence of one row: where two members differ, and who is right there.

    A dot is a row of train, in the colour of the member that is nearer to its truth. Ringed are the
    neighbours of the row (cross): near it in the space of the method, not in this picture.

    Parameters
    ----------
    explained : of one row, as `stackkit.explain_row` makes it.
    values : a feature of all rows of train, drawn across.
    """
    x = _numbers(values)
    apart = _shown(competition, pair[0]) - _shown(competition, pair[1])
    ahead = _error(competition, pair[0]) < _error(competition, pair[1])
    names = [record.name for record in pair]
    chart = Chart(4.8)
    axes = tidy(chart.subplots(), "both")
    for mine, colour, name in ((ahead, BLUE, names[0]), (~ahead, RED, names[1])):
        axes.plot(x[mine], apart[mine], "o", color=colour, markersize=3.5, alpha=0.5,
                  markeredgewidth=0, label=f"{name} is nearer to the truth")  # fmt: skip
    near, row = list(explained.neighbours.iloc[0]), int(explained.row.iloc[0])
    axes.plot(x[near], apart[near], "o", fillstyle="none", color=BLACK, markersize=9,
              label="its region of competence")  # fmt: skip
    axes.plot(x[row], apart[row], "X", color=BLACK, markeredgecolor="white", markersize=14,
              label=f"row {row}")  # fmt: skip
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_xlabel(str(values.name))
    axes.set_ylabel(f"{names[0]} less {names[1]}")
    weights = explained.set_index("member").weight
    told = " and ".join(f"{weights.get(name, 0.0):.0%} to {name}" for name in names)
    axes.set_title(f"Row {row} gives {told}")
    chart.legend(loc="outside lower center", ncols=2, frameon=False)
    return chart


def _numbers(values: pd.Series) -> np.ndarray:
    """(n,) of a feature: its values, or the positions of its levels in their order."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=float, na_value=np.nan)
    return pd.factorize(values.astype(str), sort=True)[0].astype(float)


def _shown(competition: Competition, record: Predictions) -> np.ndarray:
    """(n,) the value, the probability of class 1 of two, or that of the true class of several."""
    if record.oof.shape[1] == 1:
        return np.asarray(record.oof[:, 0])
    return np.asarray(record.oof[np.arange(len(record.oof)), competition.y])


def _error(competition: Competition, record: Predictions) -> np.ndarray:
    """(n,) how far the prediction is from the truth."""
    truth = competition.y if record.oof.shape[1] == 1 else 1.0
    return np.abs(_shown(competition, record) - truth)
