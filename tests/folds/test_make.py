"""make_folds: which keys each scheme reads, defaults, errors with a next step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackkit.config import FoldsConfig
from stackkit.errors import ConfigError, FoldError
from stackkit.folds import Folds, make_folds
from stackkit.folds.make import READS

WHEN = pd.date_range("2020-01-01", periods=72, freq="5D")
SET: dict[str, Any] = {
    "n_splits": 3,
    "n_repeats": 2,
    "seed": 7,
    "group": "who",
    "time": "when",
    "block": "month",
    "purge": 1,
    "embargo": 1,
    "column": "fold",
    "file": "folds.csv",
    "holdout": 0.25,
}
NEEDS: dict[str, set[str]] = {
    "group": {"group"},
    "stratified_group": {"group"},
    "time": {"time"},
    "blocked": {"time", "block"},
    "predefined": {"column"},
}


@pytest.fixture
def rows(stand_in: Callable[..., Any], tmp_path: Path) -> Any:
    """72 rows with a group, a datetime, a fold column and a fold file."""
    fold = np.arange(72) % 3
    pd.DataFrame({"id": range(72), "fold": fold}).to_csv(tmp_path / "folds.csv", index=False)
    train = {"who": np.arange(72) // 3, "when": WHEN, "fold": fold}
    return stand_in(train, y=np.arange(72) % 2, task="binary", folder=tmp_path)


def needed(scheme: str, **more: Any) -> FoldsConfig:
    return FoldsConfig(scheme=scheme, **{k: SET[k] for k in NEEDS.get(scheme, ())} | more)


@pytest.mark.parametrize("scheme", READS)
def test_every_scheme_makes_a_plan(rows: Any, scheme: str) -> None:
    folds = make_folds(rows, needed(scheme, n_splits=3))
    assert isinstance(folds, Folds) and folds.scheme == scheme
    assert (folds.n_rows, folds.n_splits, folds.n_repeats) == (72, 3, 1)
    assert folds.forward == (scheme == "time") and not folds.holdout.any()
    assert "configuration" in folds.reason


@pytest.mark.parametrize("scheme", READS)
@pytest.mark.parametrize("key", SET)
def test_a_key_is_read_or_refused(rows: Any, scheme: str, key: str) -> None:
    """No key is accepted and ignored: it moves the plan (or repeats it), or it is an error."""
    base = needed(scheme, n_splits=None if key == "n_splits" else 3)
    if (scheme, key) == ("predefined", "file"):
        base = replace(base, column=None)
        assert make_folds(rows, replace(base, file="folds.csv")).n_splits == 3
        return
    config = replace(base, **{key: SET[key]})
    if key not in READS[scheme]:
        with pytest.raises(ConfigError, match=f"{scheme}.*does not read '{key}'"):
            make_folds(rows, config)
    elif scheme == "predefined" and key == "n_repeats":
        with pytest.raises(FoldError, match="n_repeats = 2 for 1 in the data"):
            make_folds(rows, config)
    elif scheme == "blocked" and key == "seed":
        with pytest.raises(ConfigError, match="reads no seed"):
            make_folds(rows, config)
        repeated = replace(config, n_repeats=2)
        assert make_folds(rows, repeated) != make_folds(rows, replace(repeated, seed=0))
    elif key not in NEEDS.get(scheme, ()) and scheme != "predefined":
        assert make_folds(rows, config) != make_folds(rows, base)


def test_every_key_of_the_configuration_is_tried() -> None:
    assert {f.name for f in fields(FoldsConfig)} == {"scheme", *SET}


@pytest.mark.parametrize(("scheme", "key"), [(s, k) for s, keys in NEEDS.items() for k in keys])
def test_needed_keys(rows: Any, scheme: str, key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        make_folds(rows, replace(needed(scheme), **{key: None}))


@given(
    st.sampled_from(sorted(set(READS) - {"predefined"})),
    st.integers(2, 4),
    st.integers(1, 2),
    st.sampled_from([0.0, 0.2]),
    st.sampled_from(["binary", "regression"]),
)
@settings(max_examples=60, deadline=None)
def test_any_plan_against_row_pairs(
    stand_in: Callable[..., Any],
    scheme: str,
    n_splits: int,
    n_repeats: int,
    holdout: float,
    task: str,
) -> None:
    who = np.arange(72) * 7 % 23
    rows = stand_in({"who": who, "when": WHEN}, y=np.arange(72) * 5 % 2, task=task)
    repeats = 1 if scheme == "time" else n_repeats
    folds = make_folds(rows, needed(scheme, n_splits=n_splits, n_repeats=repeats, holdout=holdout))
    assert folds.holdout.any() == (holdout > 0) and folds.n_repeats == repeats
    for r in range(repeats):
        for k in range(n_splits):
            fitted, scored = folds.fit_rows(r, k), folds.cell_rows(r, k)
            assert not set(fitted) & set(scored)
            assert not folds.holdout[fitted].any() and not folds.holdout[scored].any()
            for i in fitted:
                for j in scored:
                    assert "group" not in scheme or who[i] != who[j]
                    assert scheme != "time" or WHEN[i] < WHEN[j]
                    assert scheme != "blocked" or WHEN[i].month != WHEN[j].month
        if scheme != "time":
            assert ((folds.assignment[r] >= 0) == ~folds.holdout).all()
    if holdout and "group" in scheme:
        assert not set(who[folds.holdout]) & set(who[~folds.holdout])
    if holdout and scheme == "time":
        assert WHEN[folds.holdout].min() > WHEN[~folds.holdout].max()


def test_default_number_of_folds(stand_in: Callable[..., Any]) -> None:
    for n_rows, n_splits in ((999, 10), (1000, 5)):
        rows = stand_in({"x": np.arange(n_rows)})
        assert make_folds(rows, FoldsConfig(scheme="kfold")).n_splits == n_splits
        assert make_folds(rows).n_splits == n_splits


def test_the_configuration_of_the_competition_is_the_default(stand_in: Callable[..., Any]) -> None:
    rows = stand_in({"x": np.arange(40)}, folds=FoldsConfig(scheme="kfold", n_splits=4, seed=3))
    folds = make_folds(rows)
    assert folds.n_splits == 4
    assert folds == make_folds(rows, FoldsConfig(scheme="kfold", n_splits=4, seed=3))
    assert folds != make_folds(rows, FoldsConfig(scheme="kfold", n_splits=4))


def test_keys_win_over_the_suggestion(stand_in: Callable[..., Any]) -> None:
    rows = stand_in({"x": np.arange(40)}, y=np.arange(40) % 2, task="binary")
    folds = make_folds(rows, FoldsConfig(n_splits=4, n_repeats=2, holdout=0.1))
    assert (folds.scheme, folds.n_splits, folds.n_repeats) == ("stratified", 4, 2)
    assert folds.holdout.sum() == 4 and "no test set" in folds.reason
    with pytest.raises(ConfigError, match=r"'stratified' does not read 'group'.*or 'strat"):
        make_folds(rows, FoldsConfig(group="x"))


def test_regression_is_stratified_by_quantile(stand_in: Callable[..., Any]) -> None:
    rows = stand_in({"x": np.arange(200)}, y=np.random.default_rng(0).exponential(size=200))
    folds = make_folds(rows, FoldsConfig(scheme="stratified", n_splits=5))
    means = [rows.y[folds.cell_rows(0, k)].mean() for k in range(5)]
    plain = make_folds(rows, FoldsConfig(scheme="kfold", n_splits=5))
    assert np.std(means) < np.std([rows.y[plain.cell_rows(0, k)].mean() for k in range(5)])


def test_a_file_is_relative_to_the_competition(
    stand_in: Callable[..., Any], tmp_path: Path
) -> None:
    ids = pd.Series(["u", "v", "w"], name="key")
    rows = stand_in({"x": [1, 2, 3]}, folder=tmp_path, train_ids=ids)
    plan = Folds(np.array([[0, 1, 2], [2, 0, 1]], dtype=np.int16))
    plan.to_frame(ids).to_csv(tmp_path / "plan.csv", index=False)
    config = FoldsConfig(scheme="predefined", file="plan.csv")
    assert make_folds(rows, config) == plan == make_folds(rows, replace(config, n_repeats=2))
    with pytest.raises(FoldError, match="n_splits = 4 for 3 in the data; try: leave n_splits out"):
        make_folds(rows, replace(config, n_splits=4))
    with pytest.raises(ConfigError, match="either column or file; got both"):
        make_folds(rows, replace(config, column="x"))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (FoldsConfig(scheme="kfolds"), "unknown fold scheme 'kfolds'; try: did you mean 'kfold'"),
        (FoldsConfig(scheme="stratified", n_splits=40), "36 rows of the rarest class for 40 folds"),
        (needed("group", n_splits=25), "24 groups for 25 folds; try: n_splits = 24"),
        (needed("time", n_repeats=3), "every repeat would be the same plan"),
        (needed("predefined", holdout=0.1), "who is held out: fold -2"),
        (needed("time", embargo="7d"), "no fold is fitted on rows after the one it scores"),
        (needed("blocked", n_splits=13), "12 blocks for 13 folds"),
        (needed("time", purge="400d"), "a smaller purge"),
        (FoldsConfig(scheme="kfold", n_splits=1), "n_splits is at least 2"),
        (FoldsConfig(scheme="kfold", n_splits=0), "n_splits lies between 1 and 32767; got 0"),
        (FoldsConfig(scheme="kfold", n_repeats=0), "n_repeats is at least 1"),
        (FoldsConfig(scheme="kfold", seed=-1), "seed is not negative"),
        (FoldsConfig(scheme="kfold", holdout=1.0), "from 0 to below 1"),
        (FoldsConfig(scheme="kfold", holdout=0.001), "holdout = 0.001: 0 of 72 rows"),
        (FoldsConfig(scheme="kfold", holdout=0.999), "72 of 72 rows"),
    ],
)
def test_errors_name_the_next_step(rows: Any, config: FoldsConfig, message: str) -> None:
    with pytest.raises((FoldError, ConfigError), match=message):
        make_folds(rows, config)


def test_a_class_with_one_row(stand_in: Callable[..., Any]) -> None:
    rows = stand_in({"x": range(20)}, y=[0] * 19 + [1], task="binary")
    with pytest.raises(FoldError, match='merge rare classes, or scheme = "kfold"'):
        make_folds(rows, FoldsConfig(scheme="stratified", n_splits=5))
