"""What records cost, and where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stackkit.cost import PHASES, record_peak_mb
from stackkit.predictions import Predictions
from stackkit.runs import Setup


def costs(records: Sequence[Predictions]) -> pd.DataFrame:
    """A row a record, dearest first: wall seconds by phase over all fits, CPU seconds, peak MiB."""
    table = pd.DataFrame([_cost(r) for r in records])
    total = table[list(PHASES)].sum(axis=1)
    return table.loc[total.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def _cost(record: Predictions) -> dict[str, Any]:
    fits = record.cost.get("fits", {}).values()
    phases = {p: sum(fit[p]["wall"] for fit in fits if p in fit) for p in PHASES}
    cpu = sum(fit[p]["cpu"] for fit in fits for p in PHASES if p in fit)
    peak = record_peak_mb(record.cost)
    return {"name": record.name, "fits": len(fits), **phases, "cpu": cpu, "peak_mb": peak}


def cached(setup: Setup, records: Sequence[Predictions]) -> pd.DataFrame:
    """A row a record: its folder on the shelf, and what its arrays and models take in MiB."""
    shelf = setup.bench.shelf
    wanted = {r.key: r.name for r in records}
    rows = [
        (wanted[row["key"]], str(row["folder"].relative_to(shelf.folder)), row["bytes"] / 2**20,
         _folder_mb(shelf.models(row["key"])))
        for row in shelf.table() if row.get("key") in wanted
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["name", "folder", "arrays_mb", "models_mb"])


def _folder_mb(folder: Path) -> float:
    return sum(f.stat().st_size for f in folder.glob("*")) / 2**20
