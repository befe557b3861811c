"""Planning of notebook runs, results as rows, and the stages that cells call."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

import stackkit
from stackkit import errors
from stackkit.cli import main
from stackkit.competition import Competition
from stackkit.crossfit.executor import LocalPool
from stackkit.crossfit.progress import Silent
from stackkit.errors import ConfigError, ModelError, StackkitError
from stackkit.places import cache_folder
from stackkit.stack import Stack
from stackkit.workflow import (
    NotebookError,
    add_result,
    choose,
    fit_base,
    fit_levels,
    fit_metas,
    plan_base,
    plan_levels,
    plan_metas,
    plan_notebooks,
)
from stackkit.workflow.notebooks import competition_name, find_notebooks

PARAMETERS = """\
COMPETITION = "playground"  # a name
SIZE = 1  # how many
SHARE = 0.5  # which part
FAST = False  # whether
WORD = ""  # any
CACHE_DIR = ""  # a folder
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two numbered notebooks of which the second declares fewer names, and one without number."""
    made = tmp_path / "notebooks"
    made.mkdir()
    short = 'COMPETITION = ""  # a name\nRESULT_PATH = ""  # a file'
    for name, source in (("00_a", PARAMETERS), ("01_b", short), ("draft", short)):
        cell = nbformat.v4.new_code_cell(source, id="p", metadata={"tags": ["parameters"]})
        kernel = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
        notebook = nbformat.v4.new_notebook(cells=[cell], metadata=kernel)
        nbformat.write(notebook, made / f"{name}.ipynb")
    return made


def parameters(folder: Path, **given: Any) -> dict[str, Any]:
    """What the first notebook would be run with."""
    return dict(plan_notebooks("wine", folder, given)[0].parameters)


def test_only_numbered_notebooks_run_in_order(folder: Path) -> None:
    planned = plan_notebooks("wine", folder)
    assert [p.notebook.stem for p in planned] == ["00_a", "01_b"]
    assert [p.target for p in planned] == [
        folder / "runs" / "wine" / name for name in ("00_a.ipynb", "01_b.ipynb")
    ]


def test_a_folder_without_notebooks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="00_quickstart"):
        find_notebooks(tmp_path)


def test_each_notebook_gets_what_it_declares(folder: Path) -> None:
    first, second = plan_notebooks("wine", folder, {"SIZE": 3})
    cache = str(cache_folder())
    assert first.parameters == {"COMPETITION": "wine", "SIZE": 3, "CACHE_DIR": cache}
    results = str(folder / "runs" / "wine" / "results.jsonl")
    assert second.parameters == {"COMPETITION": "wine", "RESULT_PATH": results}


def test_an_unknown_name_names_the_nearest(folder: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'SIZE'"):
        plan_notebooks("wine", folder, {"SIZES": 3})


def test_the_competition_is_no_parameter(folder: Path) -> None:
    with pytest.raises(ConfigError, match="argument"):
        plan_notebooks("wine", folder, {"COMPETITION": "digits"})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("SIZE", "3", 3), ("SIZE", 3, 3), ("SHARE", "1", 1.0), ("SHARE", "0.25", 0.25),
        ("FAST", "True", True), ("WORD", "2024", "2024"), ("WORD", "true", "true"),
        ("CACHE_DIR", "", ""),
    ],
)  # fmt: skip
def test_values_take_the_type_of_the_default(
    folder: Path, name: str, text: Any, value: Any
) -> None:
    got = parameters(folder, **{name: text})[name]
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize(
    ("name", "text"), [("SIZE", "many"), ("SIZE", "1.5"), ("FAST", "1"), ("SHARE", "[1]")]
)
def test_values_of_another_type_are_refused(folder: Path, name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is of type"):
        plan_notebooks("wine", folder, {name: text})


def test_paths_hold_from_the_notebooks_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "competition.toml").write_text(
        'name = "other-name"\ntrain = "t.csv"\ntarget = "y"\nmetric = "auc"\n'
    )
    monkeypatch.chdir(tmp_path)
    for where in ("mine", "mine/competition.toml"):
        planned = plan_notebooks(where, folder, {"CACHE_DIR": "cache"})[0]
        assert planned.parameters["COMPETITION"] == str(tmp_path / where)
        assert planned.parameters["CACHE_DIR"] == str(tmp_path / "cache")
        assert planned.target.parent == folder / "runs" / "other-name"
    monkeypatch.chdir(mine)
    assert competition_name(".") == "other-name"


def test_a_wrong_competition_is_told_before_any_kernel_starts(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "sys.argv", ["stackkit", "notebooks", "run", "wein", "--folder", str(folder)]
    )
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "did you mean 'wine'" in capsys.readouterr().err
    assert not (folder / "runs").exists()


def test_notebook_errors_are_for_the_user() -> None:
    assert NotebookError is errors.NotebookError and issubclass(NotebookError, StackkitError)


def test_results_are_rows_of_json(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.jsonl"
    add_result(path, {"notebook": "a", "cv": 0.5})
    add_result(path, {"notebook": "b", "file": path})
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["notebook"] for row in rows] == ["a", "b"]
    assert rows[0]["cv"] == 0.5 and rows[1]["file"] == str(path) and "time" in rows[0]


def test_no_path_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    add_result("", {"notebook": "a"})
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def setup(
    tmp_path_factory: pytest.TempPathFactory, competition: Callable[..., Competition]
) -> stackkit.Setup:
    tiny = competition("regression")
    full = stackkit.set_up(tiny, "standard", tmp_path_factory.mktemp("cache"))
    keep = ("prior", "ridge", "mean", "best_single", "simplex")
    nodes = [n for n in full.nodes if n.spec.name in keep]
    nodes = [type(n)(n.spec, tuple(p for p in n.parents if p in keep)) for n in nodes]
    return stackkit.Setup(full.competition, full.bench, nodes, full.profile, full.seed)


@pytest.fixture(scope="module")
def stack(setup: stackkit.Setup, pool: LocalPool) -> Stack:
    fit_base(setup, pool.jobs, Silent())
    return fit_levels(setup, pool.jobs, Silent())


def test_stages_go_on_where_the_last_one_stopped(setup: stackkit.Setup, stack: Stack) -> None:
    assert list(plan_base(setup).name) == ["prior", "ridge"]
    assert plan_levels(setup).cached.all()
    assert set(stack.records) == {"prior", "ridge", "mean", "best_single", "simplex"}
    again = fit_levels(setup, 2, Silent())
    assert again.fitted == 0 and again.chosen.key == stack.chosen.key


def test_metas_come_with_their_base_models_and_the_mean(setup: stackkit.Setup) -> None:
    full = stackkit.set_up(setup.competition, "standard", setup.bench.cache.root)
    base = [node.spec.name for node in full.nodes if not node.parents]
    metas = [node.spec.name for node in full.nodes if node.spec.role == "meta"]
    assert sorted(plan_metas(full).name) == sorted([*base, *metas, "mean"])
    assert metas


def test_only_metas_and_the_mean_are_fitted_on_them(setup: stackkit.Setup, stack: Stack) -> None:
    found = fit_metas(setup, 2, Silent())
    assert set(found.records) == {"prior", "ridge", "mean"} and found.fitted == 0


def test_choose_keeps_the_gates_choice_without_a_name(stack: Stack) -> None:
    assert choose(stack) is stack


def test_choose_takes_a_record_by_name_and_says_so(stack: Stack) -> None:
    named = choose(stack, "ridge")
    assert named.chosen.name == "ridge"
    assert stack.chosen.name in named.decision.reason and "by hand" in named.decision.reason
    assert stack.chosen.name != "ridge"


def test_choose_names_the_nearest_record(stack: Stack) -> None:
    with pytest.raises(ConfigError, match="did you mean 'ridge'"):
        choose(stack, "rigde")


def test_nothing_can_be_chosen_from_an_interrupted_stack() -> None:
    with pytest.raises(ModelError):
        choose(Stack(interrupted=True)).chosen  # noqa: B018
