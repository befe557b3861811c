"""Predictions: the one record that every level makes; and Pool, many of them stacked.

*Data format.* Arrays are in the target's original units (probabilities or values), float32, C
order. Row i of `oof` is row i of the train file. c = 1 for regression and binary, else one column a
class.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np

from stackkit.errors import ConfigError, ModelError, PredictionError, check_type, shown

LISTED = 12  # names in a message
EVIDENCE = ("clean", "unverified", "in_sample")
ARRAYS = ("oof", "oof_repeats", "held", "test", "test_folds", "held_folds")
Output = Literal["proba", "value", "label"]


WHERE_FROM = "what cross_fit or import_predictions returned"


@dataclass(frozen=True, eq=False, repr=False)
class Predictions:
    """Out-of-fold predictions of train and predictions of test, made under one fold plan.

    Attributes
    ----------
    name, key : what the user calls it; the sha256 of its recipe.
    oof : (n, c) mean over repeats, NaN exactly where a row is scored in no repeat.
    test : (m, c), or None without a test set.
    oof_repeats : (R, n, c) if R > 1.
    held : (n_holdout, c) if there is a holdout.
    test_folds, held_folds : (F, m, c), (F, n_holdout, c): each Fit's own chain; `fits` names them.
    target : the column predicted; output : "proba", "value" or "label".
    evidence : "clean" < "unverified" < "in_sample"; the worst of its own and its parents'.
    role : "base", "meta" or "blend"; depth : 0 without parents, else 1 + max(parents).
    family : models of one family err alike; "" where it is not known. Not part of the key.
    scores, cost, recipe : what recipe.json holds; parents : keys in the order they are stacked.
    """

    name: str
    key: str
    oof: np.ndarray
    test: np.ndarray | None
    target: str
    output: Output
    role: str = "base"
    depth: int = 0
    family: str = ""
    evidence: str = "clean"
    oof_repeats: np.ndarray | None = None
    held: np.ndarray | None = None
    test_folds: np.ndarray | None = None
    held_folds: np.ndarray | None = None
    fits: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    scores: Mapping[str, Any] = field(default_factory=dict)
    cost: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(self)

    def __repr__(self) -> str:
        shape, cv = self.oof.shape, self.cv
        return f"<{self.role} {self.name} {self.key[:8]}: oof {shape}, cv {cv:.5g}>"

    @property
    def key12(self) -> str:
        """The part of the key that names the folder."""
        return self.key[:12]

    @cached_property
    def scored(self) -> np.ndarray:
        """(n,) bool: rows that have an out-of-fold prediction."""
        return ~np.isnan(self.oof[:, 0])

    @property
    def coverage(self) -> float:
        """Share of train rows that are scored."""
        return float(self.scored.mean())

    @property
    def cv(self) -> float:
        """The cross-validated score, NaN if never scored."""
        return float(self.scores.get("cv", float("nan")))

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays that are there, by field name."""
        named = {name: getattr(self, name) for name in ARRAYS}
        return {name: array for name, array in named.items() if array is not None}

    def with_(self, **changes: Any) -> Predictions:
        """A copy with other fields."""
        return dataclasses.replace(self, **changes)


def worst_evidence(*evidence: str) -> str:
    """The worst of several kinds of evidence."""
    return max(evidence, key=EVIDENCE.index, default="clean")


def as_record_array(values: np.ndarray) -> np.ndarray:
    """Float32, C-contiguous, at least two axes; never a copy of what is already so."""
    array = np.ascontiguousarray(values, dtype=np.float32)
    return array[:, None] if array.ndim == 1 else array


def records_of(given: Iterable[Predictions] | Predictions) -> list[Predictions]:
    """The records given, a single one as a list of one; ConfigError for anything else."""
    if isinstance(given, Predictions):
        return [given]
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ConfigError("records are a list of Predictions", shown(given), WHERE_FROM)
    records = list(given)
    for record in records:
        check_record(record)
    return records


def check_record(given: object) -> None:
    """ConfigError unless it is a record."""
    check_type(given, Predictions, "a record is a Predictions", WHERE_FROM)


def _check(record: Predictions) -> None:
    if record.evidence not in EVIDENCE:
        raise PredictionError(f"evidence is one of {EVIDENCE}", repr(record.evidence))
    for name, array in record.arrays.items():
        axes = 3 if name in ("oof_repeats", "test_folds", "held_folds") else 2
        if array.dtype != np.float32 or array.ndim != axes or not array.flags.c_contiguous:
            raise PredictionError(
                f"{name} of {record.name} is float32 in C order with {axes} axes",
                f"{array.dtype} with shape {array.shape}",
            )
        if array.shape[-1] != record.oof.shape[1]:
            raise PredictionError(
                f"arrays of {record.name} have one width",
                f"{array.shape[-1]} columns in {name}, {record.oof.shape[1]} in oof",
            )
    chains = [a for a in (record.test_folds, record.held_folds) if a is not None]
    if any(len(a) != len(record.fits) for a in chains):
        raise PredictionError(f"chains of {record.name} are named by fits", f"{record.fits}")


def unique_names(records: Sequence[Any]) -> tuple[str, ...]:
    """The names (of anything with name and key); of like ones with the start of their key."""
    names = [record.name for record in records]
    return tuple(r.name if names.count(r.name) == 1 else f"{r.name}@{r.key[:8]}" for r in records)


def check_finite(record: Predictions, scored: np.ndarray) -> None:
    """PredictionError unless `oof` is NaN exactly off `scored` and all else is finite."""
    for name, array in record.arrays.items():
        if name == "oof":
            wrong = np.isfinite(array).all(axis=1) != scored
            wrong |= np.isnan(array).any(axis=1) == scored
        elif name == "oof_repeats":
            wrong = np.isinf(array)
        else:
            wrong = ~np.isfinite(array)
        if wrong.any():
            raise PredictionError(
                f"{name} of {record.name} is finite where a row is scored and NaN elsewhere",
                f"{int(wrong.sum())} wrong rows or values",
            )


class FeatureRows(Protocol):
    """A feature matrix that can be restricted to some rows."""

    def __len__(self) -> int:
        """Rows."""

    def take(self, rows: np.ndarray) -> FeatureRows:
        """Some of the rows, by position."""


@dataclass(frozen=True)
class Pool:
    """Predictions of several models for the same rows: (m, n, c) without a copy until asked.

    `arrays` are m arrays (n, c), usually mapped from the cache; `names` (m,) say whose, `families`
    (m,) which models err alike, where that is known. `rows` restricts them to some rows, lazily.
    `features` is a feature matrix of those rows, for learners that read one.
    """

    names: tuple[str, ...]
    arrays: tuple[np.ndarray, ...]
    rows: np.ndarray | None = None
    families: tuple[str, ...] | None = None
    features: FeatureRows | None = None

    def __post_init__(self) -> None:
        shapes = {a.shape for a in self.arrays}
        if len(shapes) != 1 or len(self.names) != len(self.arrays):
            raise PredictionError("members of a pool have one shape and a name each", f"{shapes}")
        if len(set(self.names)) != len(self.names):
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise PredictionError("members of a pool have names of their own", f"twice {twice}")
        if self.families is not None and len(self.families) != len(self.names):
            got = f"{len(self.families)} families of {len(self.names)} members"
            raise PredictionError("families of a pool are one a member", got)
        if self.features is not None and len(self.features) != len(self):
            rule, got = "features of a pool are of its rows", f"{len(self.features)} of {len(self)}"
            raise PredictionError(rule, got)

    def __len__(self) -> int:
        return len(self.arrays[0]) if self.rows is None else len(self.rows)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(m, n, c)."""
        return len(self.arrays), len(self), self.arrays[0].shape[1]

    def take(self, rows: np.ndarray) -> Pool:
        """The same members for some rows (positions or mask)."""
        index = np.flatnonzero(rows) if rows.dtype == bool else np.asarray(rows)
        return dataclasses.replace(
            self,
            rows=index if self.rows is None else self.rows[index],
            features=None if self.features is None else self.features.take(index),
        )

    def members(self, which: Sequence[int]) -> Pool:
        """The same rows of some members, by position."""
        families = None if self.families is None else tuple(self.families[i] for i in which)
        return dataclasses.replace(
            self,
            names=tuple(self.names[i] for i in which),
            arrays=tuple(self.arrays[i] for i in which),
            families=families,
        )

    def matched(self, names: tuple[str, ...]) -> Pool:
        """The members in the order and by the names that an estimator was fitted on.

        Of the same names each is matched by its own. Names are not part of keys, so a record may be
        renamed after a fit: where any differs, the order tells who is who. ModelError for another
        count.
        """
        if self.names == names:
            return self
        if len(self.names) != len(names):
            rule = f"a pool has the {len(names)} members that were fitted on"
            raise ModelError(rule, len(self.names), f"the members {list(names[:LISTED])}")
        if set(self.names) == set(names):
            return self.members([self.names.index(name) for name in names])
        return dataclasses.replace(self, names=names)

    def blocks(self, size: int = 65_536) -> Iterator[np.ndarray]:
        """(m, b, c) float32 blocks of rows, in order."""
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            index = part if self.rows is None else self.rows[part]
            yield np.stack([np.asarray(a[index], dtype=np.float32) for a in self.arrays])

    def matrix(self) -> np.ndarray:
        """(m, n, c) float32: the one copy."""
        out = np.empty(self.shape, dtype=np.float32)
        for member, array in zip(out, self.arrays, strict=True):
            member[...] = array if self.rows is None else array[self.rows]
        return out


def rows_to_fit(pool: Pool, weight: np.ndarray | None) -> np.ndarray:
    """Positions of the rows of a pool whose weight (n,) is not 0; of all without weights.

    ModelError where there is none, or where a member has no number.
    """
    used = np.arange(len(pool)) if weight is None else np.flatnonzero(weight)
    if not len(used):
        rule, hint = "a fit has rows of positive weight", "check the weight column"
        raise ModelError(rule, f"none of {len(pool)}", hint)
    check_numbers(pool if len(used) == len(pool) else pool.take(used))
    return used


def check_numbers(pool: Pool) -> None:
    """ModelError where a member's predictions are not finite, by one sum a member."""
    for name, array in zip(pool.names, pool.arrays, strict=True):
        values = array if pool.rows is None else array[pool.rows]
        if not np.isfinite(values.sum(dtype=np.float64)):
            wrong = int((~np.isfinite(values)).any(axis=1).sum())
            rule = "members have finite predictions on the rows that are fitted on"
            raise ModelError(rule, f"{wrong} rows without in {name!r}", "leave them out or weigh 0")
