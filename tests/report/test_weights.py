"""Weights of blends, and coefficients of metas, read back from the models that the cache keeps."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import stackkit
from stackkit.cache.fitted import load_model
from stackkit.competition import Competition
from stackkit.crossfit.executor import LocalPool
from stackkit.crossfit.progress import Silent
from stackkit.level1 import LinearMeta
from stackkit.level2.selection import HillClimb
from stackkit.level2.subset import OnSubset
from stackkit.metrics import get_metric
from stackkit.nodes import Node
from stackkit.predictions import Pool
from stackkit.report.weights import member_weights
from stackkit.spec import Objective
from stackkit.workflow import fit_levels

KEEP = ("prior", "ridge")
BLENDS = ("mean", "best_single", "simplex")


@pytest.fixture
def setup(tmp_path: Path, competition: Callable[..., Competition]) -> stackkit.Setup:
    full = stackkit.set_up(competition("regression"), "standard", tmp_path)
    nodes = [n for n in full.nodes if n.spec.name in KEEP]
    nodes += [Node(n.spec, KEEP) for n in full.nodes if n.spec.name in BLENDS]
    return stackkit.Setup(full.competition, full.bench, nodes, full.profile, full.seed)


def test_weights_are_those_of_the_blend(setup: stackkit.Setup, pool: LocalPool) -> None:
    records = fit_levels(setup, pool.jobs, Silent()).records
    table = stackkit.blend_weights(setup, records.values())
    assert set(table.blend) == {"best_single", "simplex"}
    assert table.groupby(["blend", "fit"]).weight.sum().to_numpy() == pytest.approx(1.0)
    full = table[(table.blend == "simplex") & (table.fit == "full")].set_index("member").weight
    mixed = sum(full[name] * records[name].test for name in KEEP)
    np.testing.assert_allclose(records["simplex"].test, mixed, rtol=1e-5)

    shutil.rmtree(setup.bench.shelf.models(records["simplex"].key))
    assert set(stackkit.blend_weights(setup, records.values()).blend) == {"best_single"}


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_coefficients_are_those_of_the_kept_models(
    task: str, tmp_path: Path, competition: Callable[..., Competition], pool: LocalPool
) -> None:
    full = stackkit.set_up(competition(task), "standard", tmp_path)
    members = ("prior", "ridge")
    nodes = [n for n in full.nodes if n.spec.name in members]
    nodes += [Node(n.spec, members) for n in full.nodes if n.spec.name in ("ridge_meta", "mean")]
    made = stackkit.Setup(full.competition, full.bench, nodes, full.profile, full.seed)
    records = fit_levels(made, pool.jobs, Silent()).records
    table = stackkit.meta_coefficients(made, records.values())
    meta, width = records["ridge_meta"], full.competition.width
    assert set(table.meta) == {"ridge_meta"} and set(table.fit) >= set(meta.fits)
    assert len(table) == table.fit.nunique() * 2 * width**2
    fit, names = meta.fits[0], {r.key: r.name for r in records.values()}
    model = load_model(made.bench.shelf.models(meta.key) / fit).estimator.model_
    coefficients = np.atleast_2d(model.coef_)
    for i, key in enumerate(meta.parents):
        mine = table[(table.fit == fit) & (table.member == names[key])].weight.to_numpy()
        expected = coefficients[:, i * width : (i + 1) * width].ravel()
        np.testing.assert_allclose(mine, expected)

    shutil.rmtree(made.bench.shelf.models(meta.key))
    assert stackkit.meta_coefficients(made, records.values()).empty


def test_a_model_on_a_subset_reads_the_members_of_the_subset_alone() -> None:
    y = np.random.default_rng(0).normal(size=80)
    noise = np.random.default_rng(1).normal(size=(2, 80))
    bad, good = (
        (y + s * e).astype(np.float32)[:, None] for s, e in zip((9, 0.1), noise, strict=True)
    )
    pool = Pool(("bad", "good"), (bad, good))
    objective = Objective("regression", "identity", "squared", metric=get_metric("rmse"))
    learner = OnSubset(LinearMeta(), HillClimb())
    fitted = learner.build(objective, 0).fit(pool, y)
    assert fitted.chosen_ == (1,)
    assert (member_weights(fitted, 2) != 0).tolist() == [False, True]
