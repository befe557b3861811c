"""What levels above the first gain, and what a record is worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.evaluation import GateDecision, Outlook
from stackkit.metrics.noise import without_noise
from stackkit.predictions import Predictions
from stackkit.report.summaries.facts import facts
from stackkit.report.tables import number


def gate(decision: GateDecision) -> pd.DataFrame:
    """A row a candidate, best first: gain on the incumbent, its standard error, leak, verdict."""
    rows = [
        (name, without_noise(gain), without_noise(decision.se[name]), decision.leak[name],
         name == decision.record.name)
        for name, gain in sorted(decision.gains.items(), key=lambda item: -item[1])
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["candidate", "gain", "se", "leak", "submitted"])


def against_best(records: Sequence[Predictions]) -> pd.DataFrame:
    """A row a meta-model: its gain on the best base model and on the plain mean, fold by fold.

    Columns name, cv, then for either: mean gain over common folds, its standard error, and the
    folds in which it is better. Positive is better in either direction of the metric.
    """
    base = [r for r in records if r.role == "base" and r.name != "prior"]
    rivals = {"best base": _best(base)} if base else {}
    rivals |= {r.name: r for r in records if r.name == "mean"}
    rows = []
    for record in records:
        if record.role == "meta":
            row: dict[str, object] = {"name": record.name, "cv": record.cv}
            for label, rival in rivals.items():
                gain, error, won = _paired(record, rival)
                named = f"{label} ({rival.name})" if label != rival.name else label
                row |= {f"on {named}": without_noise(gain)}
                row |= {f"s.e. ({label})": without_noise(error), f"won ({label})": won}
            rows.append(row)
    return pd.DataFrame(rows)


def _best(records: Sequence[Predictions]) -> Predictions:
    sign = 1 if records[0].scores["greater_is_better"] else -1
    return max(records, key=lambda r: sign * r.cv)


def _paired(record: Predictions, rival: Predictions) -> tuple[float, float, str]:
    mine, theirs = record.scores["folds"], rival.scores["folds"]
    common = [c for c, v in mine.items() if v is not None and theirs.get(c) is not None]
    sign = 1 if record.scores["greater_is_better"] else -1
    gains = sign * np.array([mine[c] - theirs[c] for c in common])
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else np.nan
    mean = float(gains.mean()) if len(gains) else np.nan
    return mean, float(error), f"{int((gains > 0).sum())} of {len(gains)}"


def outlook(found: Outlook, competition: Competition, record: Predictions) -> pd.DataFrame:
    """What to expect of a record on test, in words: a row a fact."""
    metric, mean = competition.metric.name, number(found.mean)
    table = {
        "record": f"{record.name} ({record.role}, depth {record.depth})",
        f"{metric}, mean over folds": f"{mean} ± {number(found.fold_sd)} (sd of one fold)",
        "error of that mean": number(found.error),
    }
    if competition.n_test:
        low, high = found.mean - 2 * found.test_sd, found.mean + 2 * found.test_sd
        table["expected on all of test"] = f"{number(low)} to {number(high)} (2 sd)"
        low, high = found.mean - 2 * found.public_sd, found.mean + 2 * found.public_sd
        table["expected on a fifth of test"] = f"{number(low)} to {number(high)} (2 sd)"
    table["leak of the levels"] = (
        "none: depth 0" if record.depth == 0 else "part of the score; a holdout measures it"
    )
    return facts(table)


def twins(pairs: pd.DataFrame, most: int = 8) -> pd.DataFrame:
    """The pairs whose errors are most alike."""
    return pairs.head(most)


def complements(pairs: pd.DataFrame, most: int = 8) -> pd.DataFrame:
    """The pairs whose equal mean gains most on the better of the two."""
    return pairs.sort_values("gain", ascending=False, kind="stable", ignore_index=True).head(most)
