"""Ablations: the plan of runs, what is skipped, failures as rows, the table, the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from command import Outcome, in_process
from documents import blocks

from stackkit.errors import ConfigError, NotebookError
from stackkit.places import cache_folder
from stackkit.report import figures
from stackkit.workflow import NotebookRun, ablate, read_ablation
from stackkit.workflow.ablation import Ablation, check_done, execution, plan_ablation

ROOT = Path(__file__).parents[1]
PARAMETERS = """\
COMPETITION = "playground"  # a name
SIZE = 1  # how many
SHARE = 0.5  # which part
WORD = "a"  # any
OUTPUT = ""  # a folder
CACHE_DIR = ""  # a folder
RESULT_PATH = ""  # a file
"""
BODY = """\
assert WORD != "broken", "no such word"
import json
with open(RESULT_PATH, "a") as file:
    row = {"time": "now", "competition": COMPETITION, "cv": SIZE * SHARE, "parts": {"w": WORD}}
    file.write(json.dumps(row) + "\\n")
"""
TOML = """\
name = "sizes"
notebook = "own.ipynb"
competition = "wine"

[parameters]
SHARE = 1
CACHE_DIR = "cache"

[grid]
SIZE = [1, 2]
WORD = ["a", "b"]

[[runs]]
SIZE = 7
"""


def write_notebook(path: Path, parameters: str = PARAMETERS, body: str = BODY) -> Path:
    cells = [
        nbformat.v4.new_markdown_cell("prose", id="m"),
        nbformat.v4.new_code_cell(parameters, id="p", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(body, id="b"),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    return path


@pytest.fixture
def toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ablation beside its notebook; one works elsewhere."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    write_notebook(tmp_path / "own.ipynb")
    path = tmp_path / "sizes.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[NotebookRun]:
    """The notebooks that were run, in this process in place of a kernel."""
    seen: list[NotebookRun] = []

    def run(planned: NotebookRun) -> Path:
        seen.append(planned)
        space: dict[str, Any] = {}
        for cell in nbformat.read(planned.notebook, 4).cells[1:]:
            try:
                exec(cell.source, space)
            except AssertionError as error:
                raise NotebookError("it runs", f"AssertionError: {error}\nin cell") from None
            space |= planned.parameters
        return planned.target

    monkeypatch.setattr(execution, "run_notebook", run)
    return seen


@pytest.fixture
def stackkit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    return in_process(monkeypatch, capsys)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def extend(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_runs_are_the_product_of_the_grid_and_those_listed(toml: Path) -> None:
    runs = plan_ablation(toml)
    varied = [tuple(run.varied.values()) for run in runs]
    assert varied == [(1, "a"), (1, "b"), (2, "a"), (2, "b"), (7, "a")]
    assert runs[0].label == "SIZE=1 WORD=a"
    assert len({run.key for run in runs}) == 5
    assert not (toml.parent / "runs").exists()


def test_parameters_are_typed_and_placed(toml: Path) -> None:
    folder = toml.parent / "runs" / "ablations" / "sizes"
    run = plan_ablation(toml)[0]
    assert run.planned.parameters == {
        "COMPETITION": "wine",
        "SIZE": 1,
        "SHARE": 1.0,
        "WORD": "a",
        "CACHE_DIR": str(toml.parent / "cache"),
        "OUTPUT": str(folder / "submissions"),
        "RESULT_PATH": str(folder / f"{run.key8}.jsonl"),
    }
    assert type(run.planned.parameters["SHARE"]) is float
    assert run.planned.target == folder / f"{run.key8}.ipynb"


def test_a_path_that_is_empty_is_the_projects_own(toml: Path) -> None:
    change(toml, 'CACHE_DIR = "cache"', 'CACHE_DIR = ""')
    assert plan_ablation(toml)[0].planned.parameters["CACHE_DIR"] == str(cache_folder())


def test_a_run_that_is_named_twice_is_one(toml: Path) -> None:
    change(toml, "SIZE = 7", "SIZE = 2\nWORD = 'b'")
    assert len(plan_ablation(toml)) == 4


def test_a_run_goes_before_what_holds_in_all(toml: Path) -> None:
    change(toml, "SIZE = 7", "SHARE = 0.25")
    assert [run.varied["SHARE"] for run in plan_ablation(toml)] == [1.0, 1.0, 1.0, 1.0, 0.25]


def test_in_python_it_is_the_same(toml: Path) -> None:
    read = read_ablation(toml)
    made = Ablation(
        "sizes", str(toml.parent / "own.ipynb"), "wine", {"SHARE": "1"},
        {"SIZE": (1, 2), "WORD": ["a", "b"]}, [{"SIZE": 7}],
    )  # fmt: skip
    assert read.varied == made.varied == ("SIZE", "WORD")
    assert [r.key for r in plan_ablation(made)] == [r.key for r in plan_ablation(read)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[grid]", "[gird]", "unknown key 'gird'.*did you mean 'grid'"),
        ('name = "sizes"\n', "", "needs name"),
        ('name = "sizes"', 'name = "Si zes"', "name of an ablation matches"),
        ("own.ipynb", "won.ipynb", "notebook that is there; got 'won.ipynb': neither /.* nor /"),
        ('"wine"', '"no/where"', "no/where"),
        ('"wine"', '"wein"', "did you mean 'wine'"),
        ("SIZE = 7", "SIZES = 7", "did you mean 'SIZE'"),
        ("SIZE = 7", 'SIZE = "many"', "SIZE is of type int"),
        ("SIZE = [1, 2]", "SIZE = 1", "SIZE of the grid is a list"),
        ("SIZE = [1, 2]", "SIZE = []", "an empty list"),
        ("SIZE = [1, 2]", "SIZE = [1.5]", "SIZE is of type int"),
        ("SHARE = 1\n", 'COMPETITION = "digits"\n', "competition is a key of the ablation"),
        ("SIZE = 7", 'OUTPUT = "x"', r"runs differ in what they do.*below \[parameters\]"),
        ("SHARE = 1\n", 'RESULT_PATH = "x"\n', "each run has a file of its own"),
        (TOML[TOML.index("[grid]") :], "", r"\[grid\] or \[\[runs\]\]"),
        ("[[runs]]", "[runs]", "runs is a list"),
        ("[grid]", "[grid", "valid TOML"),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(
    toml: Path, executed: list, old: str, new: str, message: str
) -> None:
    change(toml, old, new)
    with pytest.raises(ConfigError, match=message):
        ablate(toml)
    assert executed == [] and not (toml.parent / "runs").exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="an ablation is described by a TOML file"):
        read_ablation(tmp_path / "none.toml")


def test_a_notebook_must_report_and_be_one(toml: Path) -> None:
    notebook = toml.parent / "own.ipynb"
    write_notebook(notebook, PARAMETERS.replace("RESULT_PATH", "OTHER"))
    with pytest.raises(ConfigError, match="RESULT_PATH"):
        plan_ablation(toml)
    notebook.write_text("no JSON")
    with pytest.raises(ConfigError, match="is a Jupyter notebook"):
        plan_ablation(toml)


def test_the_table_has_parameters_and_results(toml: Path, executed: list) -> None:
    table = ablate(toml)
    assert list(table) == ["run", "SIZE", "WORD", "cv", "parts.w", "seconds", "state", "error"]
    assert table.cv.tolist() == [1.0, 1.0, 2.0, 2.0, 7.0]
    assert table["parts.w"].tolist() == table.WORD.tolist() == ["a", "b", "a", "b", "a"]
    assert set(table.state) == {"done"} and table.error.isna().all()
    folder = toml.parent / "runs" / "ablations" / "sizes"
    assert pd.read_csv(folder / "table.csv").cv.tolist() == table.cv.tolist()
    row = json.loads((folder / f"{table.run[4]}.json").read_text())
    assert row["parameters"]["SIZE"] == 7 and row["result"] == {"cv": 7.0, "parts.w": "a"}


def test_what_is_unchanged_is_skipped(toml: Path, executed: list) -> None:
    lines: list[str] = []
    first = ablate(toml)
    again = ablate(toml, tell=lines.append)
    assert len(executed) == 5
    pd.testing.assert_frame_equal(first, again)
    assert lines[0] == "[1/5] SIZE=1 WORD=a: unchanged"
    assert lines[-1].endswith("table.csv")


def test_a_new_value_runs_alone(toml: Path, executed: list) -> None:
    ablate(toml)
    change(toml, "SIZE = [1, 2]", "SIZE = [1, 2, 3]")
    assert len(ablate(toml)) == 7
    assert [run.parameters["SIZE"] for run in executed[5:]] == [3, 3]


def test_code_counts_and_prose_and_places_do_not(toml: Path, executed: list) -> None:
    notebook = toml.parent / "own.ipynb"
    keys = [run.key for run in plan_ablation(toml)]
    change(notebook, "prose", "other prose")
    change(toml, 'CACHE_DIR = "cache"', 'CACHE_DIR = "other"')
    assert [run.key for run in plan_ablation(toml)] == keys
    write_notebook(notebook, body=BODY + "# another line")
    assert not set(keys) & {run.key for run in plan_ablation(toml)}


@pytest.mark.parametrize("name", ["train.csv", "features.py", "competition.toml"])
def test_files_of_the_competition_count(toml: Path, name: str) -> None:
    folder = toml.parent / "shop"
    folder.mkdir()
    (folder / "train.csv").write_text("x,y\n1,2\n")
    (folder / "features.py").write_text("A = 1\n")
    (folder / "competition.toml").write_text(
        'name = "shop"\ntrain = "train.csv"\ntarget = "y"\nmetric = "rmse"\n'
    )
    change(toml, '"wine"', '"shop"')
    run = plan_ablation(toml)[0]
    assert run.planned.parameters["COMPETITION"] == str(folder)
    extend(folder / "competition.toml", "# a comment\n")
    assert plan_ablation(toml)[0].key == run.key
    more = '[folds]\nscheme = "kfold"\n' if name == "competition.toml" else "\n"
    extend(folder / name, more)
    assert plan_ablation(toml)[0].key != run.key


def test_the_version_counts(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan_ablation(toml)[0].key
    monkeypatch.setattr("stackkit.workflow.ablation.inputs.version", lambda name: "99.0")
    assert plan_ablation(toml)[0].key != before


def test_a_failure_is_a_row_and_is_tried_again(toml: Path, executed: list) -> None:
    change(toml, 'WORD = ["a", "b"]', 'WORD = ["broken", "b"]')
    table = ablate(toml)
    assert table.state.tolist() == ["failed", "done", "failed", "done", "done"]
    assert table.error[0] == "AssertionError: no such word"
    assert table.cv.isna().tolist() == [True, False, True, False, False]
    with pytest.raises(NotebookError, match=f"2 of 5 .*{table.run[0]}, {table.run[2]}: Assertion"):
        check_done(table)
    ablate(toml)
    assert [run.parameters["WORD"] for run in executed[5:]] == ["broken", "broken"]


def test_a_message_names_five_failures() -> None:
    errors = ["no", "no", *"uvwxyz"]
    table = pd.DataFrame({"run": list("abcdefgh"), "state": "failed", "error": errors})
    with pytest.raises(NotebookError, match=r"8 of 8 .*: a, b: no; c: u; .*f: x; …") as told:
        check_done(table)
    assert "g: y" not in str(told.value)
    check_done(table.assign(state="done"))


def test_a_row_that_is_damaged_is_made_again(toml: Path, executed: list) -> None:
    ablate(toml)
    plan_ablation(toml)[1].row_path.write_text("{")
    table = ablate(toml)
    assert len(executed) == 6 and table.cv.tolist() == [1.0, 1.0, 2.0, 2.0, 7.0]
    assert len(plan_ablation(toml)[1].result_path.read_text().splitlines()) == 1


def test_the_command_prints_the_table(toml: Path, executed: list, stackkit: Callable) -> None:
    done = stackkit("ablate", toml, "--output", toml.parent / "out", "--json")
    assert done.code == 0
    assert [row["cv"] for row in json.loads(done.out)] == [1.0, 1.0, 2.0, 2.0, 7.0]
    assert "[5/5] SIZE=7 WORD=a: done" in done.err
    assert (toml.parent / "out" / "table.csv").is_file()
    assert len(stackkit("ablate", toml, "--output", toml.parent / "out").out.splitlines()) == 6
    assert len(executed) == 5


def test_the_command_ends_with_2_after_all_runs(
    toml: Path, executed: list, stackkit: Callable
) -> None:
    change(toml, 'WORD = ["a", "b"]', 'WORD = ["broken", "b"]')
    done = stackkit("ablate", toml)
    assert done.code == 2 and len(executed) == 5
    assert "2 of 5" in done.err and "Traceback" not in done.err
    assert len(done.out.splitlines()) == 6
    assert done.err.count("no such word") == 1


def test_the_example_of_the_readme_is_planned(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = [block for block in blocks(text, "toml") if "[grid]" in block]
    (tmp_path / "profiles.toml").write_text(example, encoding="utf-8")
    runs = plan_ablation(tmp_path / "profiles.toml", tmp_path / "out")
    assert [run.varied["PROFILE"] for run in runs] == ["quick"] * 2 + ["standard"] * 2 + ["best"]
    assert runs[0].planned.notebook == ROOT / "notebooks" / "00_quickstart.ipynb"


@pytest.mark.notebook
@pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client|zmq|traitlets|papermill")
def test_kernels_execute_and_a_failure_stops_no_other(toml: Path) -> None:
    change(toml, 'SIZE = [1, 2]\nWORD = ["a", "b"]', 'WORD = ["broken"]')
    table = ablate(toml)
    assert table.state.tolist() == ["failed", "done"]
    assert "no such word" in table.error[0] and table.cv[1] == 7.0
    copies = [run.planned.target for run in plan_ablation(toml)]
    assert all(path.is_file() for path in copies)


def rows(**columns: list) -> pd.DataFrame:
    return pd.DataFrame({"run": list("abc"), **columns})


def test_runs_are_drawn_best_first_with_the_spread_of_folds() -> None:
    table = rows(SEED=[0, 1, 2], cv=[0.1, 0.3, 0.2], fold_sd=[0.01, 0.02, 0.03], metric="auc",
                 greater_is_better=True)  # fmt: skip
    (axes,) = figures.ablation_runs(table, ["SEED"]).axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["1", "2", "0"]
    assert "auc (greater is better)" in axes.get_xlabel()
    (axes,) = figures.ablation_runs(table.assign(greater_is_better=False), ["SEED"]).axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["0", "2", "1"]
    segments = axes.containers[0][2][0].get_segments()
    assert [round(float(s[1][0] - s[0][0]), 6) for s in segments] == [0.02, 0.06, 0.04]


def test_runs_without_a_score_are_counted() -> None:
    table = rows(SEED=[0, 1, 2], cv=[0.1, None, 0.2])
    (axes,) = figures.ablation_runs(table, ["SEED"]).axes
    assert len(axes.get_yticklabels()) == 2 and "1 without a score" in axes.get_xlabel()
    for empty in (table.drop(columns="cv"), table.assign(cv=None)):
        assert figures.ablation_runs(empty, ["SEED"])._repr_png_().startswith(b"\x89PNG")
        assert figures.ablation_effect(empty, "SEED")._repr_png_().startswith(b"\x89PNG")


def test_an_effect_is_a_line_through_the_means() -> None:
    table = rows(SIZE=[8, 2, 8], WORD=["b", "a", "b"], cv=[1.0, 2.0, 4.0])
    for name, places in (("SIZE", [2, 8]), ("WORD", [0, 1])):
        (axes,) = figures.ablation_effect(table, name).axes
        line, dots = axes.lines
        assert list(line.get_xdata()) == places
        assert sorted(line.get_ydata()) == [2.0, 2.5] and len(dots.get_ydata()) == 3
