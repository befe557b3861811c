"""The notebooks through papermill: in order, out of order, and as the command line runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
import yaml

from stackkit.cli import main
from stackkit.datasets import Frames, load_embedded, make_playground
from stackkit.workflow import plan_notebooks, run_notebook
from stackkit.workflow.parameters import declared_parameters

pytestmark = [
    pytest.mark.notebook,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client|zmq|traitlets|papermill"),
]
FOLDER = Path(__file__).parents[2] / "notebooks"
SMALL = yaml.safe_load((Path(__file__).parent / "small.yaml").read_text())
FITTING = ("00_quickstart", "07_submit", "08_dynamic_selection_and_ncl", "09_ablations")
LATER = [stem for stem in SMALL if stem not in FITTING]
MAX_STDERR_LINES = 90  # a line a model: 05_blend fits all there are

WriteFolder = Callable[[Frames, Path], Path]


@dataclass(frozen=True)
class Executed:
    """What a run of notebooks left below `root`."""

    root: Path
    copies: dict[str, Path]
    rows: dict[str, dict[str, Any]]

    def outputs(self, stem: str) -> list[Any]:
        cells = nbformat.read(self.copies[stem], 4).cells
        return [o for c in cells if c.cell_type == "code" for o in c.outputs]


def execute(competition: Path, root: Path, *stems: str) -> Executed:
    """Run some notebooks (all without a name) with everything that they write below `root`."""
    redirected = {"CACHE_DIR": root / "cache", "OUTPUT": root / "submissions"}
    redirected |= {"RUNS_DIR": root / "ablation", "BUILT": competition}
    copies = {}
    for stem in stems or sorted(SMALL):
        given = {**redirected, **SMALL[stem]}
        known = declared_parameters(FOLDER / f"{stem}.ipynb")
        assert set(SMALL[stem]) <= set(known)
        given = {name: value for name, value in given.items() if name in known}
        planned = plan_notebooks(competition, FOLDER, {}, root / "runs")
        (mine,) = [p for p in planned if p.notebook.stem == stem]
        parameters = {**mine.parameters, **{n: _plain(v) for n, v in given.items()}}
        copies[stem] = run_notebook(type(mine)(mine.notebook, mine.target, parameters))
    lines = (root / "runs" / "results.jsonl").read_text().splitlines()
    rows = {row["notebook"]: row for row in map(json.loads, lines)}
    return Executed(root, copies, rows)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory, write_folder: WriteFolder) -> Executed:
    root = tmp_path_factory.mktemp("executed")
    folder = write_folder(make_playground("binary", rows=300), root / "small")
    return execute(folder, root)


def test_all_run_in_order(executed: Executed) -> None:
    assert list(executed.copies) == sorted(SMALL)
    assert all(path.parent == executed.root / "runs" for path in executed.copies.values())
    assert set(executed.rows) == set(SMALL)


def test_what_one_fitted_the_next_ones_find(executed: Executed) -> None:
    assert executed.rows["00_quickstart"]["fitted"] > 0
    assert all(row["fitted"] == 0 for stem, row in executed.rows.items() if stem in LATER)


def test_all_agree_on_what_is_submitted(executed: Executed) -> None:
    stems = ("00_quickstart", "05_blend", "06_evaluate", "07_submit")
    first, blend, judged, last = (executed.rows[s] for s in stems)
    assert first["chosen"] == blend["chosen"] == judged["record"] == last["record"]
    assert first["submission"] == last["submission"]
    sample = pd.read_csv(executed.root / "small" / "sample_submission.csv")
    written = pd.read_csv(last["submission"])
    assert written.columns.tolist() == sample.columns.tolist()
    assert written.id.tolist() == sample.id.tolist()
    ledger = pd.read_csv(executed.root / "submissions" / "ledger.csv")
    assert ledger.note.tolist()[-1] == SMALL["07_submit"]["NOTE"]


@pytest.mark.parametrize(
    ("stem", "plots"),
    [
        ("00_quickstart", 1),
        ("01_data_and_folds", 5),
        ("02_base_models", 5),
        ("03_diversity", 3),
        ("04_meta_models", 5),
        ("05_blend", 6),
        ("06_evaluate", 5),
        ("07_submit", 1),
        ("08_dynamic_selection_and_ncl", 5),
        ("09_ablations", 2),
    ],
)
def test_results_are_tables_and_plots(executed: Executed, stem: str, plots: int) -> None:
    shown = [o.data for o in executed.outputs(stem) if o.output_type != "stream"]
    assert sum("image/png" in data for data in shown) == plots
    assert all("text/html" in data or "image/png" in data for data in shown)
    assert not any("array(" in data.get("text/plain", "") for data in shown)


@pytest.mark.parametrize("stem", sorted(SMALL))
def test_progress_is_short_and_nothing_warns(executed: Executed, stem: str) -> None:
    streams = [o for o in executed.outputs(stem) if o.output_type == "stream"]
    errors = "".join(o.text for o in streams if o.name == "stderr")
    assert "warning" not in errors.lower()
    assert errors.count("\n") <= MAX_STDERR_LINES


@pytest.mark.parametrize(("stem", "name"), [("04_meta_models", "diabetes"), ("07_submit", "wine")])
def test_opened_out_of_order_they_fit_what_is_missing(
    stem: str, name: str, tmp_path: Path, write_folder: WriteFolder
) -> None:
    folder = write_folder(load_embedded(name), tmp_path / name)
    done = execute(folder, tmp_path, stem)
    assert done.rows[stem]["competition"] == name
    assert any("image/png" in o.get("data", {}) for o in done.outputs(stem))


def write_notebooks(folder: Path, *sources: str) -> Path:
    """Notebooks 00, 01, … of a parameters cell and one more cell each."""
    folder.mkdir()
    for number, source in enumerate(sources):
        parameters = nbformat.v4.new_code_cell(
            'COMPETITION = ""  # a name\nSIZE = 1  # how many\nRESULT_PATH = ""  # a file',
            id="parameters", metadata={"tags": ["parameters"]},
        )  # fmt: skip
        cells = [parameters, nbformat.v4.new_code_cell(source, id="body")]
        kernel = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
        nbformat.write(notebook, folder / f"0{number}_step.ipynb")
    return folder


def command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["stackkit", "notebooks", "run", *arguments])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_the_first_failure_stops_is_shown_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write_notebooks(
        tmp_path / "own", "print(COMPETITION, SIZE + 1)", "broken = 1 / 0", "print('never')"
    )
    code = command(monkeypatch, "wine", "--folder", str(folder), "-p", "SIZE", "41")
    out, err = capfd.readouterr()
    runs = folder / "runs" / "wine"
    assert code == 2
    assert out.split() == [str(runs / "00_step.ipynb")]
    for shown in ("01_step.ipynb", "ZeroDivisionError", "broken = 1 / 0", str(runs)):
        assert shown in err
    assert "Traceback" not in err
    assert sorted(p.name for p in runs.glob("*.ipynb")) == ["00_step.ipynb", "01_step.ipynb"]
    first = nbformat.read(runs / "00_step.ipynb", 4)
    assert first.cells[-1].outputs[0].text == "wine 42\n"
    kept = nbformat.read(runs / "01_step.ipynb", 4)
    assert any(o.output_type == "error" for c in kept.cells for o in c.get("outputs", []))


SLOW_REPLY = """\
import time
kernel = get_ipython().kernel
reply = kernel.shell_handlers["kernel_info_request"]

async def slow(*message):
    await reply(*message)
    time.sleep(1)

kernel.shell_handlers["kernel_info_request"] = slow
"""


def test_a_kernel_that_still_replies_at_the_end_is_not_interrupted(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write_notebooks(tmp_path / "own", SLOW_REPLY)
    run_notebook(plan_notebooks("wine", folder)[0])
    assert "KeyboardInterrupt" not in capfd.readouterr().err


@pytest.mark.parametrize("stem", ["00_quickstart", "07_submit"])
def test_without_a_test_set_nothing_is_submitted(
    stem: str, tmp_path: Path, write_folder: WriteFolder
) -> None:
    folder = write_folder(load_embedded("wine"), tmp_path / "wine")
    toml = folder / "competition.toml"
    lines = toml.read_text().splitlines(keepends=True)
    toml.write_text("".join(ln for ln in lines if not ln.startswith(("test =", "sample_"))))
    done = execute(folder, tmp_path, stem)
    assert done.rows[stem]["submission"] is None
    assert not (tmp_path / "submissions").exists()
