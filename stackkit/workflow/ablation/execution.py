"""The runs of an ablation one after another, what each leaves, and their table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stackkit.cache.atomic import make_folder, write_file
from stackkit.errors import NotebookError
from stackkit.workflow.ablation.plan import AblationRun, plan_ablation
from stackkit.workflow.ablation.spec import Ablation
from stackkit.workflow.notebooks import run_notebook

TABLE = "table.csv"
DONE, FAILED = "done", "failed"
SHOWN = 5  # different errors in one message
SAME = ("time", "notebook", "competition")  # of a result row: the same in all runs, or no result


def ablate(
    ablation: Ablation | str | Path,
    output: str | Path | None = None,
    tell: Callable[[str], object] = lambda line: None,
) -> pd.DataFrame:
    """Execute the runs that are not done yet; the table of all.

    A run is done as long as its parameters, the notebook's code, the competition's files and the
    version of stackkit are what they were; where records and files lie does not matter. A run that
    fails is a row with its error, the next ones go on, and the same call tries it again.

    Parameters
    ----------
    ablation : an `Ablation` or the path of its TOML.
    output : where the executed copies, a row of JSON a run and table.csv go; None:
        runs/ablations/<name>/ beside the notebook.
    tell : is given a line of text a run.

    Returns
    -------
    DataFrame with `run` (names its files), the varied parameters, what the notebook reported
    through RESULT_PATH (nested names joined by "."), `seconds`, `state` ("done" or "failed") and
    `error`; a row a run, in the order of the plan.

    Raises
    ------
    ConfigError : what is asked cannot be run; nothing was started.
    """
    runs = plan_ablation(ablation, output)
    rows = [
        _told(run, f"[{i}/{len(runs)}] {run.label}", tell) for i, run in enumerate(runs, start=1)
    ]
    table = as_table(runs, rows)
    path = runs[0].row_path.with_name(TABLE)
    write_file(path, table.to_csv(index=False).encode())
    tell(f"table: {path}")
    return table


def check_done(table: pd.DataFrame) -> None:
    """NotebookError that names the failed runs of a table that `ablate` returned."""
    failed = table[table.state == FAILED]
    if len(failed):
        alike = [(", ".join(of.run), error) for error, of in failed.groupby("error", sort=False)]
        errors = "; ".join(f"{runs}: {error}" for runs, error in alike[:SHOWN])
        errors += "; …" if len(alike) > SHOWN else ""
        raise NotebookError(
            "every run of an ablation reaches its end",
            f"{len(failed)} of {len(table)} that did not: {errors}",
            "open their executed copies beside the table; the same command runs them again",
        )


def kept_row(run: AblationRun) -> dict[str, Any] | None:
    """The row of a run that is done already, else None."""
    try:
        row = json.loads(run.row_path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return row if row.get("key") == run.key and row.get("state") == DONE else None


def execute(run: AblationRun) -> dict[str, Any]:
    """Execute a run and keep its row."""
    make_folder(run.row_path.parent)
    run.result_path.unlink(missing_ok=True)
    error, start = None, time.perf_counter()
    try:
        run_notebook(run.planned)
    except NotebookError as stopped:
        error = str(stopped.got).partition("\n")[0]
    row = {
        "key": run.key,
        "notebook": run.planned.notebook.name,
        "parameters": dict(run.planned.parameters),
        "state": FAILED if error else DONE,
        "seconds": round(time.perf_counter() - start, 3),
        "error": error,
        "result": _reported(run.result_path),
    }
    write_file(run.row_path, json.dumps(row, indent=1, default=str).encode())
    return row


def as_table(runs: Sequence[AblationRun], rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One table of runs (k,) and their rows (k,)."""
    lines = [
        {**row["result"], "run": run.key8, **run.varied}
        for run, row in zip(runs, rows, strict=True)
    ]
    names = ["run", *runs[0].varied]
    table = pd.DataFrame(lines)
    table = table[[*names, *(name for name in table.columns if name not in names)]]
    return table.assign(**{k: [row[k] for row in rows] for k in ("seconds", "state", "error")})


def _told(run: AblationRun, head: str, tell: Callable[[str], object]) -> dict[str, Any]:
    """The row of a run, executed where it is not done, and a line about it."""
    row = kept_row(run)
    if row is not None:
        tell(f"{head}: unchanged")
        return row
    row = execute(run)
    tell(f"{head}: {row['state']} ({row['seconds']:.1f} s)")
    return row


def _reported(path: Path) -> dict[str, Any]:
    """What a notebook appended, flat; of a name that it gave twice the later value."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = {}
    for line in lines:
        found |= _flat({k: v for k, v in json.loads(line).items() if k not in SAME})
    return found


def _flat(value: Mapping[str, Any], head: str = "") -> dict[str, Any]:
    """Nested mappings as one, names joined by a dot; lists as text."""
    found = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            found |= _flat(inner, f"{head}{name}.")
        else:
            found[head + name] = json.dumps(inner) if isinstance(inner, list) else inner
    return found
