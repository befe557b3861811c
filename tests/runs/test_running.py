"""run and predict: from a competition to its submission, and the stack on new rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.cache import OOFCache
from stackkit.crossfit.progress import Silent
from stackkit.datasets import load_competition
from stackkit.errors import CacheError, ConfigError, DataError, ModelError, SubmissionError
from stackkit.predictions import Predictions
from stackkit.runs import (
    Run,
    cached_records,
    latest_run,
    plan,
    predict,
    read_new_rows,
    run,
    set_up,
    unreached,
)
from stackkit.submission.ledger import Ledger

N, M = 90, 12
TOML = """\
name = "shop"
train = "train.csv"
test = "test.csv"
sample_submission = "sample.csv"
id = "id"
target = "y"
metric = "{metric}"
[folds]
n_splits = 3
[models]
include = [{include}]
{tables}
"""
OWN = """\
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from stackkit import ModelSpec, SklearnLearner, register

@dataclass(frozen=True)
class Plain:
    kind: ClassVar[str] = "plain"
    version: ClassVar[int] = 1
    test_from: ClassVar[str] = "folds"
    reads_metric: ClassVar[bool] = False
    needs_features: ClassVar[bool] = True
    lift: float = 0.0
    threads: int = 1

    def build(self, objective, seed):
        return PlainFit(self)

class PlainFit:
    def __init__(self, learner):
        self.learner = learner

    def fit(self, X, y, weight=None):
        if self.learner.lift < 0:
            raise ValueError("a lift is not negative")
        self.mean_ = float(np.mean(y))
        return self

    def predict(self, X):
        return np.full((len(X), 1), self.mean_ + self.learner.lift)

register(ModelSpec("plain", Plain(), family="constant"))
"""


def write_data(folder: Path, task: str = "regression") -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({
        "id": range(N + M),
        "x": rng.normal(size=N + M).round(3),
        "k": rng.choice(["007", "08", "b"], size=N + M),
    })  # fmt: skip
    signal = frame["x"] + (frame["k"] == "b") + rng.normal(scale=0.3, size=N + M)
    labels = np.where(signal > 0.3, "yes", "no")
    frame["y"] = labels if task == "binary" else signal.round(4)
    frame[:N].to_csv(folder / "train.csv", index=False)
    frame[N:].drop(columns="y").to_csv(folder / "test.csv", index=False)
    sample = frame.loc[N:, ["id"]].assign(y=0)
    sample.to_csv(folder / "sample.csv", index=False)


class Shop:
    """A competition in a folder of its own, with its cache and submissions."""

    def __init__(self, folder: Path, task: str = "regression", metric: str = "rmse") -> None:
        self.folder, self.metric = folder, metric
        folder.mkdir(exist_ok=True)
        write_data(folder, task)
        self.configure()

    def configure(self, *include: str, tables: str = "") -> None:
        names = ", ".join(f'"{name}"' for name in include or ("ridge",))
        text = TOML.format(metric=self.metric, include=names, tables=tables)
        (self.folder / "competition.toml").write_text(text, encoding="utf-8")

    def own(self, text: str = OWN) -> None:
        (self.folder / "models.py").write_text(text, encoding="utf-8")

    @property
    def places(self) -> dict[str, Any]:
        return {"cache_dir": self.folder / "cache"}

    def run(self, **options: Any) -> Run:
        settings = {"progress": Silent(), "output": self.folder / "out", **self.places, **options}
        return run(self.folder, jobs=2, **settings)

    def predict(self, frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
        return predict(self.folder, frame, **self.places, **options)

    def lines(self) -> list[str]:
        logs = (self.folder / "cache").rglob("fits.log")
        return [ln.split()[1] for log in logs for ln in log.read_text("utf-8").splitlines()]

    def test_rows(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "test.csv")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Run]:
    """A finished run that tests only read."""
    made = Shop(tmp_path_factory.mktemp("done") / "shop")
    return made, made.run()


@pytest.fixture
def chdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    def go(name: str) -> Path:
        (tmp_path / name).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / name)
        return tmp_path / name

    return go


# A run and what it leaves.


def test_a_run_ends_in_a_submission_a_ledger_row_and_a_report(done: tuple[Shop, Run]) -> None:
    shop, made = done
    chosen = made.stack.chosen
    frame = pd.read_csv(made.submission)
    assert made.submission.parent == shop.folder / "out"
    assert list(frame.columns) == ["id", "y"]
    assert frame["id"].tolist() == list(range(N, N + M))
    np.testing.assert_allclose(frame["y"], chosen.test[:, 0], rtol=1e-6)
    assert Ledger(shop.folder / "out").keys() == {chosen.key}
    assert made.leaderboard["name"].tolist()[-1] == "prior"


def test_the_report_is_strict_json_that_tells_the_run(done: tuple[Shop, Run]) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    shop, made = done
    text = made.report.read_text(encoding="utf-8")
    report = json.loads(text, parse_constant=refuse)
    assert made.report.parent == shop.folder / "cache/shop/runs"
    assert report["records"] == {n: r.key for n, r in made.stack.records.items()}
    assert (report["chosen"], report["submission"]) == \
        (made.stack.chosen.key, made.submission.name)  # fmt: skip
    assert (report["fitted"], report["interrupted"], report["failures"]) == \
        (made.stack.fitted, False, {})  # fmt: skip
    assert report["folds"]["scheme"] == "kfold" and report["folds"]["reason"]
    assert set(report["gate"]) == {"reason", "margin", "gains", "se", "leak"}
    assert report["started"] <= report["finished"]
    assert latest_run(OOFCache(shop.folder / "cache"), "shop") == report


def test_a_second_run_fits_nothing_and_writes_the_same_bytes(shop: Shop) -> None:
    first = shop.run()
    fits, data = len(shop.lines()), first.submission.read_bytes()
    second = shop.run()
    assert (second.stack.fitted, len(shop.lines())) == (0, fits)
    assert second.submission == first.submission
    assert second.submission.read_bytes() == data
    assert second.report != first.report
    cache = OOFCache(shop.folder / "cache")
    assert latest_run(cache, "shop") == json.loads(second.report.read_text(encoding="utf-8"))


def test_a_parameter_in_the_file_refits_that_model_and_what_stands_on_it(shop: Shop) -> None:
    shop.own()
    shop.configure("ridge", "plain")
    shop.run()
    before = len(shop.lines())
    shop.configure("ridge", "plain", tables="[models.ridge]\npenalties = [0.5]\n")
    shown = plan(shop.folder, **shop.places).set_index("name")
    shop.run()
    new = shop.lines()[before:]
    above = {"ridge_meta", "mean", "best_single", "simplex", "simplex_all"}
    assert set(new) == {"ridge"} | above
    assert shown["fits"].to_dict() == {n: new.count(n) for n in shown.index}
    assert shown["cached"].to_dict() == {n: n in ("prior", "plain") for n in shown.index}


def test_own_models_join_by_content(shop: Shop) -> None:
    shop.own()
    shop.configure("ridge", "plain")
    first = shop.run().stack.records["plain"]
    train = pd.read_csv(shop.folder / "train.csv")
    assert first.test[:, 0] == pytest.approx(train["y"].mean(), abs=1e-5)
    shop.own(OWN.replace("lift: float = 0.0", "lift: float = 1.0"))
    second = shop.run().stack.records["plain"]
    assert second.key != first.key
    np.testing.assert_allclose(second.test, first.test + 1, rtol=1e-5)
    before = len(shop.lines())
    shop.own(OWN.replace("lift: float = 0.0", "lift: float = 1.0") + "\n# a remark\n")
    assert shop.run().stack.records["plain"].key != second.key
    assert "plain" in shop.lines()[before:] and "ridge" not in shop.lines()[before:]


def test_every_registered_model_joins_the_preset(shop: Shop) -> None:
    shop.own()
    shop.configure()
    text = (shop.folder / "competition.toml").read_text(encoding="utf-8")
    text = text.replace('include = ["ridge"]', 'exclude = ["rf", "lightgbm", "mlp"]')
    (shop.folder / "competition.toml").write_text(text, encoding="utf-8")
    assert {"ridge", "plain"} <= set(plan(shop.folder, **shop.places)["name"])


def test_a_model_that_raises_is_left_out_and_reported(shop: Shop) -> None:
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


def test_the_seed_moves_models_and_not_folds(shop: Shop) -> None:
    plain, moved = (set_up(shop.folder, seed=seed, **shop.places) for seed in (0, 1))
    assert plain.bench.folds == moved.bench.folds
    keys = [[s.bench.key(n.spec) for n in s.nodes if not n.parents] for s in (plain, moved)]
    assert not set(keys[0]) & set(keys[1])


def test_without_test_rows_the_report_is_what_is_left(shop: Shop) -> None:
    text = (shop.folder / "competition.toml").read_text(encoding="utf-8")
    text = text.replace('test = "test.csv"\n', "").replace('sample_submission = "sample.csv"\n', "")
    (shop.folder / "competition.toml").write_text(text, encoding="utf-8")
    made = shop.run()
    assert made.submission is None
    assert json.loads(made.report.read_text(encoding="utf-8"))["submission"] is None


def test_a_sample_that_does_not_fit_is_refused_before_anything_is_fitted(shop: Shop) -> None:
    pd.read_csv(shop.folder / "sample.csv").head(3).to_csv(shop.folder / "sample.csv", index=False)
    with pytest.raises(SubmissionError, match="a row a test row"):
        shop.run()
    assert shop.lines() == []


def test_labels_are_submitted_as_they_came(tmp_path: Path) -> None:
    made = Shop(tmp_path / "shop", task="binary", metric="accuracy").run()
    assert set(pd.read_csv(made.submission)["y"]) == {"no", "yes"}


class Pressing(Silent):
    """Presses Ctrl-C once, when a base model of that name is complete."""

    def __init__(self, name: str) -> None:
        self.name = name

    def model_done(self, record: Predictions, cached: bool) -> None:
        if record.name == self.name:
            self.name = ""
            raise KeyboardInterrupt


def test_an_interrupt_still_submits_what_is_finished(shop: Shop) -> None:
    made = shop.run(progress=Pressing("ridge"))
    report = json.loads(made.report.read_text(encoding="utf-8"))
    assert report["interrupted"] and made.submission.exists()
    assert not shop.run().stack.interrupted


def test_an_interrupt_before_anything_can_be_submitted_is_one(shop: Shop) -> None:
    class AtOnce(Silent):
        def fit_done(self, name: str, fit_id: str, score: float | None) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.run(progress=AtOnce())
    assert not (shop.folder / "out").exists()
    assert shop.run().submission.exists()


# predict.


def test_the_test_file_is_predicted_as_it_was_submitted(done: tuple[Shop, Run]) -> None:
    shop, made = done
    before = len(shop.lines())
    frame = shop.predict(shop.test_rows())
    assert list(frame.columns) == ["id", "y"]
    assert frame["id"].tolist() == list(range(N, N + M))
    np.testing.assert_allclose(frame["y"], pd.read_csv(made.submission)["y"], rtol=1e-6)
    assert len(shop.lines()) == before


def test_raw_gives_every_record_of_the_stack(done: tuple[Shop, Run]) -> None:
    shop, made = done
    frame = shop.predict(shop.test_rows(), raw=True)
    assert list(frame.columns) == ["id", "ridge", "simplex"]
    np.testing.assert_allclose(frame["ridge"], made.stack.records["ridge"].test[:, 0], rtol=1e-6)


def test_labels_are_predicted_as_they_came(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop", task="binary", metric="f1")
    made = shop.run()
    frame = shop.predict(shop.test_rows().drop(columns="id"))
    assert frame["y"].tolist() == pd.read_csv(made.submission)["y"].tolist()
    assert set(shop.predict(shop.test_rows(), raw=True).columns) == {"id", "ridge", "simplex"}


def test_text_in_a_file_of_new_rows_stays_text(done: tuple[Shop, Run], tmp_path: Path) -> None:
    shop, _ = done
    whole = shop.predict(shop.test_rows())
    only = shop.test_rows().query("k == '007'")
    only.to_csv(tmp_path / "new.csv", index=False)
    assert pd.read_csv(tmp_path / "new.csv")["k"].dtype.kind == "i"
    read = read_new_rows(tmp_path / "new.csv", load_competition(shop.folder))
    assert set(read["k"]) == {"007"}
    found = shop.predict(read)
    expected = whole[whole["id"].isin(only["id"])]
    np.testing.assert_allclose(found["y"], expected["y"], rtol=1e-6)


def test_new_rows_are_checked_before_any_model_is_read(done: tuple[Shop, Run]) -> None:
    shop, _ = done
    with pytest.raises(DataError, match="every feature column"):
        shop.predict(shop.test_rows().drop(columns="x"))
    with pytest.raises(DataError, match="finite"):
        shop.predict(shop.test_rows().assign(x=np.inf))


def test_a_file_without_rows_is_refused(done: tuple[Shop, Run], tmp_path: Path) -> None:
    done[0].test_rows().head(0).to_csv(tmp_path / "none.csv", index=False)
    with pytest.raises(DataError, match="has rows"):
        read_new_rows(tmp_path / "none.csv", load_competition(done[0].folder))


def test_without_a_run_there_is_nothing_to_replay(shop: Shop) -> None:
    with pytest.raises(ConfigError, match="stack of the latest run") as caught:
        shop.predict(shop.test_rows())
    assert "stackkit run" in caught.value.hint


def test_a_run_on_other_folds_is_none_of_these(shop: Shop) -> None:
    shop.run()
    kept = shop.predict(shop.test_rows())
    text = (shop.folder / "competition.toml").read_text(encoding="utf-8")
    (shop.folder / "competition.toml").write_text(text.replace("splits = 3", "splits = 4"), "utf-8")
    with pytest.raises(ConfigError, match="stack of the latest run"):
        shop.predict(shop.test_rows())
    shop.run()
    (shop.folder / "competition.toml").write_text(text, encoding="utf-8")
    pd.testing.assert_frame_equal(shop.predict(shop.test_rows()), kept)


def test_models_that_were_not_kept_are_named(shop: Shop) -> None:
    shop.configure("ridge", tables="[cache]\nkeep_models = false\n")
    shop.run()
    with pytest.raises(CacheError, match="models of every record") as caught:
        shop.predict(shop.test_rows())
    assert "keep_models" in caught.value.hint


# What may go.


def keys_left(cache: OOFCache) -> set[str]:
    return {row["key"] for row in cache.table("shop")}


def test_what_ledger_and_latest_run_reach_stays(shop: Shop) -> None:
    cache, out = OOFCache(shop.folder / "cache"), shop.folder / "out"
    first = shop.run()
    shop.configure("ridge", tables="[models.ridge]\npenalties = [0.5]\n")
    second = shop.run(output=shop.folder / "elsewhere")
    shop.configure("ridge", tables="[models.ridge]\npenalties = [0.1]\n")
    third = shop.run(output=shop.folder / "elsewhere")
    for path, size in unreached(cache, out, "shop"):
        assert size >= 0
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    submitted = {first.stack.chosen.key, first.stack.records["ridge"].key}
    latest = {record.key for record in third.stack.records.values()}
    assert keys_left(cache) == submitted | latest
    assert second.stack.chosen.key not in keys_left(cache)
    assert unreached(cache, out, "shop") == []
    assert np.isfinite(shop.predict(shop.test_rows())["y"]).all()
    assert shop.run(output=shop.folder / "elsewhere").stack.fitted == 0


def test_nothing_is_unreached_after_one_run_but_scratch(done: tuple[Shop, Run]) -> None:
    shop, _ = done
    found = unreached(OOFCache(shop.folder / "cache"), shop.folder / "out")
    assert {path.parent.name for path, _ in found} <= {".scratch"}
    assert unreached(OOFCache(shop.folder / "cache"), shop.folder / "out", "another") == []


# Places and what is cached.


def test_folders_are_found_from_where_one_works(shop: Shop, chdir: Callable[[str], Path]) -> None:
    work = chdir("work")
    made = run(shop.folder, jobs=2, progress=Silent())
    assert made.submission.parent == shop.folder / "submissions"
    (work / "oof_cache").mkdir()
    made = run(shop.folder, jobs=2, progress=Silent())
    assert made.submission.parent == work / "submissions"
    assert list((work / "oof_cache").iterdir()) == [work / "oof_cache/shop"]


def test_cached_records_are_scored_by_the_metric_of_now(shop: Shop) -> None:
    shop.run()
    text = (shop.folder / "competition.toml").read_text(encoding="utf-8")
    (shop.folder / "competition.toml").write_text(text.replace('"rmse"', '"mae"'), "utf-8")
    records = cached_records(set_up(shop.folder, **shop.places))
    assert {record.scores["metric"] for record in records} == {"mae"}
    assert len(records) == 7
