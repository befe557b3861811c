"""The queue: resuming, breaking off, dropping, and what is started beside what."""

from __future__ import annotations

import dataclasses
import logging
import os
import sys
import threading
import time
from types import SimpleNamespace

import cloudpickle
import numpy as np
import pytest

import stackkit.crossfit.queue
from stackkit.cache import OOFCache
from stackkit.config import CacheConfig
from stackkit.crossfit import cross_fit, fit_level
from stackkit.crossfit.progress import Silent
from stackkit.errors import ConfigError, MissingPackageError, PredictionError
from stackkit.level2.plain import Mean
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec

cloudpickle.register_pickle_by_value(sys.modules[__name__])
MEAN = ModelSpec("mean", Mean(), "blend", recipe=None, role="blend")


class BreaksOff(Silent):
    """Ctrl-C after some Fits."""

    def __init__(self, after: int) -> None:
        self.left = after

    def fit_done(self, name, fit_id, score):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def broken_off(made, pool, *specs, after=2):
    result = fit_level([(spec, None) for spec in specs], made, pool, BreaksOff(after))
    assert result.interrupted
    return result


def partial_files(made, spec):
    return sorted(made.shelf.partial(made.recipe(spec).key).folder.glob("*.npz"))


def test_breaking_off_returns_what_is_done_and_resumes(bench, plan, toy, pool, fit_lines):
    folds = plan(splits=4)
    quick, slow = toy(), toy("random", name="slow", seconds=0.05)
    fit_level([(quick, None)], bench(folds=folds), pool)
    result = broken_off(bench(folds=folds), pool, quick, slow)
    assert [record.name for record in result.records] == ["toy"]
    assert result.fitted == 2
    kept = {path.stem for path in partial_files(bench(folds=folds), slow)}
    assert len(kept) >= 2
    again = fit_level([(quick, None), (slow, None)], bench(folds=folds), pool)
    assert not again.interrupted
    assert again.fitted <= 4 - len(kept)  # less where a Fit was all but done
    fitted = [fit for name, fit in fit_lines(bench(folds=folds)) if name == "slow"]
    assert all(fitted.count(fit) == 1 for fit in kept)
    assert not (bench(folds=folds).shelf.folder / ".partial" / again.records[1].key12).exists()


def test_a_resumed_record_is_that_of_one_go(bench, competition, plan, toy, pool, tmp_path):
    spec = toy("random", seconds=0.02)
    broken_off(bench(folds=plan(repeats=2)), pool, spec)
    (resumed,) = fit_level([(spec, None)], bench(folds=plan(repeats=2)), pool).records
    whole = cross_fit(spec, competition(), plan(repeats=2), OOFCache(tmp_path / "b"), jobs=2)
    assert resumed.key == whole.key
    for name, array in whole.arrays.items():
        assert resumed.arrays[name].tobytes() == array.tobytes()
    assert resumed.cost["fits"].keys() == whole.cost["fits"].keys()


def test_a_truncated_fold_file_is_deleted_and_refitted(bench, plan, toy, pool, fit_lines):
    folds, spec = plan(splits=6), toy(seconds=0.02)
    broken_off(bench(folds=folds), pool, spec, after=3)
    kept = partial_files(bench(folds=folds), spec)
    os.truncate(kept[0], kept[0].stat().st_size // 2)
    result = fit_level([(spec, None)], bench(folds=folds), pool)
    assert result.records[0].scored.all()
    assert 1 <= result.fitted <= 6 - len(kept) + 1
    lines = [fit for _, fit in fit_lines(bench(folds=folds))]
    assert lines.count(kept[0].stem) == 2
    assert lines.count(kept[1].stem) == 1


def test_cross_fit_passes_ctrl_c_on(competition, plan, toy, pool, tmp_path, monkeypatch):
    def broken(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("stackkit.crossfit.queue.FitQueue._land", broken)
    with pytest.raises(KeyboardInterrupt):
        cross_fit(toy(), competition(), plan(), OOFCache(tmp_path), jobs=2)


def test_who_waits_for_another_run_takes_its_record(
    bench, competition, plan, toy, pool, tmp_path, caplog, fit_lines
):
    made, spec = bench(), toy()
    record = cross_fit(spec, competition(), plan(), OOFCache(tmp_path / "b"), jobs=2)
    held = threading.Event()

    def other_run():
        with made.shelf.lock(record.key):
            held.set()
            while "waiting for" not in caplog.text:
                assert runner.is_alive()
            made.shelf.store(record)

    other, runner = threading.Thread(target=other_run), threading.current_thread()
    with caplog.at_level(logging.WARNING, "stackkit"):
        other.start()
        held.wait()
        result = fit_level([(spec, None), (toy(value=1.0, name="b"), None)], made, pool)
        other.join()
    assert [r.name for r in result.records] == ["toy", "b"]
    assert {name for name, _ in fit_lines(made)} == {"b"}


def test_ctrl_c_while_waiting_for_another_run_breaks_off(bench, toy, pool, monkeypatch):
    made, key = bench(), bench().recipe(toy()).key

    def broken(*_, **__):
        raise KeyboardInterrupt

    with made.shelf.lock(key):
        monkeypatch.setattr("stackkit.cache.locks.log.warning", broken)
        result = fit_level([(toy(), None), (toy(value=1.0, name="b"), None)], made, pool)
    assert result.interrupted
    assert [record.name for record in result.records] == ["b"]


class Wanting(Mean):
    def build(self, objective, seed):
        raise MissingPackageError("needs a package", "none", "pip install it")


class Wrong(Mean):
    def build(self, objective, seed):
        raise ConfigError("alphas are positive", "-1")


def test_a_missing_package_drops_a_model_a_wrong_setting_ends_the_run(bench, toy, pool):
    made = bench()
    base = fit_level([(toy(), None)], made, pool).records
    wanting = ModelSpec("wanting", Wanting(), "blend", recipe=None, role="blend")
    wrong = ModelSpec("wrong", Wrong(), "blend", recipe=None, role="blend")
    result = fit_level([(wanting, base)], made, pool)
    assert "try: pip install it" in result.failures["wanting"]
    with pytest.raises(ConfigError, match="alphas"):
        fit_level([(wrong, base)], made, pool)


def test_a_record_that_cannot_be_assembled_is_dropped(bench, toy, pool, monkeypatch):
    whole = stackkit.crossfit.queue.assemble

    def assemble(recipe, *rest):
        if recipe.spec.name == "bad":
            raise PredictionError("oof of bad is finite", "3 wrong rows")
        return whole(recipe, *rest)

    monkeypatch.setattr("stackkit.crossfit.queue.assemble", assemble)
    specs = [toy(name="bad"), toy(value=1.0, name="good")]
    result = fit_level([(spec, None) for spec in specs], bench(), pool)
    assert [record.name for record in result.records] == ["good"]
    assert "3 wrong rows" in result.failures["bad"]


def overlaps(record):
    """Pairs of Fits that ran at one time, those of the first two aside."""
    spans = sorted((c["fit"]["start"], c["fit"]["end"]) for c in record.cost["fits"].values())
    return sum(
        later[0] < earlier[1] for i, earlier in enumerate(spans) for later in spans[max(i + 1, 2) :]
    )


@pytest.mark.parametrize("free", [0, 2**60])
def test_a_fit_that_exceeds_the_free_memory_is_not_started_beside_another(
    bench, plan, toy, pool, monkeypatch, free
):
    memory = SimpleNamespace(available=free)
    monkeypatch.setattr("stackkit.crossfit.queue.psutil.virtual_memory", lambda: memory)
    monkeypatch.setattr("stackkit.crossfit.job.fit_peak_mb", lambda cost: 100.0)
    spec = toy(seconds=0.15)
    (record,) = fit_level([(spec, None)], bench(folds=plan(splits=6)), pool).records
    assert (overlaps(record) == 0) == (free == 0)


def test_models_are_kept_up_to_a_limit(bench, plan, toy, pool, monkeypatch):
    monkeypatch.setattr("stackkit.crossfit.queue.MODELS_LIMIT", 1)
    made = bench(folds=plan(splits=6))
    (record,) = fit_level([(toy(), None)], made, pool).records
    assert 1 <= len(list(made.shelf.models(record.key).iterdir())) <= 2


def test_models_are_not_kept_where_the_user_says_so(bench, toy, pool):
    made = bench(cache=CacheConfig(keep_models=False))
    fit_level([(toy(), None)], made, pool)
    assert not (made.shelf.folder / "models").exists()


def test_chains_above_the_configured_size_are_not_kept(bench, plan, toy, pool):
    made = bench(folds=plan(held=8), cache=CacheConfig(test_folds_limit=3 * 10 * 4))
    base = fit_level([(toy(), None)], made, pool).records
    assert base[0].test_folds is None
    assert base[0].held_folds.shape == (3, 8, 1)
    (child,) = fit_level([(MEAN, base)], made, pool).records
    assert child.test_folds is None
    assert np.allclose(child.test, base[0].test)


def test_longer_fits_start_first(bench, toy, pool, fit_lines):
    short = dataclasses.replace(toy(name="short"), cost=ExpectedCost(1.0, rows=0.0, columns=0.0))
    long = dataclasses.replace(
        toy(value=1.0, name="long"), cost=ExpectedCost(9.0, rows=0.0, columns=0.0)
    )
    fit_level([(short, None), (long, None)], bench(), pool)
    assert [name for name, _ in fit_lines(bench())][:2] == ["long", "long"]


def test_who_waits_for_another_run_gives_up_when_time_is_over(bench, toy, pool):
    made = bench()
    recipe = made.recipe(toy())
    with made.shelf.lock(recipe.key):
        begun = time.monotonic()
        result = fit_level([(toy(), None)], bench(), pool, until=begun + 0.5)
    assert result.left_out == {"toy": "another process works on it still"}
    assert result.records == []


def test_what_a_dropped_model_would_take_holds_nobody_up(bench, plan, toy, pool, monkeypatch):
    memory = SimpleNamespace(available=2**30)
    monkeypatch.setattr("stackkit.crossfit.queue.psutil.virtual_memory", lambda: memory)
    huge = ExpectedCost(99.0, rows=0.0, columns=0.0, copies=1e9)
    dies = dataclasses.replace(toy("raise", name="dies"), cost=huge)
    specs = [dies, toy(seconds=0.15)]
    result = fit_level([(spec, None) for spec in specs], bench(folds=plan(splits=6)), pool)
    assert set(result.failures) == {"dies"}
    assert overlaps(result.records[0])
