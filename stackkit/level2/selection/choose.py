"""Which scorer serves a metric."""

from __future__ import annotations

from stackkit.level2.selection.area import AreaScorer
from stackkit.level2.selection.candidates import Candidates
from stackkit.level2.selection.likelihood import LikelihoodScorer
from stackkit.level2.selection.quadratic import QUADRATIC, QuadraticScorer
from stackkit.level2.selection.scorer import LabelScorer, RowScorer, Scorer


def scorer_for(rows: Candidates, convex: bool = True) -> Scorer:
    """The fastest exact scorer of the objective's metric on these rows.

    Blends that are not `convex` (negative weights) may leave [0, 1] and are clipped before they
    are scored: log-loss and Brier score then need every column, an AUC of two classes does not.
    """
    metric, goal = rows.objective.metric, rows.objective
    if metric.reads == "label":
        return LabelScorer(rows)
    if metric.code is not None or not (convex or goal.output == "value" or _is_area(rows)):
        return RowScorer(rows)
    if metric.name in QUADRATIC:
        return QuadraticScorer(rows)
    if metric.name == "logloss":
        return LikelihoodScorer(rows)
    if metric.name == "auc" and rows.weight is None:
        return AreaScorer(rows)
    return RowScorer(rows)


def _is_area(rows: Candidates) -> bool:
    return rows.objective.metric.name == "auc" and rows.objective.task == "binary"
