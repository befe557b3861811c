"""Simplex weights as a learner: the choice of the pull, row weights, families, few members."""

from __future__ import annotations

import dataclasses
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog
from weight_cases import KINDS, N, kkt_gap, objective, plain_loss, pool_of, stack

from stackkit.errors import ModelError
from stackkit.level2.sampling import inner_folds
from stackkit.level2.weights import SPECS, Simplex
from stackkit.level2.weights import fitting as module
from stackkit.level2.weights.feasible import Feasible, Rules
from stackkit.level2.weights.newton import Penalised, minimise
from stackkit.predictions import Pool


def fitted(
    kind: str, pool: Pool, y: np.ndarray, weight: np.ndarray | None = None, learner=None
) -> dict[str, float]:
    blend = (learner or Simplex()).build(objective(kind), 0).fit(pool, y, weight)
    return dict(zip(blend.names_, blend.weights_, strict=True))


def test_a_useless_member_gets_nothing_and_a_perfect_one_all() -> None:
    y = np.linspace(-1, 1, N)
    pool = pool_of(np.stack([y, y + 5, y + 9])[..., None])
    found = fitted("squared", pool, y, None, Simplex(pulls=(1e-9,)))
    assert found == pytest.approx({"m0": 1, "m1": 0, "m2": 0}, abs=1e-6)


def test_a_large_pull_gives_equal_weights() -> None:
    pool, y, weight = stack("multiclass", 4)
    equal = fitted("multiclass", pool, y, weight, Simplex(pulls=(1e6,)))
    assert equal == pytest.approx(dict.fromkeys(pool.names, 0.25), abs=1e-5)
    free = fitted("multiclass", pool, y, weight, Simplex(pulls=(0.001,)))
    assert np.ptp(list(free.values())) > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_members_does_not_matter(kind: str) -> None:
    pool, y, weight = stack(kind, 4)
    order = [2, 0, 3, 1]
    straight, mixed = (fitted(kind, p, y, weight) for p in (pool, pool.members(order)))
    assert mixed == pytest.approx(straight, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_no_weight_have_no_influence(kind: str) -> None:
    pool, y, weight = stack(kind, 3)
    weight[60:] = 0
    spoilt, other = pool.matrix(), y.copy()
    spoilt[:, 60:] = spoilt[:, 60:][:, ::-1]
    other[60:] = other[60:][::-1]
    plain, few = fitted(kind, pool, y, weight), np.arange(60)
    assert plain == fitted(kind, pool_of(spoilt), other, weight)
    assert plain == fitted(kind, pool.take(few), y[:60], weight[:60])


def test_a_scaled_weight_is_the_same_weight() -> None:
    pool, y, weight = stack("binary", 3)
    one, other = fitted("binary", pool, y, weight), fitted("binary", pool, y, 1e3 * weight)
    assert one == pytest.approx(other, abs=1e-6)


@pytest.mark.parametrize("spec", SPECS[:3], ids=lambda spec: spec.name)
def test_one_member_has_all_the_weight(spec) -> None:
    pool, y, _ = stack("binary", 1)
    assert fitted("binary", pool, y, None, spec.learner) == {"m0": 1.0}


def test_the_pull_is_the_one_that_inner_folds_prefer() -> None:
    pool, y, _ = stack("squared", 4)
    weight = np.exp(2 * np.random.default_rng(0).normal(size=N))  # uneven enough to matter
    learner, goal, kind = Simplex(pulls=(0.001, 0.1, 10.0)), objective("squared"), KINDS["squared"]
    totals = []
    for pull in learner.pulls:
        total = 0.0
        for inside, outside in inner_folds(y, learner.inner_folds, 11):
            part = kind.loss(kind.terms(pool.take(inside), y[inside], weight[inside]))
            w = minimise(Penalised.of(part, 4, pull), Feasible.simplex(4))
            loss = plain_loss("squared", pool.take(outside), y[outside], weight[outside])
            total += loss(w) * weight[outside].sum()
        totals.append(total)
    best = learner.pulls[int(np.argmin(totals))]
    chosen = learner.weights(pool, y, weight, goal, seed=11)
    alone = dataclasses.replace(learner, pulls=(best,)).weights(pool, y, weight, goal, seed=11)
    np.testing.assert_allclose(chosen, alone, atol=1e-8)
    others = (dataclasses.replace(learner, pulls=(p,)) for p in learner.pulls if p != best)
    for other in others:
        assert not np.allclose(other.weights(pool, y, weight, goal, 11), chosen, atol=1e-3)


def test_a_few_rows_get_the_largest_pull() -> None:
    pool, y, _ = stack("squared", 3)
    found = fitted("squared", pool.take(np.arange(9)), y[:9], None, Simplex(pulls=(0.001, 1e6)))
    assert list(found.values()) == pytest.approx([1 / 3] * 3, abs=1e-5)


def test_certain_and_wrong_members_do_not_break_the_logarithm() -> None:
    y = np.arange(N) % 2
    made = np.stack([1.0 - y, y.astype(float)])[..., None]
    assert fitted("binary", pool_of(made), y)["m1"] > 0.9
    assert sum(fitted("binary", pool_of(made[:1].repeat(2, 0)), y).values()) == pytest.approx(1)


def test_perfect_members_leave_nothing_to_round() -> None:
    y = np.linspace(-1, 1, N)
    found = fitted("median", pool_of(np.stack([y, y])[..., None]), y.astype(np.float32))
    assert list(found.values()) == pytest.approx([0.5, 0.5])


def test_the_pull_is_chosen_on_a_sample_and_the_weights_on_all_rows(monkeypatch) -> None:
    pool, y, weight = stack("binary", 5, rows=600)
    read, terms = [], module.Kind.terms
    monkeypatch.setattr(module, "ROWS", 200)
    monkeypatch.setattr(
        module.Kind, "terms", lambda self, p, y, w: read.append(len(y)) or terms(self, p, y, w)
    )
    learner = Simplex(pulls=(0.01, 0.02))
    w = learner.weights(pool, y, weight, objective("binary"), 0)
    assert max(read[:-1]) <= 204
    assert read[-1] == 600
    kind = KINDS["binary"]
    ends = []
    for pull in learner.pulls:
        loss = Penalised.of(kind.loss(terms(kind, pool, y, weight)), 5, pull)
        ends.append(kkt_gap(loss(w).gradient, w, Feasible.simplex(5)))
    assert min(ends) < 1e-6


@pytest.mark.parametrize("kind", ["binary", "squared"])
def test_few_members_of_many(kind: str) -> None:
    pool, y, weight = stack(kind, 12, rows=300)
    learner = Simplex(pulls=(0.1,), max_models=4, min_weight=0.1)
    dense = fitted(kind, pool, y, weight, Simplex(pulls=(0.1,)))
    used = [w for w in fitted(kind, pool, y, weight, learner).values() if w > 0]
    assert sum(w > 0 for w in dense.values()) > 4
    assert len(used) <= 4
    assert min(used) >= 0.1 - 1e-12
    assert sum(used) == pytest.approx(1)


def test_bounds_of_all_and_of_one_member_hold() -> None:
    pool, y, weight = stack("squared", 5)
    free = fitted("squared", pool, y, weight)
    learner = Simplex(upper=0.3, lower=0.05, bounds=(("m4", 0.2, 0.25),))
    bound = fitted("squared", pool, y, weight, learner)
    assert max(free.values()) > 0.3
    assert max(bound.values()) <= 0.3 + 1e-9
    assert min(bound.values()) >= 0.05 - 1e-9
    assert 0.2 - 1e-9 <= bound["m4"] <= 0.25 + 1e-9


def test_a_family_has_at_most_its_cap() -> None:
    pool, y, weight = stack("binary", 6)
    families = ("trees", "trees", "trees", "nets", "nets", "linear")
    pool = dataclasses.replace(pool, families=families)
    free = fitted("binary", pool, y, weight, Simplex(pulls=(0.001,)))
    capped = fitted("binary", pool, y, weight, Simplex(pulls=(0.001,), family_cap=0.5))
    assert sum(free[f"m{i}"] for i in range(3)) > 0.6
    assert sum(capped[f"m{i}"] for i in range(3)) == pytest.approx(0.5)
    assert sum(capped.values()) == pytest.approx(1)
    assert (Simplex(family_cap=0.5).reads_names, Simplex().reads_names) == (True, False)


def test_few_members_beside_a_cap() -> None:
    pool, y, weight = stack("binary", 9, rows=300)
    families = ("trees",) * 4 + ("nets",) * 3 + ("linear",) * 2
    pool = dataclasses.replace(pool, families=families)
    learner = Simplex(pulls=(0.01,), family_cap=0.5, max_models=3, min_weight=0.1)
    found = fitted("binary", pool, y, weight, learner)
    used = {name for name, w in found.items() if w > 0}
    assert 2 <= len(used) <= 3
    assert min(found[name] for name in used) >= 0.1 - 1e-9
    assert sum(found[f"m{i}"] for i in range(4)) == pytest.approx(0.5)


def test_members_are_read_as_they_are_mapped(tmp_path) -> None:
    pool, y, weight = stack("binary", 3)
    paths = [tmp_path / f"{name}.npy" for name in pool.names]
    for path, array in zip(paths, pool.arrays, strict=True):
        np.save(path, array)
    mapped = Pool(pool.names, tuple(np.load(path, mmap_mode="r") for path in paths))
    assert fitted("binary", mapped, y, weight) == fitted("binary", pool, y, weight)


@pytest.mark.parametrize(
    ("learner", "least"),
    [
        (Simplex(max_models=1, upper=0.3), 4),
        (Simplex(max_models=1, family_cap=0.5), 2),
        (Simplex(max_models=2, lower=0.1), 4),
        (Simplex(max_models=2, bounds=tuple((f"m{i}", 0.1, 1.0) for i in range(3))), 3),
    ],
)
def test_bounds_that_need_more_members_than_there_may_be_are_refused(learner, least: int) -> None:
    pool, y, _ = stack("binary", 4)
    pool = dataclasses.replace(pool, families=("a", "a", "b", "b"))
    with pytest.raises(ModelError, match=f"bounds need at least {least} members"):
        fitted("binary", pool, y, None, learner)
    enough = fitted("binary", pool, y, None, dataclasses.replace(learner, max_models=least))
    assert sum(w > 0 for w in enough.values()) <= least


@pytest.mark.parametrize("seed", range(30))
def test_the_most_members_are_kept_wherever_bounds_allow(seed: int) -> None:
    """Against all subsets: some support of k members can be met, or it is refused."""
    rng = np.random.default_rng(seed)
    pool, y, _ = stack("squared", 6, seed=seed)
    pool = dataclasses.replace(pool, families=tuple(rng.choice(["a", "b", "c"], size=6)))
    bounds = tuple((f"m{i}", 0.05 * (rng.random() < 0.2), rng.choice([0.2, 0.34, 0.5, 0.9]))
                   for i in range(6))  # fmt: skip
    learner = Simplex(pulls=(0.01,), bounds=bounds, family_cap=rng.choice([0.5, 0.7, 1.0]))
    try:
        feasible = Rules(bounds=bounds, family_cap=learner.family_cap).feasible(pool)
    except ModelError:
        return
    least = min(k for k in range(1, 7) if any(_met(feasible, s) for s in combinations(range(6), k)))
    for k in range(1, 7):
        some = dataclasses.replace(learner, max_models=k)
        if k < least:
            with pytest.raises(ModelError, match=f"at least {least} members"):
                fitted("squared", pool, y, None, some)
        else:
            w = np.array(list(fitted("squared", pool, y, None, some).values()))
            assert (w > 0).sum() <= k
            assert feasible.violation(w) < 1e-6


def _met(feasible: Feasible, members: tuple[int, ...]) -> bool:
    """Whether a linear programme finds weights of these members alone that obey."""
    inside = np.isin(np.arange(feasible.members), members)
    upper = np.where(inside, feasible.upper, 0)
    if (feasible.lower > upper).any():
        return False
    found = linprog(
        np.zeros(feasible.members), feasible.groups, feasible.caps,
        np.ones((1, feasible.members)), [1.0], np.column_stack([feasible.lower, upper]),
    )  # fmt: skip
    return found.status == 0
