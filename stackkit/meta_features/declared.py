"""MetaFeatures: named groups, each of them a switch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stackkit.errors import ModelError, nearest, shown
from stackkit.meta_features import from_features as features
from stackkit.meta_features import from_predictions as predictions
from stackkit.meta_features.rows import Rows, by_name, rows_of
from stackkit.predictions import Pool
from stackkit.spec import Objective, check_ranges

Columns = dict[str, np.ndarray]
Plain = Callable[[Rows], Any]

OF_PREDICTIONS: dict[str, Plain] = {
    "probabilities": predictions.fit_probabilities,
    "logits": predictions.fit_logits,
    "ranks": predictions.fit_ranks,
    "confidence": predictions.fit_confidence,
    "spread": predictions.fit_spread,
    "distances": predictions.fit_distances,
    "families": predictions.fit_families,
}
OF_FEATURES = ("strongest", "missing", "neighbour_distance", "density")
GROUPS = (*OF_PREDICTIONS, *OF_FEATURES)


@dataclass(frozen=True)
class MetaFeatures:
    """Which groups of meta-features are made.

    Parameters
    ----------
    groups : any of `GROUPS`. From predictions: "probabilities", "logits", "ranks" (among the fit
        rows), "confidence" (of the mean prediction), "spread" (between members), "distances" (of
        each member from the mean), "families" (means of each; needs Pool.families). From features
        (needs Pool.features): "strongest" columns, "missing" count, "neighbour_distance",
        "density" (the target's mean around a row, cross-fitted for the fit rows).
    strongest : how many columns the group of that name has.
    neighbours : rows that the last two groups look at.
    """

    groups: tuple[str, ...]
    strongest: int = 5
    neighbours: int = 20

    def __post_init__(self) -> None:
        check_groups(self.groups)
        check_ranges(self, {"strongest": (1, math.inf), "neighbours": (1, math.inf)})

    def fit(
        self,
        pool: Pool,
        y: np.ndarray,
        weight: np.ndarray | None,
        objective: Objective,
        seed: int,
    ) -> FittedMetaFeatures:
        """Fit on the rows whose weight is positive; ModelError where a group has no input."""
        return self.fit_rows(rows_of(pool, y, weight, objective, seed))[0]

    def fit_rows(self, rows: Rows) -> tuple[FittedMetaFeatures, np.ndarray]:
        """Fitted, and the meta-features (n, d) of the fit rows themselves: what a model trains on.

        They differ from `transform` of these rows where a group would see a row's own target.
        """
        made = [self._fit_group(name, rows) for name in self.groups]
        columns = merged([own for _, own in made])
        fitted = FittedMetaFeatures(tuple(group for group, _ in made), tuple(columns))
        return fitted, stacked(columns, len(rows))

    def _fit_group(self, name: str, rows: Rows) -> tuple[Any, Columns]:
        """A fitted group and its columns for the fit rows."""
        if name == "density":
            return features.fit_density(rows, self.neighbours)
        if name == "neighbour_distance":
            return features.fit_neighbour_distance(rows, self.neighbours)
        if name == "strongest":
            group = features.fit_strongest(rows, self.strongest)
        elif name == "missing":
            group = features.fit_missing(rows)
        else:
            group = OF_PREDICTIONS[name](rows)
        return group, group.values(rows.pool)


@dataclass(frozen=True)
class FittedMetaFeatures:
    """Fitted groups; `names` (d,) of their columns, `<group>.<what>`."""

    groups: tuple[Any, ...]
    names: tuple[str, ...]

    def transform(self, pool: Pool) -> np.ndarray:
        """(n, d) float64 for other rows of the same members, each row by itself."""
        pool = by_name(pool)
        return stacked(merged([group.values(pool) for group in self.groups]), len(pool))


class ReadsGroups:
    """A learner whose field `groups` names groups of meta-features; one of them reads families."""

    groups: tuple[str, ...]

    def __post_init__(self) -> None:
        check_groups(self.groups)
        ranges = {"strongest": (1, math.inf), "neighbours": (1, math.inf)}
        check_ranges(self, {name: least for name, least in ranges.items() if hasattr(self, name)})

    @property
    def reads_names(self) -> bool:
        """Whether names and families of members are part of the key."""
        return "families" in self.groups


def check_groups(groups: Sequence[str]) -> None:
    """ModelError unless each of several groups is known."""
    if isinstance(groups, str) or not isinstance(groups, Sequence):
        hint = f"({groups!r},)" if isinstance(groups, str) else "a tuple of names"
        raise ModelError("groups of meta-features are a tuple of names", shown(groups), hint)
    for name in groups:
        if name not in GROUPS:
            rule = f"groups of meta-features are of {', '.join(GROUPS)}"
            raise ModelError(rule, repr(name), nearest(name, GROUPS))


def merged(parts: list[Columns]) -> Columns:
    """Columns of all parts."""
    return {name: column for part in parts for name, column in part.items()}


def stacked(columns: Columns, n: int) -> np.ndarray:
    """(n, d) float64."""
    return np.stack(list(columns.values()), axis=1) if columns else np.empty((n, 0))
