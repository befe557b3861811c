"""run: from a competition to its submission."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.cache import OOFCache
from stackkit.crossfit.progress import Silent
from stackkit.errors import ModelError, SubmissionError
from stackkit.predictions import Predictions
from stackkit.runs import Run, latest_run, plan, run
from stackkit.submission.ledger import Ledger

N, M = 90, 12
MOVED = "lift: float = 0.0", "lift: float = 1.0"


def test_a_run_ends_in_a_submission_a_ledger_row_and_a_report(done: tuple[Any, Run]) -> None:
    shop, made = done
    chosen = made.stack.chosen
    frame = pd.read_csv(made.submission)
    assert made.submission.parent == shop.folder / "out"
    assert list(frame.columns) == ["id", "y"]
    assert frame["id"].tolist() == list(range(N, N + M))
    np.testing.assert_allclose(frame["y"], chosen.test[:, 0], rtol=1e-6)
    assert Ledger(shop.folder / "out").keys() == {chosen.key}
    assert made.leaderboard["name"].tolist()[-1] == "prior"


def test_a_second_run_fits_nothing_and_writes_the_same_bytes(shop: Any) -> None:
    first = shop.run()
    fits, data = len(shop.lines()), first.submission.read_bytes()
    second = shop.run()
    assert (second.stack.fitted, len(shop.lines())) == (0, fits)
    assert second.submission == first.submission
    assert second.submission.read_bytes() == data
    assert second.report != first.report
    cache = OOFCache(shop.folder / "cache")
    assert latest_run(cache, "shop") == json.loads(second.report.read_text(encoding="utf-8"))


def test_a_parameter_in_the_file_refits_that_model_and_what_stands_on_it(shop: Any) -> None:
    shop.own()
    shop.configure("ridge", "plain")
    shop.run()
    before = len(shop.lines())
    shop.configure("ridge", "plain", tables="[models.ridge]\npenalties = [0.5]\n")
    shown = plan(shop.folder, **shop.places).set_index("name")
    shop.run()
    new = shop.lines()[before:]
    above = {"mean", "best_single", "simplex"}
    assert set(new) == {"ridge"} | above
    assert shown["fits"].to_dict() == {n: new.count(n) for n in shown.index}
    assert shown["cached"].to_dict() == {n: n in ("prior", "plain") for n in shown.index}


def test_own_models_join_by_content(shop: Any) -> None:
    shop.own()
    shop.configure("ridge", "plain")
    first = shop.run().stack.records["plain"]
    train = pd.read_csv(shop.folder / "train.csv")
    assert first.test[:, 0] == pytest.approx(train["y"].mean(), abs=1e-5)
    shop.own(*MOVED)
    second = shop.run().stack.records["plain"]
    assert second.key != first.key
    np.testing.assert_allclose(second.test, first.test + 1, rtol=1e-5)
    before = len(shop.lines())
    shop.own(*MOVED, end="\n# a remark\n")
    assert shop.run().stack.records["plain"].key != second.key
    assert "plain" in shop.lines()[before:] and "ridge" not in shop.lines()[before:]


def test_a_model_that_raises_is_left_out_and_reported(shop: Any) -> None:
    shop.own()
    shop.configure("ridge", "plain", tables="[models.plain]\nlift = -1.0\n")
    made = shop.run()
    assert "plain" not in made.stack.records
    report = json.loads(made.report.read_text(encoding="utf-8"))
    assert "a lift is not negative" in report["failures"]["plain"]
    assert made.submission.exists()
    shop.configure("plain", tables="[models.plain]\nlift = -1.0\n")
    with pytest.raises(ModelError, match="at least one base model"):
        shop.run()


def test_without_test_rows_the_report_is_what_is_left(shop: Any) -> None:
    text = (shop.folder / "competition.toml").read_text(encoding="utf-8")
    text = text.replace('test = "test.csv"\n', "").replace('sample_submission = "sample.csv"\n', "")
    (shop.folder / "competition.toml").write_text(text, encoding="utf-8")
    made = shop.run()
    assert made.submission is None
    assert json.loads(made.report.read_text(encoding="utf-8"))["submission"] is None


def test_a_sample_that_does_not_fit_is_refused_before_anything_is_fitted(shop: Any) -> None:
    pd.read_csv(shop.folder / "sample.csv").head(3).to_csv(shop.folder / "sample.csv", index=False)
    with pytest.raises(SubmissionError, match="a row a test row"):
        shop.run()
    assert shop.lines() == []


def test_labels_are_submitted_as_they_came(tmp_path: Path, make_shop: Callable) -> None:
    made = make_shop(tmp_path / "shop", task="binary", metric="accuracy").run()
    assert set(pd.read_csv(made.submission)["y"]) == {"no", "yes"}


class Pressing(Silent):
    """Presses Ctrl-C once, when a base model of that name is complete."""

    def __init__(self, name: str) -> None:
        self.name = name

    def model_done(self, record: Predictions, cached: bool) -> None:
        if record.name == self.name:
            self.name = ""
            raise KeyboardInterrupt


def test_an_interrupt_still_submits_what_is_finished(shop: Any) -> None:
    made = shop.run(progress=Pressing("ridge"))
    report = json.loads(made.report.read_text(encoding="utf-8"))
    assert report["interrupted"] and made.submission.exists()
    assert not shop.run().stack.interrupted


def test_an_interrupt_before_anything_can_be_submitted_is_one(shop: Any) -> None:
    class AtOnce(Silent):
        def fit_done(self, name: str, fit_id: str, score: float | None) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.run(progress=AtOnce())
    assert not list((shop.folder / "out").iterdir())
    assert shop.run().submission.exists()


def test_folders_are_found_from_where_one_works(shop: Any, chdir: Callable[[str], Path]) -> None:
    work = chdir("work")
    made = run(shop.folder, jobs=2, progress=Silent())
    assert made.submission.parent == shop.folder / "submissions"
    (work / "oof_cache").mkdir()
    made = run(shop.folder, jobs=2, progress=Silent())
    assert made.submission.parent == work / "submissions"
    assert list((work / "oof_cache").iterdir()) == [work / "oof_cache/shop"]
