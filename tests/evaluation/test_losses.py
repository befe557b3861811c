"""Row losses, segments and worst rows, against loops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.evaluation import loss_name, row_losses, segment_losses, worst_rows
from stackkit.predictions import Predictions

N = 200


def shop(task: str = "binary", metric: str = "auc") -> Competition:
    """Numbers with holes, a category of many levels, a time, a switch."""
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({
        "x": rng.normal(size=N),
        "k": rng.choice(list("abcdefghij"), size=N),
        "when": (pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(N), "D")).astype(str),
        "on": rng.integers(2, size=N),
    })  # fmt: skip
    frame.loc[:39, "x"] = np.nan
    y = {"binary": rng.integers(2, size=N), "multiclass": rng.integers(3, size=N),
         "regression": rng.random(N) + 1}[task]  # fmt: skip
    return Competition.from_frames(
        frame.assign(y=y, id=range(100, 100 + N)), target="y", metric=metric, task=task, id="id"
    )


def record(made: Competition, scored: int = N) -> Predictions:
    rng, c = np.random.default_rng(8), made.width
    oof = rng.dirichlet(np.ones(max(c, 2)), N)[:, :c]
    oof[scored:] = np.nan
    output = "value" if made.task == "regression" else "proba"
    return Predictions("a", "0" * 64, oof.astype(np.float32), None, "y", output)


CASES = [
    ("binary", "auc", lambda y, p: -np.log(p[0] if y else 1 - p[0]), "log-loss"),
    ("binary", "accuracy", lambda y, p: -np.log(p[0] if y else 1 - p[0]), "log-loss"),
    ("multiclass", "logloss", lambda y, p: -np.log(p[int(y)]), "row loss of logloss"),
    ("regression", "rmse", lambda y, p: (y - p[0]) ** 2, "row loss of rmse"),
    ("regression", "mae", lambda y, p: abs(y - p[0]), "row loss of mae"),
    ("regression", "rmsle", lambda y, p: (np.log1p(y) - np.log1p(p[0])) ** 2, "rmsle"),
]


@pytest.mark.parametrize(("task", "metric", "loss", "name"), CASES)
def test_row_losses_against_a_loop(
    task: str, metric: str, loss: Callable[..., float], name: str
) -> None:
    made = shop(task, metric)
    one = record(made, scored=150)
    losses = row_losses(made, one)
    assert np.isnan(losses[150:]).all()
    expected = [loss(made.y[i], one.oof[i].astype(float)) for i in range(150)]
    np.testing.assert_allclose(losses[:150], expected, rtol=1e-5)
    assert name in loss_name(made)


def test_segments_against_a_loop() -> None:
    made = shop()
    one = record(made)
    losses, table = row_losses(made, one), segment_losses(made, one)
    overall = losses.mean()
    masks = {
        ("x", "missing"): made.train.x.isna(),
        ("on", "= 1"): made.train.on == 1,
        ("k", "= a"): made.train.k == "a",
    }
    top = made.train.k.value_counts().index[:6]
    masks["k", "other levels"] = ~made.train.k.isin(top)
    checked = 0
    for (column, segment), mask in masks.items():
        found = table[(table.column == column) & (table.segment == segment)]
        if mask.sum() < 20 or (column == "k" and segment == "= a" and "a" not in top):
            assert found.empty
            continue
        inside, checked = losses[mask.to_numpy()], checked + 1
        assert found.rows.item() == len(inside)
        assert found.ratio.item() == pytest.approx(inside.mean() / overall)
        error = inside.std(ddof=1) / np.sqrt(len(inside)) / overall
        assert found.se.item() == pytest.approx(error)
    assert checked >= 3


def test_quarters_cut_numbers_and_times_into_equal_parts() -> None:
    table = segment_losses(shop(), record(shop()))
    for column, rows in (("x", 40), ("when", 50)):
        parts = table[(table.column == column) & (table.segment != "missing")]
        assert parts.rows.tolist() == [rows] * 4
    words = set(table[table.column == "when"].segment)
    assert "up to 2024-02-19" in words and any(w.startswith("above 2024-05") for w in words)


def test_the_segment_that_errs_stands_first() -> None:
    made = shop("regression", "rmse")
    one = record(made)
    oof = made.y[:, None] + 0.1
    oof[made.train.on == 1] += 3
    table = segment_losses(made, one.with_(oof=oof.astype(np.float32)))
    assert table[["column", "segment"]].iloc[0].tolist() == ["on", "= 1"]
    excess = ((table.ratio - 1) / table.se)[table.se > 0]
    assert excess.is_monotonic_decreasing


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_worst_rows_hold_the_highest_losses(task: str) -> None:
    made = shop(task, "rmse" if task == "regression" else "logloss")
    one = record(made, scored=150)
    table, losses = worst_rows(made, one, 5), row_losses(made, one)
    assert table.loss.tolist() == sorted(losses[:150], reverse=True)[:5]
    assert (table.id == table.row + 100).all() and (table.row < 150).all()
    assert {"truth", "x", "k"} <= set(table.columns)
    assert len(worst_rows(made, record(made, scored=3), 5)) == 3
