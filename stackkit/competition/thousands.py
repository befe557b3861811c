"""Numbers that came as text because their digits stand in groups: 1,234.5 or 1.234,5."""

from __future__ import annotations

import re

import pandas as pd

from stackkit.competition.schema import NUMERIC, Schema

SAMPLE = 1000
_GROUPED = {
    ",": re.compile(r"[-+]?\d{1,3}(?:,\d{3})*(?:\.\d+)?"),
    ".": re.compile(r"[-+]?\d{1,3}(?:\.\d{3})*(?:,\d+)?"),
}


def thousands_mark(values: pd.Series) -> str | None:
    """The mark between groups of three digits, where every present value of a text is so written.

    At least one value has the mark. At most 1,000 values are looked at.
    """
    present = values.dropna()
    present = present.iloc[:: max(1, len(present) // SAMPLE)].astype(str).str.strip()
    for mark, pattern in _GROUPED.items():
        marked = present.str.contains(mark, regex=False).any()
        if marked and present.map(lambda text, p=pattern: p.fullmatch(text) is not None).all():
            return mark
    return None


def thousands_hint(values: pd.Series) -> str | None:
    """The key that makes numbers of such a text."""
    mark = thousands_mark(values)
    if mark is None:
        return None
    return f'[data] thousands = "{mark}"' + (' and decimal = ","' if mark == "." else "")


def thousands_notes(schema: Schema, train: pd.DataFrame) -> list[str]:
    """A note for each feature whose values are such text."""
    texts = [name for name, kind in schema.kinds.items() if kind != NUMERIC]
    hints = {name: thousands_hint(train[name]) for name in texts}
    return [
        f"{name!r} holds numbers in groups of digits, read as text ({hint} reads numbers)"
        for name, hint in hints.items()
        if hint is not None
    ]
