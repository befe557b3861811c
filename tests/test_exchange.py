"""Predictions from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stackkit.cache import OOFCache, Shelf
from stackkit.competition import Competition
from stackkit.crossfit import cross_fit
from stackkit.errors import CacheError, PredictionError
from stackkit.exchange import import_predictions
from stackkit.folds import Folds, make_folds
from stackkit.level0 import get_model
from stackkit.level1 import METAS
from stackkit.level2 import BLENDS
from stackkit.predictions import Predictions
from stackkit.runs import ancestry, check_replayable
from stackkit.stack_source import stack_key

N, M = 60, 12


class Place:
    """A competition with its folds and cache, where records are made."""

    def __init__(self, made: Competition, root: Path) -> None:
        self.competition = made
        self.folds: Folds = make_folds(made)
        self.cache = OOFCache(root)
        self.shelf: Shelf = self.cache.shelf(made, self.folds)
        self.records = [self.fit(get_model("ridge"))]

    def fit(self, spec: Any, source: Any = None) -> Predictions:
        return cross_fit(spec, self.competition, self.folds, self.cache, source, jobs=2)


@pytest.fixture(scope="module")
def binary(
    tmp_path_factory: pytest.TempPathFactory, competition: Callable[..., Competition]
) -> Place:
    """A record of ridge, for imports to stand beside."""
    made = competition("binary", metric="auc", folds={"scheme": "kfold", "n_splits": 3})
    return Place(made, tmp_path_factory.mktemp("imports"))


def foreign(place: Place, name: str = "theirs", **changes: Any) -> Predictions:
    rng = np.random.default_rng(9)
    arrays = {"oof": rng.random(N), "test": rng.random(M), **changes}
    return import_predictions(place.competition, place.folds, name, **arrays)


def test_an_import_is_a_record_like_any_other(binary: Place) -> None:
    record = foreign(binary)
    assert (record.oof.shape, record.test.shape) == ((N, 1), (M, 1))
    assert record.oof.dtype == np.float32
    assert (record.role, record.depth, record.parents) == ("base", 0, ())
    assert (record.evidence, record.output, record.target) == ("unverified", "proba", "y")
    metric = binary.competition.metric
    assert record.cv == pytest.approx(metric.score(binary.competition.y, record.oof))
    assert set(record.scores["folds"]) == {"r0f0", "r0f1", "r0f2"}


def test_its_key_is_its_content(binary: Place) -> None:
    oof = np.random.default_rng(9).random(N)
    assert foreign(binary).key == foreign(binary, "other-name", oof=oof[:, None]).key
    changed = oof.copy()
    changed[3] += 0.01
    assert foreign(binary, oof=changed).key != foreign(binary).key


def test_given_arrays_are_not_touched(binary: Place) -> None:
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
    binary: Place, changes: dict, words: str
) -> None:
    with pytest.raises(PredictionError, match=words):
        foreign(binary, **changes)


def test_infinite_values_and_rows_that_do_not_sum_are_refused(
    competition: Callable[..., Competition],
) -> None:
    value, classes = competition("regression"), competition("multiclass")
    folds = make_folds(value)
    with pytest.raises(PredictionError, match="finite"):
        import_predictions(value, folds, "x", np.r_[np.inf, np.ones(N - 1)], np.ones(M))
    with pytest.raises(PredictionError, match="sum to 1"):
        import_predictions(classes, make_folds(classes), "x", np.full((N, 3), 0.5), None)


def test_rows_that_the_plan_does_not_score_may_be_missing(binary: Place) -> None:
    assignment = binary.folds.assignment.copy()
    assignment[0, :9] = -1
    oof = np.r_[np.full(9, np.nan), np.full(N - 9, 0.5)]
    record = import_predictions(binary.competition, Folds(assignment), "x", oof, None)
    assert record.coverage == pytest.approx(1 - 9 / N)
    assert record.test is None


def test_another_target_may_have_any_width_and_has_no_score(binary: Place) -> None:
    record = foreign(binary, oof=np.full((N, 4), -3.0), test=np.ones((M, 4)), target="height")
    assert (record.target, record.output, record.scores) == ("height", "value", {})
    with pytest.raises(PredictionError, match="one target in one shape"):
        binary.fit(BLENDS["mean"], [binary.records[0], record])


def test_imports_stack_with_own_records_and_pass_their_evidence_on(binary: Place) -> None:
    theirs = foreign(binary)
    child = binary.fit(BLENDS["mean"], [binary.records[0], theirs])
    assert child.evidence == "unverified"
    assert child.recipe["source"] == stack_key([binary.records[0].key, theirs.key])
    expected = (binary.records[0].test + theirs.test) / 2
    np.testing.assert_allclose(child.test, expected, atol=1e-6)
    grandchild = binary.fit(METAS["ridge_meta"], [child, binary.records[0]])
    assert (grandchild.evidence, grandchild.depth) == ("unverified", 2)
    assert binary.fit(METAS["ridge_meta"], [binary.records[0]]).evidence == "clean"


def test_an_import_cannot_be_replayed_and_that_is_said_before_work(binary: Place) -> None:
    theirs = foreign(binary)
    with pytest.raises(PredictionError, match="models of every record") as caught:
        check_replayable([binary.records[0], theirs], binary.shelf)
    assert "theirs was imported" in caught.value.got
    child = binary.fit(BLENDS["mean"], [binary.records[0], theirs])
    with pytest.raises(CacheError, match="records of a stack") as caught:
        ancestry(binary.shelf, child.key)
    assert theirs.key[:8] in caught.value.got
