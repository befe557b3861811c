"""Figures: functions from records and tables to a Chart, each about one question."""

from stackkit.report.figures.chart import Chart
from stackkit.report.figures.costs import costs
from stackkit.report.figures.scores import scores_by_fold
from stackkit.report.figures.stacking import blend_weights, error_correlation, gains
from stackkit.report.figures.submissions import oof_and_test
from stackkit.report.figures.truth import against_truth

__all__ = [
    "Chart",
    "against_truth",
    "blend_weights",
    "costs",
    "error_correlation",
    "gains",
    "oof_and_test",
    "scores_by_fold",
]
