"""The target of a competition: its task, its codes and classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stackkit.competition.schema import is_boolean, is_number
from stackkit.competition.thousands import thousands_hint
from stackkit.errors import ConfigError, DataError
from stackkit.metrics import Metric


def task_of(declared: str | None, metric: Metric, target: pd.Series) -> str:
    """The task declared, else the one that metric and target speak for."""
    if declared is not None:
        return declared
    text = not is_number(target) or is_boolean(target)
    two = "binary" in metric.tasks and target.nunique() == 2
    if "regression" in metric.tasks and not (text or two):
        return "regression"
    if set(metric.tasks) == {"regression"}:
        raise DataError(
            f"metric {metric.name} needs a numeric target",
            f"{target.head(3).tolist()} in {target.name!r}",
            thousands_hint(target) or "a metric of classes, such as logloss, or correct the target",
        )
    return "binary" if target.nunique() == 2 else "multiclass"


def encode(target: pd.Series, task: str, positive: object) -> tuple[np.ndarray, np.ndarray]:
    """y and classes: codes of the classes, the positive one last, or values and no class.

    DataError for missing values, one value, several types; ConfigError for a wrong `positive`.
    """
    missing = int(target.isna().sum())
    if missing:
        raise DataError(
            "every train row has a target",
            f"{missing} missing in {target.name!r}",
            "remove those rows from train",
        )
    if target.nunique() < 2:
        got = f"{target.tolist()[0]!r} in every row of {target.name!r}"
        hint = "another target column, or train rows that hold other values"
        raise DataError("the target takes at least two values", got, hint)
    if task == "regression":
        return _values(target, positive), np.empty(0, dtype=object)
    return _codes(target, task, positive)


def _values(target: pd.Series, positive: object) -> np.ndarray:
    if positive is not None:
        got = f"{positive!r} in a regression"
        raise ConfigError("positive belongs to a binary task", got, "leave it out")
    if not is_number(target):
        got = f"{target.head(3).tolist()} in {target.name!r}"
        hint = thousands_hint(target) or 'task = "multiclass" with a metric of classes'
        raise DataError("a regression target is numeric", got, hint)
    values = target.to_numpy(dtype=np.float64)
    endless = int(np.isinf(values).sum())
    if endless:
        got = f"{endless} infinite values in {target.name!r}"
        raise DataError("the target is finite", got, "mend or remove those rows of train")
    return values


def check_range(y: np.ndarray, task: str, metric: Metric) -> None:
    """DataError where a value target is none that the metric scores."""
    if metric.divides and (y == 0).any():
        rule = f"metric {metric.name} scores targets other than 0"
        raise DataError(rule, f"{int((y == 0).sum())} of 0", "smape or mae, or drop those rows")
    if task == "regression" and (y.min() < metric.lower or y.max() > metric.upper):
        raise DataError(
            f"metric {metric.name} scores targets from {metric.lower:g} to {metric.upper:g}",
            f"{y.min():g} to {y.max():g}",
            "another metric, or correct those rows",
        )


def _codes(target: pd.Series, task: str, positive: object) -> tuple[np.ndarray, np.ndarray]:
    classes = _sorted_labels(target)
    if task == "binary" and len(classes) != 2:
        got = f"{len(classes)} in {target.name!r}"
        raise DataError("a binary target has two classes", got, 'task = "multiclass"')
    _refuse_values(target, len(classes))
    if positive is not None:
        if task != "binary" or positive not in classes:
            raise ConfigError("positive is one of two classes", repr(positive), repr(classes[:9]))
        classes = [c for c in classes if c != positive] + [positive]
    codes = pd.Categorical(target, categories=classes).codes.astype(np.int64)
    return codes, _as_array(classes)


def _refuse_values(target: pd.Series, n_classes: int) -> None:
    """DataError where hardly any two rows are of one class: values, or an id."""
    if n_classes > max(2, len(target) / 2):
        values = is_number(target) and not is_boolean(target)
        what = "distinct numbers" if values else "distinct labels"
        raise DataError(
            "classes have several rows each",
            f"{n_classes} {what} in {len(target)} rows of {target.name!r}",
            "a metric of values, such as rmse" if values else "another target column",
        )


def _sorted_labels(target: pd.Series) -> list[Any]:
    try:
        return sorted(target.unique().tolist())
    except TypeError:
        raise DataError(
            "labels are of one type",
            f"{', '.join(sorted({type(v).__name__ for v in target}))} in {target.name!r}",
            "write them as text, all of them",
        ) from None


def _as_array(classes: list[Any]) -> np.ndarray:
    if all(isinstance(c, str) for c in classes):
        return np.array(classes, dtype=object)
    return np.array(classes)
