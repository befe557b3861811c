"""What the recipe `linear` promises beyond the common contract."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stackkit.competition.schema import Schema, infer_schema
from stackkit.features.linear import COIN, LEAST, ONE_HOT, fit_linear
from stackkit.features.target import Target

RNG = np.random.default_rng(1)
N = 400
FRAME = pd.DataFrame(
    {
        "x": RNG.normal(50, 9, N),
        "money": np.where(RNG.random(N) < 0.4, 0.0, np.exp(RNG.normal(8, 1, N))),
        "holes": np.where(RNG.random(N) < 0.3, np.nan, RNG.normal(size=N)),
        "rooms": RNG.integers(1, 6, N),
        "pair": RNG.choice(["yes", "no"], N).astype(object),
        "shop": [f"s{i}" for i in (RNG.pareto(1.0, N) * 10).astype(int)],
        "when": pd.date_range("2019-01-01", periods=N, freq="7h"),
    }
)
SCHEMA = infer_schema(FRAME, None, list(FRAME.columns))
TYPED = SCHEMA.apply(FRAME)
MATRIX = fit_linear(TYPED, SCHEMA).transform(TYPED)


def column(name: str) -> np.ndarray:
    return MATRIX.values[:, MATRIX.names.index(name)]


def test_everything_is_finite_and_centred() -> None:
    assert np.isfinite(MATRIX.values).all()
    np.testing.assert_allclose(MATRIX.values.mean(axis=0, dtype=np.float64), 0, atol=1e-4)


def test_numbers_have_unit_deviation() -> None:
    for name in ("x", "money", "holes", "rooms", "when:elapsed", "when:hour~sin1"):
        np.testing.assert_allclose(column(name).std(dtype=np.float64), 1, atol=1e-4)


def test_indicators_have_one_scale_however_rare() -> None:
    for name in ("holes:missing", "rooms=2", "money=0", "shop=s0"):
        np.testing.assert_allclose(np.ptp(column(name)), 1 / COIN, rtol=1e-5)


def test_two_states_make_one_column() -> None:
    assert len([n for n in MATRIX.names if n.startswith("pair")]) == 1


def test_rare_levels_share_a_column_and_many_levels_add_their_counts() -> None:
    counts = FRAME["shop"].value_counts()
    kept = {f"shop={level}" for level in counts.index[counts >= LEAST]}
    made = {n for n in MATRIX.names if n.startswith("shop=")}
    assert made == kept | {"shop=other"}
    assert (len(counts) > ONE_HOT) == ("shop:count" in MATRIX.names)


def test_many_levels_are_encoded_by_the_target_beside_the_frequent_ones() -> None:
    frame = pd.DataFrame({"town": [f"t{i % 90}" for i in range(1800)]}, dtype=object)
    target = Target(np.arange(1800) % 90 // 45, "binary")
    matrix = fit_linear(frame, Schema({"town": "categorical"}), target).own(frame, target)
    assert len([n for n in matrix.names if n.startswith("town=")]) == ONE_HOT + 1
    encoded = matrix.values[:, matrix.names.index("town:target")]
    np.testing.assert_allclose([encoded.mean(), encoded.std()], [0, 1], atol=1e-4)
    assert np.corrcoef(encoded, target.y)[0, 1] > 0.99


def test_a_missing_moment_is_an_average_one() -> None:
    gone = TYPED.iloc[:1].assign(when=pd.NaT)
    made = fit_linear(TYPED, SCHEMA).transform(gone)
    chosen = [j for j, n in enumerate(made.names) if n.startswith("when")]
    assert (made.values[0, chosen] == 0).all()


def test_a_column_that_only_misses_values_keeps_its_indicator() -> None:
    frame = pd.DataFrame({"x": [1.0, np.nan, 1.0, np.nan]})
    matrix = fit_linear(frame, Schema({"x": "numeric"})).transform(frame)
    assert matrix.names == ("x:missing",)
    assert matrix.values[:, 0].tolist() == [-1, 1, -1, 1]
