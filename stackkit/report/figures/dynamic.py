"""Whom does a row-wise blend listen to where, and which rows tell it so?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from stackkit.competition import Competition
from stackkit.predictions import Predictions
from stackkit.report.figures.chart import (
    BLACK,
    BLUE,
    GREY,
    RED,
    Chart,
    blank,
    clipped,
    name_rows,
    short,
    tidy,
)

NOT_KEPT = "No fitted model was kept: [cache] keep_models = true keeps them."
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
    values : of a feature or meta-feature; the index holds positions in train.
    static : of one blend whose weights are the same for all rows, as `stackkit.blend_weights` makes
        them; drawn beside.
    """
    if weights.empty:
        return blank(NOT_KEPT)
    parts, edges = _parts(values.reindex(weights.index))
    means = _in_order(weights.groupby(parts).mean().T)
    static = None if static is None or static.empty else static
    beside = None if static is None else static.groupby("member").weight.mean()
    chart = Chart(1.7 + 0.3 * max(len(means), 3))
    ratios = (1, 14) if static is not None else (1,)
    panels = chart.subplots(1, len(ratios), squeeze=False, width_ratios=ratios)[0]
    scale = _scale(means)
    image = _draw_map(panels[-1], means, scale)
    if beside is not None:
        _draw_map(panels[0], beside.reindex(means.index).fillna(0.0).to_frame(), scale)
        panels[0].set_xticks([0], ["static"])
        panels[-1].set_yticks([])
    ranges = len(edges) > means.shape[1]
    shown = np.unique(np.linspace(0, len(edges) - 1, 7 if ranges else MOST_LEVELS).astype(int))
    panels[-1].set_xticks(shown - 0.5 * ranges, [edges[i] for i in shown])
    panels[-1].set_xlabel(f"{values.name}{' (equally many rows in each column)' * ranges}")
    chart.colorbar(image, ax=list(panels), label="mean weight", pad=0.02)
    panels[-1].set_title("Who gets the weight where")
    return chart


def _in_order(means: pd.DataFrame) -> pd.DataFrame:
    """The members of most weight, those that have theirs on the left first."""
    means = means.loc[means.abs().mean(axis=1).nlargest(MOST_MEMBERS).index]
    total = means.abs().sum(axis=1)
    centre = means.abs() @ np.arange(means.shape[1]) / total.where(total > 0, 1.0)
    return means.loc[centre.sort_values(kind="stable").index]


def _draw_map(axes: Axes, values: pd.DataFrame, scale: Mapping[str, object]) -> AxesImage:
    image = axes.imshow(values.to_numpy(), aspect="auto", interpolation="nearest", **scale)
    name_rows(axes, clipped(list(values.index)))
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return image


def _parts(values: pd.Series) -> tuple[np.ndarray, list[str]]:
    """The part (n,) that each row is in (NaN: a number is missing), and the edges of the parts, or
    the names of levels."""
    if not pd.api.types.is_numeric_dtype(values):
        named = values.astype(str)
        common = named.value_counts().index[:MOST_LEVELS]
        parts, names = pd.factorize(named.where(named.isin(common), "others"), sort=True)
        return parts, clipped(list(names), 12)
    if values.nunique() <= MOST_LEVELS:
        parts, levels = pd.factorize(values, sort=True)
        return np.where(parts < 0, np.nan, parts), [_rounded(level) for level in levels]
    cut, edges = pd.qcut(values, BINS, labels=False, retbins=True, duplicates="drop")
    return cut.to_numpy(), [_rounded(edge) for edge in edges]


def _rounded(value: float) -> str:
    return short(float(f"{value:.3g}"))


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
    if explained.empty:
        return blank(NOT_KEPT)
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
