"""Intervals of gains, against drawing rows one by one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.errors import ConfigError, PredictionError
from stackkit.evaluation import gain_intervals, gain_tables, intervals, row_clusters
from stackkit.evaluation.intervals import DRAWS
from stackkit.folds import Folds, make_folds
from stackkit.predictions import Predictions

N = 400


def binary(metric: str, seed: int = 0, **folds: object) -> tuple[Competition, Folds]:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=N), "g": np.arange(N) // 8})
    frame["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(N), "D")
    frame["y"] = (frame.x + rng.normal(size=N) > 0).astype(int)
    made = Competition.from_frames(frame, target="y", metric=metric, folds=folds)
    return made, make_folds(made)


def record(name: str, y: np.ndarray, noise: float, seed: int) -> Predictions:
    z = (2 * y - 1) + noise * np.random.default_rng(seed).normal(size=len(y))
    oof = (1 / (1 + np.exp(-z)))[:, None].astype(np.float32)
    return Predictions(name, f"{name:0<64}", oof, None, "y", "proba")


@pytest.mark.parametrize("metric", ["logloss", "auc", "accuracy"])
def test_the_interval_is_that_of_drawing_rows_again(metric: str) -> None:
    made, folds = binary(metric, scheme="kfold")
    good, bad = record("good", made.y, 1.0, 1), record("bad", made.y, 2.5, 2)
    row = gain_intervals(made, folds, [good], bad).iloc[0]
    rng, gains = np.random.default_rng(9), []
    for _ in range(600):
        drawn = rng.integers(N, size=N)
        gains.append(score(made, good, drawn) - score(made, bad, drawn))
    gains = made.metric.sign * np.array(gains)
    assert row.low < row.gain < row.high and row.low > 0
    width = np.diff(np.quantile(gains, [0.025, 0.975]))[0]
    assert row.high - row.low == pytest.approx(width, rel=0.2)
    assert row.low == pytest.approx(np.quantile(gains, 0.025), abs=0.25 * width)


def score(made: Competition, of: Predictions, rows: np.ndarray) -> float:
    p = of.oof[rows]
    readable = (p[:, 0] > 0.5).astype(int) if made.metric.reads == "label" else p
    return made.metric.score(made.y[rows], readable)


def test_a_record_gains_nothing_on_itself_and_like_ones_are_mostly_not_told_apart() -> None:
    made, folds = binary("logloss", scheme="kfold")
    one, *others = (record(f"r{seed}", made.y, 1.5, seed) for seed in range(30, 50))
    table = gain_intervals(made, folds, [one, *others], one).set_index("name")
    assert (table.loc[one.name] == 0).all()
    told_apart = (table.low[1:] > 0) | (table.high[1:] < 0)
    assert told_apart.mean() < 0.3  # all of them share the luck of the one


def test_large_data_are_thinned_and_the_interval_narrows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, folds = binary("logloss", scheme="kfold")
    good, bad = record("good", made.y, 1.0, 1), record("bad", made.y, 2.5, 2)
    whole = gain_intervals(made, folds, [good], bad).iloc[0]
    monkeypatch.setattr("stackkit.evaluation.intervals.MOST_ROWS", 200)
    thinned = gain_intervals(made, folds, [good], bad).iloc[0]
    assert thinned.gain == whole.gain
    assert thinned.high - thinned.low == pytest.approx(whole.high - whole.low, rel=0.35)


def test_rows_of_one_group_are_drawn_together() -> None:
    grouped, folds = binary("logloss", scheme="group", group="g")
    assert len(np.unique(row_clusters(grouped))) == N // 8
    plain, _ = binary("logloss", scheme="kfold")
    assert len(np.unique(row_clusters(plain))) == N
    good = record("good", plain.y, 1.0, 1)
    sharper = np.repeat(np.random.default_rng(3).choice([0.1, 2.5], size=N // 8), 8)
    p = 1 / (1 + (1 / good.oof[:, 0].astype(float) - 1) ** sharper)
    other = good.with_(name="other", key=f"{'other':0<64}", oof=p[:, None].astype(np.float32))
    wide = gain_intervals(grouped, folds, [good], other).iloc[0]
    narrow = gain_intervals(plain, folds, [good], other).iloc[0]
    assert wide.high - wide.low > 1.1 * (narrow.high - narrow.low)


@pytest.mark.parametrize(("scheme", "count"), [("blocked", 14), ("time", 50)])
def test_time_is_drawn_in_blocks(scheme: str, count: int) -> None:
    further = {"block": "month"} if scheme == "blocked" else {}
    made, folds = binary("logloss", scheme=scheme, time="when", **further)
    codes = row_clusters(made)
    assert len(np.unique(codes)) == count and (np.diff(codes) >= 0).all()
    late = np.flatnonzero(folds.assignment[0] >= 0)
    good, bad = (record(n, made.y, s, i) for i, (n, s) in enumerate({"a": 1.0, "b": 2.5}.items()))
    unscored = np.setdiff1d(np.arange(N), late)
    for one in (good, bad):
        one.oof[unscored] = np.nan
    assert gain_intervals(made, folds, [good], bad).low[0] > 0


def test_a_draw_without_a_score_is_left_out(competition: Callable[..., Competition]) -> None:
    made, folds = binary("auc", scheme="kfold")
    rare = Competition.from_frames(
        pd.DataFrame({"x": made.train["x"], "y": np.arange(N) == 7}), target="y", metric="auc"
    )
    good, bad = record("good", rare.y, 1.0, 1), record("bad", rare.y, 2.5, 2)
    row = gain_intervals(rare, folds, [good], bad).iloc[0]
    assert np.isfinite(row.gain) and np.isfinite([row.low, row.high]).all()
    assert DRAWS > 0


def test_several_references_give_the_tables_of_each_and_draw_a_record_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, folds = binary("logloss", scheme="kfold")
    one, two, three = (record(f"r{seed}", made.y, 1.5, seed) for seed in range(3))
    apart = [gain_intervals(made, folds, [one, two, three], r) for r in (one, three)]
    drawn, before = [], intervals._draws

    def counted(*given: object) -> np.ndarray:
        drawn.append(given[2].name)
        return before(*given)

    monkeypatch.setattr(intervals, "_draws", counted)
    together = gain_tables(made, folds, [one, two, three], [one, three])
    for alone, table in zip(apart, together, strict=True):
        pd.testing.assert_frame_equal(alone, table)
    assert sorted(drawn) == sorted(2 * ["r0", "r1", "r2"])  # all rows, and rows drawn again


def test_a_single_record_is_a_list_of_one() -> None:
    made, folds = binary("logloss", scheme="kfold")
    good, bad = record("good", made.y, 1.0, 1), record("bad", made.y, 2.5, 2)
    listed = gain_intervals(made, folds, [good], bad)
    pd.testing.assert_frame_equal(gain_intervals(made, folds, good, bad), listed)


@pytest.mark.parametrize("level", [95, 0, 1, -0.5, float("nan"), "0.95", True, None])
def test_a_level_is_a_share(level: object) -> None:
    made, folds = binary("logloss", scheme="kfold")
    good = record("good", made.y, 1.0, 1)
    with pytest.raises(ConfigError, match=r"level.*between 0 and 1; got .*try: 0\.95"):
        gain_intervals(made, folds, [good], good, level=level)


def test_names_and_records_of_other_data_are_refused() -> None:
    made, folds = binary("logloss", scheme="kfold")
    good = record("good", made.y, 1.0, 1)
    for given in ("good", ["good"], 3):
        with pytest.raises(ConfigError, match="record"):
            gain_intervals(made, folds, given, good)
    with pytest.raises(ConfigError, match="record"):
        gain_intervals(made, folds, [good], "good")
    strangers = [
        record("short", made.y[:-5], 1.0, 1),
        good.with_(target="z"),
        good.with_(recipe={"data": "other"}),
        good.with_(recipe={"folds": "other"}),
    ]
    for stranger in strangers:
        with pytest.raises(PredictionError, match=r"records.*; got .*; try: "):
            gain_intervals(made, folds, [stranger], good)
        with pytest.raises(PredictionError, match=r"records.*; got .*; try: "):
            gain_intervals(made, folds, [good], stranger)
    known = good.with_(recipe={"data": made.fingerprint, "folds": folds.fingerprint})
    assert gain_intervals(made, folds, known, good).gain[0] == 0
