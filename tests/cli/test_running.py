"""run and predict: results on standard output, the path last."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest


def test_run_prints_results_and_ends_with_the_path(stackkit: Callable, shop: Path) -> None:
    found = stackkit("run", shop, "--jobs", 2, "--output", shop / "out")
    assert found.code == 0
    path = Path(found.last)
    assert path.parent == shop / "out" and path.suffix == ".csv"
    assert len(pd.read_csv(path)) == 12
    assert re.search(r"^ *rank +name +role +depth +cv", found.out, re.MULTILINE)
    assert re.search(r"^ *1 ", found.out, re.MULTILINE)
    assert "chosen: simplex" in found.out and "was not measured" in found.out
    assert "fits to do" not in found.out and "folds: " not in found.out
    assert "depth 0: 6 fits to do" in found.err and "folds: kfold, 3 splits" in found.err
    assert re.search(r"depth 1: \d+ fits to do", found.err) and "depth 2" not in found.err


def test_run_twice_gives_one_path(stackkit: Callable, shop: Path) -> None:
    first, second = (stackkit("run", shop, "--jobs", 2) for _ in range(2))
    assert first.last == second.last
    assert "(cached)" in second.err and "(cached)" not in first.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--time-limit", "soon"), "a time limit is a span of time"),
        (("--profile", "quik"), "unknown profile"),
    ],
)
def test_wrong_options_are_refused(
    stackkit: Callable, shop: Path, options: tuple[str, str], words: str
) -> None:
    found = stackkit("run", shop, *options)
    assert (found.code, found.out) == (2, "")
    assert words in found.err


def test_a_failed_model_is_named(stackkit: Callable, shop: Path) -> None:
    toml = shop / "competition.toml"
    text = toml.read_text(encoding="utf-8").replace('["ridge"]', '["ridge", "rf"]')
    toml.write_text(text + "[models.rf]\nn_estimators = -1\n", encoding="utf-8")
    found = stackkit("run", shop, "--jobs", 2)
    assert found.code == 0
    assert "dropped: rf: " in found.out and "rf dropped" in found.err


def test_predict_ends_with_the_path_and_keeps_the_ids(
    stackkit: Callable, done: Path, tmp_path: Path
) -> None:
    target = tmp_path / "new" / "predicted.csv"
    found = stackkit("predict", done, done / "test.csv", "--output", target,
                     "--cache-dir", done / "oof_cache")  # fmt: skip
    assert (found.code, found.last) == (0, str(target))
    submitted = next((done / "submissions").glob("shop_*.csv"))
    frame, expected = pd.read_csv(target), pd.read_csv(submitted)
    assert list(frame.columns) == ["id", "y"]
    np.testing.assert_allclose(frame["y"], expected["y"], rtol=1e-6)


def test_predict_writes_beside_one_by_default_and_raw_on_demand(
    stackkit: Callable, done: Path, shop: Path
) -> None:
    found = stackkit("predict", done, done / "test.csv", "--raw",
                     "--cache-dir", done / "oof_cache")  # fmt: skip
    assert found.last == "shop_test_raw.csv"
    assert list(pd.read_csv(found.last).columns) == ["id", "ridge", "simplex"]


def test_predict_without_the_ids_says_so(stackkit: Callable, done: Path, tmp_path: Path) -> None:
    rows = pd.read_csv(done / "test.csv")
    places = ["--output", tmp_path / "out.csv", "--cache-dir", done / "oof_cache"]
    assert "no id column" not in stackkit("predict", done, done / "test.csv", *places).err
    rows.drop(columns="id").to_csv(tmp_path / "new.csv", index=False)
    found = stackkit("predict", done, tmp_path / "new.csv", *places)
    assert found.code == 0 and "new.csv has no id column 'id'" in found.err
    assert list(pd.read_csv(tmp_path / "out.csv").columns) == ["y"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns="x"), "every feature column"),
        (lambda f: f.assign(x="big"), "holds numbers"),
        (lambda f: f.head(0), "has rows"),
    ],
)
def test_new_rows_that_cannot_be_used_exit_with_2(
    stackkit: Callable, done: Path, tmp_path: Path, change: Callable, words: str
) -> None:
    change(pd.read_csv(done / "test.csv")).to_csv(tmp_path / "new.csv", index=False)
    found = stackkit("predict", done, tmp_path / "new.csv", "--cache-dir", done / "oof_cache")
    assert (found.code, found.out) == (2, "")
    assert words in found.err and "Traceback" not in found.err


def test_predict_before_any_run_says_what_to_run(stackkit: Callable, shop: Path) -> None:
    found = stackkit("predict", shop, shop / "test.csv")
    assert found.code == 2
    assert "stackkit run shop" in found.err


def test_predict_of_a_missing_file_names_it(stackkit: Callable, done: Path) -> None:
    found = stackkit("predict", done, "nowhere.csv", "--cache-dir", done / "oof_cache")
    assert found.code == 2
    assert "nowhere.csv" in found.err


def test_an_output_in_the_way_exits_with_2(stackkit: Callable, done: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    places = ("--cache-dir", done / "oof_cache", "--output")
    assert stackkit("predict", done, done / "test.csv", *places, tmp_path).code == 2
    found = stackkit("run", done, "--jobs", 2, *places, tmp_path / "file")
    assert found.code == 2 and "go to a folder" in found.err
