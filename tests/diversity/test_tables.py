"""Tables of records: disagreement, measures, gains of pairs, the order of like ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.diversity import (
    MEASURES,
    POOL_MEASURES,
    answers_of,
    common_rows,
    disagreement,
    kappa_errors,
    likeness_order,
    pair_gains,
    pairwise_diversity,
    pool_diversity,
)
from stackkit.errors import ConfigError, PredictionError
from stackkit.predictions import Predictions


def record(made: Competition, name: str, seed: int) -> Predictions:
    """Noisy predictions of the truth; the first rows of one of them are not scored."""
    rng, c = np.random.default_rng(seed), made.width
    if made.task == "regression":
        oof = np.abs(made.y[:, None] + rng.normal(size=(made.n_rows, 1)))
    else:
        codes = np.arange(c) if c > 1 else np.ones(1)
        oof = 0.3 * (made.y[:, None] == codes) + 0.7 * rng.random((made.n_rows, c))
        oof = oof / oof.sum(axis=1, keepdims=True) if c > 1 else oof
    oof[: 3 * (seed == 1)] = np.nan
    output = "value" if made.task == "regression" else "proba"
    return Predictions(name, f"{name:0<64}", oof.astype(np.float32), None, made.target, output)


def half_scored(whole: Predictions, which: int) -> Predictions:
    """A record of every other row."""
    oof = whole.oof.copy()
    oof[which::2] = np.nan
    return whole.with_(oof=oof)


@pytest.fixture(params=["regression", "binary", "multiclass"])
def made(request: pytest.FixtureRequest, competition: Callable[..., Competition]) -> Competition:
    return competition(request.param)


@pytest.fixture
def three(made: Competition) -> list[Predictions]:
    return [record(made, name, seed) for seed, name in enumerate(["a", "b", "c"])]


def test_common_rows_are_scored_by_all(three: list[Predictions]) -> None:
    assert common_rows(three).tolist() == list(range(3, len(three[0].oof)))
    with pytest.raises(PredictionError, match="has records"):
        common_rows([])
    with pytest.raises(PredictionError, match="share scored rows; got none; try: compare"):
        common_rows([half_scored(three[0], 0), half_scored(three[2], 1)])


def test_disagreement_against_a_loop(made: Competition, three: list[Predictions]) -> None:
    table, rows = disagreement(made, three), common_rows(three)
    for one in three:
        for other in three:
            p, q = one.oof[rows].astype(float), other.oof[rows].astype(float)
            if made.task == "regression":
                expected = np.sqrt(np.mean((p - q) ** 2)) / made.y.std()
            elif made.task == "binary":
                expected = np.mean((p > np.median(p)) != (q > np.median(q)))
            else:
                expected = np.mean([np.argmax(p[i]) != np.argmax(q[i]) for i in range(len(p))])
            assert table.loc[one.name, other.name] == pytest.approx(expected)


def test_gains_of_pairs_against_the_metric(made: Competition, three: list[Predictions]) -> None:
    pairs, rows = pair_gains(made, three), common_rows(three)
    by_name = {r.name: r.oof[rows].astype(float) for r in three}
    y, score = made.y[rows], made.metric
    assert {(r.a, r.b) for r in pairs.itertuples()} == {("a", "b"), ("a", "c"), ("b", "c")}
    assert pairs.correlation.is_monotonic_decreasing
    for pair in pairs.itertuples():
        p, q = by_name[pair.a], by_name[pair.b]
        best = max(score.sign * score(y, p), score.sign * score(y, q))
        gain = score.sign * score(y, (p + q) / 2) - best
        assert pair.gain == pytest.approx(gain, abs=1e-5)


def test_two_alike_and_one_apart(made: Competition, three: list[Predictions]) -> None:
    twin = three[0].with_(name="twin", key=f"{'t':0<64}")
    pairs = pair_gains(made, [*three, twin])
    assert pairs[["a", "b"]].iloc[0].tolist() == ["a", "twin"]
    assert pairs.correlation[0] == pytest.approx(1) and pairs.disagreement[0] == 0
    assert pairs.gain[0] == pytest.approx(0, abs=1e-6)


def test_one_record_has_no_pair(made: Competition, three: list[Predictions]) -> None:
    assert pair_gains(made, three[:1]).empty


def test_like_ones_stand_side_by_side() -> None:
    names = ["a1", "b1", "a2", "b2", "c"]
    table = pd.DataFrame(0.1 + 0.9 * np.eye(5), index=names, columns=names)
    for one, other in (("a1", "a2"), ("b1", "b2")):
        table.loc[one, other] = table.loc[other, one] = 0.9
    order = likeness_order(table)
    assert sorted(order) == sorted(names)
    assert abs(order.index("a1") - order.index("a2")) == 1
    assert abs(order.index("b1") - order.index("b2")) == 1
    assert likeness_order(table.iloc[:2, :2]) == ["a1", "b1"]


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_a_table_of_each_measure(measure: str, made: Competition, three: list[Predictions]) -> None:
    table = pairwise_diversity(made, three, measure)
    assert table.index.tolist() == table.columns.tolist() == ["a", "b", "c"]
    turned = pairwise_diversity(made, three[::-1], measure)
    assert table.to_numpy() == pytest.approx(turned.loc[table.index, table.columns].to_numpy())
    twin = three[0].with_(name="twin", key=f"{'t':0<64}")
    alike = pairwise_diversity(made, [three[0], twin], measure).iloc[0, 1]
    expected = {
        "disagreement": 0.0,
        "double_fault": 1 - answers_of(made, [three[0], twin]).right[0].mean(),
    }
    assert alike == pytest.approx(expected.get(measure, 1.0))


def test_measures_read_what_records_name(made: Competition, three: list[Predictions]) -> None:
    rows = common_rows(three)
    answers = answers_of(made, three)
    for j, one in enumerate(three):
        p, y = one.oof[rows].astype(float), made.y[rows]
        if made.task == "multiclass":
            expected = p.argmax(axis=1) == y
        elif made.task == "binary":
            positive = np.zeros(len(rows), dtype=int)
            positive[np.argsort(-p[:, 0])[: int(y.sum())]] = 1
            expected = positive == y
        else:
            usual = np.median([np.abs(r.oof[rows, 0].astype(float) - y) for r in three])
            expected = np.abs(p[:, 0] - y) <= usual
        assert np.array_equal(answers.right[j], expected)


def test_a_rare_class_is_named_as_often_as_it_is_there(
    competition: Callable[..., Competition],
) -> None:
    made = competition("binary")
    low = record(made, "a", 0)
    shifted = low.with_(name="b", oof=low.oof * np.float32(0.01))
    assert pairwise_diversity(made, [low, shifted], "kappa").iloc[0, 1] == 1
    assert answers_of(made, [low]).labels.sum() == made.y.sum()


def test_measures_of_a_pool(made: Competition, three: list[Predictions]) -> None:
    measures = pool_diversity(made, three)
    pairs = pairwise_diversity(made, three, "disagreement").to_numpy()[np.triu_indices(3, 1)]
    assert measures["mean_disagreement"] == pytest.approx(pairs.mean())
    assert measures["kohavi_wolpert"] == pytest.approx(pairs.mean() * 2 / 6)
    assert set(POOL_MEASURES) <= set(measures.index)
    assert np.isnan(pool_diversity(made, three[:1])["mean_q"])


def test_points_of_the_kappa_error_diagram(made: Competition, three: list[Predictions]) -> None:
    table = kappa_errors(made, three)
    wrong = 1 - answers_of(made, three).right.mean(axis=1)
    kappas = pairwise_diversity(made, three, "kappa")
    assert table[["a", "b"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    for row in table.itertuples():
        assert row.kappa == kappas.loc[row.a, row.b]
    assert table.error.tolist() == pytest.approx([wrong[[0, 1]].mean(), wrong[[0, 2]].mean(),
                                                  wrong[[1, 2]].mean()])  # fmt: skip


def test_an_unknown_measure_names_the_nearest(made: Competition, three: list[Predictions]) -> None:
    with pytest.raises(ConfigError, match="did you mean 'kappa'"):
        pairwise_diversity(made, three, "kapa")
