"""Fit and Folds: identity, fits, pairs, files."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stackkit
from stackkit.errors import FoldError
from stackkit.folds import Fit, Folds

# Fold plans are shared between people and runs: this value may never change.
GOLDEN = "fb0978cfa0b3a104"
ROOT = Path(stackkit.__path__[0]).parent


def assignment(*repeats: list[int]) -> np.ndarray:
    return np.array(repeats, dtype=np.int16)


def chain() -> Folds:
    """Forward chaining over 8 rows in 4 stretches of two."""
    mask = np.zeros((1, 3, 8), dtype=bool)
    for fold in range(3):
        mask[0, fold, : 2 * fold + 2] = True
    return Folds(assignment([-1, -1, 0, 0, 1, 1, 2, 2]), np.zeros(8, bool), mask)


@st.composite
def plans(draw: st.DrawFn) -> Folds:
    """Any valid plan of up to 12 rows, with holdout, unscored rows and a thinned mask."""
    n_splits, n_repeats = draw(st.integers(2, 4)), draw(st.integers(1, 2))
    n_rows = draw(st.integers(n_splits + 1, 12))
    holdout = np.array(draw(st.lists(st.booleans(), min_size=n_rows, max_size=n_rows)))
    holdout[: n_splits + 1] = False
    table = np.full((n_repeats, n_rows), -1, dtype=np.int16)
    for repeat in range(n_repeats):
        free = st.lists(st.integers(-1, n_splits - 1), min_size=n_rows, max_size=n_rows)
        table[repeat] = np.where(holdout, -1, draw(free))
        table[repeat, :n_splits] = draw(st.permutations(range(n_splits)))
    mask = None
    if draw(st.booleans()):
        mask = ~holdout & (table[:, None, :] != np.arange(n_splits)[None, :, None])
        keep = draw(st.lists(st.booleans(), min_size=n_rows, max_size=n_rows))
        mask[..., n_splits:] &= np.array(keep)[n_splits:]
    return Folds(table, holdout, mask)


def brute_fit_rows(folds: Folds, repeat: int, fold: int) -> list[int]:
    rows = []
    for i in range(folds.n_rows):
        allowed = not folds.holdout[i] and folds.assignment[repeat, i] != fold
        if folds.fit_mask is not None:
            allowed = allowed and bool(folds.fit_mask[repeat, fold, i])
        if allowed:
            rows.append(i)
    return rows


@given(plans())
@settings(max_examples=60, deadline=None)
def test_fits_cover_every_cell_once_and_share_no_fit_rows(folds: Folds) -> None:
    seen: dict[tuple[int, ...], str] = {}
    cells = []
    for fit in folds.fits():
        assert seen.setdefault(tuple(fit.fit_rows), fit.id) == fit.id
        assert fit.id == "r{}f{}".format(*fit.cells[0])
        for repeat, fold in fit.cells:
            assert fit.fit_rows.tolist() == brute_fit_rows(folds, repeat, fold)
            assert fit.fit_rows.tolist() == folds.fit_rows(repeat, fold).tolist()
            for j in folds.cell_rows(repeat, fold):
                assert folds.assignment[repeat, j] == fold
                assert j not in fit.fit_rows and not folds.holdout[j]
        cells += fit.cells
    assert sorted(cells) == [(r, k) for r in range(folds.n_repeats) for k in range(folds.n_splits)]


@given(plans())
@settings(max_examples=60, deadline=None)
def test_pairs_are_the_rows_that_neither_fold_withholds(folds: Folds) -> None:
    expected = {}
    for r in range(folds.n_repeats):
        for k in range(folds.n_splits):
            for j in range(k):
                both = set(brute_fit_rows(folds, r, j)) & set(brute_fit_rows(folds, r, k))
                name = f"p{j}-{k}" if folds.n_repeats == 1 else f"r{r}p{j}-{k}"
                expected[name] = (sorted(both), ((r, j), (r, k)))
    if not all(rows for rows, _ in expected.values()):
        with pytest.raises(FoldError, match="n_splits >= 3"):
            folds.pairs()
        return
    found = {fit.id: (fit.fit_rows.tolist(), fit.cells) for fit in folds.pairs()}
    assert found == expected
    assert len(found) == folds.n_repeats * folds.n_splits * (folds.n_splits - 1) // 2


@given(plans())
@settings(max_examples=40, deadline=None)
def test_scored_full_and_sizes(folds: Folds) -> None:
    for i in range(folds.n_rows):
        assert folds.scored[i] == any(folds.assignment[r, i] >= 0 for r in range(folds.n_repeats))
    assert folds.full().fit_rows.tolist() == [i for i, h in enumerate(folds.holdout) if not h]
    assert (folds.full().id, folds.full().cells) == ("full", ())
    assert folds.assignment.shape == (folds.n_repeats, folds.n_rows)
    assert folds.assignment.max() == folds.n_splits - 1


@given(plans(), plans())
@settings(max_examples=60, deadline=None)
def test_fingerprints_are_equal_exactly_where_the_arrays_are(a: Folds, b: Folds) -> None:
    same = np.array_equal(a.assignment, b.assignment) and np.array_equal(a.holdout, b.holdout)
    if (a.fit_mask is None) != (b.fit_mask is None):
        same = False
    elif a.fit_mask is not None:
        same = same and np.array_equal(a.fit_mask, b.fit_mask)
    assert (a.fingerprint == b.fingerprint) == same == (a == b)


@given(plans())
@settings(max_examples=40, deadline=None)
def test_a_mask_equal_to_the_complement_is_dropped_before_hashing(folds: Folds) -> None:
    table = folds.assignment
    default = ~folds.holdout & (table[:, None, :] != np.arange(folds.n_splits)[None, :, None])
    plain, spelled = Folds(table, folds.holdout), Folds(table, folds.holdout, default)
    assert spelled.fit_mask is None
    assert spelled.fingerprint == plain.fingerprint


def test_scheme_and_reason_are_no_part_of_the_identity() -> None:
    a = Folds(assignment([0, 1, 2, 0]), scheme="kfold", reason="set")
    b = Folds(assignment([0, 1, 2, 0]), np.zeros(4, bool), scheme="predefined", reason="by hand")
    assert a == b and hash(a) == hash(b) and a.fingerprint == b.fingerprint
    assert a != "a plan"


def test_every_array_moves_the_fingerprint() -> None:
    base = Folds(assignment([0, 1, 2, 0, 1, -1]))
    held = np.array([False] * 5 + [True])
    mask = np.ones((1, 3, 6), dtype=bool) & (base.assignment[:, None] != np.arange(3)[:, None])
    mask[0, 0, 5] = False
    others = [
        Folds(assignment([1, 0, 2, 1, 0, -1])),
        Folds(assignment([0, 1, 2, 0, 1, 2])),
        Folds(base.assignment, held),
        Folds(base.assignment, None, mask),
        Folds(np.vstack([base.assignment] * 2)),
    ]
    assert len({f.fingerprint for f in [base, *others]}) == 6


def test_the_fingerprint_is_golden_and_the_same_in_another_process() -> None:
    code = (
        "import numpy as np; from stackkit.folds import Folds;"
        "print(Folds(np.array([[0, 1, 2, 0, -1]], dtype=np.int16)).fingerprint)"
    )
    env = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    here = Folds(assignment([0, 1, 2, 0, -1])).fingerprint
    assert done.stdout.strip() == here
    assert here.startswith(GOLDEN) and len(here) == 64


def test_cells_with_equal_fit_rows_are_one_fit_named_after_the_first() -> None:
    folds = Folds(assignment([0, 0, 1, 1], [1, 1, 0, 0]))
    assert [(f.id, f.cells) for f in folds.fits()] == [
        ("r0f0", ((0, 0), (1, 1))),
        ("r0f1", ((0, 1), (1, 0))),
    ]
    assert folds.fits() is folds.fits()


@pytest.mark.parametrize(
    ("folds", "forward"),
    [
        (chain(), True),
        (Folds(assignment([-1, -1, 0, 0])), True),
        (Folds(assignment([0, 1, 2, 0])), False),
        (Folds(assignment([0, 1, -1, -1])), False),
        (Folds(assignment([0, 0, 1, 1], [0, 1, 0, 1])), False),
    ],
)
def test_forward_means_nested_fit_rows(folds: Folds, forward: bool) -> None:
    assert folds.forward is forward


def test_a_chain_without_purge_keeps_its_mask_and_pairs() -> None:
    folds = chain()
    assert [f.fit_rows.tolist() for f in folds.fits()] == [
        [0, 1],
        [0, 1, 2, 3],
        [0, 1, 2, 3, 4, 5],
    ]
    assert [f.fit_rows.tolist() for f in folds.pairs()] == [[0, 1], [0, 1], [0, 1, 2, 3]]
    assert folds.scored.tolist() == [False] * 2 + [True] * 6


def test_a_cell_outside_the_plan_is_an_error() -> None:
    folds = Folds(assignment([0, 1, 2]))
    for cell in [(1, 0), (0, 3), (-1, 0), (0, -1)]:
        with pytest.raises(FoldError, match="1 repeats of 3 folds"):
            folds.fit_rows(*cell)
        with pytest.raises(FoldError):
            folds.cell_rows(*cell)


def test_arrays_are_copies_and_cannot_be_written() -> None:
    given = assignment([0, 1, 2, 0])
    folds = Folds(given)
    given[0, 0] = 2
    assert folds.assignment[0, 0] == 0
    arrays = [folds.assignment, folds.holdout, folds.scored, folds.fits()[0].fit_rows]
    again = pickle.loads(pickle.dumps(folds))
    assert again == folds
    for array in [*arrays, chain().fit_mask, again.assignment]:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(FrozenInstanceError):
        folds.scheme = "other"
    assert Fit("full", [2, 3], ()).fit_rows.dtype == np.int64


@given(plans())
@settings(max_examples=20, deadline=None)
def test_save_and_load(tmp_path_factory: pytest.TempPathFactory, folds: Folds) -> None:
    path = tmp_path_factory.mktemp("folds") / "plan"
    named = Folds(folds.assignment, folds.holdout, folds.fit_mask, "group", "why — so")
    named.save(path)
    again = Folds.load(path)
    assert again == folds
    assert (again.scheme, again.reason) == ("group", "why — so")


def test_load_refuses_what_is_no_plan(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("id,fold")
    np.savez(tmp_path / "other.npz", x=np.arange(3))
    np.savez(tmp_path / "bad.npz", assignment=np.arange(3), scheme="", reason="")
    np.savez(tmp_path / "object.npz", assignment=np.array([{}], dtype=object), scheme="", reason="")
    np.save(tmp_path / "array.npz.npy", np.arange(3))
    for name in ("text.npz", "other.npz", "none.npz", "object.npz", "array.npz.npy"):
        with pytest.raises(FoldError, match=r"written by Folds\.save"):
            Folds.load(tmp_path / name)
    with pytest.raises(FoldError, match="int16"):
        Folds.load(tmp_path / "bad.npz")


def test_to_frame() -> None:
    holdout = np.array([False, False, False, True])
    folds = Folds(assignment([0, 1, -1, -1], [1, 0, 1, -1]), holdout)
    frame = folds.to_frame(pd.Series(list("abcd"), name="key"))
    assert list(frame.columns) == ["id", "fold", "repeat"]
    assert frame["id"].tolist() == list("abcdabcd")
    assert frame["fold"].tolist() == [0, 1, -1, -2, 1, 0, 1, -2]
    assert frame["repeat"].tolist() == [0] * 4 + [1] * 4
    assert folds.to_frame()["id"].tolist() == [0, 1, 2, 3] * 2
    with pytest.raises(FoldError, match="3 for 4 rows"):
        folds.to_frame(pd.Series([1, 2, 3]))
