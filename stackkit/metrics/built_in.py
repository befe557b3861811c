"""The built-in metrics by name; those whose name carries a number are in `parametric`.

Base models and blends minimise a metric's surrogate, not the metric: log-loss for classes (labels
come from a decision fitted afterwards), squared error in `average_space` for values, absolute error
for mae and pinball loss for pinball@q. Boosters, nets, linear models and the prior then estimate
the median or the quantile; other models keep estimating the mean, and a blend weighs them by the
loss. The median pays where the target is skewed or noisy; where there is hardly any noise, models
of the mean may score better in mae too.

mape and smape are fitted and averaged in log1p, where an error is a share of the target: on skewed
targets that scores better than the target's own units. Their surrogate is squared error: absolute
error there was better for some tables and models and worse for as many. Decisions, best_single and
the gate read the metric itself.
"""

from __future__ import annotations

from stackkit.metrics import confusion, kernels, losses, ranking, relative
from stackkit.metrics.metric import TASKS, Metric, Task, root

_BINARY: tuple[Task, ...] = ("binary",)
_CLASSES: tuple[Task, ...] = ("binary", "multiclass")
_VALUES: tuple[Task, ...] = ("regression",)
_CUT = (("binary", "threshold"),)
_SCALED = (("binary", "threshold"), ("multiclass", "multipliers"))

_PROBABILITIES = (
    Metric("auc", True, "proba", _CLASSES, kernels.auc, ranks=True),
    Metric("average_precision", True, "proba", _CLASSES, ranking.average_precision, ranks=True),
    Metric(
        "logloss",
        False,
        "proba",
        _CLASSES,
        kernels.logloss,
        row_loss=losses.log_losses,
        gradient=losses.log_loss_gradient,
        lower=0.0,
        upper=1.0,
    ),
    Metric(
        "brier",
        False,
        "proba",
        _CLASSES,
        kernels.brier,
        row_loss=losses.brier_losses,
        gradient=losses.brier_gradient,
        lower=0.0,
        upper=1.0,
    ),
)

_LABELS = (
    Metric(
        "accuracy",
        True,
        "label",
        _CLASSES,
        kernels.accuracy,
        from_confusion=kernels.accuracy_of_confusion,
        decisions=(("binary", "argmax"), ("multiclass", "argmax")),
    ),
    Metric(
        "balanced_accuracy",
        True,
        "label",
        _CLASSES,
        confusion.balanced_accuracy,
        from_confusion=confusion.balanced_accuracy_of_confusion,
        decisions=_SCALED,
    ),
    Metric(
        "f1",
        True,
        "label",
        _BINARY,
        kernels.f1,
        from_confusion=kernels.f1_of_confusion,
        decisions=_CUT,
    ),
    Metric(
        "f1_macro",
        True,
        "label",
        _CLASSES,
        confusion.f1_macro,
        from_confusion=confusion.f1_macro_of_confusion,
        decisions=_SCALED,
    ),
    Metric(
        "mcc",
        True,
        "label",
        _CLASSES,
        confusion.mcc,
        from_confusion=confusion.mcc_of_confusion,
        decisions=_SCALED,
    ),
    Metric(
        "qwk",
        True,
        "label",
        TASKS,
        kernels.qwk,
        from_confusion=kernels.qwk_of_confusion,
        decisions=(*_CUT, ("multiclass", "mean_cutpoints"), ("regression", "cutpoints")),
    ),
)

_NUMBERS = (
    Metric(
        "rmse",
        False,
        "value",
        _VALUES,
        kernels.rmse,
        row_loss=losses.squared_error,
        gradient=losses.squared_error_gradient,
        from_loss=root,
    ),
    Metric(
        "rmsle",
        False,
        "value",
        _VALUES,
        kernels.rmsle,
        average_space="log1p",
        row_loss=losses.squared_log_error,
        gradient=losses.squared_log_error_gradient,
        from_loss=root,
        lower=0.0,
    ),
    Metric(
        "mae",
        False,
        "value",
        _VALUES,
        kernels.mae,
        row_loss=losses.absolute_error,
        gradient=losses.absolute_error_gradient,
        surrogate="absolute",
    ),
    Metric(
        "mape",
        False,
        "value",
        _VALUES,
        relative.mape,
        average_space="log1p",
        row_loss=relative.relative_error,
        gradient=relative.relative_error_gradient,
        lower=0.0,
        divides=True,
    ),
    Metric(
        "smape",
        False,
        "value",
        _VALUES,
        relative.smape,
        average_space="log1p",
        row_loss=relative.symmetric_error,
        gradient=relative.symmetric_error_gradient,
        lower=0.0,
    ),
    Metric("r2", True, "value", _VALUES, kernels.r2),
    Metric("gini", True, "value", ("binary", "regression"), ranking.gini, ranks=True),
)

BUILT_IN: dict[str, Metric] = {m.name: m for m in (*_PROBABILITIES, *_LABELS, *_NUMBERS)}
