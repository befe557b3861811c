"""The record's contract, and pools of records."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.errors import ModelError, PredictionError
from stackkit.predictions import (
    Pool,
    Predictions,
    as_record_array,
    check_finite,
    rows_to_fit,
    unique_names,
    worst_evidence,
)


def record(**changes) -> Predictions:
    oof = np.arange(8, dtype=np.float32).reshape(4, 2)
    fields = {"name": "a", "key": "0" * 64, "oof": oof, "test": oof[:3], "target": "y"}
    return Predictions(**{**fields, "output": "proba", **changes})


def test_what_a_record_says_of_itself():
    oof = np.array([[0.5], [np.nan], [0.25], [1]], dtype=np.float32)
    made = record(oof=oof, test=None, key="ab" * 32, scores={"cv": 0.5})
    assert made.scored.tolist() == [True, False, True, True]
    assert (made.coverage, made.cv, made.key12) == (0.75, 0.5, "ab" * 6)
    assert list(made.arrays) == ["oof"]
    assert np.isnan(record().cv)
    assert made.with_(name="b").name == "b"
    assert made.name == "a"


@pytest.mark.parametrize(
    "changes",
    [
        {"oof": np.zeros((4, 2))},
        {"oof": np.zeros(4, dtype=np.float32)},
        {"oof": np.zeros((2, 4), dtype=np.float32).T},
        {"test": np.zeros((3, 1), dtype=np.float32)},
        {"held": np.zeros((3, 2, 1), dtype=np.float32)},
        {"test_folds": np.zeros((2, 3, 2), dtype=np.float32)},
        {"evidence": "hearsay"},
    ],
)
def test_arrays_that_break_the_contract_are_refused(changes):
    with pytest.raises(PredictionError):
        record(**changes)


def test_chains_are_named_by_fits():
    chain = np.zeros((2, 3, 2), dtype=np.float32)
    assert record(test_folds=chain, fits=("r0f0", "r0f1")).fits == ("r0f0", "r0f1")


@pytest.mark.parametrize(
    ("name", "value", "fine"),
    [
        ("oof", np.nan, False),
        ("oof", np.inf, False),
        ("test", np.nan, False),
        ("test", -np.inf, False),
        ("oof", 7, True),
    ],
)
def test_only_rows_that_are_not_scored_are_missing(name, value, fine):
    oof = np.ones((4, 2), dtype=np.float32)
    oof[3] = np.nan
    arrays = {"oof": oof, "test": np.ones((3, 2), dtype=np.float32)}
    arrays[name][1, 1] = value
    made, scored = record(**arrays), np.array([True, True, True, False])
    if fine:
        check_finite(made, scored)
    else:
        with pytest.raises(PredictionError):
            check_finite(made, scored)
    with pytest.raises(PredictionError):
        check_finite(made, np.ones(4, dtype=bool))


def test_evidence_is_that_of_the_worst():
    assert worst_evidence() == worst_evidence("clean", "clean") == "clean"
    assert worst_evidence("clean", "in_sample", "unverified") == "in_sample"


def test_record_arrays_are_copied_only_when_they_must():
    fine = np.zeros((3, 1), dtype=np.float32)
    assert as_record_array(fine) is fine
    made = as_record_array(np.arange(3.0))
    assert (made.shape, made.dtype) == ((3, 1), np.float32)


@pytest.fixture
def pool():
    rng = np.random.default_rng(0)
    arrays = tuple(rng.random((10, 2)).astype(np.float32) for _ in range(3))
    return Pool(("a", "b", "c"), arrays)


@pytest.mark.parametrize("size", [1, 3, 10, 99])
def test_blocks_and_matrix_hold_the_same_rows(pool, size):
    rows = np.array([7, 1, 1, 4])
    for part in (pool, pool.take(rows), pool.take(rows).take(np.array([3, 0]))):
        whole = part.matrix()
        assert whole.shape == part.shape == (3, len(part), 2)
        assert np.array_equal(np.concatenate(list(part.blocks(size)), axis=1), whole)
    assert np.array_equal(pool.take(rows).matrix(), pool.matrix()[:, rows])
    assert np.array_equal(pool.take(rows).take(np.array([3, 0])).matrix(), pool.matrix()[:, [4, 7]])


def test_rows_are_taken_by_mask(pool):
    mask = np.arange(10) % 2 == 1
    assert np.array_equal(pool.take(mask).matrix(), pool.matrix()[:, mask])


def test_a_pool_copies_nothing_until_asked(pool):
    part = pool.take(np.array([1, 2]))
    assert all(a is b for a, b in zip(part.arrays, pool.arrays, strict=True))


def test_members_have_one_shape_and_a_name_each():
    one, other = np.zeros((3, 1)), np.zeros((4, 1))
    for names, arrays in [(("a", "b"), (one, other)), (("a",), (one, one)), ((), ())]:
        with pytest.raises(PredictionError):
            Pool(names, arrays)


def test_members_have_names_of_their_own_and_a_family_each() -> None:
    array = np.zeros((3, 1), dtype=np.float32)
    with pytest.raises(PredictionError, match=r"twice \['a'\]"):
        Pool(("a", "a", "b"), (array,) * 3)
    with pytest.raises(PredictionError, match="1 families of 2 members"):
        Pool(("a", "b"), (array,) * 2, families=("trees",))


def test_members_are_matched_by_name_and_renamed_ones_by_order() -> None:
    arrays = tuple(np.full((2, 1), i, dtype=np.float32) for i in range(3))
    pool = Pool(("a", "b", "c"), arrays, families=("x", "y", "z"))
    assert pool.matched(("a", "b", "c")) is pool
    turned = pool.members([2, 0, 1]).matched(("a", "b", "c"))
    assert (turned.names, turned.arrays, turned.families) == (pool.names, arrays, pool.families)
    renamed = pool.matched(("a", "d", "c"))
    assert (renamed.names, renamed.arrays) == (("a", "d", "c"), arrays)
    with pytest.raises(ModelError, match="2 members that were fitted on; got 3"):
        pool.matched(("a", "b"))
    assert pool.matched(("b", "e", "c")).arrays == arrays


def test_records_of_one_name_are_told_apart_by_their_keys() -> None:
    records = [
        record(name=name, key=key * 64) for name, key in (("a", "0"), ("b", "1"), ("a", "2"))
    ]
    assert unique_names(records) == ("a@00000000", "b", "a@22222222")


def test_rows_to_fit_have_weight_and_numbers() -> None:
    a, b = np.zeros((2, 4, 1), dtype=np.float32)
    b[2] = np.nan
    pool = Pool(("a", "b"), (a, b))
    assert rows_to_fit(pool, np.array([1, 0.5, 0, 2])).tolist() == [0, 1, 3]
    assert rows_to_fit(pool.members([0]), None).tolist() == [0, 1, 2, 3]
    for weight in (None, np.ones(4), np.array([0, 0, 1, 0])):
        with pytest.raises(ModelError, match="1 rows without in 'b'"):
            rows_to_fit(pool, weight)
    with pytest.raises(ModelError, match="none of 4"):
        rows_to_fit(pool, np.zeros(4))
