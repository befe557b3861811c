"""Recipe `native`: as `trees` with a code for every level, for models that encode levels.

Nothing is merged but what fitting saw once, and nothing is encoded by the target: such models do
both better than a recipe that cannot see their trees.
"""

from __future__ import annotations

import pandas as pd

from stackkit.competition.schema import CATEGORICAL, DATETIME, NUMERIC, TEXT, Schema
from stackkit.features.categorical import Codes, count_levels, frequent
from stackkit.features.encoder import Encoder, FittedRecipe, fit_columns
from stackkit.features.numeric import varies
from stackkit.features.target import Target
from stackkit.features.trees import LEAST, as_they_are, date_parts, text_parts


def fit_native(frame: pd.DataFrame, schema: Schema, target: Target | None = None) -> FittedRecipe:
    """Fit on typed training rows; constant columns are left out."""
    encode = {NUMERIC: as_they_are, CATEGORICAL: _codes, DATETIME: date_parts, TEXT: text_parts}
    return fit_columns(frame, schema, target, encode)


def _codes(column: str, values: pd.Series, target: Target | None) -> list[Encoder]:
    counts = count_levels(values)
    return [Codes(column, frequent(counts, len(counts), LEAST))] if varies(values) else []
