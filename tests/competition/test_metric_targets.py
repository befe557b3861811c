"""Targets that a metric speaks for, and those that it cannot score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.errors import DataError, MetricError

TEXT = np.array(["a", "b", "c"])


def made(metric: str, target: np.ndarray, task: str | None = None) -> Competition:
    frame = pd.DataFrame({"x": 1.0 * np.arange(24), "y": np.resize(target, 24)})
    return Competition.from_frames(frame, target="y", metric=metric, task=task)


@pytest.mark.parametrize(
    ("metric", "target", "task"),
    [
        ("gini", [0, 1], "binary"),
        ("gini", [0.5, 1.5, 9.0], "regression"),
        ("qwk", [0, 1], "binary"),
        ("qwk", [1, 2, 3], "regression"),
        ("qwk", TEXT, "multiclass"),
        ("mcc", [0, 1], "binary"),
        ("mcc", [0, 1, 2], "multiclass"),
        ("map@3", TEXT, "multiclass"),
        ("smape", [0, 1], "regression"),
        ("pinball@0.9", [0.5, 1.5], "regression"),
    ],
)
def test_the_task_that_metric_and_target_speak_for(metric: str, target: list, task: str) -> None:
    assert made(metric, np.array(target)).task == task


def test_a_declared_task_is_kept() -> None:
    assert made("gini", np.array([0, 1]), "regression").task == "regression"
    with pytest.raises(MetricError, match="map@3 scores multiclass"):
        made("map@3", np.array([0, 1]))


def test_targets_of_0_have_no_relative_error() -> None:
    assert made("mape", np.array([0.5, 2.0])).metric.name == "mape"
    with pytest.raises(DataError, match="mape scores targets other than 0") as caught:
        made("mape", np.array([0.0, 2.0, 3.0]))
    assert caught.value.got == "8 of 0"
    assert "smape" in caught.value.hint
    assert made("smape", np.array([0.0, 2.0, 3.0])).task == "regression"


@pytest.mark.parametrize("metric", ["mape", "smape", "rmsle"])
def test_metrics_fitted_in_log_space_refuse_negative_targets(metric: str) -> None:
    with pytest.raises(DataError, match=f"{metric} scores targets from 0 to inf"):
        made(metric, np.array([-1.0, 2.0, 3.0]))
