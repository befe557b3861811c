"""The numbered notebooks, executed in order through papermill."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackkit.datasets import load_competition
from stackkit.datasets.kaggle import fetch_competition, is_kaggle
from stackkit.datasets.load import find_config
from stackkit.errors import ConfigError, MissingPackageError, NotebookError
from stackkit.places import cache_folder, submissions_folder
from stackkit.workflow.parameters import COMPETITION, RESULT, check_declared, typed_parameters

PATTERN = "[0-9][0-9]_*.ipynb"
RUNS, RESULTS = "runs", "results.jsonl"
QUIET = ["--IPKernelApp.log_level=ERROR"]  # its warnings are about the machine, not the notebook


@dataclass(frozen=True)
class NotebookRun:
    """One notebook to be executed: where its copy goes, and the parameters that it declares."""

    notebook: Path
    target: Path
    parameters: Mapping[str, Any]


def run_notebooks(
    competition: str | Path,
    folder: str | Path = "notebooks",
    parameters: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
) -> Iterator[Path]:
    """Execute the numbered notebooks in order; yields each executed copy as it is done.

    Parameters
    ----------
    competition : a name, a folder or a competition.toml, passed as COMPETITION.
    parameters : a value goes to the notebooks that declare the name; paths among them hold from
        the working folder of the caller.
    output : None: `runs/<competition>` below `folder`.

    Raises
    ------
    ConfigError : a parameter that no notebook declares, or a value of another type.
    NotebookError : a notebook failed: the cell is shown, its copy is kept, no later one runs.
    """
    for planned in plan_notebooks(competition, folder, parameters, output):
        yield run_notebook(planned)


def plan_notebooks(
    competition: str | Path,
    folder: str | Path = "notebooks",
    parameters: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
) -> list[NotebookRun]:
    """What `run_notebooks` would execute; starts nothing. Each notebook's results go to one file
    beside the copies, unless RESULT_PATH is given."""
    notebooks = find_notebooks(folder)
    given = dict(parameters or {})
    check_declared(notebooks, given)
    _refuse_competition(given)
    target = Path(output) if output else Path(folder) / RUNS / competition_name(competition)
    target = target.resolve()
    given = {RESULT: target / RESULTS, **places_of(competition), **given}
    given[COMPETITION] = from_anywhere(competition)
    return [
        NotebookRun(path, target / path.name, typed_parameters(path, given)) for path in notebooks
    ]


def run_notebook(planned: NotebookRun) -> Path:
    """Execute one notebook; the path of its copy."""
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import DeadKernelError

    notebook, target = planned.notebook, planned.target
    target.parent.mkdir(parents=True, exist_ok=True)
    rule = f"{notebook.name} runs from top to bottom"
    try:
        with _batch():
            papermill.execute_notebook(
                str(notebook), str(target), dict(planned.parameters), cwd=str(notebook.parent),
                progress_bar=False, coalesce_streams=True, extra_arguments=QUIET, **_calm_end(),
            )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        raise NotebookError(rule, _failure(error), f"open {target}") from None
    except DeadKernelError as error:
        raise NotebookError(rule, f"a kernel that died: {error}", f"open {target}") from None
    except NoSuchKernel as error:
        raise MissingPackageError(
            "notebooks run in the kernel python3", str(error), "pip install ipykernel"
        ) from None
    return target


def find_notebooks(folder: str | Path) -> list[Path]:
    """The numbered notebooks of a folder, in order; ConfigError where there are none."""
    found = sorted(Path(folder).glob(PATTERN))
    if not found:
        raise ConfigError(
            "notebooks are named like 00_quickstart.ipynb",
            f"none in {folder}",
            "--folder names the folder that holds them",
        )
    return found


def competition_name(competition: str | Path) -> str:
    """The name that a name, a folder or a competition.toml stands for; ConfigError for none."""
    config = find_config(competition)
    return load_competition(competition).name if config is None else config.name


def places_of(competition: str | Path) -> dict[str, Path]:
    """Cache and submissions as they are found from here, not from the notebooks' folder."""
    config = find_config(competition)
    return {"CACHE_DIR": cache_folder(config), "OUTPUT": submissions_folder(config)}


def _refuse_competition(given: Mapping[str, Any]) -> None:
    if COMPETITION in given:
        rule = "the competition is the argument"
        raise ConfigError(rule, f"-p {COMPETITION}", f"stackkit notebooks run {given[COMPETITION]}")


def from_anywhere(competition: str | Path, folder: Path = Path()) -> str:
    """A path from `folder` as one that holds from the notebook's folder too; a name stays one."""
    path = fetch_competition(competition) if is_kaggle(competition) else folder / competition
    return str(path.resolve()) if path.exists() else str(competition)


def _failure(error: Any) -> str:
    """What happened, and the source of the cell."""
    source = "\n".join(f"    {line}" for line in error.source.splitlines())
    return f"{error.ename}: {error.evalue}\nin cell [{error.exec_count}]\n{source}\n"


def _calm_end() -> dict[str, Any]:
    """Options of papermill that spare a kernel between cells the interrupt before its shutdown.

    jupyter_client sends one ahead of every request to shut down. It can strike while the kernel
    still finishes its last reply, which the kernel then reports as an error.
    """
    from jupyter_client import AsyncKernelManager

    running: list[int] = []

    class Manager(AsyncKernelManager):
        async def _async_interrupt_kernel(self) -> None:
            if running or not self.shutting_down:
                await super()._async_interrupt_kernel()

    return {
        "kernel_manager_class": Manager,
        "on_cell_execute": lambda cell, cell_index: running.append(cell_index),
        "on_cell_executed": lambda cell, cell_index, execute_reply: running.remove(cell_index),
    }


@contextmanager
def _batch() -> Iterator[None]:
    """Kernels started inside print lines instead of bars."""
    before = os.environ.get("STACKKIT_BATCH")
    os.environ["STACKKIT_BATCH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["STACKKIT_BATCH"]
        else:
            os.environ["STACKKIT_BATCH"] = before
