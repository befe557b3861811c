"""Every error that a user can mend, on one screen.

    StackkitError
    ├── ConfigError          competition.toml, arguments, names
    ├── DataError            train, test, ids, target, columns
    ├── MetricError          metric against task or predictions
    ├── FoldError            a fold plan that cannot be made or kept
    ├── ModelError           a model that cannot be built, fitted or trusted
    ├── PredictionError      arrays that break the record's contract
    ├── CacheError           damaged or foreign entries, no space, no permission
    ├── BudgetError          time or memory that does not suffice
    ├── SubmissionError      a submission that the competition would refuse
    ├── NotebookError        a notebook that stopped
    └── MissingPackageError  an optional package that is not installed

Each states the rule, the value got and the next step. This module imports nothing from stackkit.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LISTED = 12  # names in a hint
SHOWN = 60  # characters of a value in a message


class StackkitError(Exception):
    """What the user can mend: the command line prints it without a traceback and exits with 2.

    Parameters
    ----------
    rule : what must hold.
    got : the value found instead, if there is one.
    hint : the next step, if there is one.
    """

    def __init__(self, rule: str, got: object = None, hint: str | None = None) -> None:
        super().__init__(rule, got, hint)
        self.rule = rule
        self.got = got
        self.hint = hint

    def __str__(self) -> str:
        parts = [self.rule]
        if self.got is not None:
            parts.append(f"got {self.got}")
        if self.hint is not None:
            parts.append(f"try: {self.hint}")
        return "; ".join(parts)


class ConfigError(StackkitError):
    """A key, value, name or argument that the configuration does not know."""


class DataError(StackkitError):
    """Data that cannot be read as the competition describes it."""


class MetricError(StackkitError):
    """A metric that does not fit the task or the predictions."""


class FoldError(StackkitError):
    """A fold plan that cannot be made, or rows that break it."""


class ModelError(StackkitError):
    """A model that cannot be built or fitted, or whose output cannot be used."""


class PredictionError(StackkitError):
    """Arrays that break the contract of a Predictions record."""


class CacheError(StackkitError):
    """An entry that is damaged or foreign, or a folder that cannot be written."""


class BudgetError(StackkitError):
    """Time or memory that does not suffice for what was asked."""


class SubmissionError(StackkitError):
    """A submission that the competition would refuse."""


class NotebookError(StackkitError):
    """A notebook stopped; its executed copy is kept."""


class MissingPackageError(StackkitError):
    """An optional package that is not installed."""


def nearest(name: object, valid: Iterable[object]) -> str:
    """A hint that names the valid spelling nearest to `name`, else all of them, at most twelve."""
    names = sorted(map(str, valid))
    folded = {n.casefold().strip(): n for n in reversed(names)}
    close = difflib.get_close_matches(str(name).casefold().strip(), folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean {folded[close[0]]!r}?"
    if not names:
        return "there is none yet"
    more = f", … ({len(names)} in all)" if len(names) > LISTED else ""
    return f"one of {', '.join(names[:LISTED])}{more}"


def check_type(value: object, kind: type | tuple[type, ...], rule: str, hint: str) -> None:
    """ConfigError with `rule` and `hint` unless `value` is of `kind`; a bool is no number."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise ConfigError(rule, shown(value), hint)


def shown(value: object) -> str:
    """A value as a message shows it: numbers and short text as they are, else its type."""
    if value is None or isinstance(value, str | int | float | bytes):
        return repr(value)[:SHOWN]
    text = repr(value)
    return text if len(text) <= SHOWN and "\n" not in text else f"a {type(value).__name__}"
