"""The cells of every notebook, one after another in this process, on each kind of target."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

import stackkit
from stackkit.crossfit.executor import LocalPool
from stackkit.datasets import Frames, make_playground
from stackkit.workflow.notebooks import find_notebooks

pytestmark = [pytest.mark.notebook, pytest.mark.slow]
NOTEBOOKS = find_notebooks(Path(__file__).parents[2] / "notebooks")
FOLDS = "[folds]\nn_splits = 3\n"

WriteFolder = Callable[[Frames, Path], Path]


def run_cells(path: Path, given: dict[str, Any]) -> list[Any]:
    """What the last lines of the cells evaluate to, charts drawn as Jupyter would."""
    values, space = [], {}
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "code":
            *body, last = ast.parse(cell.source).body
            shown = isinstance(last, ast.Expr)
            exec(
                compile(ast.Module(body if shown else [*body, last], []), str(path), "exec"), space
            )
            if "parameters" in cell.metadata.get("tags", []):
                space |= {name: value for name, value in given.items() if name in space}
            if shown:
                values.append(eval(compile(ast.Expression(last.value), str(path), "eval"), space))
    for value in values:
        if isinstance(value, stackkit.figures.Chart):
            assert value._repr_png_().startswith(b"\x89PNG")
    return values


def run_all(folder: Path, root: Path) -> dict[str, dict[str, Any]]:
    """The results of all notebooks, in order."""
    given = {
        "COMPETITION": str(folder),
        "JOBS": 2,
        "CACHE_DIR": str(root / "cache"),
        "OUTPUT": str(root / "submissions"),
        "RESULT_PATH": str(root / "results.jsonl"),
        "RUNS_DIR": str(root / "ablation"),
        "GRID": {"PROFILE": ["quick"]},
        "BUILT": str(folder),
        "COLUMN": "age",
        "PAIR": ["ridge", "rf"],
        "TABLES": [],
    }
    for path in NOTEBOOKS:
        values = run_cells(path, given)
        charts = sum(isinstance(value, stackkit.figures.Chart) for value in values)
        assert charts or "figures." not in path.read_text(encoding="utf-8")
        assert any(isinstance(value, pd.DataFrame) and len(value) for value in values)
    rows = map(json.loads, (root / "results.jsonl").read_text(encoding="utf-8").splitlines())
    return {row["notebook"]: row for row in rows}


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_task_with_a_holdout(
    task: str, tmp_path: Path, write_folder: WriteFolder, pool: LocalPool
) -> None:
    folder = write_folder(make_playground(task, rows=260), tmp_path / "small")
    toml = folder / "competition.toml"
    text = toml.read_text(encoding="utf-8")
    assert FOLDS in text
    toml.write_text(text.replace(FOLDS, FOLDS + "holdout = 0.2\n"), encoding="utf-8")
    rows = run_all(folder, tmp_path)
    assert list(rows) == [path.stem for path in NOTEBOOKS]
    assert 0.3 < rows["01_data_and_folds"]["adversarial_auc"] < 1
    assert rows["07_submit"]["submission"]


def test_quick_profile_labels_and_no_test_set(
    tmp_path: Path, write_folder: WriteFolder, pool: LocalPool
) -> None:
    """A metric of labels, no meta-model, no models kept, nothing to predict."""
    folder = write_folder(make_playground("binary", rows=200), tmp_path / "small")
    toml = folder / "competition.toml"
    lines = toml.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [ln for ln in lines if not ln.startswith(("test =", "sample_", "metric"))]
    text = 'metric = "f1"\n' + "".join(kept) + "\n[cache]\nkeep_models = false\n"
    toml.write_text(text, encoding="utf-8")
    given = {
        "COMPETITION": str(folder),
        "PROFILE": "quick",
        "JOBS": 2,
        "CACHE_DIR": str(tmp_path / "cache"),
        "RESULT_PATH": str(tmp_path / "r.jsonl"),
        "RUNS_DIR": str(tmp_path / "ablation"),
        "GRID": {"PROFILE": ["quick"]},
        "BUILT": str(folder),
        "COLUMN": "age",
        "PAIR": ["ridge", "rf"],
        "TABLES": [],
    }
    for path in NOTEBOOKS:
        run_cells(path, given)
    rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert [row["notebook"] for row in rows] == [path.stem for path in NOTEBOOKS]
    by_name = {row["notebook"]: row for row in rows}
    assert by_name["07_submit"]["submission"] is None
    assert by_name["01_data_and_folds"]["adversarial_auc"] is None
