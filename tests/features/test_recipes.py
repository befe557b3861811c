"""Every recipe on one awkward frame: batch-independent, finite where promised, picklable."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from stackkit.competition.schema import Schema, infer_schema
from stackkit.errors import ConfigError
from stackkit.features.recipes import get_recipe, recipe_names
from stackkit.features.target import Target


def awkward(n: int = 120, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    t = pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 9000, n), unit="h"))
    colour = rng.choice(["red", "green", "blue"], n).astype(object)
    frame = pd.DataFrame(
        {
            "plain": rng.normal(size=n),
            "skewed": np.exp(rng.normal(0, 2, n)),
            "holes": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
            "whole": rng.integers(0, 4, n),
            "flag": rng.random(n) < 0.5,
            "constant": 1.5,
            "empty": np.nan,
            "huge": rng.normal(size=n) * 1e200,
            "colour": np.where(rng.random(n) < 0.2, None, colour),
            "one": "same",
            "many": rng.integers(0, n // 3, n).astype(str).astype(object) + pd.Series(["u"] * n),
            "when": t.where(rng.random(n) > 0.1),
            "note": [None if i % 9 == 0 else f"note {i} of {i % 7}" for i in range(n)],
        }
    )
    return frame


FRAME = awkward()
SCHEMA = infer_schema(FRAME, None, list(FRAME.columns))
TYPED = SCHEMA.apply(FRAME)
Y = (np.random.default_rng(5).random(120) < 0.4).astype(np.int64)
TARGET = Target(Y, "binary", seed=3)
KEEP_MISSING = ("trees", "native")
CROWDED = pd.DataFrame({"town": [f"t{i % 66}" for i in range(120)], "x": np.arange(120.0)})
CROWDED_SCHEMA = Schema({"town": "categorical", "x": "numeric"})


@pytest.fixture(params=recipe_names())
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_matrices_keep_their_contract(name: str) -> None:
    fitted = get_recipe(name).fit(TYPED, SCHEMA, TARGET)
    for matrix in (fitted.own(TYPED, TARGET), fitted.transform(TYPED)):
        assert matrix.values.dtype == np.float32
        assert matrix.values.flags.c_contiguous
        assert matrix.values.shape == (len(TYPED), len(matrix.names))
        assert len(matrix.levels) == len(matrix.names) == len(set(matrix.names))
        assert not np.isinf(matrix.values).any()
        assert name in KEEP_MISSING or np.isfinite(matrix.values).all()
        for j in matrix.categorical:
            codes = matrix.values[:, j][~np.isnan(matrix.values[:, j])]
            assert set(codes) <= set(range(matrix.levels[j]))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_target_encodings_of_a_fits_own_rows_are_not_those_of_others(name: str, task: str) -> None:
    y = Y if task == "binary" else np.arange(120) % 3 if task == "multiclass" else Y + 0.5
    target = Target(y, task)
    fitted = get_recipe(name).fit(CROWDED, CROWDED_SCHEMA, target)
    own, other = fitted.own(CROWDED, target), fitted.transform(CROWDED)
    encoded = [j for j, n in enumerate(own.names) if ":target" in n]
    assert len(encoded) == (0 if name == "native" else 3 if task == "multiclass" else 1)
    plain = [j for j in range(len(own.names)) if j not in encoded]
    np.testing.assert_array_equal(own.values[:, plain], other.values[:, plain])
    assert all((own.values[:, j] != other.values[:, j]).any() for j in encoded)


def test_constant_columns_are_left_out(name: str) -> None:
    names = get_recipe(name).fit(TYPED, SCHEMA).transform(TYPED).names
    assert not {n for n in names if n.split("=")[0].split(":")[0] in ("constant", "empty", "one")}


def test_one_row_equals_the_same_row_in_a_batch(name: str) -> None:
    fitted = get_recipe(name).fit(TYPED.iloc[:80], SCHEMA, Target(Y[:80], "binary"))
    whole = fitted.transform(TYPED).values
    chosen = range(0, 120, 5)
    rows = [fitted.transform(TYPED.iloc[[i]].reset_index(drop=True)).values for i in chosen]
    np.testing.assert_array_equal(np.concatenate(rows), whole[::5])


def test_fitting_reads_only_its_rows_and_changes_none(name: str) -> None:
    before = TYPED.copy(deep=True)
    one = get_recipe(name).fit(TYPED.iloc[20:100], SCHEMA).transform(TYPED)
    other = get_recipe(name).fit(TYPED.iloc[20:100].reset_index(drop=True), SCHEMA).transform(TYPED)
    np.testing.assert_array_equal(one.values, other.values)
    pd.testing.assert_frame_equal(TYPED, before)


def test_fitted_recipes_pickle(name: str) -> None:
    fitted = get_recipe(name).fit(TYPED, SCHEMA)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(TYPED).values, fitted.transform(TYPED).values)


def test_new_levels_and_missing_rows_are_taken(name: str) -> None:
    fitted = get_recipe(name).fit(TYPED, SCHEMA)
    new = TYPED.iloc[:2].copy()
    new["colour"], new["many"] = "violet", "never seen"
    gone = SCHEMA.apply(pd.DataFrame({name: [None] for name in TYPED.columns}, dtype=object))
    for frame in (new.reset_index(drop=True), gone):
        assert not np.isinf(fitted.transform(frame).values).any()


def test_no_column_at_all_makes_a_constant(name: str) -> None:
    schema = Schema({"one": "categorical", "note": "text"})
    frame = pd.DataFrame({"one": ["a", "a"], "note": ["x y", "x y"]}, dtype=object)
    matrix = get_recipe(name).fit(frame, schema).transform(frame)
    assert matrix.values.tolist() == [[0.0], [0.0]]


def test_a_single_row_can_be_fitted(name: str) -> None:
    one = TYPED.iloc[:1].reset_index(drop=True)
    assert get_recipe(name).fit(one, SCHEMA).transform(TYPED).values.shape[0] == len(TYPED)


def test_reads_names_the_kinds_and_an_unknown_name_its_nearest() -> None:
    assert all("text" in get_recipe(n).reads for n in recipe_names())
    with pytest.raises(ConfigError, match="'linear'"):
        get_recipe("liner")
