"""Permutation importance: against predictions of the kept models one column at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import stackkit
from stackkit.cache.fitted import load_model
from stackkit.competition import Competition
from stackkit.crossfit.bench import Bench
from stackkit.evaluation import importance
from stackkit.evaluation.importance import ALL, permutation_importance
from stackkit.predictions import Predictions
from stackkit.scoring import running_score


@pytest.fixture(scope="module", params=["regression", "binary", "multiclass"])
def fitted(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    competition: Callable[..., Competition],
) -> tuple[Bench, Predictions]:
    setup = stackkit.set_up(competition(request.param), cache_dir=tmp_path_factory.mktemp("cache"))
    bench = setup.bench
    ridge = stackkit.get_model("ridge")
    record = stackkit.cross_fit(ridge, setup.competition, bench.folds, bench.cache)
    return bench, record


def test_drops_are_those_of_the_kept_models(fitted: tuple[Bench, Predictions]) -> None:
    bench, record = fitted
    made, rng = bench.competition, np.random.default_rng(0)
    table = permutation_importance(bench, [record], seed=0)
    folder = bench.shelf.models(record.key)
    pooled = {column: [] for column in made.train.columns}
    plain, all_rows = [], []
    for fit in bench.folds.fits():
        scored = bench.folds.cell_rows(*fit.cells[0])
        rows = np.sort(rng.choice(scored, len(scored), replace=False))
        model, frame = load_model(folder / fit.id), made.train.iloc[rows].reset_index(drop=True)
        before = np.asarray(model.predict(model.transform(frame))).reshape(len(rows), -1)
        plain.append(before)
        all_rows.append(rows)
        for column in frame.columns:
            shuffled = frame.copy()
            shuffled[column] = frame[column].to_numpy()[rng.permutation(len(rows))]
            after = np.asarray(model.predict(model.transform(shuffled))).reshape(len(rows), -1)
            pooled[column].append(after)
    rows = np.concatenate(all_rows)
    score = running_score(made, np.concatenate(plain), rows)
    got = table[table.fold == ALL].set_index("column")["drop"]
    for column, parts in pooled.items():
        lost = made.metric.sign * (score - running_score(made, np.concatenate(parts), rows))
        assert got[column] == pytest.approx(lost, rel=1e-4, abs=1e-6)


def test_the_signal_stands_out(fitted: tuple[Bench, Predictions]) -> None:
    bench, record = fitted
    table = permutation_importance(bench, [record])
    whole = table[table.fold == ALL].set_index("column")["drop"]
    assert whole.idxmax() == "x" and whole["x"] > 0
    assert set(table.fold) == {*record.fits, ALL}
    assert len(table) == len(whole) * (len(record.fits) + 1)


def test_batches_change_nothing(
    fitted: tuple[Bench, Predictions], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, record = fitted
    whole = permutation_importance(bench, [record])["drop"]
    monkeypatch.setattr(importance, "BATCH", 7)
    np.testing.assert_allclose(permutation_importance(bench, [record])["drop"], whole, atol=1e-6)


def test_large_tables_are_sampled(
    fitted: tuple[Bench, Predictions], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, record = fitted
    seen = []
    monkeypatch.setattr(importance, "FEWEST_ROWS", 2)
    monkeypatch.setattr(importance, "MOST_ROWS", 2 * len(record.fits))
    monkeypatch.setattr(importance, "running_score", lambda c, p, rows: seen.append(len(rows)) or 0)
    permutation_importance(bench, [record])
    assert set(seen) == {2, 2 * len(record.fits)}


def test_records_without_models_or_on_a_stack_are_left_out(
    tmp_path: Path, competition: Callable[..., Competition]
) -> None:
    setup = stackkit.set_up(competition("binary"), cache_dir=tmp_path)
    bench = setup.bench
    prior = stackkit.cross_fit(
        stackkit.get_model("prior"), setup.competition, bench.folds, bench.cache
    )
    mean = stackkit.cross_fit(
        stackkit.BLENDS["mean"], setup.competition, bench.folds, bench.cache, [prior]
    )
    table = permutation_importance(bench, [prior, mean])
    assert set(table.model) == {"prior"} and np.allclose(table["drop"], 0)
    shutil.rmtree(bench.shelf.models(prior.key))
    assert permutation_importance(bench, [prior]).empty
