"""One Fit: what a model may return, missing classes, what is kept."""

from __future__ import annotations

import dataclasses
import importlib

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from stackkit.cache.fitted import FittedModel, load_model
from stackkit.crossfit import fit_level
from stackkit.crossfit.executor import LocalPool
from stackkit.crossfit.worker import Expansion, _compacted, _target
from stackkit.folds import Folds
from stackkit.level1 import METAS
from stackkit.level2.plain import Mean
from stackkit.level2.weights.simplex import Simplex
from stackkit.predictions import Pool
from stackkit.spec import ModelSpec, Objective, Views

MEAN = ModelSpec("mean", Mean(), "blend", recipe=None, role="blend")
SIMPLEX = ModelSpec("simplex", Simplex(), "blend", recipe=None, role="blend")


@pytest.fixture
def rare(bench):
    """A bench of three classes of which the second is scored, and so missing, in fold 0 only."""
    made = bench("multiclass")
    fold = np.arange(60) % 3
    fold[made.competition.y == 1] = 0
    return bench("multiclass", folds=Folds(fold.astype(np.int16)[None]))


def fitted(made, pool, *specs, source=None):
    result = fit_level([(spec, source) for spec in specs], made, pool)
    assert not result.failures
    return result.records


def test_a_missing_class_has_probability_0(rare, toy, pool):
    (record,) = fitted(rare, pool, toy("shares"))
    y, rows = rare.competition.y, rare.folds.cell_rows(0, 0)
    share = np.mean(y[rare.folds.fit_rows(0, 0)] == 2)
    assert np.allclose(record.oof[rows], [1 - share, 0, share])
    assert np.allclose(record.test_folds[0], [1 - share, 0, share])
    assert (record.test_folds[1:, :, 1] > 0).all()
    assert np.allclose(record.oof.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("spec", [MEAN, SIMPLEX, METAS["ridge_meta"]], ids=lambda s: s.name)
def test_a_stack_survives_a_missing_class(rare, toy, pool, spec):
    rng = np.random.default_rng(0)
    base = fitted(rare, pool, toy("shares"), toy("shares", name="b", seconds=0.001))
    parents = []
    for record in base:
        p = rng.dirichlet(np.ones(3) * 5, len(record.oof)).astype(np.float32)
        parents.append(record.with_(oof=p))
    (child,) = fitted(rare, pool, spec, source=parents)
    rows = rare.folds.cell_rows(0, 0)
    assert (child.oof[rows, 1] == 0).all()
    assert np.allclose(child.oof.sum(axis=1), 1, atol=1e-5)
    if spec is MEAN:
        kept = np.stack([p.oof[rows][:, [0, 2]] for p in parents])
        expected = (kept / kept.sum(axis=2, keepdims=True)).mean(axis=0)
        assert np.allclose(child.oof[rows][:, [0, 2]], expected, atol=1e-6)


def test_a_single_class_is_certain(bench, toy, pool):
    made = bench("binary")
    fold = np.where(made.competition.y == 1, 0, 1).astype(np.int16)
    (record,) = fitted(bench("binary", folds=Folds(fold[None])), pool, toy("shares"))
    assert (record.oof[fold == 0] == 0).all()
    assert (record.oof[fold == 1] == 1).all()


@pytest.mark.parametrize("present", [(0, 1, 2, 3), (1, 3), (0, 2, 3), (2,)])
def test_codes_and_columns_of_the_classes_that_are_there(present):
    objective = Objective("multiclass", "identity", "logloss", classes=tuple("abcd"))
    y = np.array([0, 1, 2, 3, 3, 2])
    inside = np.isin(y, present)
    smaller, codes, expand = _compacted(objective, y, y[inside])
    if len(present) == 4:
        assert (smaller, expand) == (objective, None)
        return
    width = 1
    if len(present) > 1:
        assert np.array_equal(np.array(present)[codes[inside]], y[inside])
        assert smaller.classes == tuple("abcd"[c] for c in present)
        width = smaller.width
    p = np.full((5, width), 1 / max(width, 1 if len(present) == 1 else 2))
    whole = expand(p)
    assert whole.shape == (5, 4)
    assert np.allclose(whole.sum(axis=1), 1)
    assert (whole[:, [c for c in range(4) if c not in present]] == 0).all()


def test_a_stack_of_fewer_classes_is_renormalised():
    p = np.array([[0.2, 0.6, 0.2], [0.0, 1.0, 0.0], [np.nan] * 3], dtype=np.float32)
    narrow = Expansion(3, (0, 2)).inputs(Pool(("a",), (p,), np.array([1, 0])))
    assert narrow.matrix().tolist() == [[[0.5], [0.5]]]
    flat = Pool(("a",), (p[:, :1],))
    assert Expansion(2, (0,)).inputs(flat) is flat


def test_kept_models_replay_the_test_predictions(rare, toy, pool):
    parents = fitted(rare, pool, toy("shares"), toy("shares", name="b", seconds=0.001))
    for record, source in [
        (parents[0], None),
        (*fitted(rare, pool, MEAN, source=parents), parents),
    ]:
        for fit_id, chain in zip(record.fits, record.test_folds, strict=True):
            model = load_model(rare.shelf.models(record.key) / fit_id)
            assert isinstance(model, FittedModel)
            if source is None:
                X = model.transform(rare.competition.test)
            else:
                k = record.fits.index(fit_id)
                X = Pool(("a", "b"), tuple(p.test_folds[k] for p in source))
            assert np.allclose(model.predict(X), chain, atol=1e-6)


@pytest.mark.parametrize(
    ("does", "task", "reason"),
    [
        ("raise", "regression", "ValueError: no luck (conftest.py, line "),
        ("leave", "regression", "SystemExit: 3 (conftest.py, line "),
        ("break", "regression", "KeyboardInterrupt"),
        ("raise-odd", "regression", "Refusal: no luck"),
        ("nan", "regression", "finite"),
        ("huge", "regression", "finite"),
        ("shape", "regression", "shape"),
        ("short", "regression", "shape"),
        ("shape", "binary", "shape"),
        ("mean", "multiclass", "shape"),
        ("clock", "binary", "probabilities"),
        ("die", "regression", "exit code"),
    ],
)
def test_a_model_that_fails_is_dropped_with_a_reason(bench, toy, pool, does, task, reason):
    good, bad = toy("shares" if task != "regression" else "mean"), toy(does, name="bad")
    made = bench(task)
    result = fit_level([(bad, None), (good, None)], made, pool)
    assert [record.name for record in result.records] == ["toy"]
    assert list(result.failures) == ["bad"]
    assert reason in result.failures["bad"]
    assert result.failures["bad"].startswith("r0f")
    assert made.shelf.load(made.recipe(bad).key) is None
    again = fit_level([(bad, None), (good, None)], made, pool)
    assert (again.fitted, list(again.failures)) == (0, ["bad"])


@pytest.mark.parametrize("weight", [None, "w"])
def test_a_learner_that_changes_y_or_weights_harms_nobody(competition, plan, weight):
    train = competition().train.assign(y=competition().y, w=1.0)
    data = competition(train=train, weight=weight)
    views = Views(fit=None, score_rows=np.arange(3), weight=np.ones(60))
    for view in (views, dataclasses.replace(views, rows=np.arange(20), weight=None)):
        for given in (given for given in _target(data, view) if given is not None):
            given[:] = -1
    assert data.y.min() > 0
    assert weight is None or data.weight.min() == 1


def test_each_fit_uses_the_threads_it_declares(bench, toy, pool):
    class Counter(type(toy().learner)):
        def build(self, objective, seed):
            counts = {info["num_threads"] for info in threadpool_info()}
            if counts != {1}:
                raise RuntimeError(f"{counts} threads")
            return super().build(objective, seed)

    assert threadpool_info()
    fitted(bench(), pool, ModelSpec("counter", Counter(), "toy"))


def test_libraries_that_a_fit_loads_use_its_threads_too(bench, toy):
    class Loads(type(toy().learner)):
        def build(self, objective, seed):
            importlib.import_module("sklearn.linear_model")
            counts = {info["filepath"]: info["num_threads"] for info in threadpool_info()}
            if len(counts) < 2 or set(counts.values()) != {1}:
                raise RuntimeError(f"threads: {counts}")
            return super().build(objective, seed)

    fresh = LocalPool(1)
    try:
        fitted(bench(), fresh, ModelSpec("loads", Loads(), "toy"))
    finally:
        fresh.shutdown()
