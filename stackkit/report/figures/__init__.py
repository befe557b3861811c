"""Figures: functions from records and tables to a Chart, each about one question."""

from stackkit.report.figures.ablations import ablation_effect, ablation_runs
from stackkit.report.figures.candidates import candidate_gains, gains_on_static
from stackkit.report.figures.chart import Chart
from stackkit.report.figures.costs import cost_and_score, costs
from stackkit.report.figures.data import fold_plan, missing_values, target
from stackkit.report.figures.diversity import (
    disagreement,
    error_correlation,
    kappa_error,
    pairwise,
    quality_and_likeness,
)
from stackkit.report.figures.dynamic import region, selection_map
from stackkit.report.figures.importances import importances
from stackkit.report.figures.meta_features import losses_by_meta_feature
from stackkit.report.figures.neural import lambda_path
from stackkit.report.figures.outlooks import fold_lines, honest, segments
from stackkit.report.figures.pruning import pareto, pruned, trade_off
from stackkit.report.figures.scores import scores_by_fold
from stackkit.report.figures.shift import adversarial, train_and_test
from stackkit.report.figures.stacking import blend_weights, coefficients, gains
from stackkit.report.figures.submissions import oof_and_test
from stackkit.report.figures.truth import against_truth
from stackkit.report.figures.verdicts import decisions, errors

__all__ = [
    "Chart",
    "ablation_effect",
    "ablation_runs",
    "adversarial",
    "against_truth",
    "blend_weights",
    "candidate_gains",
    "coefficients",
    "cost_and_score",
    "costs",
    "decisions",
    "disagreement",
    "error_correlation",
    "errors",
    "fold_lines",
    "fold_plan",
    "gains",
    "gains_on_static",
    "honest",
    "importances",
    "kappa_error",
    "lambda_path",
    "losses_by_meta_feature",
    "missing_values",
    "oof_and_test",
    "pairwise",
    "pareto",
    "pruned",
    "quality_and_likeness",
    "region",
    "scores_by_fold",
    "segments",
    "selection_map",
    "target",
    "trade_off",
    "train_and_test",
]
