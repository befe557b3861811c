"""The committed notebooks: thin, clean, with documented parameters, and no models of their own."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

import stackkit
from stackkit.presets import PRESETS
from stackkit.workflow.notebooks import find_notebooks
from stackkit.workflow.parameters import declared_parameters

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = find_notebooks(FOLDER)
MAX_CELLS, MAX_LINES = 15, 110
COMMON = {"COMPETITION", "PROFILE", "JOBS", "SEED", "CACHE_DIR", "RESULT_PATH"}
FORBIDDEN = ("with_parameters", "with_fidelity", "with_seed", "ModelSpec", "register")

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def code_cells(path: Path) -> list[Any]:
    return [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]


def code_of(path: Path) -> str:
    return "\n".join(cell.source for cell in code_cells(path))


def parameters_cell(path: Path) -> Any:
    found = [c for c in code_cells(path) if "parameters" in c.metadata.get("tags", [])]
    assert len(found) == 1
    return found[0]


def defaults(path: Path) -> dict[str, Any]:
    return {n: ast.literal_eval(v) for n, v in declared_parameters(path).items()}


OF_EXPERTS = {
    "BUILT": "experts",
    "COLUMN": "position",
    "PAIR": ["linear_west", "linear_east"],
    "ROW": 12,
    "TABLES": ["breast-cancer", "diabetes", "digits"],
    "OF_CLASSES": ["des_knora_e", "des_knora_u", "des_knn", "meta_des"],
    "OF_VALUES": ["des_inverse_loss", "des_local_best", "des_local_nnls"],
    "OTHERS": ["ridge_meta", "fwls", "negative_correlation", "neural_ensembler"],
    "PROFILE": "quick",
}
STEMS = (
    "00_quickstart", "01_data_and_folds", "02_base_models", "03_diversity", "04_meta_models",
    "05_blend", "06_evaluate", "07_submit", "08_dynamic_selection_and_ncl", "09_ablations",
)  # fmt: skip


def test_all_are_there_and_the_table_names_them() -> None:
    assert {*STEMS} <= {path.stem for path in NOTEBOOKS}
    table = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"`{path.stem}`" in table for path in NOTEBOOKS)


@each
def test_no_outputs_are_committed(path: Path) -> None:
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in code_cells(path):
        assert cell.outputs == [] and cell.execution_count is None
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids) and all(not i.isdigit() for i in ids)


@each
def test_notebooks_are_thin(path: Path) -> None:
    cells, code = code_cells(path), code_of(path)
    assert len(cells) <= MAX_CELLS
    assert sum(len(c.source.splitlines()) for c in cells) <= MAX_LINES
    for node in ast.walk(ast.parse(code)):
        assert not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


@each
def test_notebooks_import_only_stackkit(path: Path) -> None:
    for node in ast.walk(ast.parse(code_of(path))):
        if isinstance(node, ast.Import):
            assert [alias.name for alias in node.names] == ["stackkit"]
        if isinstance(node, ast.ImportFrom):
            assert node.module == "stackkit"


@each
def test_the_first_cell_says_what_is_read_and_written(path: Path) -> None:
    first = nbformat.read(path, 4).cells[0]
    assert first.cell_type == "markdown"
    for word in ("**Question.**", "**Reads**", "**Writes**"):
        assert word in first.source


@each
def test_every_parameter_has_a_comment(path: Path) -> None:
    lines = parameters_cell(path).source.splitlines()
    assert all("  # " in line for line in lines)
    assert set(declared_parameters(path)) == {line.split(" = ")[0] for line in lines}
    assert set(declared_parameters(path)) >= COMMON


@each
def test_every_plot_has_a_question_above_it(path: Path) -> None:
    before = ""
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "markdown":
            before = cell.source
        elif "figures." in cell.source and "import" not in cell.source:
            assert "?**" in before, cell.id


@each
def test_defaults_are_production_ones(path: Path) -> None:
    given = defaults(path)
    production = {"COMPETITION": "playground", "PROFILE": "standard", "JOBS": 0, "SEED": 0}
    production |= {"NOTEBOOK": "00_quickstart.ipynb", "GRID": {"PROFILE": ["quick", "standard"]}}
    production |= OF_EXPERTS if path.stem.startswith("08") else {}
    assert given == {name: production.get(name, "") for name in given}


@each
def test_notebooks_change_no_model(path: Path, tmp_path: Path) -> None:
    code = code_of(path)
    assert not any(word in code for word in FORBIDDEN)
    given = defaults(path)
    setup = stackkit.set_up(given["COMPETITION"], given["PROFILE"], tmp_path, given["SEED"])
    expected = stackkit.plan("playground", given["PROFILE"], cache_dir=tmp_path)
    assert stackkit.plan_levels(setup).key8.tolist() == expected.key8.tolist()
    for node in setup.nodes:
        if not node.parents:
            spec = stackkit.get_model(node.spec.name).with_fidelity(PRESETS[setup.profile].fidelity)
            assert node.spec.parameters == spec.parameters


def test_overrides_of_the_tests_are_declared() -> None:
    small = yaml.safe_load((Path(__file__).parent / "small.yaml").read_text())
    assert set(small) == {path.stem for path in NOTEBOOKS}
    for path in NOTEBOOKS:
        assert set(small[path.stem]) <= set(declared_parameters(path))
