"""What the recipe `native` promises: a code for every level that fitting saw twice."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stackkit.competition.schema import Schema
from stackkit.features.native import fit_native
from stackkit.features.target import Target

N = 900
LEVELS = [f"l{i // 2}" if i < 800 else f"single{i}" for i in range(N)]
FRAME = pd.DataFrame({"c": LEVELS, "x": np.arange(N) / 3}, dtype=object).astype({"x": float})
SCHEMA = Schema({"c": "categorical", "x": "numeric"})


def test_every_level_seen_twice_keeps_its_code() -> None:
    target = Target(np.arange(N) % 2, "binary")
    fitted = fit_native(FRAME, SCHEMA, target)
    matrix = fitted.own(FRAME, target)
    assert matrix.names == ("c", "x")
    assert matrix.levels == (401, 0)
    codes = matrix.values[:, 0]
    assert len(set(codes[:800])) == 400 and (codes[0:800:2] == codes[1:800:2]).all()
    assert set(codes[800:]) == {400}
    np.testing.assert_array_equal(matrix.values, fitted.transform(FRAME).values)


def test_missing_stays_missing() -> None:
    made = fit_native(FRAME, SCHEMA).transform(FRAME.iloc[:1].assign(c=None, x=np.nan))
    assert np.isnan(made.values).all()
