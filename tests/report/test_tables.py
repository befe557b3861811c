"""Tables: how numbers become text."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stackkit.cache import OOFCache
from stackkit.competition import Competition
from stackkit.report.tables import (
    as_text,
    cache_rows,
    class_notes,
    leaderboard_text,
    metric_rows,
    model_rows,
    number,
    plan_notes,
    plan_text,
)
from stackkit.runs import set_up


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.50000"), (-1 / 3, "-0.33333"), (99.9999999, "100.00000"), (12345.678, "12345.7"),
     (0.0, "0.00000"), (-1.22e-16, "0.00000"), (2e-12, "2e-12"),
     (1.234e-5, "1.23e-05"), (math.nan, ""), (math.inf, "")],
)  # fmt: skip
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_a_table_is_aligned_and_holes_are_blank() -> None:
    text = as_text(pd.DataFrame({"name": ["a", "bb"], "cv": [0.5, math.nan]}))
    lines = text.splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1].split() == ["a", "0.50000"] and lines[2].split() == ["bb"]
    assert as_text(pd.DataFrame()) == "none"


def test_the_leaderboard_joins_mean_and_deviation() -> None:
    row = {"rank": 1, "name": "ridge", "role": "base", "depth": 0, "cv": 0.25, "fold_mean": 0.5,
           "fold_sd": 0.125, "coverage": 0.8, "evidence": "clean", "seconds": 1.26,
           "key8": "abcdef01"}  # fmt: skip
    head, line = leaderboard_text(pd.DataFrame([row])).splitlines()
    assert head.split() == "rank name role depth cv folds coverage evidence seconds key8".split()
    assert line.split() == "1 ridge base 0 0.25000 0.50000 ± 0.12500 80% clean 1.3 abcdef01".split()


def test_the_plan_counts_base_models_where_names_are_too_long() -> None:
    base = [f"model_{i}" for i in range(12)]
    above = {
        "few": base[:3],
        "meta": base,
        "all": [*base, "meta"],
        "last": ["trees", *base, *(f"another_{i}" for i in range(9))],
        "steps": [f"another_{i}" for i in range(9)],
    }
    rows = [*((name, "base", "trees") for name in base)]
    rows += [(name, "blend", ", ".join(reads)) for name, reads in above.items()]
    text = plan_text(pd.DataFrame(rows, columns=["name", "role", "reads"]))
    assert [line.split("blend")[1].strip() for line in text.splitlines()[13:]] == [
        "model_0, model_1, model_2",
        "12 base models",
        "12 base models, meta",
        "12 base models, trees, another_0, another_1, another_2, …",
        "another_0, another_1, another_2, another_3, another_4, …",
    ]


def test_every_model_and_metric_has_a_row() -> None:
    models = {row["name"]: row for row in model_rows()}
    assert {"ridge", "prior", "ridge_meta", "simplex"} <= set(models)
    assert (models["ridge"]["reads"], models["simplex"]["reads"]) == ("linear", "records")
    metrics = {row["name"]: row for row in metric_rows()}
    assert (metrics["auc"]["better"], metrics["rmse"]["better"]) == ("greater", "smaller")
    assert metrics["rmse"]["row losses"] and not metrics["auc"]["row losses"]


def test_notes_name_folds_and_columns_kept_aside(tmp_path: Path) -> None:
    n = 120
    train = pd.DataFrame({
        "x": np.arange(n), "story": [f"once {i}" for i in range(n)], "later": 1.0,
        "y": np.arange(n) % 2,
    })  # fmt: skip
    test = train[["x", "story"]].head(9)
    made = Competition.from_frames(train, test, target="y", metric="auc")
    notes = "\n".join(plan_notes(set_up(made, cache_dir=tmp_path)))
    assert "folds: stratified, 10 splits" in notes
    assert "kept aside: later" in notes
    assert "story" not in notes


def test_an_empty_cache_has_no_rows(tmp_path: Path) -> None:
    assert cache_rows(OOFCache(tmp_path), None) == []


def test_a_damaged_entry_has_a_row_that_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "shop/01234567-01234567/L0/ridge-0123456789ab"
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text("{", encoding="utf-8")
    (row,) = cache_rows(OOFCache(tmp_path), None)
    assert (row["competition"], row["level"], row["key8"]) == ("shop", "L0", "")
    assert "recipe.json" in row["state"]


def test_notes_name_models_that_are_left_out(tmp_path: Path) -> None:
    train = pd.DataFrame({"x": np.arange(40), "y": np.arange(40) % 2})
    made = Competition.from_frames(train, target="y", metric="logloss")
    notes = plan_notes(set_up(made, cache_dir=tmp_path))
    assert "left out: rank_mean: makes ranks, and logloss reads more than the order" in notes


@pytest.mark.parametrize(
    ("classes", "options", "doubted"),
    [(62, {}, True), (62, {"task": "multiclass"}, False), (12, {}, False), (0, {}, False)],
)
def test_dozens_of_whole_numbers_as_classes_are_doubted(
    classes: int, options: dict, doubted: bool
) -> None:
    ages = 18 + np.arange(310) % classes if classes else [f"k{i % 62}" for i in range(310)]
    train = pd.DataFrame({"x": np.arange(310.0), "age": ages})
    made = Competition.from_frames(train, target="age", metric="accuracy", **options)
    notes = class_notes(made)
    assert len(notes) == doubted
    if doubted:
        assert notes[0].startswith("62 classes from 18 to 79: if 'age' is a number, metric = ")


def test_the_plan_says_such_a_doubt(tmp_path: Path) -> None:
    train = pd.DataFrame({"x": np.arange(310.0), "age": 18 + np.arange(310) % 62})
    made = Competition.from_frames(train, target="age", metric="accuracy")
    assert class_notes(made)[0] in plan_notes(set_up(made, cache_dir=tmp_path))
