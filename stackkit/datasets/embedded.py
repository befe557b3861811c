"""Embedded competitions: scikit-learn's real tables and generated ones, all offline.

Rows of a real table are shuffled before they get an id, for the order of the source gives the
class away (wine is sorted by it). The split into 80 % train and 20 % test is frozen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from stackkit.datasets.experts import make_experts
from stackkit.datasets.frames import Frames, assemble
from stackkit.datasets.playground import make_playground
from stackkit.errors import ConfigError, nearest

SPLIT_SEED = 20_240_229


def load_embedded(name: str) -> Frames:
    """Frames of one embedded competition; ConfigError names the nearest name."""
    if name not in EMBEDDED:
        raise ConfigError("no embedded competition has this name", name, nearest(name, EMBEDDED))
    return EMBEDDED[name]()


def breast_cancer() -> Frames:
    """569 tumours, 30 measures of cell nuclei; malignant or benign, auc."""
    from sklearn.datasets import load_breast_cancer

    source = load_breast_cancer()
    table = _table(source.data, source.feature_names, source.target_names[source.target])
    return split_off_test("breast-cancer", table, task="binary", metric="auc")


def digits() -> Frames:
    """1797 handwritten digits of 8 x 8 grey values from 0 to 16; accuracy."""
    from sklearn.datasets import load_digits

    source = load_digits()
    table = _table(source.data.astype(int), source.feature_names, source.target)
    return split_off_test("digits", table, task="multiclass", metric="accuracy")


def diabetes() -> Frames:
    """442 patients, 10 measures in their own units; progress of the disease a year on, rmse."""
    from sklearn.datasets import load_diabetes

    source = load_diabetes(scaled=False)
    table = _table(source.data, source.feature_names, source.target)
    return split_off_test("diabetes", table, task="regression", metric="rmse")


def wine() -> Frames:
    """178 wines of three growers, 13 chemical measures; logloss."""
    from sklearn.datasets import load_wine

    source = load_wine()
    table = _table(source.data, source.feature_names, source.target_names[source.target])
    return split_off_test("wine", table, task="multiclass", metric="logloss")


EMBEDDED: dict[str, Callable[[], Frames]] = {
    "breast-cancer": breast_cancer,
    "diabetes": diabetes,
    "digits": digits,
    "experts": make_experts,
    "experts-binary": partial(make_experts, "binary"),
    "playground": partial(make_playground, "binary"),
    "playground-multiclass": partial(make_playground, "multiclass"),
    "playground-regression": partial(make_playground, "regression"),
    "wine": wine,
}


def _table(data: np.ndarray, names: list[str] | np.ndarray, target: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame(data, columns=[snake_case(name) for name in names])
    labels = target.astype(object) if target.dtype.kind == "U" else target
    return frame.assign(target=labels)


def snake_case(name: str) -> str:
    """Lower-case words joined by underscores: "od280/od315 of wine" -> "od280_od315_of_wine"."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def split_off_test(name: str, table: pd.DataFrame, *, task: str, metric: str) -> Frames:
    """Shuffle, number, and put 20 % of the rows, of each class where there are some, into test."""
    order = np.random.RandomState(SPLIT_SEED).permutation(len(table))  # a stream frozen by NumPy
    table = table.iloc[order].reset_index(drop=True)
    in_test = _every_fifth(table["target"] if task != "regression" else None, len(table))
    table = pd.concat([table[~in_test], table[in_test]], ignore_index=True)
    table.insert(0, "id", np.arange(len(table)))
    n_train = len(table) - int(in_test.sum())
    train, test = table.iloc[:n_train], table.iloc[n_train:].reset_index(drop=True)
    return assemble(name, train, test, task=task, metric=metric)


def _every_fifth(labels: pd.Series | None, rows: int) -> np.ndarray:
    """Mask (rows,) of each fifth row, counted within its class if there are labels."""
    if labels is None:
        return np.arange(rows) % 5 == 4
    return labels.groupby(labels).cumcount().to_numpy() % 5 == 4
