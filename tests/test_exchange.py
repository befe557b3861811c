"""Predictions from elsewhere, and new rows through a stack."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.cache import OOFCache, Shelf
from stackkit.competition import Competition
from stackkit.config import parse_config
from stackkit.crossfit import cross_fit
from stackkit.errors import CacheError, DataError, PredictionError
from stackkit.exchange import import_predictions
from stackkit.folds import Folds, make_folds
from stackkit.level0 import get_model
from stackkit.level1 import METAS
from stackkit.level2 import BLENDS
from stackkit.predictions import Predictions
from stackkit.runs import Replay, ancestry, check_replayable
from stackkit.stack_source import stack_key

N, M = 120, 15
METRICS = {"regression": "rmsle", "binary": "auc", "multiclass": "logloss"}
HOOK = (
    "def features(frame):\n    return frame.assign(twice=2 * frame['x'], both=frame['k'] + '!')\n"
)


def frames(task: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Numbers with holes, categories, a date; test holds a category that train lacks."""
    rng = np.random.default_rng(5)
    n = N + M
    frame = pd.DataFrame({
        "id": range(n),
        "x": rng.normal(size=n),
        "k": rng.choice(["a", "b", "c"], size=n),
        "when": (pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(300, size=n), "D")),
    })  # fmt: skip
    signal = frame["x"] + (frame["k"] == "a") + rng.normal(scale=0.5, size=n)
    frame["y"] = {
        "regression": np.exp(signal),
        "binary": (signal > 0.3).astype(int),
        "multiclass": np.digitize(signal, [0, 1]),
    }[task]
    frame["when"] = frame["when"].astype(str)
    frame.loc[::11, "x"] = np.nan
    frame.loc[::13, "k"] = None
    frame.loc[N + 1, "k"] = "unheard of"
    return frame[:N].copy(), frame[N:].drop(columns="y").reset_index(drop=True)


def competition(task: str, folder: Path | None = None) -> Competition:
    train, test = frames(task)
    table = {
        "name": "tiny",
        "train": "train.csv" if folder else "",
        "id": "id",
        "target": "y",
        "metric": METRICS[task],
        "task": task,
        "folds": {"scheme": "kfold", "n_splits": 3},
    }
    config = parse_config(table, folder or ".")
    return Competition.from_frames(train, test, target="y", metric=METRICS[task], config=config)


class Stack:
    """Records of three levels under one cache."""

    def __init__(self, task: str, root: Path, folder: Path | None = None) -> None:
        self.competition = competition(task, folder)
        self.folds: Folds = make_folds(self.competition)
        self.cache = OOFCache(root)
        self.shelf: Shelf = self.cache.shelf(self.competition, self.folds)

    def fit(self, spec: Any, source: Any = None) -> Predictions:
        return cross_fit(spec, self.competition, self.folds, self.cache, source, jobs=2)

    def fit_levels(self) -> list[Predictions]:
        strong = get_model("ridge").with_parameters({"penalties": (1.0, 10.0)})
        base = [self.fit(get_model("ridge")), self.fit(strong), self.fit(get_model("prior"))]
        meta = self.fit(METAS["ridge_meta"], base)
        fits = [s for s in BLENDS.values() if self.competition.task in s.tasks]
        return [*base, meta, *(self.fit(spec, [*base, meta]) for spec in fits)]

    def replay(self, frame: pd.DataFrame) -> Replay:
        return Replay(self.shelf, self.competition, frame)

    def lines(self) -> int:
        return len(self.shelf.fit_log.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module", params=list(METRICS))
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    made = Stack(request.param, tmp_path_factory.mktemp(request.param))
    made.records = made.fit_levels()
    return made


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A stack of ridge alone, for imports to stand beside."""
    made = Stack("binary", tmp_path_factory.mktemp("imports"))
    made.records = [made.fit(get_model("ridge"))]
    return made


# Replay.


def test_the_test_file_as_new_rows_gives_the_cached_predictions_at_every_level(
    stack: Stack,
) -> None:
    before = stack.lines()
    replay = stack.replay(frames(stack.competition.task)[1])
    assert {r.role for r in stack.records} == {"base", "meta", "blend"}
    for record in stack.records:
        found = replay.predict(record.key)
        assert found.dtype == np.float32
        away = np.abs(found - record.test) / np.maximum(1, np.abs(record.test))
        assert away.max() <= 1e-6, record.name
    assert stack.lines() == before


def test_one_row_is_predicted_as_within_a_batch(stack: Stack) -> None:
    test = frames(stack.competition.task)[1]
    for record in stack.records:
        together = stack.replay(test).predict(record.key)
        for i in (0, 1, 7):
            alone = stack.replay(test.iloc[[i]]).predict(record.key)
            np.testing.assert_allclose(alone[0], together[i], rtol=1e-5, atol=1e-6)


def test_unseen_categories_missing_values_and_other_columns_are_no_obstacle(stack: Stack) -> None:
    test = frames(stack.competition.task)[1]
    key = stack.records[-1].key
    plain = stack.replay(test).predict(key)
    shuffled = test[test.columns[::-1]].assign(extra="new").set_axis(range(5, 5 + M))
    np.testing.assert_array_equal(stack.replay(shuffled).predict(key), plain)
    odd = test.assign(k="never seen", x=np.nan, when=None)
    assert np.isfinite(stack.replay(odd).predict(key)).all()


def test_missing_columns_and_text_for_numbers_are_refused(stack: Stack) -> None:
    test = frames(stack.competition.task)[1]
    key = stack.records[0].key
    with pytest.raises(DataError, match="every feature column") as caught:
        stack.replay(test.drop(columns="when")).predict(key)
    assert "'when'" in caught.value.got
    with pytest.raises(DataError, match="'x' of the new file holds numbers"):
        stack.replay(test.assign(x="big")).predict(key)


def test_ancestry_is_in_the_order_of_making_and_complete(stack: Stack) -> None:
    last = stack.records[-1]
    found = [record.key for record in ancestry(stack.shelf, last.key)]
    assert len(found) == len(set(found)) == 5
    assert set(found) == {r.key for r in stack.records[:4]} | {last.key}
    assert found[-1] == last.key
    for key in found:
        for parent in stack.shelf.load(key).parents:
            assert found.index(parent) < found.index(key)
    check_replayable(stack.records, stack.shelf)


def test_the_hook_is_applied_to_new_rows(tmp_path: Path) -> None:
    (tmp_path / "features.py").write_text(HOOK, encoding="utf-8")
    hooked = Stack("regression", tmp_path / "cache", tmp_path)
    record = hooked.fit(get_model("ridge"))
    test = frames("regression")[1]
    found = hooked.replay(test).predict(record.key)
    np.testing.assert_allclose(found, record.test, rtol=1e-6)
    plain = Stack("regression", tmp_path / "cache").fit(get_model("ridge"))
    assert plain.key != record.key
    assert not np.allclose(plain.test, record.test)


def test_models_that_were_not_kept_are_named_before_work(tmp_path: Path) -> None:
    made = Stack("regression", tmp_path)
    record = made.fit(get_model("ridge"))
    (made.shelf.models(record.key) / "r0f1").unlink()
    with pytest.raises(CacheError, match="models of every record") as caught:
        check_replayable([record], made.shelf)
    assert "r0f1 of ridge" in caught.value.got
    shutil.rmtree(made.shelf.models(record.key))
    with pytest.raises(CacheError, match="models of every record"):
        check_replayable([record], made.shelf)


# Imports.


def foreign(stack: Stack, name: str = "theirs", **changes: Any) -> Predictions:
    rng = np.random.default_rng(9)
    arrays = {"oof": rng.random(N), "test": rng.random(M), **changes}
    return import_predictions(stack.competition, stack.folds, name, **arrays)


def test_an_import_is_a_record_like_any_other(binary: Stack) -> None:
    record = foreign(binary)
    assert (record.oof.shape, record.test.shape) == ((N, 1), (M, 1))
    assert record.oof.dtype == np.float32
    assert (record.role, record.depth, record.parents) == ("base", 0, ())
    assert (record.evidence, record.output, record.target) == ("unverified", "proba", "y")
    metric = binary.competition.metric
    assert record.cv == pytest.approx(metric.score(binary.competition.y, record.oof))
    assert set(record.scores["folds"]) == {"r0f0", "r0f1", "r0f2"}


def test_its_key_is_its_content(binary: Stack) -> None:
    oof = np.random.default_rng(9).random(N)
    assert foreign(binary).key == foreign(binary, "other-name", oof=oof[:, None]).key
    changed = oof.copy()
    changed[3] += 0.01
    assert foreign(binary, oof=changed).key != foreign(binary).key


def test_given_arrays_are_not_touched(binary: Stack) -> None:
    assignment = binary.folds.assignment.copy()
    assignment[0, :9] = -1
    late = Folds(assignment)
    oof = np.full(N, 0.5, dtype=np.float32)
    record = import_predictions(binary.competition, late, "x", oof, np.full(M, 0.5))
    assert np.isfinite(oof).all()
    assert np.isnan(record.oof[:9]).all() and np.isfinite(record.oof[9:]).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"oof": np.full(N - 1, 0.5)}, rf"oof has shape \({N}, 1\)"),
        ({"oof": np.full((N, 2), 0.5)}, rf"oof has shape \({N}, 1\)"),
        ({"oof": np.full((1, N, 1), 0.5)}, rf"oof has shape \({N}, 1\)"),
        ({"test": np.full(N, 0.5)}, rf"test has shape \({M}, 1\)"),
        ({"oof": np.linspace(-1, 1, N)}, "oof holds probabilities"),
        ({"test": np.linspace(0, 2, M)}, "test holds probabilities"),
        ({"oof": np.r_[np.nan, np.full(N - 1, 0.5)]}, "is finite where a row is scored"),
        ({"test": np.r_[np.nan, np.full(M - 1, 0.5)]}, "is finite where a row is scored"),
        ({"oof": np.array(["a"] * N)}, "oof holds numbers"),
    ],
)
def test_arrays_that_cannot_be_predictions_are_refused(
    binary: Stack, changes: dict, words: str
) -> None:
    with pytest.raises(PredictionError, match=words):
        foreign(binary, **changes)


def test_infinite_values_and_rows_that_do_not_sum_are_refused() -> None:
    value, classes = competition("regression"), competition("multiclass")
    folds = make_folds(value)
    with pytest.raises(PredictionError, match="finite"):
        import_predictions(value, folds, "x", np.r_[np.inf, np.ones(N - 1)], np.ones(M))
    with pytest.raises(PredictionError, match="sum to 1"):
        import_predictions(classes, make_folds(classes), "x", np.full((N, 3), 0.5), None)


def test_rows_that_the_plan_does_not_score_may_be_missing(binary: Stack) -> None:
    assignment = binary.folds.assignment.copy()
    assignment[0, :9] = -1
    oof = np.r_[np.full(9, np.nan), np.full(N - 9, 0.5)]
    record = import_predictions(binary.competition, Folds(assignment), "x", oof, None)
    assert record.coverage == pytest.approx(1 - 9 / N)
    assert record.test is None


def test_another_target_may_have_any_width_and_has_no_score(binary: Stack) -> None:
    record = foreign(binary, oof=np.full((N, 4), -3.0), test=np.ones((M, 4)), target="height")
    assert (record.target, record.output, record.scores) == ("height", "value", {})
    with pytest.raises(PredictionError, match="one target in one shape"):
        binary.fit(BLENDS["mean"], [binary.records[0], record])


def test_imports_stack_with_own_records_and_pass_their_evidence_on(binary: Stack) -> None:
    theirs = foreign(binary)
    child = binary.fit(BLENDS["mean"], [binary.records[0], theirs])
    assert child.evidence == "unverified"
    assert child.recipe["source"] == stack_key([binary.records[0].key, theirs.key])
    expected = (binary.records[0].test + theirs.test) / 2
    np.testing.assert_allclose(child.test, expected, atol=1e-6)
    grandchild = binary.fit(METAS["ridge_meta"], [child, binary.records[0]])
    assert (grandchild.evidence, grandchild.depth) == ("unverified", 2)
    assert binary.fit(METAS["ridge_meta"], [binary.records[0]]).evidence == "clean"


def test_an_import_cannot_be_replayed_and_that_is_said_before_work(binary: Stack) -> None:
    theirs = foreign(binary)
    with pytest.raises(PredictionError, match="models of every record") as caught:
        check_replayable([binary.records[0], theirs], binary.shelf)
    assert "theirs was imported" in caught.value.got
    child = binary.fit(BLENDS["mean"], [binary.records[0], theirs])
    with pytest.raises(CacheError, match="records of a stack") as caught:
        ancestry(binary.shelf, child.key)
    assert theirs.key[:8] in caught.value.got
