"""How good is each model, and how much does that depend on the fold?"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from stackkit.predictions import Predictions
from stackkit.report.figures.chart import (
    BASELINE,
    BLACK,
    ROLES,
    Chart,
    by_score,
    metric_label,
    name_rows,
    row_chart,
    short,
    tidy,
    value_column,
    without_baseline,
)

MOST = 40


def scores_by_fold(records: Sequence[Predictions], best: float | None = None) -> Chart:
    """A row a record, best first: its score in every fold and over all scored rows.

    Parameters
    ----------
    records : of one competition and fold plan. The prior is named below instead of drawn.
    best : the best achievable score, where it is known.
    """
    shown = by_score(without_baseline(records))[:MOST]
    chart = row_chart(len(shown), head=1.9)
    axes = tidy(chart.subplots())
    for row, record in enumerate(shown):
        _draw(axes, row, record)
    if best is not None:
        axes.axvline(best, color=BLACK, linestyle="--", linewidth=1, zorder=0)
    name_rows(axes, [r.name for r in shown])
    value_column(axes, [short(r.cv) for r in shown], "all rows")
    axes.set_xlabel(metric_label(shown[0]) + _left_out(records, shown))
    axes.set_title("Out-of-fold scores: each fold (small) and all rows (large)")
    handles = _legend(shown, best)
    chart.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return chart


def _draw(axes: Axes, row: int, record: Predictions) -> None:
    colour, marker = ROLES[record.role]
    folds = [v for v in record.scores["folds"].values() if v is not None]
    axes.plot(folds, [row] * len(folds), marker, color=colour, alpha=0.6, markersize=4)
    axes.plot(record.cv, row, marker, color=colour, markersize=11, markerfacecolor="none",
              markeredgewidth=2)  # fmt: skip


def _left_out(records: Sequence[Predictions], shown: Sequence[Predictions]) -> str:
    """What the picture does not show, in words."""
    prior = [r for r in records if r.name == BASELINE and r not in shown]
    rest = len(records) - len(shown) - len(prior)
    words = [f"prior, not drawn: {short(r.cv)}" for r in prior]
    words += [f"{rest} worse ones not drawn"] if rest else []
    return "".join(f"; {w}" for w in words)


def _legend(shown: Sequence[Predictions], best: float | None) -> list[Line2D]:
    roles = {record.role for record in shown}
    handles = [
        Line2D([], [], color=colour, marker=marker, markerfacecolor="none", markeredgewidth=2,
               linestyle="", label=role)
        for role, (colour, marker) in ROLES.items() if role in roles
    ]  # fmt: skip
    if best is not None:
        label = f"best achievable {short(best)}"
        handles.append(Line2D([], [], color=BLACK, linestyle="--", linewidth=1, label=label))
    return handles
