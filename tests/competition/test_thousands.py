"""Numbers in groups of digits: told from other text."""

from __future__ import annotations

import pandas as pd
import pytest

from stackkit.competition.schema import Schema
from stackkit.competition.thousands import thousands_hint, thousands_mark, thousands_notes


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        (["1,234", "12", "-3,000,000.5"], ","),
        (["1.234,5", "2.000"], "."),
        (["1,234", None, " 999 "], ","),
        (["1,23", "4,5"], None),
        (["12", "13"], None),
        (["1,234", "12a"], None),
        (["1234,567"], None),
        (["a", "b"], None),
        ([None, None], None),
    ],
)
def test_the_mark_is_that_of_every_value(values: list, mark: str | None) -> None:
    assert thousands_mark(pd.Series(values, dtype=object)) == mark


def test_the_hint_names_the_keys() -> None:
    assert thousands_hint(pd.Series(["1,234"])) == '[data] thousands = ","'
    assert thousands_hint(pd.Series(["1.234,5"])) == '[data] thousands = "." and decimal = ","'
    assert thousands_hint(pd.Series(["one"])) is None


def test_only_text_is_looked_at() -> None:
    frame = pd.DataFrame({"a": [1.5, 2.0], "b": ["1,000", "2,000"], "c": ["u", "v"]})
    schema = Schema({"a": "numeric", "b": "categorical", "c": "categorical"})
    (note,) = thousands_notes(schema, frame)
    assert note.startswith("'b' holds numbers")
