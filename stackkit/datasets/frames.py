"""Frames: the plain tables of one competition, as its CSV files would hold them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Frames:
    """Train, test and sample submission, with what only a benchmark may know.

    Attributes
    ----------
    train : n rows with id and target.
    test : m rows with id, without target.
    sample : m rows, the sample submission: id and what is to be predicted.
    truth_train, truth_test : float64 (n, c) and (m, c), the true P(class | row) in sorted class
        order (binary c = 1: of the last class) or E(target | row); None for real data.
    test_target : (m,), the labels of the test rows, for honest benchmarks only.
    models : names of the base models that belong to it; none: those of the profile.
    """

    name: str
    train: pd.DataFrame
    test: pd.DataFrame
    sample: pd.DataFrame
    id: str
    target: str
    metric: str
    task: str
    truth_train: np.ndarray | None = None
    truth_test: np.ndarray | None = None
    test_target: np.ndarray | None = None
    models: tuple[str, ...] = ()


def assemble(
    name: str,
    train: pd.DataFrame,
    test: pd.DataFrame,
    *,
    task: str,
    metric: str,
    truth: tuple[np.ndarray | None, np.ndarray | None] = (None, None),
    models: tuple[str, ...] = (),
) -> Frames:
    """Frames from two tables that both hold `id` and `target`; test loses its target."""
    return Frames(
        name=name,
        train=train,
        test=test.drop(columns="target"),
        sample=sample_submission(test["id"], train["target"], task=task, metric=metric),
        id="id",
        target="target",
        metric=metric,
        task=task,
        truth_train=truth[0],
        truth_test=truth[1],
        test_target=test["target"].to_numpy(),
        models=models,
    )


def sample_submission(ids: pd.Series, target: pd.Series, *, task: str, metric: str) -> pd.DataFrame:
    """One constant for every id, in the columns that the metric asks for.

    Accuracy takes the commonest label; other multiclass metrics one column a class, holding
    1 / C; binary a probability of 0.5; regression the mean of the target.
    """
    labels = sorted(target.unique()) if task == "multiclass" else []
    if metric == "accuracy":
        filled: dict[str, object] = {str(target.name): target.mode()[0]}
    elif labels:
        filled = {str(label): 1.0 / len(labels) for label in labels}
    else:
        filled = {str(target.name): 0.5 if task == "binary" else round(target.mean(), 2)}
    return pd.DataFrame({ids.name: ids.to_numpy(), **filled})
