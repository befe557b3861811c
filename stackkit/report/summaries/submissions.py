"""What was written, and where it came from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from stackkit.competition import Competition
from stackkit.report.summaries.facts import facts
from stackkit.submission import allowed_values, submission_format
from stackkit.submission.text import read_submission


def submission(competition: Competition, path: Path | None) -> pd.DataFrame:
    """A row a predicted column of a written file (of none, no rows): what it holds and the range
    allowed."""
    if path is None:
        return pd.DataFrame()
    form, frame = submission_format(competition), read_submission(path)
    allowed = allowed_values(competition)
    rows = [(name, *_column(frame[name]), allowed) for name in form.columns]
    columns = ["column", "rows", "missing", "distinct", "least", "greatest", "allowed"]
    return pd.DataFrame(rows, columns=columns)


def _column(values: pd.Series) -> tuple[Any, ...]:
    missing = int(values.isna().sum())
    return len(values), missing, values.nunique(), values.min(), values.max()


def head(path: Path | None, rows: int = 5) -> pd.DataFrame:
    """The first rows of a CSV; of none (there was no test set to predict), no rows."""
    return pd.DataFrame() if path is None else read_submission(path, rows)


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
    return facts(
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
