"""What do levels above the first gain: errors that differ, weights, and gains with their errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from stackkit.evaluation import GateDecision
from stackkit.report.figures.chart import (
    BASELINE,
    BLACK,
    BLUE,
    GREY,
    SKY,
    Chart,
    blank,
    name_rows,
    row_chart,
    short,
    tidy,
    value_column,
)

MOST_NUMBERS = 16
MOST_MEMBERS = 12
FULL = "full"


def error_correlation(table: pd.DataFrame) -> Chart:
    """A heat map of a correlation table, numbers in its cells where they can be read."""
    names, values = list(table.columns), table.to_numpy()
    side = min(7.0, 2.4 + 0.55 * len(names))
    chart = Chart(side, width=min(8.0, side + 1.6))
    axes = chart.subplots()
    low = min(0.9, np.floor(10 * values.min()) / 10)
    image = axes.imshow(values, cmap="cividis", vmin=low, vmax=1.0)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    if len(names) <= MOST_NUMBERS:
        _number_cells(axes, values, low)
    chart.colorbar(image, ax=axes, label="correlation", shrink=0.85)
    axes.set_title("Correlation of out-of-fold errors")
    return chart


def _number_cells(axes: Axes, values: np.ndarray, low: float) -> None:
    for (row, column), value in np.ndenumerate(values):
        dark = (value - low) / (1.0 - low) < 0.55
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=9,
                  color="white" if dark else "black")  # fmt: skip


def blend_weights(table: pd.DataFrame) -> Chart:
    """A panel a blend, a row a member: its weight for test (bar) and in every fold (dots).

    Parameters
    ----------
    table : columns blend, fit, member, weight, as `stackkit.blend_weights` makes it.
    """
    if table.empty:
        return blank("No fitted blend was kept: [cache] keep_models = true keeps them.")
    blends = list(dict.fromkeys(table.blend))
    rows = [min(MOST_MEMBERS, table[table.blend == b].member.nunique()) for b in blends]
    chart = Chart(1.2 + sum(0.75 + 0.3 * n for n in rows))
    panels = chart.subplots(len(blends), 1, squeeze=False, sharex=True, height_ratios=rows)
    for axes, blend in zip(panels.ravel(), blends, strict=True):
        _draw_weights(tidy(axes), table[table.blend == blend], blend)
    panels[-1, 0].set_xlabel("weight")
    handles = [
        Line2D([], [], color=SKY, linewidth=7, label="fitted on all rows, for test"),
        Line2D([], [], color=BLUE, marker="o", linestyle="", label="one fold"),
        Line2D([], [], color=BLACK, linestyle="--", linewidth=1, label="equal weights"),
    ]
    chart.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return chart


def _draw_weights(axes: Axes, table: pd.DataFrame, blend: str) -> None:
    wide = table.pivot(index="member", columns="fit", values="weight")
    order = wide[FULL] if FULL in wide else wide.mean(axis=1)
    members = len(wide)
    wide = wide.loc[order.sort_values(ascending=False, kind="stable").index[:MOST_MEMBERS]]
    if FULL in wide:
        axes.barh(range(len(wide)), wide[FULL], height=0.65, color=SKY)
    for fit in wide.columns.drop(FULL, errors="ignore"):
        axes.plot(wide[fit], range(len(wide)), "o", color=BLUE, markersize=4, alpha=0.6,
                  clip_on=False)  # fmt: skip
    axes.axvline(1 / members, color=BLACK, linestyle="--", linewidth=1)
    name_rows(axes, list(wide.index))
    more = f": the {len(wide)} largest of {members}" if members > len(wide) else ""
    axes.set_title(blend + more, fontsize=10, loc="left")


def gains(decision: GateDecision) -> Chart:
    """A row a candidate, best first: its gain on the incumbent ± one standard error over folds."""
    names = [n for n in decision.gains if n != BASELINE]
    names = sorted(names, key=lambda n: -decision.gains[n])
    if not names:
        return blank("Nothing stands beside the incumbent.")
    chart = row_chart(len(names), head=1.9)
    axes = tidy(chart.subplots())
    for row, name in enumerate(names):
        _draw_gain(axes, row, decision, name)
    axes.axvline(0, color=BLACK, linewidth=1, zorder=1)
    name_rows(axes, names)
    texts = [_with_error(decision.gains[n], decision.se[n]) for n in names]
    value_column(axes, texts, "gain ± s.e.")
    prior = decision.gains.get(BASELINE)
    note = "" if prior is None else f"; prior, not drawn: {short(prior)}"
    axes.set_xlabel("gain in the metric, positive is better" + note)
    axes.set_title("Gain on the incumbent, mean over folds ± one standard error")
    kinds = {GREY: "leak not measured: shown, not submitted", BLUE: "leak measured"}
    drawn = {_colour(decision, n) for n in names}
    handles = [_handle(colour, label) for colour, label in kinds.items() if colour in drawn]
    chart.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    return chart


def _draw_gain(axes: Axes, row: int, decision: GateDecision, name: str) -> None:
    colour = _colour(decision, name)
    error = decision.se[name] if np.isfinite(decision.se[name]) else 0.0
    axes.errorbar(decision.gains[name], row, xerr=error, fmt="o", color=colour, capsize=3)


def _colour(decision: GateDecision, name: str) -> str:
    return GREY if decision.leak[name] is None else BLUE


def _with_error(gain: float, error: float) -> str:
    """A gain with its error, both to the error's second digit."""
    if not 0 < error < np.inf:
        return f"{gain:+.2g} ± {error:.2g}"
    places = max(0, 1 - int(np.floor(np.log10(error))))
    return f"{gain:+.{places}f} ± {error:.{places}f}"


def _handle(colour: str, label: str) -> Line2D:
    return Line2D([], [], color=colour, marker="o", linestyle="", label=label)
