"""The numbered notebooks, executed in order through papermill."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stackkit.errors import ConfigError, StackkitError, nearest

PATTERN = "[0-9][0-9]_*.ipynb"
RUNS = "runs"
COMMON = "COMPETITION"


class NotebookError(StackkitError):
    """A notebook stopped; its executed copy is kept."""


def find_notebooks(folder: str | Path) -> list[Path]:
    """The numbered notebooks of a folder, in order; ConfigError where there are none."""
    found = sorted(Path(folder).glob(PATTERN))
    if not found:
        raise ConfigError("notebooks are named like 00_quickstart.ipynb", f"none in {folder}")
    return found


def declared_parameters(notebook: Path) -> dict[str, str]:
    """Names that a notebook's parameters cell declares, with their defaults as written."""
    from papermill import inspect_notebook

    return {name: info["default"] for name, info in inspect_notebook(str(notebook)).items()}


def check_parameters(notebooks: Sequence[Path], given: Mapping[str, Any]) -> None:
    """ConfigError for a parameter that no notebook declares (papermill would only warn)."""
    declared = {name for path in notebooks for name in declared_parameters(path)}
    for name in given:
        if name not in declared:
            raise ConfigError(
                f"some notebook declares the parameter {name!r}", hint=nearest(name, declared)
            )


def run_notebooks(
    competition: str,
    folder: str | Path = "notebooks",
    parameters: Mapping[str, Any] | None = None,
    output: str | Path | None = None,
) -> Iterator[Path]:
    """Execute the numbered notebooks in order; yields each executed copy as it is done.

    Parameters
    ----------
    competition : a name, a folder or a competition.toml, passed as COMPETITION.
    parameters : a value goes to the notebooks that declare the name.
    output : None: `runs/<competition>` below `folder`.

    Raises
    ------
    ConfigError : a parameter that no notebook declares.
    NotebookError : a notebook failed: the cell is shown, its copy is kept, no later one runs.
    """
    notebooks = find_notebooks(folder)
    given = {COMMON: competition, **(parameters or {})}
    check_parameters(notebooks, given)
    target = Path(output) if output else Path(folder) / RUNS / _label(competition)
    target.mkdir(parents=True, exist_ok=True)
    for notebook in notebooks:
        yield run_notebook(notebook, target / notebook.name, given)


def run_notebook(notebook: Path, target: Path, given: Mapping[str, Any]) -> Path:
    """Execute one notebook with the parameters that it declares; the path of its copy."""
    import papermill

    declared = declared_parameters(notebook)
    mine = {name: value for name, value in given.items() if name in declared}
    try:
        with _batch():
            papermill.execute_notebook(
                str(notebook), str(target), mine, cwd=str(notebook.parent), progress_bar=False
            )
    except papermill.PapermillExecutionError as error:
        raise NotebookError(
            f"{notebook.name} runs from top to bottom",
            f"{error.ename}: {error.evalue} in this cell:\n{error.source}",
            f"open {target}",
        ) from None
    return target


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


def _label(competition: str) -> str:
    path = Path(competition)
    return path.parent.resolve().name if path.suffix == ".toml" else path.name
