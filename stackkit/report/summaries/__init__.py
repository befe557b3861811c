"""Small tables for notebooks: what a competition is, what records cost, what was submitted."""

from stackkit.report.summaries.costs import cached, costs
from stackkit.report.summaries.data import (
    columns,
    competition,
    drivers,
    duplicates,
    fold_plan,
    guards,
)
from stackkit.report.summaries.stacking import (
    against_best,
    complements,
    gate,
    outlook,
    twins,
)
from stackkit.report.summaries.submissions import head, ledger, provenance, submission

__all__ = [
    "against_best",
    "cached",
    "columns",
    "competition",
    "complements",
    "costs",
    "drivers",
    "duplicates",
    "fold_plan",
    "gate",
    "guards",
    "head",
    "ledger",
    "outlook",
    "provenance",
    "submission",
    "twins",
]
