"""Features of a Fit: learnt on its rows, prepared once, mapped by all."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace

import numpy as np
import pytest

from stackkit.cache.handoff import Shared
from stackkit.competition.schema import Schema
from stackkit.features.hook import Hook
from stackkit.features.recipes import get_recipe
from stackkit.features.source import FeatureSource, trim_scratch
from stackkit.features.target import Target
from stackkit.folds import Folds
from stackkit.recipe import fit_seed


@pytest.fixture
def source(competition, plan, tmp_path):
    """`source(recipe, hook)` over one scratch folder."""

    def make(recipe="linear", hook=None, data=None, folds=None) -> FeatureSource:
        parts = (data or competition(), folds or plan(held=8), hook)
        shared = [Shared(each, tmp_path) for each in parts]
        digest = None if hook is None else hook.digest
        return FeatureSource(recipe, *shared, tmp_path / "scratch", digest)

    return make


def views_folder(source):
    return next(source.scratch.glob("views-*"))


def test_views_are_those_of_a_recipe_fitted_on_the_fit_rows(source, competition):
    data, made = competition(), source()
    folds = made.folds.get()
    for fit in (*folds.fits(), folds.full()):
        views = made.prepare(fit)
        fitted = get_recipe("linear").fit(data.train.iloc[fit.fit_rows], data.schema)
        rows = {"fit": fit.fit_rows, "score": made.score_rows(fit), "holdout": np.arange(52, 60)}
        for part, positions in rows.items():
            if positions.size:
                expected = fitted.transform(data.train.iloc[positions])
                assert np.array_equal(getattr(views, part).values, expected.values)
        assert np.array_equal(views.test.values, fitted.transform(data.test).values)
        assert views.rows.tolist() == fit.fit_rows.tolist()
        assert not views.chained
        assert (views.score is None) == (fit.id == "full")


def test_other_rows_do_not_touch_what_is_learnt(source, competition, plan):
    data = competition()
    fit = plan(held=8).fits()[0]
    changed = data.train.copy()
    outside = np.setdiff1d(np.arange(60), fit.fit_rows)
    changed.loc[outside, "x"] += 1000.0
    plain = source(data=data).prepare(fit).fit.values.copy()
    other = replace(source(data=replace(data, train=changed)), scratch=source().scratch / "b")
    assert np.array_equal(other.prepare(fit).fit.values, plain)


def test_prepared_inputs_are_made_once(source, plan, monkeypatch):
    fit = plan(held=8).fits()[0]
    first = source().prepare(fit)

    def fails(*_):
        raise AssertionError("made again")

    monkeypatch.setattr(FeatureSource, "_make", fails)
    second = source().prepare(fit)
    assert isinstance(second.fit.values, np.memmap)
    assert np.array_equal(first.fit.values, second.fit.values)
    assert first.fit.names == second.fit.names


def test_two_models_on_one_recipe_prepare_a_fit_once(bench, toy, monkeypatch):
    made, make = [], FeatureSource._make
    monkeypatch.setattr(FeatureSource, "_make", lambda s, f: made.append(f.id) or make(s, f))
    where = bench()
    specs = [toy(name=f"m{j}", recipe="linear", seed=j, value=float(j)) for j in range(2)]
    for spec in [*specs, toy(name="other", recipe="trees")]:
        recipe = where.recipe(spec)
        for fit in recipe.fits:
            recipe.source.prepare(fit)
    assert sorted(made) == sorted([f.id for f in where.folds.fits()] * 2)


def with_towns(competition, count=20):
    """The tiny competition with a column of many levels, which `kernel` encodes by the target."""
    data = competition()
    towns = [f"t{i % count}" for i in range(60)]
    schema = Schema({**data.schema.kinds, "town": "categorical"})
    test = data.test.assign(town="t3")
    return replace(data, train=data.train.assign(town=towns), test=test, schema=schema)


@pytest.mark.parametrize("chained", [False, True], ids=["folds", "forward"])
def test_fit_rows_are_encoded_by_the_other_folds_of_the_plan(
    chained, source, competition, plan, forward
):
    data, folds = with_towns(competition), forward() if chained else plan(held=8)
    made = source("kernel", data=data, folds=folds)
    for fit in (*folds.fits()[chained:], folds.full()):
        blocks = folds.assignment[0][fit.fit_rows]  # -1: the first stretch of a chain
        numbers = sorted(set(blocks))
        inner = np.array([numbers.index(block) for block in blocks])
        own = data.train.iloc[fit.fit_rows]
        target = Target(data.y[fit.fit_rows], data.task, fit_seed(0, fit.id), inner)
        fitted = get_recipe("kernel").fit(own, data.schema, target)
        views = made.prepare(fit)
        assert "town:target" in views.fit.names
        assert np.array_equal(views.fit.values, fitted.own(own, target).values)
        assert not np.array_equal(views.fit.values, fitted.transform(own).values)
        assert np.array_equal(views.test.values, fitted.transform(data.test).values)


def test_inside_a_single_fold_the_inner_folds_are_random(source, competition, forward):
    data, folds = with_towns(competition, 17), forward(blocks=2)
    data = replace(data, y=np.arange(60.0))
    fit = folds.fits()[0]
    target = Target(data.y[:30], data.task, fit_seed(0, fit.id))
    fitted = get_recipe("kernel").fit(data.train[:30], data.schema, target)
    views = source("kernel", data=data, folds=folds).prepare(fit)
    assert "town:target" in views.fit.names
    assert np.array_equal(views.fit.values, fitted.own(data.train[:30], target).values)


def test_groups_tell_their_fit_rows_no_more_than_scored_ones(source, competition):
    data = with_towns(competition, 30)
    data = replace(data, y=np.random.default_rng(1).normal(size=30)[np.arange(60) % 30])
    apart = Folds((np.arange(60) % 30 % 3).astype(np.int16)[None])  # whole towns, three folds
    for fit in apart.fits():
        views = source("kernel", data=data, folds=apart).prepare(fit)
        place = views.fit.names.index("town:target")
        made = {n: np.unique(getattr(views, n).values[:, place]) for n in ("fit", "score")}
        assert len(made["fit"]) == 1
        assert np.array_equal(made["fit"], made["score"])


def test_targets_of_scored_rows_do_not_touch_what_is_learnt(source, competition):
    data = with_towns(competition)
    fit = source().folds.get().fits()[0]
    y = data.y.copy()
    y[np.setdiff1d(np.arange(60), fit.fit_rows)] += 50.0
    plain = source("kernel", data=data).prepare(fit)
    other = replace(source("kernel", data=replace(data, y=y)), scratch=source().scratch / "b")
    assert np.array_equal(other.prepare(fit).fit.values, plain.fit.values)
    assert np.array_equal(other.prepare(fit).score.values, plain.score.values)


def test_targets_of_rows_of_weight_zero_are_not_read(source, competition):
    data = with_towns(competition)
    weight = np.where(np.arange(60) % 5 == 0, 0.0, 1.0)
    changed = np.where(weight > 0, data.y, data.y + 50.0)
    fit = source().folds.get().fits()[0]
    made = [
        replace(
            source("kernel", data=replace(data, y=y, weight=weight)),
            scratch=source().scratch / f"{y.sum()}",
        ).prepare(fit)
        for y in (data.y, changed)
    ]
    assert np.array_equal(made[0].score.values, made[1].score.values)
    assert np.array_equal(made[0].fit.values, made[1].fit.values)


def test_a_learner_cannot_change_what_others_map(source, plan):
    fit = plan(held=8).fits()[0]
    made = source()
    views = made.prepare(fit)
    views.fit.values[:] = -1
    assert not (made.prepare(fit).fit.values == -1).any()


@pytest.mark.parametrize("harm", ["cut", "gone", "no head", "bad head"])
def test_damaged_prepared_inputs_are_made_again(source, plan, harm):
    fit = plan(held=8).fits()[0]
    made = source()
    before = made.prepare(fit).fit.values.copy()
    folder = views_folder(made)
    if harm == "cut":
        os.truncate(folder / "fit.npy", 200)
    elif harm == "gone":
        (folder / "fit.npy").unlink()
    elif harm == "no head":
        (folder / "head.pkl").unlink()
    else:
        (folder / "head.pkl").write_bytes(b"bad")
    assert np.array_equal(made.prepare(fit).fit.values, before)


def test_new_rows_take_the_same_way(source, competition, plan):
    made, data = source(), competition()
    views = made.prepare(plan(held=8).fits()[0])
    raw = data.test.iloc[[3, 1]].reset_index(drop=True)
    transform = pickle.loads(pickle.dumps(views.transform))
    assert np.array_equal(transform(raw).values, np.asarray(views.test)[[3, 1]])


def test_hook_recipe_and_version_make_the_key(source):
    hook = Hook(lambda frame: frame.assign(z=frame["x"] * 2), "digest")
    keys = [source().key, source("trees").key, source(hook=hook).key]
    assert keys[0] == {"recipe": "linear", "version": get_recipe("linear").version, "hook": None}
    assert keys[2]["hook"] == "digest"
    assert len({str(key) for key in keys}) == 3


def test_features_pass_through_the_hook(source, plan):
    hook = Hook(lambda frame: frame[["x"]].assign(z=frame["x"] * 2), "digest")
    views = source("trees", hook=hook).prepare(plan(held=8).fits()[0])
    assert views.fit.names == ("x", "z")
    assert np.allclose(views.test.values[:, 1], 2 * views.test.values[:, 0])


def test_the_longest_unused_goes_first(tmp_path):
    for age, name in enumerate(("young", "middle", "old")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "fit.npy").write_bytes(b"x" * 100)
        os.utime(folder, (1e9 - age, 1e9 - age))
    (tmp_path / "shared.pkl").write_bytes(b"x" * 50)
    trim_scratch(tmp_path, 150)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["shared.pkl", "young"]
    trim_scratch(tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def test_tasks_do_not_share_prepared_inputs(source, competition, plan):
    fit = plan(held=8).fits()[0]
    for task in ("regression", "multiclass"):
        source(data=competition(task)).prepare(fit)
    assert len(list(source().scratch.glob(f"views-*-{fit.id}-*"))) == 2
