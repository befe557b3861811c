"""What a competition is: its columns, duplicates and folds, a row a fact."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.competition.schema import DATETIME, NUMERIC
from stackkit.evaluation import AdversarialValidation, Duplicates
from stackkit.report.summaries.facts import facts
from stackkit.runs import Setup


def competition(competition: Competition) -> pd.DataFrame:
    """What is predicted, from what, and how it is scored: a row a fact."""
    kinds = Counter(competition.kinds.values())
    better = "greater" if competition.metric.greater_is_better else "smaller"
    table = {
        "task": competition.task,
        "target": competition.target,
        "classes": ", ".join(map(str, competition.classes)),
        "metric": f"{competition.metric.name} ({better} is better)",
        "train rows": f"{competition.n_rows:,}",
        "test rows": f"{competition.n_test:,}",
        "features": ", ".join(f"{n} {kind}" for kind, n in kinds.items()),
    }
    return facts({name: value for name, value in table.items() if value})


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


def columns(competition: Competition) -> pd.DataFrame:
    """A row a feature column: kind, missing shares, distinct values, range or commonest level, and
    the share of test's known values that train does not have (levels) or that lie outside train's
    range (numbers and times)."""
    rows = [_column(competition, name, kind) for name, kind in competition.kinds.items()]
    names = ["column", "kind", "missing", "missing_test", "distinct", "values", "new_in_test"]
    return pd.DataFrame(rows, columns=names)


def _column(competition: Competition, name: str, kind: str) -> tuple[object, ...]:
    train = competition.train[name]
    test = None if competition.test is None else competition.test[name]
    gaps = train.isna().mean(), np.nan if test is None else test.isna().mean()
    ordered = kind in (NUMERIC, DATETIME)
    return name, kind, *gaps, train.nunique(), _values(train, ordered), _new(train, test, ordered)


def _values(train: pd.Series, ordered: bool) -> str:
    known = train.dropna()
    if known.empty:
        return ""
    if ordered:
        low, high = known.min(), known.max()
        day = isinstance(low, pd.Timestamp)
        return f"{low.date()} to {high.date()}" if day else f"{low:.5g} to {high:.5g}"
    counts = known.value_counts()
    return f"{counts.index[0][:24]!r} {counts.iloc[0] / len(train):.0%}"


def _new(train: pd.Series, test: pd.Series | None, ordered: bool) -> float:
    known = None if test is None else test.dropna()
    if known is None or known.empty:
        return np.nan
    if ordered:
        return float(((known < train.min()) | (known > train.max())).mean())
    return float((~known.isin(train.dropna().unique())).mean())


def drivers(found: AdversarialValidation | None, most: int = 8) -> pd.DataFrame:
    """The columns that tell test from train best; without a test set, no rows."""
    return pd.DataFrame() if found is None else found.drivers.head(most)


def duplicates(found: Duplicates, competition: Competition) -> pd.DataFrame:
    """A row a kind of twin: rows, their share, and what to do about them."""
    n, m = competition.n_rows, competition.n_test
    rows = [
        ("train rows that equal another", found.train, n, "harmless while they are few"),
        ("… with another target", found.contradictory, n, "noise that no model can learn"),
        ("… scored while a twin is fitted on", found.across_folds, n,
         "flatter the score: group them, or drop one"),
        ("test rows that equal another", found.test, m, "will get the same prediction"),
        ("test rows that are in train", found.in_train, m,
         "their target is known if the split is by lot"),
    ]  # fmt: skip
    shown = [(what, k, k / of, hint if k else "") for what, k, of, hint in rows if k is not None]
    return pd.DataFrame(shown, columns=["what", "rows", "share", "then"])


GUARDS = {
    "kfold": "rows drawn by lot: right where test is a random part of the same table",
    "stratified": "rows drawn by lot with the classes (or quantiles) in equal shares",
    "group": "no group is both fitted on and scored: right where test has new groups",
    "stratified_group": "no group is both fitted on and scored, classes in near-equal shares",
    "time": "only the past is fitted on: right where test lies after train",
    "blocked": "whole blocks of time are scored, as in test, with gaps beside them",
    "predefined": "as the column or file says",
}
NO_HOLDOUT = "holdout: none, so what higher levels flatter themselves by is not measured here"


def guards(setup: Setup, found: Duplicates) -> list[str]:
    """What the fold plan guards against and what it does not: a sentence a fact."""
    competition, folds = setup.competition, setup.bench.folds
    held, twins = int(folds.holdout.sum()), found.across_folds
    lines = [
        f"scheme {folds.scheme}: {GUARDS.get(folds.scheme, 'made by hand')}",
        f"because {folds.reason}",
        f"holdout: {held:,} rows that no level is fitted on" if held else NO_HOLDOUT,
        f"twins: {twins:,} rows are scored by models that were fitted on their like",
    ]
    if competition.task != "regression":
        lines.append(f"rarest class: {_fewest(setup):,} rows of it in the smallest fit")
    return lines


def _fewest(setup: Setup) -> int:
    """Rows of the rarest class in the fit that has fewest of it."""
    competition = setup.competition
    size = len(competition.classes)
    counts = (
        np.bincount(competition.y[f.fit_rows], minlength=size) for f in setup.bench.folds.fits()
    )
    return min(int(count.min()) for count in counts)
