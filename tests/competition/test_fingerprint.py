"""The fingerprint of the data."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

N, M = 12, 5


@pytest.fixture
def mark(frames: Callable, made: Callable) -> Callable[..., str]:
    """`mark(train, test, **options)`: the fingerprint of these data."""

    def of(train: pd.DataFrame, test: pd.DataFrame | None = None, **options: Any) -> str:
        return made((train, frames()[1] if test is None else test), **options).fingerprint

    return of


def test_equal_values_have_one_fingerprint_however_they_are_held(
    frames: Callable, mark: Callable
) -> None:
    train, test = frames(n=range(N), b=[True, False] * 6)
    test = test.assign(n=0, b=True)
    whole = mark(train, test)
    others = [
        train.astype({"n": "int8", "y": "int32"}),
        train.astype({"n": "float64", "b": "int64"}),
        train.astype({"n": "Int64", "b": "boolean"}),
        train.astype({"k": "category"}),
        train.astype({"k": object}),
        pd.concat([train.iloc[:5], train.iloc[5:]]),
        train.set_axis(range(100, 100 + N)),
    ]
    assert {mark(other, test) for other in others} == {whole}


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.assign(x=t.x.where(t.id > 0, 9.0)),
        lambda t: t.assign(x=t.x.where(t.id > 0)),
        lambda t: t.assign(k=t.k.where(t.id > 0, "z")),
        lambda t: t.assign(k=t.k.where(t.id > 0)),
        lambda t: t.assign(y=1 - t.y),
        lambda t: t.iloc[::-1],
        lambda t: t.iloc[:-2],
        lambda t: t.rename(columns={"k": "K"}),
        lambda t: t[["id", "k", "x", "y"]],
    ],
)
def test_another_value_row_order_or_name_has_another(
    change: Any, frames: Callable, mark: Callable
) -> None:
    train, test = frames()
    assert mark(change(train), test.rename(columns={"k": "K"}) if "K" in change(train) else test) \
        != mark(train, test)  # fmt: skip


def test_test_weights_and_kind_enter_the_fingerprint(frames: Callable, mark: Callable) -> None:
    train, test = frames(w=1.0)
    whole = mark(train, test)
    assert mark(train, test.iloc[::-1]) != whole
    assert mark(train, test, weight="w") != whole
    numbers, words = train.assign(k=range(N)), train.assign(k=[f"{i}" for i in range(N)])
    assert mark(numbers, test.assign(k=0)) != mark(words, test.assign(k="0"))


def test_ids_do_not_enter_the_fingerprint(frames: Callable, mark: Callable) -> None:
    train, test = frames()
    assert mark(train.assign(id=train.id + 100), test) == mark(train, test)


def test_negative_zero_is_zero_and_every_missing_value_is_one(
    frames: Callable, mark: Callable
) -> None:
    train, test = frames()
    zero, minus = (train.assign(x=np.full(N, z)) for z in (0.0, -0.0))
    assert mark(zero, test) == mark(minus, test)
    payload = np.array([0x7FF8000000000001] * N, dtype=np.uint64).view(np.float64)
    assert mark(train.assign(x=np.nan), test) == mark(train.assign(x=payload), test)
    none, nan = (
        train.assign(k=train.k.astype(object).where(train.id > 3, v)) for v in (None, np.nan)
    )
    assert mark(none, test) == mark(nan, test)


def test_integers_beyond_floats_are_told_apart(frames: Callable, mark: Callable) -> None:
    train, test = frames()
    big = 2**53 + np.arange(N, dtype=np.int64)
    test = test.assign(big=1)
    assert mark(train.assign(big=big), test) != mark(train.assign(big=big // 2 * 2), test)


def test_neighbouring_text_is_told_apart(frames: Callable, mark: Callable) -> None:
    train, test = frames()
    one, other = (train.assign(k=levels * 6) for levels in (["ab", "c"], ["a", "bc"]))
    assert mark(one, test) != mark(other, test)


SCRIPT = """
import pandas as pd
from stackkit.competition import Competition
train = pd.DataFrame({"x": [0.5, None, 2.0], "k": ["b", "a", None], "y": ["u", "v", "u"]})
print(Competition.from_frames(train, train[["x", "k"]], target="y", metric="auc").fingerprint)
"""


def test_another_process_makes_the_same_fingerprint() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
    assert len(found.pop().strip()) == 64
