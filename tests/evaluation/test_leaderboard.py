"""The leaderboard: its columns and its order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from stackkit.evaluation import leaderboard
from stackkit.predictions import Predictions

COLUMNS = ["rank", "name", "role", "depth", "cv", "fold_mean", "fold_sd", "coverage", "evidence",
           "seconds", "key8"]  # fmt: skip


def record(name: str, cv: float, greater: bool = False, **fields: Any) -> Predictions:
    oof = np.array([[1.0], [2.0], [np.nan], [4.0]], dtype=np.float32)
    scores = {"cv": cv, "fold_mean": cv + 1, "fold_sd": 0.5, "greater_is_better": greater}
    settings = {"scores": scores, "oof": oof, "key": f"{name:x<64}", **fields}
    return Predictions(name=name, test=None, target="y", output="value", **settings)


def test_a_row_says_what_a_record_is_worth() -> None:
    table = leaderboard([record("a", 2.0, role="meta", depth=1, evidence="unverified")])
    assert list(table.columns) == COLUMNS
    row = table.iloc[0]
    assert [row[c] for c in COLUMNS[:9]] == [1, "a", "meta", 1, 2.0, 3.0, 0.5, 0.75, "unverified"]
    assert row["key8"] == "axxxxxxx"


@pytest.mark.parametrize(("greater", "order"), [(False, "bac"), (True, "cab")])
def test_the_best_is_first(greater: bool, order: str) -> None:
    records = [record(n, cv, greater) for n, cv in (("c", 3.0), ("a", 2.0), ("b", 1.0))]
    table = leaderboard(records)
    assert "".join(table["name"]) == order
    assert table["rank"].tolist() == [1, 2, 3]


def test_ties_are_in_the_order_of_depth_then_name() -> None:
    records = [record("b", 1.0, depth=1), record("c", 1.0), record("a", 1.0)]
    assert "".join(leaderboard(records)["name"]) == "acb"


def test_what_has_no_score_is_last() -> None:
    records = [record("n", math.nan), record("aux", 0.0, scores={}), record("a", 1.0)]
    table = leaderboard(records)
    assert table["name"].tolist() == ["a", "aux", "n"]
    assert math.isnan(table["fold_mean"][1])


def test_seconds_are_the_wall_time_of_all_fits() -> None:
    phases = {"prepare": {"wall": 0.5}, "fit": {"wall": 2.0}, "predict": {"wall": 0.25}}
    fits = {"r0f0": {"baseline_mb": 9.0, **phases}, "r0f1": {"fit": {"wall": 1.5}}}
    assert leaderboard([record("a", 1.0, cost={"fits": fits})])["seconds"][0] == 4.25


def test_weights_in_the_last_blend_are_a_column_where_given() -> None:
    records = [record("a", 2.0), record("b", 1.0)]
    assert "weight" not in leaderboard(records, {}).columns
    table = leaderboard(records, {records[0].key: 0.25}).set_index("name")
    assert table.weight["a"] == 0.25 and np.isnan(table.weight["b"])
