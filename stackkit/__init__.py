"""stackkit: out-of-fold predictions cached on disk, stacked, blended and submitted.

Users and notebooks import from here only. Names are loaded when they are first used, so that
`import stackkit` loads neither torch nor a booster nor matplotlib.
"""

from __future__ import annotations

import importlib
from typing import Any

_WHERE = {
    "stackkit.crossfit.bench": ("Bench",),
    "stackkit.cache": ("NoCache", "OOFCache"),
    "stackkit.competition": ("Competition",),
    "stackkit.crossfit": ("cross_fit",),
    "stackkit.datasets": (
        "from_embedded",
        "load_competition",
        "load_embedded",
        "make_experts",
        "make_playground",
    ),
    "stackkit.diversity": (
        "ambiguity",
        "bias_variance_diversity",
        "disagreement",
        "error_correlation",
        "kappa_errors",
        "likeness_order",
        "pair_gains",
        "pairwise_diversity",
        "pool_diversity",
    ),
    "stackkit.errors": ("StackkitError",),
    "stackkit.evaluation": (
        "AdversarialValidation",
        "Duplicates",
        "GateDecision",
        "Outlook",
        "adversarial_validation",
        "find_duplicates",
        "gain_intervals",
        "gate",
        "honest_scores",
        "leaderboard",
        "loss_name",
        "outlook",
        "permutation_importance",
        "rivals",
        "row_losses",
        "segment_losses",
        "worst_rows",
    ),
    "stackkit.exchange": ("import_predictions",),
    "stackkit.folds": ("Fit", "Folds", "make_folds", "suggest_scheme"),
    "stackkit.level0": ("SklearnLearner", "get_model", "model_names", "register"),
    "stackkit.level1": ("METAS",),
    "stackkit.level2": ("BLENDS",),
    "stackkit.level2.dynamic": ("DynamicSelection",),
    "stackkit.level2.selection": ("Greedy", "HillClimb"),
    "stackkit.level2.subset": ("OnSubset",),
    "stackkit.level2.weights": ("Simplex",),
    "stackkit.meta_features": ("MetaFeatures",),
    "stackkit.metrics": ("get_metric", "metric_names", "register_metric"),
    "stackkit.predictions": ("Pool", "Predictions"),
    "stackkit.pruning": ("pareto_table", "prune", "pruning_table", "trade_off_curve"),
    "stackkit.report": ("figures", "summaries", "tables"),
    "stackkit.report.candidates": ("candidate_table",),
    "stackkit.report.forecasts": ("fit_forecasts", "forecast_errors"),
    "stackkit.report.meta_tables": ("meta_feature_table",),
    "stackkit.report.net_paths": ("net_paths",),
    "stackkit.report.row_weights": ("best_of", "explain_row", "row_weights"),
    "stackkit.report.weights": ("blend_weights", "last_weights", "meta_coefficients"),
    "stackkit.runs": ("Run", "Setup", "plan", "predict", "run", "set_up", "submit"),
    "stackkit.scoring": ("oracle_score",),
    "stackkit.sizing": ("ExpectedCost", "Limits"),
    "stackkit.spec": ("BaseLearner", "ModelSpec"),
    "stackkit.submission": ("submission_frame", "validate_submission", "write_submission"),
    "stackkit.workflow": (
        "Ablation",
        "ablate",
        "add_result",
        "choose",
        "fit_base",
        "fit_candidates",
        "fit_levels",
        "fit_metas",
        "gains_on",
        "gains_on_static",
        "plan_base",
        "plan_levels",
        "plan_metas",
        "read_ablation",
        "run_notebooks",
    ),
}
_MODULE_OF = {name: module for module, names in _WHERE.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'stackkit' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
