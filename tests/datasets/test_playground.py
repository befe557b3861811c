"""The playground: exact truth, holes, unseen levels, shift, determinism."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from functools import cache
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stackkit.datasets import playground
from stackkit.datasets.frames import Frames
from stackkit.datasets.playground import CLASSES, METRICS, NOISE, World, make_playground
from stackkit.errors import DataError

TASKS = tuple(METRICS)
ROWS = 200_000
Z_LIMIT = 4.5  # two-sided p < 1e-5 for one bin


@cache
def large(task: str) -> Frames:
    return make_playground(task, ROWS, test_rows=60_000, seed=3)


@cache
def small(task: str) -> Frames:
    return make_playground(task, 3000, seed=1)


def digest(frames: Frames) -> str:
    text = frames.train.to_csv() + frames.test.to_csv() + frames.sample.to_csv()
    parts = (frames.truth_train, frames.truth_test)
    return hashlib.sha256(text.encode() + b"".join(p.tobytes() for p in parts)).hexdigest()


def residuals(target: np.ndarray, truth: np.ndarray, task: str) -> tuple[np.ndarray, np.ndarray]:
    """Observed minus expected and its variance (rows, c), were the truth true."""
    if task == "regression":
        variance = np.full_like(truth, np.exp(NOISE[task] ** 2) - 1.0)
        return target[:, None] / truth - 1.0, variance
    codes = target if task == "binary" else np.searchsorted(CLASSES, target.astype(str))
    labels = [1] if task == "binary" else range(len(CLASSES))
    return (codes[:, None] == np.array(labels)) - truth, truth * (1.0 - truth)


@cache
def large_residuals(task: str, part: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    frames = large(task)
    target = frames.train["target"].to_numpy() if part == "train" else frames.test_target
    truth = frames.truth_train if part == "train" else frames.truth_test
    return truth, *residuals(target, truth, task)


def standard_errors(residual: np.ndarray, variance: np.ndarray, group: np.ndarray) -> np.ndarray:
    """z (groups, c) of the summed residual in every group."""
    codes = pd.factorize(group)[0]
    sums = [[np.bincount(codes, column) for column in part.T] for part in (residual, variance)]
    return (np.array(sums[0]) / np.sqrt(sums[1])).T


def bins(values: np.ndarray, count: int = 40) -> np.ndarray:
    return pd.qcut(values, count, labels=False, duplicates="drop")


def groups_of(column: pd.Series) -> np.ndarray:
    """Codes of levels, or of tenths of a number; a hole is a group of its own."""
    if pd.api.types.is_numeric_dtype(column):
        column = pd.Series(bins(column.to_numpy(), 10))
    return pd.factorize(column, use_na_sentinel=False)[0]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("part", ["train", "test"])
def test_truth_is_calibrated_in_bins_of_the_truth(task: str, part: str) -> None:
    truth, residual, variance = large_residuals(task, part)
    for column in range(truth.shape[1]):
        z = standard_errors(residual, variance, bins(truth[:, column]))
        assert np.abs(z).max() < Z_LIMIT
        assert np.mean(z[:, column] ** 2) < 1.8


@pytest.mark.parametrize("task", TASKS)
def test_truth_is_calibrated_given_each_column(task: str) -> None:
    train = large(task).train
    _, residual, variance = large_residuals(task, "train")
    time = {"hour": train["joined"].str.slice(11, 13), "month": train["joined"].str.slice(5, 7)}
    columns = train.drop(columns=["id", "target", "joined"]).assign(**time)
    for name in columns:
        z = standard_errors(residual, variance, groups_of(columns[name]))
        assert np.abs(z).max() < Z_LIMIT + 0.5 * (len(z) > 1000), name


def test_truth_is_calibrated_on_levels_unseen_in_train() -> None:
    unseen = ~large("binary").test["shop"].isin(large("binary").train["shop"]).to_numpy()
    _, residual, variance = large_residuals("binary", "test")
    assert np.abs(standard_errors(residual, variance, unseen)).max() < Z_LIMIT


def test_calibration_check_can_fail() -> None:
    truth, _, _ = large_residuals("binary", "train")
    wrong = (truth - NOISE["binary"] / 2.0) / (1.0 - NOISE["binary"])
    residual, variance = residuals(large("binary").train["target"].to_numpy(), wrong, "binary")
    assert np.abs(standard_errors(residual, variance, bins(wrong[:, 0]))).max() > 10.0


def test_relative_noise_of_regression_has_one_variance() -> None:
    truth, residual, _ = large_residuals("regression", "train")
    spread = pd.Series(residual[:, 0]).groupby(bins(truth[:, 0], 20)).std()
    expected = np.sqrt(np.exp(NOISE["regression"] ** 2) - 1.0)
    np.testing.assert_allclose(spread, expected, rtol=0.04)


@pytest.mark.parametrize("task", TASKS)
def test_truth_follows_from_what_a_csv_shows(task: str) -> None:
    frames = small(task)
    shown = pd.read_csv(StringIO(frames.test.to_csv(index=False)))
    pd.testing.assert_frame_equal(shown, frames.test)
    world = World.make(task, columns=20, seed=1)
    np.testing.assert_allclose(world.truth(shown), frames.truth_test, rtol=1e-9)
    mixed = shown.sample(frac=1.0, random_state=0)
    np.testing.assert_allclose(world.truth(mixed), frames.truth_test[mixed.index], rtol=1e-9)


@pytest.mark.parametrize("task", TASKS)
def test_shapes_ids_and_sample(task: str) -> None:
    frames = small(task)
    outputs = len(CLASSES) if task == "multiclass" else 1
    assert (frames.train.shape, frames.test.shape) == ((3000, 22), (2000, 21))
    assert list(frames.test.columns) == [c for c in frames.train.columns if c != "target"]
    assert (len(frames.truth_train), *frames.truth_test.shape) == (3000, 2000, outputs)
    assert frames.truth_train.dtype == np.float64
    assert pd.concat([frames.train["id"], frames.test["id"]]).is_unique
    assert frames.sample["id"].equals(frames.test["id"])
    expected = list(CLASSES) if task == "multiclass" else ["target"]
    assert list(frames.sample.columns) == ["id", *expected]
    assert not frames.train.drop(columns=["id", "target"]).duplicated().any()


def test_targets() -> None:
    binary = large("binary").train["target"]
    assert pd.api.types.is_integer_dtype(binary)
    assert 0.2 < binary.mean() < 0.4
    shares = large("multiclass").train["target"].value_counts(normalize=True)
    assert sorted(shares.index) == list(CLASSES)
    assert 0.08 < shares.min() < 0.16 < 0.35 < shares.max()
    np.testing.assert_allclose(large("multiclass").truth_train.sum(axis=1), 1.0)
    regression = large("regression").train["target"]
    assert regression.min() > 0.0
    assert regression.skew() > 1.0


def test_holes_in_both_tables() -> None:
    frames = large("binary")
    for table in (frames.train, frames.test):
        share = table.isna().mean()
        for column, expected in {"income": 0.04, "device": 0.07, "v04": 0.15}.items():
            assert share[column] == pytest.approx(expected, abs=0.01)
        assert 0.05 < share["rating"] < 0.15
        assert (share[["age", "balance", "shop", "joined"]] == 0.0).all()


def test_a_hole_in_rating_informs() -> None:
    train = large("binary").train
    rate = train["target"].groupby(train["rating"].isna()).mean()
    assert rate[False] - rate[True] > 0.07


@pytest.mark.parametrize("column", ["shop", "product"])
def test_high_cardinality_levels(column: str) -> None:
    frames = large("binary")
    unseen = ~frames.test[column].isin(frames.train[column])
    assert frames.train[column].nunique() > 250
    assert 0.02 < unseen.mean() < 0.10


def test_effects_of_levels_are_real() -> None:
    train = large("binary").train
    rate = train.groupby("shop")["target"].agg(["mean", "size"])
    assert rate["mean"].std() > 5.0 * np.sqrt(0.25 / rate["size"].mean())  # sampling error


def mean_gaps(frames: Frames) -> pd.Series:
    """Difference of means, test minus train, in standard errors."""
    train = frames.train.drop(columns=["id", "target"]).select_dtypes("number")
    test = frames.test[train.columns]
    error = np.sqrt(train.var() / len(train) + test.var() / len(test))
    return ((test.mean() - train.mean()) / error).abs()


def test_shift_moves_two_columns_only() -> None:
    gaps = mean_gaps(large("binary"))
    assert (gaps[["age", "visits"]] > 20.0).all()
    assert gaps.drop(["age", "visits"]).max() < Z_LIMIT


def test_adversarial_model_sees_the_shift() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    scores = {}
    for shift in (0.0, 0.4):
        frames = make_playground("binary", 4000, test_rows=4000, shift=shift)
        rows = pd.concat([frames.train, frames.test])[["age", "visits", "usage", "balance"]]
        is_test = np.repeat([0, 1], 4000)
        rows = (rows - rows.mean()) / rows.std()
        model = LogisticRegression().fit(rows[::2], is_test[::2])
        scores[shift] = roc_auc_score(is_test[1::2], model.decision_function(rows[1::2]))
    assert scores[0.0] < 0.54
    assert 0.57 < scores[0.4] < 0.75


def features(frames: Frames) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = pd.concat([frames.train.drop(columns="target"), frames.test]).drop(columns="id")
    time = pd.to_datetime(rows.pop("joined"))
    rows = rows.assign(hour=time.dt.hour, day=time.dt.day_of_year, weekday=time.dt.day_of_week)
    words = rows.select_dtypes(exclude="number").columns
    rows = rows.astype(dict.fromkeys(words, "category"))
    return rows.iloc[: len(frames.train)], rows.iloc[len(frames.train) :]


@pytest.mark.parametrize("task", TASKS)
def test_the_oracle_beats_boosting_and_boosting_beats_the_prior(task: str) -> None:
    import lightgbm
    from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

    frames = small(task)
    train, test = features(frames)
    kind = lightgbm.LGBMRegressor if task == "regression" else lightgbm.LGBMClassifier
    model = kind(n_estimators=150, learning_rate=0.06, num_leaves=15, n_jobs=1, verbose=-1)
    model.fit(train, frames.train["target"].to_numpy())
    target, truth = frames.test_target, frames.truth_test
    if task == "binary":
        score = roc_auc_score(target, model.predict_proba(test)[:, 1])
        assert 0.8 < score < roc_auc_score(target, truth[:, 0]) - 0.02
    elif task == "multiclass":
        score = log_loss(target, model.predict_proba(test))
        assert log_loss(target, truth) + 0.1 < score < 1.1
    else:
        score = root_mean_squared_error(target, model.predict(test))
        assert root_mean_squared_error(target, truth[:, 0]) + 5.0 < score < 0.8 * target.std()


@pytest.mark.parametrize("task", TASKS)
def test_same_arguments_same_frames(task: str) -> None:
    assert digest(make_playground(task, 300, seed=5)) == digest(make_playground(task, 300, seed=5))
    assert digest(make_playground(task, 300, seed=5)) != digest(make_playground(task, 300, seed=6))


def test_same_frames_in_another_process() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/datasets')\n"
        "from test_playground import digest, make_playground\n"
        "print(digest(make_playground('multiclass', 300, seed=5)))"
    )
    root = Path(playground.__file__).parents[2]
    found = set()
    for hash_seed in ("1", "77"):
        env = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root)}
        call = [sys.executable, "-c", code]
        found.add(subprocess.check_output(call, cwd=root, env=env, text=True).strip())
    assert found == {digest(make_playground("multiclass", 300, seed=5))}


def test_train_does_not_depend_on_test_rows() -> None:
    one, other = (make_playground("binary", 200, test_rows=rows) for rows in (10, 500))
    pd.testing.assert_frame_equal(one.train, other.train)
    np.testing.assert_array_equal(one.truth_train, other.truth_train)


def test_tasks_and_widths_share_the_core_columns() -> None:
    core = make_playground("binary", 100, columns=15).train.iloc[:, :14]
    for frames in (make_playground("regression", 100), make_playground("binary", 100, columns=40)):
        pd.testing.assert_frame_equal(frames.train.iloc[:, :14], core)
    assert frames.test.shape[1] == 41


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ({"task": "binry"}, "'binary'"),
        ({"rows": 49}, "rows=50"),
        ({"test_rows": 0}, "test_rows=1"),
        ({"columns": 14}, "columns=15"),
        ({"seed": -1}, "seed=0"),
        ({"noise": 1.5}, "noise=0.04"),
    ],
)
def test_errors_state_the_next_step(arguments: dict[str, object], hint: str) -> None:
    with pytest.raises(DataError) as caught:
        make_playground(**arguments)
    assert hint in caught.value.hint
    assert caught.value.got == next(iter(arguments.values()))
