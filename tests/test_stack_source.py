"""What a stack hands over."""

from __future__ import annotations

import dataclasses
import pickle
from typing import ClassVar

import numpy as np
import pytest

from stackkit.cache.handoff import Shared
from stackkit.errors import PredictionError
from stackkit.features.matrix import Matrix
from stackkit.predictions import Predictions
from stackkit.spec import Views
from stackkit.stack_source import stack_key, stack_source

FITS = ("r0f0", "r0f1", "r0f2")


@pytest.fixture
def parent():
    """`parent(letter, ...)`: a record of a held-out plan whose values tell where they come from."""

    def make(letter: str, unscored=(), **changes) -> Predictions:
        base = ord(letter)
        rng = np.random.default_rng(base)
        oof = rng.random((60, 1)).astype(np.float32)
        oof[50:] = np.nan
        oof[list(unscored)] = np.nan
        arrays = {"test": (12, 1), "held": (10, 1), "test_folds": (3, 12, 1)}
        arrays |= {"held_folds": (3, 10, 1)}
        made = {name: rng.random(shape).astype(np.float32) for name, shape in arrays.items()}
        fields = {"name": letter, "key": letter * 64, "fits": FITS, "target": "y"}
        return Predictions(**{**fields, "oof": oof, "output": "value", **made, **changes})

    return make


@pytest.fixture
def folds(plan, tmp_path):
    return Shared(plan(held=10), tmp_path)


def test_parents_stand_in_the_order_of_keys(parent, folds):
    a, b = parent("a"), parent("b")
    source = stack_source([b, a], folds)
    assert [p.name for p in source.parents] == ["a", "b"]
    assert source.key == stack_key(["b" * 64, "a" * 64]) == {"parents": ["a" * 64, "b" * 64]}


def test_views_of_a_fit(parent, folds):
    a, b = parent("a", unscored=[4]), parent("b", unscored=[7])
    source = stack_source([a, b], folds)
    scored = np.setdiff1d(np.arange(50), [4, 7])
    assert np.flatnonzero(source.scored).tolist() == scored.tolist()
    for number, fit in enumerate(folds.get().fits()):
        narrow = source.narrow(fit)
        assert set(narrow.fit_rows) == set(fit.fit_rows) & set(scored)
        views = source.prepare(narrow)
        assert np.flatnonzero(views.weight).tolist() == narrow.fit_rows.tolist()
        inside = np.flatnonzero(folds.get().assignment[0] == number)
        assert views.score_rows.tolist() == np.intersect1d(inside, scored).tolist()
        assert views.fit.shape == (2, 60, 1)
        assert np.array_equal(views.score.matrix()[1], b.oof[views.score_rows])
        assert np.array_equal(views.test.matrix()[0], a.test)
        assert np.array_equal(views.holdout.matrix()[0], a.held)
        assert np.array_equal(views.test_chain.matrix()[1], b.test_folds[number])
        assert np.array_equal(views.holdout_chain.matrix()[1], b.held_folds[number])
        assert views.chained
        assert views.transform is None


def test_the_full_fit_has_test_but_no_chain(parent, folds):
    source = stack_source([parent("a"), parent("b")], folds)
    views = source.prepare(source.narrow(folds.get().full()))
    assert views.score is None
    assert views.score_rows.size == 0
    assert views.test is not None
    assert views.test_chain is None
    assert views.holdout_chain is None
    assert views.weight.sum() == 50


def test_what_one_parent_lacks_is_absent(parent, folds):
    imported = parent("b", test_folds=None, held_folds=None, held=None, fits=())
    views = stack_source([parent("a"), imported], folds).prepare(folds.get().fits()[0])
    assert views.test is not None
    assert views.holdout is views.test_chain is views.holdout_chain is None


def test_parents_that_do_not_fit_together_are_refused(parent, folds, plan):
    a = parent("a")
    wide = {"oof": np.zeros((60, 2), np.float32), "test": None, "held": None, "fits": ()}
    wide |= {"test_folds": None, "held_folds": None}
    for others in ([], [a, a], [a, parent("b", target="z")], [a, parent("b", **wide)]):
        with pytest.raises(PredictionError):
            stack_source(others, folds)


def test_parents_of_other_folds_are_refused(parent, folds, plan):
    same = parent("a", recipe={"folds": folds.get().fingerprint})
    other = parent("b", recipe={"folds": plan(splits=4, held=10).fingerprint})
    assert len(stack_source([same], folds).parents) == 1
    with pytest.raises(PredictionError, match="other folds for b"):
        stack_source([same, other], folds)


def test_mapped_parents_cross_as_paths(parent, folds, tmp_path):
    big = np.zeros((60, 1), dtype=np.float32)
    np.save(tmp_path / "oof.npy", big)
    fields = {"test": None, "held": None, "test_folds": None, "held_folds": None, "fits": ()}
    a = parent("a", **fields, oof=np.load(tmp_path / "oof.npy", mmap_mode="r"))
    other = pickle.loads(pickle.dumps(stack_source([a], folds)))
    assert isinstance(other.parents[0].array("oof"), np.memmap)
    assert other.key == stack_key(["a" * 64])


class Columns:
    """A source of features that tell the row, and for what they were made."""

    key: ClassVar[dict[str, str]] = {"recipe": "columns"}

    def __init__(self, folds: Shared) -> None:
        self.folds = folds

    def prepare(self, fit) -> Views:
        rows = np.flatnonzero(self.folds.get().assignment[0] == int(fit.id[-1]))
        return Views(
            fit=numbered(fit.fit_rows),
            rows=fit.fit_rows,
            score=numbered(rows),
            score_rows=rows,
            test=numbered(1000 + np.arange(12)),
            holdout=numbered(2000 + np.arange(10)),
            transform=len,
        )


def numbered(rows) -> Matrix:
    return Matrix(np.asarray(rows, dtype=np.float32)[:, None], ("row",), (0,))


def test_features_stand_beside_the_rows_that_they_are_of(parent, folds):
    source = stack_source([parent("a", unscored=[4, 7])], folds, features=Columns(folds))
    for fit in map(source.narrow, folds.get().fits()):
        views = source.prepare(fit)
        assert views.weight is None and views.transform is len
        assert views.rows.tolist() == fit.fit_rows.tolist()
        for pool, rows in ((views.fit, fit.fit_rows), (views.score, views.score_rows)):
            assert np.asarray(pool.features)[:, 0].tolist() == list(rows)
            np.testing.assert_array_equal(pool.matrix()[0], source.parents[0].array("oof")[rows])
        for pool in (views.test, views.test_chain):
            assert np.asarray(pool.features)[:, 0].tolist() == list(range(1000, 1012))
        assert len(views.holdout.features) == len(views.holdout_chain.features) == 10
        kept = views.score.take(np.array([1, 0]))
        assert np.asarray(kept.features)[:, 0].tolist() == views.score_rows[[1, 0]].tolist()


def test_features_and_families_enter_the_key_of_those_who_read_them(parent, folds):
    a, b = parent("a", family="trees"), parent("b", family="linear")
    plain = stack_source([a, b], folds)
    assert plain.key == {"parents": ["a" * 64, "b" * 64]}
    featured = stack_source([a, b], folds, features=Columns(folds))
    assert featured.key == {**plain.key, "features": {"recipe": "columns"}}
    relatives = dataclasses.replace(plain, with_names=True)
    called = {"names": ["a", "b"], "families": ["trees", "linear"]}
    assert relatives.key == {**plain.key, **called}
    assert relatives.key == stack_key(["b" * 64, "a" * 64], [("b", "linear"), ("a", "trees")])
    assert plain.prepare(folds.get().fits()[0]).fit.families == ("trees", "linear")


def test_queries_of_a_chain_are_the_fits_own(parent, folds):
    a = parent("a")
    source = dataclasses.replace(stack_source([a], folds), queries="chain")
    assert source.key == {"parents": ["a" * 64], "queries": "chain"}
    for number, fit in enumerate(folds.get().fits()):
        views = source.prepare(fit)
        np.testing.assert_array_equal(views.test.matrix()[0], a.test_folds[number])
        np.testing.assert_array_equal(views.holdout.matrix()[0], a.held_folds[number])
    without = parent("b", test_folds=None, held_folds=None)
    views = dataclasses.replace(stack_source([without], folds), queries="chain").prepare(fit)
    np.testing.assert_array_equal(views.test.matrix()[0], without.test)
