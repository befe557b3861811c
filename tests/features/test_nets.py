"""What the recipe `nets` promises beyond the common contract."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stackkit.competition.schema import Schema
from stackkit.features.nets import LEAST, ONE_HOT, fit_nets
from stackkit.features.target import Target

RNG = np.random.default_rng(2)
N = 300
TOWNS = [f"t{i}" for i in (RNG.pareto(1.0, N) * 6).astype(int)]
FRAME = pd.DataFrame(
    {
        "x": RNG.normal(50, 9, N),
        "holes": np.where(RNG.random(N) < 0.3, np.nan, RNG.normal(size=N)),
        "flag": RNG.integers(0, 2, N),
        "spike": np.where(RNG.random(N) < 0.9, 0.0, 8.0) + (np.arange(N) == 0) * 2,
        "pair": pd.Series(RNG.choice(["no", "yes"], N), dtype=object),
        "few": pd.Series(RNG.choice(list("abc"), N), dtype=object).where(np.arange(N) % 11 > 0),
        "town": pd.Series(TOWNS, dtype=object).where(np.arange(N) % 13 > 0),
        "whole": pd.Series([f"w{i % 12}" for i in range(N)], dtype=object),
    }
)
KINDS = dict.fromkeys(("x", "holes", "flag", "spike"), "numeric")
SCHEMA = Schema(KINDS | dict.fromkeys(("pair", "few", "town", "whole"), "categorical"))
TARGET = Target(RNG.integers(0, 2, N), "binary")
FITTED = fit_nets(FRAME, SCHEMA, TARGET)
MATRIX = FITTED.own(FRAME, TARGET)


def column(name: str) -> np.ndarray:
    return MATRIX.values[:, MATRIX.names.index(name)]


@pytest.mark.parametrize("name", ["x", "holes"])
def test_numbers_are_scaled_and_bounded_as_in_realmlp(name: str) -> None:
    x = FRAME[name].fillna(FRAME[name].median())
    low, middle, high = np.nanquantile(FRAME[name], [0.25, 0.5, 0.75])
    z = (x - middle) / (high - low)
    np.testing.assert_allclose(column(name), z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-4, atol=1e-6)


def test_without_quartiles_half_the_range_is_the_unit() -> None:
    z = FRAME["spike"] / 4.0
    np.testing.assert_allclose(column("spike"), z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-5)


def test_two_states_are_even_about_zero() -> None:
    np.testing.assert_array_equal(column("pair"), np.where(FRAME["pair"] == "yes", 1, -1)
                                  * np.sign(column("pair")[FRAME["pair"] == "yes"][0]))  # fmt: skip
    assert sorted(set(column("flag"))) == [-column("flag").max(), column("flag").max()]


def test_few_levels_are_columns_and_missing_is_one_of_them() -> None:
    assert len([n for n in MATRIX.names if n.startswith("few=")]) == 4
    np.testing.assert_array_equal(column("few=missing"), FRAME["few"].isna())
    assert "few" not in MATRIX.names


def test_many_levels_are_codes_with_others_and_missing_apart() -> None:
    counts = FRAME["town"].value_counts()
    kept = int((counts >= LEAST).sum())
    assert kept > ONE_HOT
    codes, j = column("town"), MATRIX.names.index("town")
    assert MATRIX.levels[j] == kept + 2
    assert set(codes[FRAME["town"].isna()]) == {kept + 1}
    assert set(codes[FRAME["town"].isin(counts.index[counts < LEAST])]) == {kept}
    common = FRAME["town"].isin(counts.index[counts >= LEAST])
    assert pd.Series(codes[common]).groupby(FRAME["town"][common].to_numpy()).nunique().max() == 1
    assert len(set(codes[common])) == kept


def test_missing_that_fitting_never_saw_is_another_level() -> None:
    new = FRAME.iloc[:2].assign(whole=[None, "new"])
    made = FITTED.transform(new)
    j = made.names.index("whole")
    assert made.levels[j] == 14
    assert made.values[:, j].tolist() == [12, 12]


def test_crowds_of_levels_have_counts_and_target_means_too() -> None:
    frame = pd.DataFrame({"town": [f"t{i % 90}" for i in range(N)]}, dtype=object)
    schema = Schema({"town": "categorical"})
    names = fit_nets(frame, schema, TARGET).transform(frame).names
    assert names == ("town", "town:count", "town:target")
    assert fit_nets(frame, schema).transform(frame).names == ("town", "town:count")
