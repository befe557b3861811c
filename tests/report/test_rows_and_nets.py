"""Weights of rows, regions, paths of nets, meta-features and gains of a small stack."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stackkit
from stackkit.crossfit.progress import Silent
from stackkit.datasets import make_experts
from stackkit.errors import ConfigError, ModelError
from stackkit.report.row_weights import EXPLAINED
from stackkit.runs import Setup
from stackkit.stack import Stack
from stackkit.workflow import fit_base, fit_candidates

MEMBERS = ("linear_west", "linear_east", "linear_position")
NAMES = ("fwls", "des_local_best", "des_local_nnls", "negative_correlation", "neural_ensembler")
FEATURES = "des_local_nnls_features"


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    frames = make_experts(rows=300, test_rows=20)
    competition = stackkit.Competition.from_frames(
        frames.train, frames.test, target="target", metric="rmse", id="id", sample=frames.sample,
        folds={"scheme": "kfold", "n_splits": 3}, models={"include": list(MEMBERS)},
    )  # fmt: skip
    return stackkit.set_up(competition, "quick", tmp_path_factory.mktemp("experts"))


@pytest.fixture(scope="module")
def stack(setup: Setup) -> Stack:
    fit_base(setup, 2, Silent())
    return fit_candidates(setup, 2, Silent(), names=(*NAMES, FEATURES))


def test_only_what_is_named_is_fitted(setup: Setup, stack: Stack) -> None:
    above = {name for name, record in stack.records.items() if record.depth}
    assert above == {*NAMES, FEATURES, "mean", "simplex"}
    with pytest.raises(ConfigError, match="knora"):
        fit_candidates(setup, 2, Silent(), names=["des_knora_x"])


@pytest.mark.parametrize("name", ["des_local_best", "des_local_nnls", FEATURES, "neural_ensembler"])
def test_row_weights_make_the_predictions(name: str, setup: Setup, stack: Stack) -> None:
    weights = stackkit.row_weights(setup, stack, name)
    assert list(weights.index) == list(range(300))
    assert set(weights.columns) == set(MEMBERS)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-9)
    mixed = sum(weights[m].to_numpy() * stack.records[m].oof[:, 0] for m in MEMBERS)
    np.testing.assert_allclose(mixed, stack.records[name].oof[:, 0], rtol=1e-4, atol=1e-4)


def test_weights_of_fwls_are_those_of_its_inputs(setup: Setup, stack: Stack) -> None:
    """In each Fit predictions are a constant and weighted members, in the fitted space."""
    weights = stackkit.row_weights(setup, stack, "fwls")
    fold = setup.bench.folds.assignment[0]
    for f in range(3):
        rows = np.flatnonzero(fold == f)
        made = stack.records["fwls"].oof[rows, 0].astype(float)
        mixed = sum(weights[m].to_numpy()[rows] * stack.records[m].oof[rows, 0] for m in MEMBERS)
        free = (
            made
            - mixed
            - np.polyval(
                np.polyfit(weights.loc[rows].sum(axis=1), made - mixed, 1),
                weights.loc[rows].sum(axis=1),
            )
        )  # the centre of the space times (1 less the weights' sum)
        assert np.abs(free).max() < 1e-3


def test_weights_that_are_the_same_for_all_rows_are_refused(setup: Setup, stack: Stack) -> None:
    with pytest.raises(ModelError, match="weights of rows"):
        stackkit.row_weights(setup, stack, "simplex")
    with pytest.raises(ModelError, match="scored by a Fit"):
        stackkit.explain_row(setup, stack, "neural_ensembler", 3)


def test_a_record_or_row_that_is_not_there_is_named(setup: Setup, stack: Stack) -> None:
    with pytest.raises(ConfigError, match="0 to 299"):
        stackkit.explain_row(setup, stack, "des_local_best", 300)
    with pytest.raises(ConfigError, match="did you mean 'des_local_best'"):
        stackkit.explain_row(setup, stack, "des_local_bst", 3)
    with pytest.raises(ConfigError, match="the record is in the stack"):
        stackkit.row_weights(setup, stack, "nothing")
    with pytest.raises(ModelError, match="a base model"):
        stackkit.row_weights(setup, stack, MEMBERS[0])


def test_columns_of_an_explanation(setup: Setup, stack: Stack) -> None:
    table = stackkit.explain_row(setup, stack, "des_local_best", 5)
    assert tuple(table) == EXPLAINED


@pytest.mark.parametrize("name", ["des_local_best", FEATURES])
@pytest.mark.parametrize("row", [0, 17, 299])
def test_a_row_is_explained_by_rows_of_other_folds(
    name: str, row: int, setup: Setup, stack: Stack
) -> None:
    table = stackkit.explain_row(setup, stack, name, row)
    assert list(table.row) == [row] * len(MEMBERS)
    weights = stackkit.row_weights(setup, stack, name).loc[row]
    np.testing.assert_allclose(table.weight, weights[table.member], rtol=1e-9)
    fold = setup.bench.folds.assignment[0]
    near = list(table.neighbours.iloc[0])
    assert len(set(near)) == 20
    assert fold[row] not in set(fold[near])


def test_neighbours_are_the_nearest_rows(setup: Setup, stack: Stack) -> None:
    """Of rows of other folds, in the space of the members' predictions."""
    made = np.hstack([stack.records[m].oof for m in MEMBERS]).astype(float)
    fold = setup.bench.folds.assignment[0]
    for row in (3, 40, 150):
        others = np.flatnonzero(fold != fold[row])
        far = ((made[others] - made[row]) ** 2).sum(axis=1)
        table = stackkit.explain_row(setup, stack, "des_local_best", row)
        assert set(table.neighbours.iloc[0]) == set(others[np.argsort(far)[:20]])


def test_the_best_of_a_family(stack: Stack) -> None:
    records = list(stack.records.values())
    dynamic = [stack.records[n].cv for n in (*NAMES[1:3], FEATURES)]
    assert stackkit.best_of(records, "dynamic").cv == min(dynamic)
    with pytest.raises(ModelError, match="dynamic"):
        stackkit.best_of(records, "dynamo")


def test_paths_tell_loss_and_ambiguity(setup: Setup, stack: Stack) -> None:
    record = stack.records["negative_correlation"]
    path = stackkit.net_paths(setup, record)
    assert set(path.fit) == set(record.fits)
    assert list(path[path.fit == path.fit[0]].setting) == [0.0, 0.1, 0.3, 0.6]
    np.testing.assert_allclose(path.individual - path.loss, path.ambiguity, atol=1e-12)
    assert (path.ambiguity > -1e-9).all()
    assert path.groupby("fit").chosen.sum().max() <= 1
    rates = stackkit.net_paths(setup, stack.records["neural_ensembler"])
    assert sorted(set(rates.setting)) == [0.0, 0.25, 0.5]


def test_spread_is_that_of_the_members(setup: Setup, stack: Stack) -> None:
    members = [stack.records[m] for m in MEMBERS]
    table = stackkit.meta_feature_table(setup, members)
    assert {name.split(".")[0] for name in table} == {"confidence", "spread"}
    spread = np.std([r.oof[:, 0] for r in members], axis=0)
    assert np.corrcoef(spread, table["spread.deviation"])[0, 1] > 0.9999
    shuffled = stackkit.meta_feature_table(setup, members[::-1])
    pd.testing.assert_frame_equal(table, shuffled)


def test_gains_are_differences_of_scores(setup: Setup, stack: Stack) -> None:
    table = stackkit.gains_on_static(setup, stack).set_index("name")
    assert set(table.index) == {*NAMES, FEATURES, "mean"}
    assert table.gain.is_monotonic_decreasing
    by_hand = stack.records["simplex"].cv - table.cv
    np.testing.assert_allclose(table.gain, by_hand, atol=1e-6)
    assert ((table.low <= table.gain) & (table.gain <= table.high)).all()


def test_without_kept_models_tables_are_empty(
    setup: Setup, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(setup.bench.shelf), "models", lambda _, key: Path("nowhere"))
    assert stackkit.row_weights(setup, stack, "des_local_best").empty
    explained = stackkit.explain_row(setup, stack, "des_local_best", 3)
    assert explained.empty and "neighbours" in explained
    assert stackkit.net_paths(setup, stack.records["negative_correlation"]).empty


def test_competitions_are_compared_once_each(tmp_path: Path) -> None:
    frames = make_experts(rows=120, test_rows=5)
    frames.train.to_csv(tmp_path / "train.csv", index=False)
    (tmp_path / "competition.toml").write_text(
        'name = "small"\ntrain = "train.csv"\nid = "id"\ntarget = "target"\nmetric = "rmse"\n'
        f'[models]\ninclude = {list(MEMBERS)}\n[folds]\nn_splits = 3\n'
    )  # fmt: skip
    names = ["des_local_best", "des_knora_e"]
    table = stackkit.gains_on([tmp_path, str(tmp_path)], names, jobs=2, cache_dir=tmp_path / "c")
    assert list(table.competition) == ["small"] * 2
    assert set(table.name) == {"des_local_best", "mean"}
