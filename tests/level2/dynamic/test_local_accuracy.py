"""Methods of local accuracy, oracles and behaviour, each against a loop over rows and members."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from made_regions import made

from stackkit.level2.dynamic.behaviour import Knop, Mcb
from stackkit.level2.dynamic.knora import KnoraE, KnoraU
from stackkit.level2.dynamic.local_accuracy import APosteriori, APriori, DesP, Lca, Mla, Ola
from stackkit.level2.dynamic.method import Method, Reference, Region

Slow = Callable[[Reference, np.ndarray, np.ndarray, np.ndarray, int], float]


def row_weight(reference: Reference, k: int) -> float:
    return 1.0 if reference.weight is None else reference.weight[k]


def share(pairs: list[tuple[float, float]]) -> float:
    """Σ w v / Σ w, 0 where nothing is summed."""
    total = sum(w for w, _ in pairs)
    return sum(w * v for w, v in pairs) / total if total > 0 else 0.0


def slow_ola(r: Reference, rows: np.ndarray, d: np.ndarray, here: np.ndarray, i: int) -> float:
    """Cruz et al. (2018), eq. of OLA: δᵢ = (1/K) Σₖ cᵢ(xₖ)."""
    return share([(row_weight(r, k), r.competence[i, k]) for k in rows])


def slow_a_priori(r: Reference, rows: np.ndarray, d: np.ndarray, here: np.ndarray, i: int) -> float:
    """Giacinto and Roli (1999), a priori: δᵢ = Σₖ P(ωₖ | xₖ) Wₖ / Σₖ Wₖ, Wₖ = 1/dₖ."""
    near = zip(rows, d, strict=True)
    return share([(row_weight(r, k) / dk, r.competence[i, k]) for k, dk in near])


def slow_lca(r: Reference, rows: np.ndarray, d: np.ndarray, here: np.ndarray, i: int) -> float:
    """Mean of cᵢ(xₖ) over the neighbours of the class that member i names at the query."""
    named = int(np.argmax(here[i]))
    return share([(row_weight(r, k), r.competence[i, k]) for k in rows if r.y[k] == named])


def slow_mla(r: Reference, rows: np.ndarray, d: np.ndarray, here: np.ndarray, i: int) -> float:
    """Smits (2002): the same with Wₖ = 1/dₖ."""
    named, near = int(np.argmax(here[i])), zip(rows, d, strict=True)
    pairs = [(row_weight(r, k) / dk, r.competence[i, k]) for k, dk in near if r.y[k] == named]
    return share(pairs)


def slow_a_posteriori(
    r: Reference, rows: np.ndarray, d: np.ndarray, here: np.ndarray, i: int
) -> float:
    """Giacinto and Roli (1999), a posteriori: Σ_{xₖ ∈ ω} P(ω | xₖ) Wₖ / Σₖ P(ω | xₖ) Wₖ."""
    named, near = int(np.argmax(here[i])), zip(rows, d, strict=True)
    pairs = [
        (row_weight(r, k) / dk * r.predictions[i, k, named], float(r.y[k] == named))
        for k, dk in near
    ]
    return share(pairs)


def slow_mcb(r: Reference, rows: np.ndarray, d: np.ndarray, here: np.ndarray, i: int) -> float:
    """Giacinto and Roli (2001), eq. 5 and 6: OLA over xₖ with S(x, xₖ) above the threshold."""
    votes = [int(np.argmax(p)) for p in here]
    alike = []
    for k in rows:
        same = [int(np.argmax(r.predictions[j, k])) == votes[j] for j in range(len(votes))]
        if sum(same) / len(same) > 0.3:
            alike.append(k)
    return slow_ola(r, np.array(alike or list(rows)), d, here, i)


def best(competence: np.ndarray, margin: float) -> np.ndarray:
    """All members within the margin of the best, if that one knows anything."""
    chosen = [c >= competence.max() - margin and competence.max() > 0 for c in competence]
    return np.array(chosen) / max(sum(chosen), 1)


def slow_weights(
    slow: Slow, margin: float, r: Reference, region: Region, p: np.ndarray
) -> list[np.ndarray]:
    found = []
    for q, (rows, d) in enumerate(zip(region.rows, region.distances, strict=True)):
        found.append(best(np.array([slow(r, rows, d, p[:, q], i) for i in range(len(p))]), margin))
    return found


METHODS: list[tuple[Method, Slow]] = [
    (Ola(), slow_ola),
    (Ola(margin=0.2), slow_ola),
    (APriori(), slow_a_priori),
    (Lca(), slow_lca),
    (Mla(), slow_mla),
    (APosteriori(), slow_a_posteriori),
    (Mcb(similarity=0.3), slow_mcb),
]


@pytest.mark.parametrize(("method", "slow"), METHODS, ids=lambda v: str(getattr(v, "name", "")))
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_best_members_are_those_of_the_loop(
    method: Method, slow: Slow, classes: int, hard: bool, weighted: bool
) -> None:
    reference, region, p = made(11, classes, hard, weighted)
    weights = method.fit(reference, region, 0).weights(region, p)
    slowly = slow_weights(slow, method.margin + 1e-9, reference, region, p)
    np.testing.assert_allclose(weights, slowly, atol=1e-12)


def slow_knora_u(r: Reference, rows: np.ndarray) -> np.ndarray:
    """Ko et al. (2008), fig. 4: a vote for each neighbour, here of the size of the competence."""
    votes = [sum(row_weight(r, k) * r.competence[i, k] for k in rows) for i in range(r.members)]
    return np.array(votes) / max(sum(votes), 1e-300)


def slow_knora_e(r: Reference, rows: np.ndarray) -> np.ndarray:
    """Ko et al. (2008), fig. 3: the neighbourhood shrinks until some member is right on all."""
    for size in range(len(rows), 0, -1):
        right = [all(r.competence[i, k] > 0.5 for k in rows[:size]) for i in range(r.members)]
        if any(right):
            return np.array(right) / sum(right)
    return np.zeros(r.members)


def slow_des_p(r: Reference, rows: np.ndarray) -> np.ndarray:
    """Woloszynski et al. (2012): members whose local accuracy is above 1/C, equally."""
    chance = 1 / r.predictions.shape[2] + 1e-9
    chosen = [slow_ola(r, rows, rows, rows, i) > chance for i in range(r.members)]
    return np.array(chosen) / max(sum(chosen), 1)


ENSEMBLES = [(KnoraU(), slow_knora_u), (KnoraE(), slow_knora_e), (DesP(), slow_des_p)]


@pytest.mark.parametrize(("method", "slow"), ENSEMBLES, ids=lambda v: str(getattr(v, "name", "")))
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_ensemble_is_that_of_the_loop(
    method: Method, slow: Callable, classes: int, hard: bool, weighted: bool
) -> None:
    reference, region, p = made(12, classes, hard, weighted)
    weights = method.fit(reference, region, 0).weights(region, p)
    np.testing.assert_allclose(weights, [slow(reference, rows) for rows in region.rows], atol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_knop_is_knora_u_over_rows_of_like_profiles(classes: int) -> None:
    """Cavalin et al. (2013): the K rows whose output profile is nearest to the query's."""
    reference, region, p = made(13, classes)
    weights = Knop().fit(reference, region, 0).weights(region, p)
    kept = slice(1, None) if classes == 2 else slice(None)
    for q in range(len(region)):
        away = reference.predictions[:, :, kept] - p[:, q, None, kept]
        nearest = np.argsort((away**2).sum(axis=(0, 2)))[: region.rows.shape[1]]
        np.testing.assert_allclose(weights[q], slow_knora_u(reference, nearest), atol=1e-12)


def two_classes(competence: list[list[float]], y: list[int]) -> Reference:
    """Members whose competence on each reference row is given."""
    c, truth = np.array(competence, dtype=float), np.array(y)
    p = np.where((truth == 1)[None, :, None], np.stack([1 - c, c], 2), np.stack([c, 1 - c], 2))
    return Reference(truth, p, c)


def of_all(reference: Reference, distances: list[float] | None = None) -> Region:
    n = len(reference.y)
    d = np.arange(1.0, n + 1) if distances is None else np.array(distances)
    return Region(np.arange(n)[None], d[None])


def says(*classes: float) -> np.ndarray:
    """(m, 1, 2) predictions of one query by the probabilities of class 1."""
    p = np.array(classes)[:, None]
    return np.stack([1 - p, p], axis=2)


def weights_of(method: Method, reference: Reference, region: Region, p: np.ndarray) -> list[float]:
    return [round(float(w), 9) for w in method.fit(reference, region, 0).weights(region, p)[0]]


UNION = partial(weights_of, KnoraU())


def test_ola_selects_one_where_knora_u_weighs_all() -> None:
    reference = two_classes([[1, 1, 1, 0], [1, 1, 0, 0]], [0, 0, 1, 1])
    asked = (reference, of_all(reference), says(0.3, 0.3))
    assert UNION(*asked) == [0.6, 0.4]
    assert weights_of(Ola(), *asked) == [1, 0]


def test_lca_reads_the_rows_of_the_class_that_a_member_names() -> None:
    """Member 0 is right on class 0 alone, and names class 1: nothing speaks for it."""
    reference = two_classes([[1, 1, 1, 0], [0, 0, 0, 1]], [0, 0, 0, 1])
    asked = (reference, of_all(reference), says(0.9, 0.9))
    assert UNION(*asked) == [0.75, 0.25]
    assert weights_of(Ola(), *asked) == [1, 0]
    assert weights_of(Lca(), *asked) == [0, 1]


def test_mla_believes_the_near_row_of_the_class() -> None:
    """Of the rows of class 1, member 1 is right on the near one, member 0 on the two far ones."""
    reference = two_classes([[0, 1, 1, 1], [1, 0, 0, 1]], [1, 1, 1, 0])
    asked = (reference, of_all(reference, [0.1, 5, 5, 5]), says(0.9, 0.9))
    assert UNION(*asked) == [0.6, 0.4]
    assert weights_of(Lca(), *asked) == [1, 0]
    assert weights_of(Mla(), *asked) == [0, 1]


def test_a_priori_believes_the_near_row() -> None:
    reference = two_classes([[0, 1, 1, 1], [1, 0, 0, 0]], [1, 1, 0, 0])
    asked = (reference, of_all(reference, [0.1, 5, 5, 5]), says(0.9, 0.9))
    assert UNION(*asked) == [0.75, 0.25]
    assert weights_of(Ola(), *asked) == [1, 0]
    assert weights_of(APriori(), *asked) == [0, 1]


def test_a_posteriori_disbelieves_who_names_the_class_everywhere() -> None:
    """Member 0 gives class 1 to every row: right on all rows of class 1, which says nothing."""
    p = np.stack([[0.9, 0.9, 0.9, 0.9], [0.8, 0.1, 0.1, 0.1]])
    y = np.array([1, 0, 0, 0])
    both = np.stack([1 - p, p], axis=2)
    reference = Reference(y, both, both[:, np.arange(4), y])
    asked = (reference, of_all(reference, [1, 1, 1, 1]), says(0.9, 0.9))
    assert weights_of(Mla(), *asked) == [1, 0]
    assert weights_of(APosteriori(), *asked) == [0, 1]
    assert UNION(*asked)[0] > 0


def test_mcb_reads_only_rows_at_which_the_pool_votes_as_here() -> None:
    """At the query the members disagree: only row 0 is like it, and there member 1 is right."""
    reference = two_classes([[0, 1, 1, 1], [1, 1, 1, 0]], [1, 1, 1, 1])
    asked = (reference, of_all(reference), says(0.2, 0.8))
    assert UNION(*asked) == [0.5, 0.5]
    assert weights_of(Ola(), *asked) == [0.5, 0.5]
    assert weights_of(Mcb(), *asked) == [0, 1]


def test_knora_e_eliminates_who_errs_on_the_nearest() -> None:
    reference = two_classes([[0, 1, 1, 1], [1, 1, 0, 0]], [1, 1, 0, 0])
    asked = (reference, of_all(reference), says(0.9, 0.9))
    assert UNION(*asked) == [0.6, 0.4]
    assert weights_of(KnoraE(), *asked) == [0, 1]


def test_knop_reads_rows_where_the_pool_says_the_like() -> None:
    """The region is rows 2 and 3; the profiles of rows 0 and 1 are the query's."""
    c = [[1, 1, 0, 1], [0, 0, 1, 1]]
    reference = two_classes(c, [1, 1, 1, 1])
    region = Region(np.array([[2, 3]]), np.array([[1.0, 2.0]]))
    asked = (reference, region, says(1.0, 0.0))
    assert UNION(*asked) == [round(1 / 3, 9), round(2 / 3, 9)]
    assert weights_of(Knop(), *asked) == [1, 0]


def test_des_p_averages_those_above_chance_equally() -> None:
    reference = two_classes([[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0]], [1, 1, 0, 0])
    asked = (reference, of_all(reference), says(0.9, 0.9, 0.9))
    assert UNION(*asked) == [round(4 / 9, 9), round(3 / 9, 9), round(2 / 9, 9)]
    assert weights_of(DesP(), *asked) == [0.5, 0.5, 0]


@pytest.mark.parametrize("method", [Ola(), Lca(), Mla(), APriori(), KnoraE(), KnoraU(), DesP()])
def test_nobody_is_selected_where_all_are_wrong(method: Method) -> None:
    reference = two_classes([[0, 0], [0, 0]], [1, 0])
    assert weights_of(method, reference, of_all(reference), says(0.9, 0.2)) == [0, 0]


def test_a_row_of_no_distance_decides_by_inverse_distance() -> None:
    reference = two_classes([[0, 1, 1], [1, 0, 0]], [1, 1, 1])
    asked = (reference, of_all(reference, [0, 1, 1]), says(0.9, 0.9))
    assert weights_of(APriori(), *asked) == [0, 1]
