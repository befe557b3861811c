"""Small tables: columns, duplicates, folds, gains of meta-models, expectations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stackkit
from stackkit.competition import Competition
from stackkit.evaluation import Duplicates, Outlook
from stackkit.folds import Folds
from stackkit.predictions import Predictions
from stackkit.report import summaries
from stackkit.runs import Setup


def made(test: bool = True) -> Competition:
    train = pd.DataFrame({
        "x": [1.0, 2.0, np.nan, 4.0], "k": ["a", "a", "b", None],
        "when": ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"], "y": [0, 1, 0, 1],
    })  # fmt: skip
    later = pd.DataFrame({"x": [9.0, 2.0], "k": ["c", None], "when": ["2024-01-02", None]})
    return Competition.from_frames(train, later if test else None, target="y", metric="auc")


def test_columns_tell_kinds_gaps_and_what_is_new() -> None:
    table = summaries.columns(made()).set_index("column")
    assert table.kind.to_dict() == {"x": "numeric", "k": "categorical", "when": "datetime"}
    assert table.missing.tolist() == [0.25, 0.25, 0.0]
    assert table.missing_test.tolist() == [0.0, 0.5, 0.5]
    assert table.distinct.tolist() == [3, 2, 4]
    assert table.new_in_test.tolist() == [0.5, 1.0, 0.0]
    assert table["values"].tolist() == ["1 to 4", "'a' 50%", "2024-01-01 to 2024-01-04"]


def test_without_test_nothing_is_said_of_it() -> None:
    table = summaries.columns(made(test=False))
    assert table[["missing_test", "new_in_test"]].isna().all(axis=None)
    assert len(summaries.duplicates(Duplicates(2, 0, 1), made(test=False))) == 3
    assert summaries.drivers(None).empty


def test_hints_stand_where_there_are_rows() -> None:
    table = summaries.duplicates(Duplicates(2, 0, 1, 0, 1), made()).set_index("what")
    assert table.rows.tolist() == [2, 0, 1, 0, 1]
    assert table.share.tolist() == [0.5, 0.0, 0.25, 0.0, 0.5]
    assert [bool(hint) for hint in table.then] == [True, False, True, False, True]


def test_the_plan_says_what_it_guards_against(
    competition: Callable[..., Competition], plan: Callable[..., Folds], tmp_path: Path
) -> None:
    full = stackkit.set_up(competition("multiclass"), cache_dir=tmp_path)
    lines = "\n".join(summaries.guards(full, Duplicates(5, 0, 3)))
    counts = [np.bincount(full.competition.y[f.fit_rows]).min() for f in full.bench.folds.fits()]
    for words in ("classes", full.bench.folds.reason, "none, so", "3 rows are scored",
                  f"{min(counts)} rows of it"):  # fmt: skip
        assert words in lines
    held = type(full.bench)(full.competition, plan(held=6), full.bench.cache)
    again = Setup(full.competition, held, [], full.profile, full.seed)
    assert "made by hand" in summaries.guards(again, Duplicates(0, 0, 0))[0]
    assert "6 rows" in summaries.guards(again, Duplicates(0, 0, 0))[2]


def record(name: str, role: str, *folds: float, greater: bool = True) -> Predictions:
    cells = {f"r0f{k}": v for k, v in enumerate(folds)}
    scores = {"folds": cells, "cv": float(np.mean(folds)), "greater_is_better": greater}
    oof = np.zeros((4, 1), dtype=np.float32)
    return Predictions(name, f"{name:0<64}", oof, None, "y", "value", role=role, scores=scores)


@pytest.mark.parametrize("greater", [True, False])
def test_gains_on_the_best_base_are_paired(greater: bool) -> None:
    sign = 1 if greater else -1
    records = [
        record("weak", "base", *(sign * v for v in (0.1, 0.1, 0.1)), greater=greater),
        record("strong", "base", *(sign * v for v in (0.5, 0.6, 0.7)), greater=greater),
        record("prior", "base", *(sign * v for v in (0.9, 0.9, 0.9)), greater=greater),
        record("mean", "blend", *(sign * v for v in (0.4, 0.4, 0.4)), greater=greater),
        record("meta", "meta", *(sign * v for v in (0.6, 0.6, 0.9)), greater=greater),
    ]
    (row,) = summaries.against_best(records).to_dict("records")
    gains = np.array([0.1, 0.0, 0.2])
    assert row["on best base (strong)"] == pytest.approx(gains.mean())
    assert row["s.e. (best base)"] == pytest.approx(gains.std(ddof=1) / np.sqrt(3))
    assert row["won (best base)"] == "2 of 3"
    assert row["on mean"] == pytest.approx(0.3) and row["won (mean)"] == "3 of 3"
    assert summaries.against_best(records[:4]).empty


def test_expectations_in_words(competition: Callable[..., Competition]) -> None:
    found = Outlook(0.5, 0.1, 0.05, 0.06, 0.12)
    one = record("top", "blend", 0.5, 0.6).with_(depth=2)
    table = summaries.outlook(found, competition("binary"), one).value
    assert table["expected on all of test"] == "0.38000 to 0.62000 (2 sd)"
    assert table["expected on a fifth of test"] == "0.26000 to 0.74000 (2 sd)"
    assert "holdout" in table["leak of the levels"]
    assert "none" in summaries.outlook(found, made(test=False), one.with_(depth=0)).iloc[-1, 0]


def test_twins_and_complements_are_two_ends_of_the_pairs() -> None:
    pairs = pd.DataFrame({"a": list("uvw"), "b": list("xyz"), "correlation": [0.9, 0.8, 0.7],
                          "disagreement": 0.1, "gain": [-1.0, 2.0, 1.0]})  # fmt: skip
    assert summaries.twins(pairs, 2).a.tolist() == ["u", "v"]
    assert summaries.complements(pairs, 2).a.tolist() == ["v", "w"]
