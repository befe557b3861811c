"""Adversarial validation: what it finds in data whose shift is known, and in data without one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.evaluation import adversarial_validation
from stackkit.evaluation.adversarial import CELLS, MOST_ROWS, looks_like

N = 500


def two_worlds(shift: float = 0.0, **columns: np.ndarray) -> Competition:
    """Train and test whose column `moved` differs by `shift`; `columns` hold 2 N values each."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({f"plain{j}": rng.normal(size=2 * N) for j in range(3)})
    frame["letter"] = rng.choice(list("abc"), size=2 * N)
    frame["moved"] = rng.normal(size=2 * N) + shift * (np.arange(2 * N) >= N)
    frame = frame.assign(**columns)
    frame.loc[::9, "plain0"] = np.nan
    train = frame[:N].assign(y=rng.integers(2, size=N))
    return Competition.from_frames(train, frame[N:], target="y", metric="auc")


def test_like_worlds_cannot_be_told_apart() -> None:
    found = adversarial_validation(two_worlds())
    assert abs(found.auc - 0.5) < 0.06
    assert "look alike" in found.verdict
    assert found.rows == (N, N)


def test_the_column_that_moved_is_named_first() -> None:
    found = adversarial_validation(two_worlds(shift=2.0))
    assert found.auc > 0.85
    assert found.drivers.column[0] == "moved"
    assert found.drivers["drop"][0] > 0.2 > found.drivers["drop"][1:].max()
    assert found.verdict.endswith("differ clearly, most of all in 'moved'")


def test_the_strongest_column_alone_reaches_what_theory_says() -> None:
    found = adversarial_validation(two_worlds(shift=2.0))
    assert found.drivers.alone[0] == pytest.approx(0.921, abs=0.03)  # Φ(2 / √2)
    assert found.drivers.alone[:5].notna().all()


def test_a_category_of_many_levels_is_no_driver_by_memory() -> None:
    codes = np.random.default_rng(5).integers(200, size=2 * N)
    found = adversarial_validation(two_worlds(code=np.array([f"c{c}" for c in codes])))
    assert found.auc < 0.58
    table = found.drivers.set_index("column")
    assert abs(table.loc["code", "drop"]) < 0.05


def test_new_levels_of_test_are_found() -> None:
    rng = np.random.default_rng(7)
    shop = np.where(
        np.arange(2 * N) < N, rng.choice(["u", "v"], 2 * N), rng.choice(["v", "w"], 2 * N)
    )
    found = adversarial_validation(two_worlds(shop=shop))
    assert found.drivers.column[0] == "shop" and found.auc > 0.7


def test_times_are_read_as_times() -> None:
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(2 * N), "D")
    found = adversarial_validation(two_worlds(when=days.astype(str)))
    assert found.auc > 0.99
    assert found.drivers[["column", "looks_like"]].iloc[0].tolist() == ["when", "time"]


def test_without_a_test_set_there_is_nothing_to_tell() -> None:
    made = two_worlds()
    alone = Competition.from_frames(made.train.assign(y=made.y), target="y", metric="auc")
    assert adversarial_validation(alone) is None


def test_the_same_seed_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    first, again = (adversarial_validation(two_worlds(0.5), seed=4) for _ in range(2))
    assert first.folds == again.folds
    pd.testing.assert_frame_equal(first.drivers, again.drivers)


def test_large_tables_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackkit.evaluation.adversarial.MOST_ROWS", 450)
    found = adversarial_validation(two_worlds())
    assert found.rows == (450, 450)
    assert MOST_ROWS * 2 * 20 < 2 * CELLS


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (np.arange(100), "numeric", "row order"),
        (np.random.default_rng(0).permutation(100), "numeric", "id"),
        (np.random.default_rng(0).normal(size=100), "numeric", ""),
        ([f"t{i}" for i in range(100)], "categorical", "id"),
        (["a", "b"] * 50, "categorical", ""),
        (np.zeros(100), "numeric", ""),
        ([np.nan] * 100, "numeric", ""),
    ],
)
def test_columns_that_are_more_than_features(values: object, kind: str, expected: str) -> None:
    assert looks_like(pd.Series(values), kind) == expected
