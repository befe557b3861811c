"""What do levels above the first gain: weights, coefficients, and gains with their errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from stackkit.evaluation import GateDecision
from stackkit.metrics.noise import without_noise
from stackkit.report.figures.chart import (
    BASELINE,
    BLACK,
    BLUE,
    GREEN,
    GREY,
    RED,
    Chart,
    blank,
    clipped,
    name_rows,
    row_chart,
    short,
    tidy,
    value_column,
)

MOST_MEMBERS = 18
NOTHING = 1e-6  # a weight below is none
TINY = -5  # powers of ten below are written as such
FULL = "full"


def blend_weights(table: pd.DataFrame) -> Chart:
    """A panel a blend, a row a member: its weight for test (bar) and in every fold (dots).

    Parameters
    ----------
    table : columns blend, fit, member, weight, as `stackkit.blend_weights` makes it.
    """
    if table.empty:
        return blank("No fitted blend was kept: [cache] keep_models = true keeps them.")
    colours, equal = ("#8FD3BF", GREEN), True
    return _member_panels(table.rename(columns={"blend": "record"}), "weight", colours, equal)


def coefficients(table: pd.DataFrame) -> Chart:
    """A panel a linear meta-model, a row a member: its mean coefficient (bar), and every fold's.

    Parameters
    ----------
    table : columns meta, fit, member, class, weight, as `stackkit.meta_coefficients` makes it; of
        several classes each member's own column is shown, a mean over classes.
    """
    if table.empty:
        return blank("No linear meta-model was kept: [cache] keep_models = true keeps them.")
    own = table[table["class"] == table.column]
    mean = own.groupby(["meta", "fit", "member"], sort=False).weight.mean().reset_index()
    colours, equal = ("#F3B998", RED), False
    return _member_panels(mean.rename(columns={"meta": "record"}), "coefficient", colours, equal)


def _member_panels(table: pd.DataFrame, label: str, colours: tuple[str, str], equal: bool) -> Chart:
    """A panel a record of columns record, fit, member, weight."""
    names = list(dict.fromkeys(table.record))
    wides = [_members(table[table.record == n]) for n in names]
    rows = [min(MOST_MEMBERS, len(_weighty(wide))) for wide in wides]
    chart = Chart(1.2 + sum(0.75 + 0.28 * max(n, 2) for n in rows))
    panels = chart.subplots(len(names), 1, squeeze=False, sharex=True, height_ratios=rows)
    for axes, name, wide in zip(panels.ravel(), names, wides, strict=True):
        _draw_weights(tidy(axes), wide, name, colours, equal)
    panels[-1, 0].set_xlabel(label)
    whole = "fitted on all rows, for test" if (table.fit == FULL).any() else "mean over folds"
    handles = [
        Line2D([], [], color=colours[0], linewidth=7, label=whole),
        Line2D([], [], color=colours[1], marker="o", linestyle="", label="one fold"),
    ]
    if equal:
        line = Line2D([], [], color=BLACK, linestyle="--", linewidth=1, label="equal weights")
        handles.append(line)
    chart.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return chart


def _members(table: pd.DataFrame) -> pd.DataFrame:
    """A row a member, a column a Fit."""
    return table.pivot(index="member", columns="fit", values="weight")


def _weighty(wide: pd.DataFrame) -> pd.DataFrame:
    """The members that some Fit gives a weight."""
    return wide[wide.abs().max(axis=1) > NOTHING]


def _draw_weights(
    axes: Axes, wide: pd.DataFrame, name: str, colours: tuple[str, str], equal: bool
) -> None:
    members, wide = len(wide), _weighty(wide)
    whole = wide[FULL] if FULL in wide else wide.mean(axis=1)
    order = whole.sort_values(ascending=False, kind="stable").index
    without = f"   ({members - len(wide)} of {members} without weight)"
    without = without if members > len(wide) else ""
    kept = len(wide)
    if kept > MOST_MEMBERS:
        order = order[np.isin(order, whole.abs().nlargest(MOST_MEMBERS).index)]
    wide, whole = wide.loc[order], whole[order]
    axes.barh(range(len(wide)), whole, height=0.65, color=colours[0])
    for fit in wide.columns.drop(FULL, errors="ignore"):
        axes.plot(wide[fit], range(len(wide)), "o", color=colours[1], markersize=4, alpha=0.6,
                  clip_on=False)  # fmt: skip
    axes.axvline(1 / members if equal else 0, color=BLACK, linestyle="--" if equal else "-",
                 linewidth=1)  # fmt: skip
    name_rows(axes, clipped(list(wide.index)))
    more = f": the {len(wide)} largest of {kept}" if kept > len(wide) else ""
    axes.set_title(name + more + without, fontsize=10, loc="left")


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
    axes.set_title("Gain on the incumbent ± s.e. over folds")
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
    gain, error = without_noise(gain), without_noise(error)
    if not 0 < error < np.inf:
        return f"{gain:+.3g} ± {error:.2g}"
    power = int(np.floor(np.log10(error)))
    if power < TINY:
        gain, error = gain / 10.0**power, error / 10.0**power
        return f"({gain:+.1f} ± {error:.1f})e{power}"
    places = max(0, 1 - power)
    return f"{gain:+.{places}f} ± {error:.{places}f}"


def _handle(colour: str, label: str) -> Line2D:
    return Line2D([], [], color=colour, marker="o", linestyle="", label=label)
