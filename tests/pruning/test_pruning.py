"""Pruning: each order against a slow loop of its definition; the protocol for all methods."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from stackkit.competition import Competition
from stackkit.diversity import answers_of, error_correlation
from stackkit.errors import BudgetError, ConfigError, PredictionError
from stackkit.predictions import Predictions
from stackkit.pruning import (
    METHODS,
    Backward,
    Clusters,
    Forward,
    Kappa,
    MarginDistance,
    Orientation,
    Pareto,
    WithinSeconds,
    pareto_table,
    prune,
    pruning_table,
    trade_off_curve,
)
from stackkit.pruning.material import material_of

TASKS = ("regression", "binary", "multiclass")
NAMES = "abcdef"


def record(made: Competition, name: str, seed: int, seconds: float | None = 1.0) -> Predictions:
    """Truth with noise of a size and a part of its own, and seconds of prediction."""
    rng, c = np.random.default_rng(seed), made.width
    noise = rng.uniform(0.8, 2.0)
    if made.task == "regression":
        oof = np.abs(made.y[:, None] + noise * rng.normal(size=(made.n_rows, 1)))
    else:
        codes = np.arange(max(c, 2))
        logits = 1.5 * (made.y[:, None] == codes) + noise * rng.normal(
            size=(made.n_rows, len(codes))
        )
        oof = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        oof = oof if c > 1 else oof[:, 1:]
    output = "value" if made.task == "regression" else "proba"
    cost = {} if seconds is None else {"fits": {"r0f0": {"predict": {"wall": seconds}}}}
    return Predictions(
        name, f"{name:0<64}", oof.astype(np.float32), None, made.target, output, cost=cost
    )


def records_for(made: Competition, seed: int, names: str = NAMES) -> list[Predictions]:
    rng = np.random.default_rng(seed)
    return [record(made, name, 50 * seed + j, float(rng.uniform(0.1, 1)))
            for j, name in enumerate(names)]  # fmt: skip


def renamed(one: Predictions, name: str) -> Predictions:
    return one.with_(name=name, key=f"{name:0<64}")


def mean_loss(made: Competition, members: list[Predictions]) -> float:
    """Log-loss or squared error of the plain mean, row by row."""
    mean = np.mean([r.oof.astype(float) for r in members], axis=0)
    if made.task == "regression":
        return float(np.mean([(p[0] - y) ** 2 for p, y in zip(mean, made.y, strict=True)]))
    rows = [np.array([1 - p[0], p[0]]) if made.width == 1 else p for p in mean]
    return float(np.mean([-math.log(p[y] / p.sum()) for p, y in zip(rows, made.y, strict=True)]))


def traded(made: Competition, members: list[Predictions], t: float) -> float:
    average = np.mean([mean_loss(made, [r]) for r in members])
    return float((1 - t) * average - t * (average - mean_loss(made, members)))


@pytest.fixture(params=TASKS)
def made(request: pytest.FixtureRequest, competition: Callable[..., Competition]) -> Competition:
    return competition(request.param)


@pytest.fixture
def binary(competition: Callable[..., Competition]) -> Competition:
    return competition("binary")


def names_of(records: list[Predictions], order: tuple[int, ...]) -> str:
    return "".join(records[j].name for j in order)


def ordered(
    made: Competition, records: list[Predictions], how: Any, keep: int | None = None
) -> str:
    return names_of(records, how.order(material_of(records, made), keep).order)


@pytest.mark.parametrize("t", [0.0, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("seed", range(2))
def test_forward_and_backward_against_loops(made: Competition, seed: int, t: float) -> None:
    records = records_for(made, seed)
    by_loss = sorted(records, key=lambda r: mean_loss(made, [r]))
    chosen, left = by_loss[:1], by_loss[1:]
    while left:
        best = min(left, key=lambda r: traded(made, [*chosen, r], t))
        chosen.append(best)
        left.remove(best)
    assert ordered(made, records, Forward(t)) == "".join(r.name for r in chosen)
    left, dropped = by_loss[::-1], []
    while len(left) > 1:
        worst = min(left, key=lambda r: traded(made, [o for o in left if o is not r], t))
        left.remove(worst)
        dropped.append(worst)
    expected = "".join(r.name for r in [*left, *dropped[::-1]])
    assert ordered(made, records, Backward(t)) == expected


def test_accuracy_alone_and_diversity_alone(made: Competition) -> None:
    records = records_for(made, 3)
    by_loss = "".join(sorted(NAMES, key=lambda n: mean_loss(made, [records[NAMES.index(n)]])))
    assert ordered(made, records, Forward(0.0)) == by_loss == ordered(made, records, Backward(0.0))
    twin = renamed(records[NAMES.index(by_loss[0])], "z")
    assert ordered(made, [*records, twin], Forward(1.0))[1] != "z"
    assert ordered(made, [*records, twin], Forward(0.0))[:2] in (by_loss[0] + "z", "z" + by_loss[0])


@pytest.mark.parametrize("seed", range(4))
def test_margin_distance_against_a_loop(made: Competition, seed: int) -> None:
    records, margin = records_for(made, seed), 0.3
    right = answers_of(made, records).right
    signs, left, chosen = np.where(right, 1.0, -1.0), set(range(6)), []
    by_loss = [mean_loss(made, [r]) for r in records]
    while left:
        away = {
            j: math.dist([margin] * right.shape[1], sum(signs[i] for i in [*chosen, j]) / 6)
            for j in left
        }
        chosen.append(min(left, key=lambda j: (round(away[j], 9), by_loss[j])))
        left.remove(chosen[-1])
    assert ordered(made, records, MarginDistance(margin)) == names_of(records, tuple(chosen))


@pytest.mark.parametrize("seed", range(4))
def test_orientation_against_angles(made: Competition, seed: int) -> None:
    records = records_for(made, seed)
    signs = np.where(answers_of(made, records).right, 1.0, -1.0)
    mean = signs.mean(axis=0)
    reference = np.ones(len(mean)) - (np.ones(len(mean)) @ mean) / (mean @ mean) * mean
    assert reference @ mean == pytest.approx(0, abs=1e-9)
    angles = [math.acos(s @ reference / np.linalg.norm(s) / np.linalg.norm(reference))
              for s in signs]  # fmt: skip
    ordering = Orientation().order(material_of(records, made), None)
    assert np.diff([angles[j] for j in ordering.order]).min() >= -1e-9
    assert ordering.kept == max(1, sum(angle < math.pi / 2 - 1e-9 for angle in angles))


@pytest.mark.parametrize("seed", range(4))
def test_kappa_takes_pairs_that_agree_least(made: Competition, seed: int) -> None:
    records = records_for(made, seed)
    answers = answers_of(made, records)
    alike = {
        pair: cohen_kappa_score(*(answers.labels[j] for j in pair))
        for pair in combinations(range(6), 2)
    }
    wrong = {pair: np.mean([~answers.right[j] for j in pair]) for pair in alike}
    for t in (1.0, 0.4):
        costs = {pair: round(t * alike[pair] + (1 - t) * wrong[pair], 12) for pair in alike}
        order = Kappa(t).order(material_of(records, made), None).order
        assert sorted(order) == list(range(6))
        assert costs[tuple(sorted(order[:2]))] == min(costs.values())
        cheapest: list[int] = []
        for cost in sorted(set(costs.values())):
            tied = {j for pair in costs if costs[pair] == cost for j in pair} - set(cheapest)
            assert set(order[len(cheapest) : len(cheapest) + len(tied)]) == tied
            cheapest += sorted(tied)


def test_clusters_keep_the_best_of_each(made: Competition) -> None:
    records = records_for(made, 5, "abc")
    rng = np.random.default_rng(0)
    for one in records[:3]:
        for k in range(2):
            noise = 1 + 1e-3 * rng.normal(size=one.oof.shape)
            oof = one.oof * noise
            oof = oof / oof.sum(axis=1, keepdims=True) if made.width > 1 else oof
            oof = oof if made.task == "regression" else np.clip(oof, 0, 1)
            records.append(renamed(one, f"{one.name}{k}").with_(oof=oof.astype(np.float32)))
    for how, keep in ((Clusters(0.97), None), (Clusters(), 3)):
        kept = prune(records, made, how, keep)
        assert {r.name[0] for r in kept} == set("abc") and len(kept) == 3
        for one in kept:
            family = [r for r in records if r.name[0] == one.name[0]]
            assert mean_loss(made, [one]) == min(mean_loss(made, [r]) for r in family)
    losses = [mean_loss(made, [r]) for r in kept]
    assert losses == sorted(losses)
    assert len(prune(records, made, Clusters(1.0))) == 9
    assert len(prune(records, made, keep=1)) == 1


@pytest.mark.parametrize("seed", range(4))
def test_the_front_against_a_loop(made: Competition, seed: int) -> None:
    records = records_for(made, seed)
    table = pareto_table(records, made).set_index("name").loc[list(NAMES)]
    alike = error_correlation(made, records).to_numpy()
    apart = [1 - np.mean([alike[i, j] for j in range(6) if j != i]) for i in range(6)]
    losses = [mean_loss(made, [r]) for r in records]
    front = [
        not any(losses[j] <= losses[i] and apart[j] >= apart[i] and i != j for j in range(6))
        for i in range(6)
    ]
    assert table.difference.tolist() == pytest.approx(apart)
    assert table.loss.tolist() == pytest.approx(losses)
    assert table.front.tolist() == front
    kept = [r.name for r in prune(records, made, Pareto(0.3))]
    assert sorted(kept) == [n for n, f in zip(NAMES, front, strict=True) if f]
    best = min(range(6), key=lambda j: losses[j])
    assert prune(records, made, Pareto(0.0))[0].name == NAMES[best]
    assert prune(records, made, Pareto(1.0))[0].name == NAMES[int(np.argmax(apart))]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("seconds", [0.9, 1.7, 9.0])
def test_within_seconds_is_the_best_subset(made: Competition, seed: int, seconds: float) -> None:
    records = records_for(made, seed)
    spent = [r.cost["fits"]["r0f0"]["predict"]["wall"] for r in records]
    affordable = [s for k in range(1, 7) for s in combinations(range(6), k)
                  if sum(spent[j] for j in s) <= seconds]  # fmt: skip
    best = min(affordable, key=lambda s: mean_loss(made, [records[j] for j in s]))
    kept = prune(records, made, WithinSeconds(seconds))
    assert sorted(r.name for r in kept) == [NAMES[j] for j in best]
    table = pruning_table(records, made, WithinSeconds(seconds))
    assert table.seconds.iloc[-1] <= seconds and table.kept.all()


def test_many_members_within_seconds_are_affordable_and_good(binary: Competition) -> None:
    records = records_for(binary, 7, "abcdefghijklmn")
    spent = {r.name: r.cost["fits"]["r0f0"]["predict"]["wall"] for r in records}
    for seconds in (0.5, 1.5, 4.0):
        kept = prune(records, binary, WithinSeconds(seconds))
        assert sum(spent[r.name] for r in kept) <= seconds
        single = min(mean_loss(binary, [r]) for r in records if spent[r.name] <= seconds)
        assert mean_loss(binary, kept) <= single + 1e-9
        assert len(prune(records, binary, WithinSeconds(seconds), keep=1)) == 1


def test_a_dear_and_good_member_is_not_lost_to_cheap_ones(binary: Competition) -> None:
    """Greedy by gain a second alone would fill up with cheap members, and lose the one."""
    truth = renamed(record(binary, "a", 0, 1.0), "truth")
    sure = np.where(binary.y[:, None] == 1, 0.95, 0.05).astype(np.float32)
    cheap = [record(binary, name, j, 0.01) for j, name in enumerate("bcdefghijkl")]
    kept = prune([truth.with_(oof=sure), *cheap], binary, WithinSeconds(1.0))
    assert [r.name for r in kept] == ["truth"]


def test_many_cheap_members_are_not_lost_to_a_dear_one(binary: Competition) -> None:
    """Greedy by gain alone would take the dear one first, and have no seconds left."""
    rng = np.random.default_rng(0)
    truth = np.where(binary.y[:, None] == 1, 0.9, 0.1)
    cheap = []
    for j in range(11):
        blind = rng.random((binary.n_rows, 1)) < 0.3  # each knows nothing of other rows
        made = np.where(blind, 0.5, truth).astype(np.float32)
        cheap.append(renamed(record(binary, "x", j, 0.1), f"c{j}").with_(oof=made))
    dear = record(binary, "dear", 0, 1.15)
    sure = np.where(rng.random((binary.n_rows, 1)) < 0.28, 0.5, truth).astype(np.float32)
    kept = prune([dear.with_(oof=sure), *cheap], binary, WithinSeconds(1.2))
    assert "dear" not in [r.name for r in kept] and len(kept) > 1


def test_seconds_must_be_known_and_enough(binary: Competition) -> None:
    records = records_for(binary, 0)
    with pytest.raises(BudgetError, match="predicts within 1e-05 s"):
        prune(records, binary, WithinSeconds(1e-5))
    with pytest.raises(PredictionError, match=r"measured; got none of \['x'\]"):
        prune([*records, record(binary, "x", 9, None)], binary, WithinSeconds(1.0))
    with pytest.raises(ConfigError, match="above 0"):
        WithinSeconds(0.0)


ALL = {**METHODS, "seconds": WithinSeconds(2.0)}


@pytest.mark.parametrize("name", ALL)
def test_one_protocol(name: str, made: Competition) -> None:
    records = records_for(made, 11)
    before = [r.oof.copy() for r in records]
    table = pruning_table(records, made, ALL[name])
    kept = prune(records, made, ALL[name])
    assert [r.name for r in kept] == table.name[table.kept].tolist() and kept
    assert table.place.tolist() == list(range(1, len(table) + 1))
    assert all(np.array_equal(a, r.oof) for a, r in zip(before, records, strict=True))
    turned = prune(records[::-1], made, ALL[name])
    assert [r.name for r in turned] == [r.name for r in kept]
    for k in range(1, len(table) + 1):
        members = [records[NAMES.index(n)] for n in table.name[:k]]
        mean = np.mean([r.oof.astype(float) for r in members], axis=0)
        assert table.ensemble[k - 1] == pytest.approx(made.metric.score(made.y, mean), rel=1e-6)
        gain = np.mean([mean_loss(made, [r]) for r in members]) - mean_loss(made, members)
        assert table.diversity[k - 1] == pytest.approx(gain, abs=1e-6)
    assert (np.diff(table.seconds) > 0).all()
    assert len(prune(records, made, ALL[name], keep=2)) <= 2


@pytest.mark.parametrize("name", ALL)
def test_one_member_twins_and_a_constant(name: str, made: Competition) -> None:
    records = records_for(made, 13, "abc")
    assert [r.name for r in prune(records[:1], made, ALL[name])] == ["a"]
    twins = [renamed(records[0], n) for n in "abc"]
    assert prune(twins, made, ALL[name])[0].name == "a"
    flat = np.full_like(records[0].oof, 1 / max(made.width, 2))
    assert prune([*records, renamed(records[0], "flat").with_(oof=flat)], made, ALL[name])


def test_unasked_the_prefix_of_the_best_score_is_kept(made: Competition) -> None:
    records = records_for(made, 17)
    for how in ("forward", "backward", "margin", "kappa"):
        table = pruning_table(records, made, how)
        best = int((made.metric.sign * table.ensemble).argmax())
        assert table.kept.tolist() == [k <= best for k in range(len(table))]


def test_a_greater_score_is_better_where_it_is(competition: Callable[..., Competition]) -> None:
    made = competition("binary", metric="auc")
    records = records_for(made, 41)
    for how in ("forward", "backward", "margin", "kappa"):
        table = pruning_table(records, made, how)
        assert int(table.kept.sum()) == int(table.ensemble.argmax()) + 1
    assert table.ensemble.nunique() > 1


def test_unscored_rows_are_left_out(made: Competition) -> None:
    records = records_for(made, 19)
    holes = records[2].oof.copy()
    holes[:20] = np.nan
    some = [*records[:2], records[2].with_(oof=holes), *records[3:]]
    blind = [r.with_(oof=np.where(np.arange(made.n_rows)[:, None] < 20, np.float32(np.nan), r.oof))
             for r in records]  # fmt: skip
    for how in METHODS:
        assert pruning_table(some, made, how).equals(pruning_table(blind, made, how))


def test_the_trade_off_runs_from_accuracy_to_diversity(made: Competition) -> None:
    records = records_for(made, 23, "abcdefgh")
    curve = trade_off_curve(records, made, keep=3)
    assert curve.trade_off.tolist() == pytest.approx(np.linspace(0, 1, 11))
    assert curve.average.iloc[0] == curve.average.min()
    assert curve.diversity.iloc[-1] > curve.diversity.iloc[0]
    assert (curve.average - curve.diversity - curve.loss).abs().max() < 1e-12
    first = [records["abcdefgh".index(n)] for n in curve.names.iloc[0]]
    assert curve.loss.iloc[0] == pytest.approx(mean_loss(made, first))


def test_what_cannot_be_asked(binary: Competition) -> None:
    records = records_for(binary, 0)
    with pytest.raises(ConfigError, match="did you mean 'clusters'"):
        prune(records, binary, "cluster")
    for keep in (7, 0, 2.5, True, "3"):
        with pytest.raises(ConfigError, match=f"keep is .* 1 and the 6 records; got {keep!r}"):
            prune(records, binary, "forward", keep=keep)
    assert len(prune(records, binary, "forward", keep=np.int64(2))) == 2
    with pytest.raises(ConfigError, match=r"a name each; got \['a'\] twice"):
        prune([*records, records[0]], binary)
    with pytest.raises(ConfigError, match="trade_off is between 0 and 1"):
        Forward(1.5)
    with pytest.raises(ConfigError, match="margin"):
        MarginDistance(0.0)
    with pytest.raises(PredictionError, match="has records"):
        prune([], binary)


def test_values_are_averaged_in_the_space_of_the_metric(
    competition: Callable[..., Competition],
) -> None:
    made = competition("regression", metric="rmsle")
    records = records_for(made, 29)
    table = pruning_table(records, made, "forward")
    both = [records[NAMES.index(n)].oof.astype(float) for n in table.name[:2]]
    mean = np.expm1(np.mean([np.log1p(p) for p in both], axis=0))
    assert table.ensemble[1] == pytest.approx(made.metric.score(made.y, mean))


def test_labels_are_plain_where_the_metric_reads_them(
    competition: Callable[..., Competition],
) -> None:
    made = competition("binary", metric="accuracy")
    records = records_for(made, 31)
    table = pruning_table(records, made, "orientation")
    first = records[NAMES.index(table.name[0])].oof[:, 0]
    assert table.score[0] == pytest.approx(np.mean((first > 0.5) == made.y))


def test_weights_of_rows_count(competition: Callable[..., Competition]) -> None:
    plain = competition("binary")
    weight = np.random.default_rng(0).integers(1, 4, plain.n_rows).astype(float)
    made = competition(
        "binary", train=plain.train.assign(y=plain.y, w=weight), test=plain.test, weight="w"
    )
    records = records_for(made, 37)
    table = pareto_table(records, made).set_index("name")
    p = records[0].oof[:, 0].astype(float)
    own = -np.log(np.where(made.y == 1, p, 1 - p))
    assert table.loss["a"] == pytest.approx(np.average(own, weights=weight))


def test_few_records_are_all_on_the_curve(binary: Competition) -> None:
    for names in ("a", "abc", "abcdef"):
        curve = trade_off_curve(records_for(binary, 3, names), binary)
        assert {len(kept) for kept in curve.names} == {min(5, len(names))}


def test_records_of_other_data_are_refused(binary: Competition) -> None:
    a, b = records_for(binary, 0, "ab")
    own = a.with_(recipe={"data": binary.fingerprint, "folds": "12"})
    assert len(prune([own, b], binary, "forward", keep=2)) == 2
    strangers = {
        "predict 'y'": [b.with_(oof=b.oof[:-1]), b.with_(target="z")],
        "the competition's data": [b.with_(recipe={"data": "other"})],
        "one fold plan": [b.with_(recipe={"folds": "34"})],
    }
    for rule, others in strangers.items():
        for other in others:
            for asked in (prune, pareto_table, trade_off_curve):
                with pytest.raises(PredictionError, match=f"records.*{rule}.*; got .*; try: "):
                    asked([own, other], binary)
