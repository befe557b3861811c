"""Small tables for notebooks: what a competition is, what records cost, what was submitted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.cost import PHASES, record_peak_mb
from stackkit.evaluation import GateDecision
from stackkit.predictions import Predictions
from stackkit.runs import Setup
from stackkit.submission import submission_format, value_range


def competition(competition: Competition) -> pd.DataFrame:
    """What is predicted, from what, and how it is scored: a row a fact."""
    kinds = Counter(competition.kinds.values())
    better = "greater" if competition.metric.greater_is_better else "smaller"
    facts = {
        "task": competition.task,
        "target": competition.target,
        "classes": ", ".join(map(str, competition.classes)),
        "metric": f"{competition.metric.name} ({better} is better)",
        "train rows": f"{competition.n_rows:,}",
        "test rows": f"{competition.n_test:,}",
        "features": ", ".join(f"{n} {kind}" for kind, n in kinds.items()),
    }
    return _facts({name: value for name, value in facts.items() if value})


def fold_plan(setup: Setup) -> pd.DataFrame:
    """A row a fold: rows fitted on, rows scored, and the target's mean or rarest class there."""
    folds, y = setup.bench.folds, setup.competition.y
    rows = []
    for repeat in range(folds.n_repeats):
        for fold in range(folds.n_splits):
            scored = folds.cell_rows(repeat, fold)
            fitted = len(folds.fit_rows(repeat, fold))
            rows.append((f"r{repeat}f{fold}", fitted, len(scored), *_target(setup, y[scored])))
    name = "target_mean" if setup.competition.task == "regression" else "rarest_class"
    return pd.DataFrame(rows, columns=["fold", "fitted_on", "scored", name])


def _target(setup: Setup, y: np.ndarray) -> tuple[float]:
    """The mean of a value; the share of the class that is the rarest of all."""
    if setup.competition.task == "regression":
        return (float(y.mean()),)
    rarest = int(np.bincount(setup.competition.y).argmin())
    return (float((y == rarest).mean()),)


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


def gate(decision: GateDecision) -> pd.DataFrame:
    """A row a candidate, best first: gain on the incumbent, its standard error, leak, verdict."""
    rows = [
        (name, gain, decision.se[name], decision.leak[name], name == decision.record.name)
        for name, gain in sorted(decision.gains.items(), key=lambda item: -item[1])
    ]
    return pd.DataFrame(rows, columns=["candidate", "gain", "se", "leak", "submitted"])


def submission(competition: Competition, path: Path | None) -> pd.DataFrame:
    """A row a predicted column of a written file (of none, no rows): what it holds and the range
    allowed."""
    if path is None:
        return pd.DataFrame()
    form, frame = submission_format(competition), pd.read_csv(path)
    allowed = "labels of train"
    if competition.metric.reads != "label":
        allowed = "{:.5g} to {:.5g}".format(*value_range(competition))
    rows = [(name, *_column(frame[name]), allowed) for name in form.columns]
    columns = ["column", "rows", "missing", "distinct", "least", "greatest", "allowed"]
    return pd.DataFrame(rows, columns=columns)


def _column(values: pd.Series) -> tuple[Any, ...]:
    missing = int(values.isna().sum())
    return len(values), missing, values.nunique(), values.min(), values.max()


def head(path: Path | None, rows: int = 5) -> pd.DataFrame:
    """The first rows of a CSV; of none (there was no test set to predict), no rows."""
    return pd.DataFrame() if path is None else pd.read_csv(path, nrows=rows)


def ledger(path: Path | None, rows: int = 5) -> pd.DataFrame:
    """The latest rows of the ledger in the folder of a submission; of none, no rows."""
    if path is None:
        return pd.DataFrame()
    table = pd.read_csv(path.parent / "ledger.csv", dtype={"key": str}, keep_default_na=False)
    return table.assign(key=table.key.str[:8]).tail(rows)


def provenance(path: Path | None) -> pd.DataFrame:
    """What the JSON beside a submission says of it: a row a fact; of none, no rows."""
    if path is None:
        return pd.DataFrame()
    about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    scores = about["scores"]
    return _facts(
        {
            "file": path.name,
            "record": f"{about['record']} ({about['record_key'][:8]})",
            "stands on": f"{len(about['parents'])} records",
            about["metric"]: f"{scores['cv']:.5f} on all rows",
            "folds": f"{scores['fold_mean']:.5f} ± {scores['fold_sd']:.5f}",
            "evidence": about["evidence"],
            "decision": "none" if about["decision"] is None else about["decision"]["kind"],
        }
    )


def _facts(facts: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({"": list(facts), "value": list(facts.values())}).set_index("")
