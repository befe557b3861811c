"""Every candidate beside the best base model, from the cache alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stackkit.crossfit.progress import Silent
from stackkit.errors import ModelError
from stackkit.level1 import METAS
from stackkit.level2 import BLENDS
from stackkit.report.candidates import candidate_table, candidates_text, reading_aid
from stackkit.report.weights import members_used
from stackkit.runs import Setup, set_up
from stackkit.stack import Stack
from stackkit.workflow import fit_base, fit_candidates, missing_base

TOML = """\
name = "few"
train = "train.csv"
target = "y"
metric = "rmse"
[models]
include = ["ridge", "knn", "hist_gb"]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=150), "z": rng.normal(size=150)})
    frame.assign(y=frame.x + np.sin(2 * frame.z) + 0.1 * rng.normal(size=150)).to_csv(
        folder / "train.csv", index=False
    )
    (folder / "competition.toml").write_text(TOML)
    (folder / "oof_cache").mkdir()
    return folder


@pytest.fixture(scope="module")
def setup(project: Path) -> Setup:
    return set_up(project, cache_dir=project / "oof_cache")


def test_nothing_cached_is_said_with_the_command_that_mends_it(project: Path) -> None:
    bare = set_up(project, cache_dir=project / "elsewhere")
    assert missing_base(bare) == ["prior", "ridge", "knn", "hist_gb"]
    command = f"stackkit run {project} --profile standard --cache-dir {project / 'elsewhere'}"
    with pytest.raises(ModelError, match=command):
        fit_candidates(bare, jobs=2, progress=Silent())


def twins_are_named(table: pd.DataFrame, stack: Stack) -> None:
    """Against all pairs: the first of equal predictions is named by those after it."""
    names = sorted(table["name"], key=[*stack.records].index)
    oof = [stack.records[name].oof for name in names]
    alike = [[np.allclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True) for a in oof] for b in oof]
    for i, twin in enumerate(table.set_index("name").same_as[names]):
        first = next(j for j in range(i + 1) if alike[i][j])
        assert twin == ("" if first == i else names[first])
    assert (table.same_as != "").any()


def test_every_candidate_is_listed_and_no_base_model_is_fitted(setup: Setup, project: Path) -> None:
    fit_base(setup, jobs=2, progress=Silent())
    log = next((project / "oof_cache").rglob("fits.log"))
    before = log.read_text().splitlines()
    stack = fit_candidates(setup, jobs=2, progress=Silent())
    assert not stack.failures
    fitted = {line.split()[1] for line in log.read_text().splitlines()[len(before) :]}
    assert not fitted & {"prior", "ridge", "knn", "hist_gb"}
    table = candidate_table(setup, stack)
    known = {**METAS, **BLENDS}
    wanted = {n for n, s in known.items() if "regression" in s.tasks and not s.needs_ranks}
    best = table[table.role == "base"]
    assert set(table.name) >= wanted and len(best) == 1
    assert (best[["on_best", "best_low", "best_high"]] == 0).all(axis=None)
    assert (table[["on_best", "on_mean"]].notna()).all(axis=None)
    assert (table.best_low <= table.on_best).all() and (table.on_best <= table.best_high).all()
    assert table.models.between(1, 3).all()
    text = candidates_text(table)
    assert len(text.splitlines()) == len(table) + 1 and "gain on mean" in text
    assert f"gain on {best.name.iloc[0]}" in text
    assert len(reading_aid(table)) == 2
    twins_are_named(table, stack)
    profiles = table.set_index("name").profile
    assert profiles[["mean", "greedy", "median", "cma"]].tolist() == [
        "quick", "standard", "best", ""
    ]  # fmt: skip
    used = members_used(setup, list(stack.records.values()))
    assert used["ridge"] == used["best_single"] == 1 and used["mean"] == 3


def test_a_second_time_nothing_is_fitted(setup: Setup) -> None:
    fit_base(setup, jobs=2, progress=Silent())
    fit_candidates(setup, jobs=2, progress=Silent())
    assert fit_candidates(setup, jobs=2, progress=Silent()).fitted == 0
