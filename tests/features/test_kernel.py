"""What the recipe `kernel` promises: few columns whose distances compare."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stackkit.competition.schema import Schema
from stackkit.features.kernel import fit_kernel
from stackkit.features.target import Target

RNG = np.random.default_rng(7)
N = 600
CODES = RNG.integers(0, 60, N)
FRAME = pd.DataFrame(
    {
        "x": RNG.normal(50, 9, N),
        "wild": np.exp(RNG.normal(0, 3, N)) * 1e6,
        "holes": np.where(RNG.random(N) < 0.3, np.nan, RNG.normal(size=N)),
        "flag": RNG.random(N) < 0.02,
        "three": pd.Series(RNG.choice(list("abc"), N), dtype=object),
        "pair": pd.Series(RNG.choice(["n", "y"], N, p=[0.97, 0.03]), dtype=object),
        "town": [f"t{c}" for c in CODES],
        "when": pd.date_range("2019-01-01", periods=N, freq="7h"),
    }
)
KINDS = {"x": "numeric", "wild": "numeric", "holes": "numeric", "flag": "numeric"}
KINDS |= {"three": "categorical", "pair": "categorical", "town": "categorical", "when": "datetime"}
SCHEMA = Schema(KINDS)
TARGET = Target(CODES % 5 + RNG.normal(size=N), "regression")
FITTED = fit_kernel(FRAME, SCHEMA, TARGET)
MATRIX = FITTED.own(FRAME, TARGET)


def columns(name: str) -> np.ndarray:
    chosen = [j for j, n in enumerate(MATRIX.names) if n.split("=")[0].split(":")[0] == name]
    return MATRIX.values[:, chosen].astype(np.float64)


def test_it_is_compact_finite_and_centred() -> None:
    assert MATRIX.values.shape[1] == 17
    assert not MATRIX.categorical
    np.testing.assert_allclose(MATRIX.values.mean(axis=0, dtype=np.float64), 0, atol=1e-4)
    gone = pd.DataFrame({c: FRAME[c].iloc[:1].mask([True]) for c in FRAME}).assign(flag=np.nan)
    assert np.isfinite(FITTED.transform(gone).values).all()


def test_numbers_have_unit_deviation_and_no_row_is_far_from_all() -> None:
    for name in ("x", "wild"):
        np.testing.assert_allclose(columns(name).std(), 1, atol=1e-3)
        assert np.ptp(columns(name)) < 8


def test_two_categories_differ_by_one_deviation_however_rare() -> None:
    for name in ("three", "pair", "flag"):
        distinct = np.unique(columns(name).round(5), axis=0)
        gaps = [np.linalg.norm(a - b) for a in distinct for b in distinct if (a != b).any()]
        np.testing.assert_allclose(gaps, 1.0, atol=1e-3)


def test_many_levels_are_one_column_of_their_means() -> None:
    assert columns("town").shape == (N, 1)
    np.testing.assert_allclose(columns("town").std(), 1, atol=1e-6)
    assert np.corrcoef(columns("town")[:, 0], CODES % 5)[0, 1] > 0.8


def test_holes_are_told_once() -> None:
    made = columns("holes")
    assert made.shape == (N, 2)
    missing = FRAME["holes"].isna()
    np.testing.assert_allclose(made[missing, 1].mean() - made[~missing, 1].mean(), 1, rtol=1e-5)


def test_a_moment_is_few_waves_and_the_time_elapsed() -> None:
    names = [n for n in MATRIX.names if n.startswith("when")]
    waves = [f"when:{p}~{w}" for p in ("hour", "weekday", "dayofyear") for w in ("sin", "cos")]
    assert names == [*waves, "when:elapsed"]
