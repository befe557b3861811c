"""Disagreement, gains of pairs and the order of like ones, against loops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from stackkit.competition import Competition
from stackkit.diversity import common_rows, disagreement, likeness_order, pair_gains
from stackkit.errors import PredictionError
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
