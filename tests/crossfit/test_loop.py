"""The loop of every level, on real workers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stackkit.cache import NoCache, OOFCache
from stackkit.crossfit import cross_fit, fit_level
from stackkit.crossfit.executor import shared_pool
from stackkit.crossfit.progress import Silent
from stackkit.crossfit.queue import FitQueue
from stackkit.errors import CacheError, ConfigError, FoldError, ModelError
from stackkit.level0 import get_model
from stackkit.level2.plain import Mean
from stackkit.metrics import mean_in_space
from stackkit.spec import ModelSpec

MEAN = ModelSpec("mean", Mean(), family="blend", recipe=None, role="blend")
ALONE = replace(MEAN, name="alone")


@pytest.fixture
def level(pool):
    """`level(bench, *specs, source=None)`: the records of one level by name."""

    def run(bench, *specs, source=None):
        result = fit_level([(spec, source) for spec in specs], bench, pool)
        assert not result.failures
        return {record.name: record for record in result.records}

    return run


def test_no_row_is_predicted_by_a_fit_that_saw_it(bench, plan, toy, level, competition):
    made = level(bench(folds=plan(repeats=2, held=8)), toy("memory"))["toy"]
    assert (made.oof_repeats[:, :52] == 0).all()
    for array in (made.held, made.test, made.test_folds, made.held_folds):
        assert (array == 0).all()
    seen = next(iter(bench(folds=plan(held=8)).recipe(toy("memory")).fits))
    X = bench().recipe(toy("memory")).source.prepare(seen).fit
    learner = toy("memory").learner.build(None, 0)
    learner.objective = bench().recipe(toy("memory")).objective
    assert (learner.fit(X, np.ones(len(X))).predict(X) == 1).all()


def test_each_row_is_scored_by_its_folds_fit(bench, plan, toy, level):
    made_bench = bench(folds=plan(repeats=3, held=8))
    made, folds, y = level(made_bench, toy())["toy"], made_bench.folds, made_bench.competition.y
    for repeat in range(3):
        for fold in range(3):
            rows = folds.cell_rows(repeat, fold)
            expected = np.float32(y[folds.fit_rows(repeat, fold)].mean())
            assert (made.oof_repeats[repeat][rows] == expected).all()
    assert np.allclose(made.oof[:52], made.oof_repeats[:, :52].mean(axis=0))
    assert np.isnan(made.oof[52:]).all()
    assert np.isnan(made.oof_repeats[:, 52:]).all()
    assert made.scored.sum() == 52


def test_test_and_held_are_means_over_folds(bench, plan, toy, level):
    made = level(bench(folds=plan(held=8)), get_model("ridge"))["ridge"]
    assert made.fits == ("r0f0", "r0f1", "r0f2")
    assert made.test_folds.shape == (3, 12, 1)
    assert made.held_folds.shape == (3, 8, 1)
    assert np.array_equal(made.test, mean_in_space(made.test_folds, "identity", "value"))
    assert np.array_equal(made.held, mean_in_space(made.held_folds, "identity", "value"))
    assert made.test.std() > 0


def test_means_are_taken_in_the_metrics_space(bench, plan, toy, level):
    made_bench = bench(metric="rmsle", folds=plan(repeats=2))
    made, folds, y = level(made_bench, toy())["toy"], made_bench.folds, made_bench.competition.y
    means = np.array([y[fit.fit_rows].mean() for fit in folds.fits()])
    assert np.allclose(made.test, np.expm1(np.log1p(means).mean()), rtol=1e-6)
    logs = np.log1p(made.oof_repeats.astype(float)).mean(axis=0)
    assert np.allclose(made.oof, np.expm1(logs), rtol=1e-6)


def test_test_from_full_is_one_fit_on_all_rows(bench, plan, toy, level, fit_lines):
    made_bench = bench(folds=plan(held=8))
    made = level(made_bench, toy(full=True))["toy"]
    expected = np.float32(made_bench.competition.y[:52].mean())
    assert (made.test == expected).all()
    assert (made.held == expected).all()
    assert made.fits == ("r0f0", "r0f1", "r0f2")
    assert len({float(chain[0, 0]) for chain in made.test_folds}) == 3
    assert sorted(fit for _, fit in fit_lines(made_bench)) == ["full", "r0f0", "r0f1", "r0f2"]


def test_forward_chaining_loses_a_block_a_depth(bench, forward, toy, level):
    made_bench = bench(folds=forward())
    y, folds = made_bench.competition.y, made_bench.folds
    parent = level(made_bench, toy())["toy"]
    assert np.flatnonzero(parent.scored).tolist() == list(range(15, 60))
    assert (parent.test == np.float32(y.mean())).all()
    child = level(made_bench, MEAN, source=[parent])["mean"]
    assert np.flatnonzero(child.scored).tolist() == list(range(30, 60))
    assert np.array_equal(child.oof[30:], parent.oof[30:])
    assert child.fits == ("r0f1", "r0f2")
    assert np.array_equal(child.test_folds, parent.test_folds[1:])
    fits = made_bench.recipe(MEAN, [parent]).fits
    assert [fit.id for fit in fits] == ["r0f1", "r0f2", "full"]
    assert fits[-1].fit_rows.tolist() == list(range(15, 60))
    assert folds.fits()[0].fit_rows.tolist() == list(range(15))


def test_a_childs_chain_reads_its_parents_chains(bench, plan, toy, level):
    made_bench = bench(folds=plan(held=8))
    ridge, mean = level(made_bench, get_model("ridge"), toy()).values()
    child = level(made_bench, MEAN, source=[ridge, mean])["mean"]
    for name in ("oof", "test", "held", "test_folds", "held_folds"):
        rows = slice(0, 52) if name == "oof" else slice(None)
        expected = (getattr(ridge, name)[rows] + getattr(mean, name)[rows]) / 2
        assert np.allclose(getattr(child, name)[rows], expected, rtol=1e-6)
    assert (child.depth, child.role) == (1, "blend")
    assert child.parents == tuple(sorted([ridge.key, mean.key]))
    assert np.isnan(child.oof[52:]).all()


def test_a_child_has_the_worst_evidence_of_its_parents(bench, toy, level):
    made_bench = bench()
    first, second = level(made_bench, toy(), toy(value=1.0, name="other")).values()
    child = level(made_bench, MEAN, source=[first, second.with_(evidence="unverified")])["mean"]
    assert child.evidence == "unverified"


def test_a_second_call_fits_nothing(bench, toy, pool, fit_lines):
    specs = [(toy(), None), (toy(value=1.0, name="other"), None)]
    first = fit_level(specs, bench(), pool)
    assert first.fitted == len(fit_lines(bench())) == 6
    again = fit_level(specs, bench(), pool)
    assert again.fitted == 0
    assert len(fit_lines(bench())) == 6
    assert [r.name for r in again.records] == ["toy", "other"]
    assert not list((bench().shelf.folder / ".partial").iterdir())


def test_a_changed_parameter_refits_that_model_and_what_stands_on_it(bench, toy, level, fit_lines):
    def run(value):
        made = bench()
        before = len(fit_lines(made))
        base = level(made, toy(), toy(value=value, name="varied"))
        level(made, MEAN, source=list(base.values()))
        level(made, ALONE, source=[base["toy"]])
        return sorted(fit_lines(made)[before:])

    folds = ["r0f0", "r0f1", "r0f2"]
    first = run(1.0)
    assert len(first) == 14
    assert run(1.0) == []
    expected = [("mean", fit) for fit in ["full", *folds]] + [("varied", fit) for fit in folds]
    assert run(2.0) == expected
    assert run(1.0) == []


def test_one_recipe_is_one_record_under_any_name(bench, toy, level, fit_lines):
    level(bench(), toy(name="first"))
    made = level(bench(), toy(name="second"))
    assert list(made) == ["second"]
    assert len(fit_lines(bench())) == 3


@pytest.mark.parametrize("names", [("one", "two"), ("one", "one")])
def test_two_specs_with_one_key_are_refused(bench, toy, pool, names, fit_lines):
    with pytest.raises(ConfigError, match="same"):
        fit_level([(toy(name=name), None) for name in names], bench(), pool)
    assert fit_lines(bench()) == []


def test_arrays_do_not_depend_on_the_number_of_workers(competition, plan, toy, tmp_path):
    specs = [get_model("ridge"), toy("random")]
    files = []
    for jobs in (1, 2):
        cache = OOFCache(tmp_path / str(jobs))
        data, folds = competition(), plan(repeats=2, held=8)
        parents = [cross_fit(spec, data, folds, cache, jobs=jobs) for spec in specs]
        cross_fit(MEAN, data, folds, cache, source=parents, jobs=jobs)
        shelf = cache.shelf(data, folds).folder
        files.append({p.relative_to(shelf): p.read_bytes() for p in shelf.rglob("*.npy")
                      if ".scratch" not in p.parts})  # fmt: skip
    assert len(files[0]) == 18
    assert files[0] == files[1]
    shared_pool(1).shutdown()


def test_seeds_differ_by_fit_and_by_spec(bench, plan, toy, level):
    made = level(bench(), toy("random"), toy("random", name="other", seed=1))
    chains = np.concatenate([record.test_folds for record in made.values()])
    assert len({chain.tobytes() for chain in chains}) == 6


def test_a_model_whose_bytes_change_is_reported(bench, toy, level, pool):
    made = bench()
    record = level(made, toy("clock"))["toy"]
    recipe = made.recipe(toy("clock"))
    with pytest.raises(CacheError, match="not deterministic"):
        FitQueue([recipe], made, pool, Silent()).run()
    assert np.array_equal(made.shelf.load(record.key).oof, record.oof)


def test_a_damaged_entry_is_refitted(bench, toy, level, fit_lines):
    first = level(bench(), toy())["toy"]
    (entry,) = bench().shelf.entries()
    data = bytearray((entry / "test.npy").read_bytes())
    data[-1] ^= 1
    (entry / "test.npy").write_bytes(data)
    again = level(bench(), toy())["toy"]
    assert len(fit_lines(bench())) == 6
    assert np.array_equal(again.oof, first.oof)


def test_without_a_cache_keys_and_arrays_are_the_same(bench, competition, plan, toy, level, pool):
    stored = level(bench(), toy("random"))["toy"]
    cache = NoCache()
    loose = cross_fit(toy("random"), competition(), plan(), cache, jobs=2)
    assert (loose.key, loose.oof.tobytes()) == (stored.key, stored.oof.tobytes())


def test_workers_find_a_cache_that_is_relative(competition, plan, toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = cross_fit(toy(), competition(), plan(), OOFCache("cache"), jobs=2)
    assert record.scored.all()
    assert (tmp_path / "cache" / "tiny").is_dir()


def test_a_failure_of_one_model_alone_is_raised(competition, plan, toy, tmp_path):
    with pytest.raises(ModelError, match="no luck"):
        cross_fit(toy("raise"), competition(), plan(), OOFCache(tmp_path), jobs=2)


def test_a_competition_needs_no_test_set(bench, toy, level):
    made = level(bench(test=None), toy())["toy"]
    assert made.test is None
    assert made.test_folds is None
    assert made.scored.all()


def test_a_mean_over_one_parent_has_its_score_at_any_number_of_repeats(bench, plan, level):
    made = bench("regression", plan(repeats=3))
    forest = get_model("rf").with_parameters({"n_estimators": 3})
    parent = level(made, forest)["rf"]
    child = level(made, MEAN, source=[parent])["mean"]
    assert child.scores["folds"] == pytest.approx(parent.scores["folds"], rel=1e-5)
    assert child.cv == pytest.approx(parent.cv, rel=1e-5)
    np.testing.assert_allclose(child.oof_repeats, parent.oof_repeats, rtol=1e-5)


def test_a_plan_of_other_rows_is_refused(bench, plan):
    with pytest.raises(FoldError, match="60 rows of train"):
        bench("regression", plan(rows=50))


def test_a_single_record_is_a_source_as_a_list_of_one(bench, level, toy):
    made = bench()
    base = level(made, toy())["toy"]
    assert made.recipe(MEAN, base).key == made.recipe(MEAN, [base]).key
