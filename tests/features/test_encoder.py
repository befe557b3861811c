"""Joining encoders into a matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stackkit.competition.schema import Schema
from stackkit.features.encoder import LARGEST, FittedRecipe, fit_columns
from stackkit.features.numeric import Missing, Raw


def test_encoders_lie_side_by_side_in_the_order_of_the_schema() -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": [3.0, 4.0], "c": ["x", "y"]})
    schema = Schema({"b": "numeric", "a": "numeric", "c": "text"})
    fitted = fit_columns(
        frame, schema, None, {"numeric": lambda name, *_: [Raw(name), Missing(name)]}
    )
    matrix = fitted.transform(frame)
    assert matrix.names == ("b", "b:missing", "a", "a:missing")
    np.testing.assert_array_equal(matrix.values, [[3, 0, 1, 0], [4, 0, np.nan, 1]])


def test_numbers_beyond_float32_are_bounded() -> None:
    frame = pd.DataFrame({"a": [1e300, -1e300]})
    values = FittedRecipe((Raw("a"),)).transform(frame).values[:, 0]
    np.testing.assert_array_equal(values, np.array([LARGEST, -LARGEST], np.float32))
