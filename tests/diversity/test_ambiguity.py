"""Ambiguity: the identities to 1e-10, and each term against its definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import rel_entr

from stackkit.competition import Competition
from stackkit.diversity import ambiguity, bias_variance_diversity, decompose
from stackkit.diversity.ambiguity import loss_named, split_bias_variance
from stackkit.errors import MetricError, ModelError, PredictionError
from stackkit.predictions import Predictions

LOSSES = ("squared", "absolute", "quantile:0.8", "logloss")
SEEDS = range(4)


def drawn(name: str, seed: int, shape: tuple[int, ...] = (5, 40)) -> tuple[Any, Any]:
    """A stack (..., n, c) and its truth."""
    rng = np.random.default_rng(seed)
    n = shape[-1]
    if name == "logloss":
        return rng.dirichlet(np.ones(3), shape), np.eye(3)[rng.integers(3, size=n)]
    return rng.normal(size=(*shape, 1)), rng.normal(size=(n, 1))


def row_loss(name: str, p: np.ndarray, truth: np.ndarray) -> float:
    """The loss of one row."""
    if name == "logloss":
        return -float(np.log(p[truth == 1][0]))
    error = float(p[0] - truth[0])
    if name == "squared":
        return error**2
    level = {"absolute": (1, 1), "quantile:0.8": (0.8, 0.2)}[name]
    return level[error > 0] * abs(error)


def centre(name: str, members: np.ndarray, w: np.ndarray) -> np.ndarray:
    """One row's combination."""
    if name != "logloss":
        return sum(wi * p for wi, p in zip(w, members, strict=True))
    product = np.prod([p**wi for wi, p in zip(w, members, strict=True)], axis=0)
    return product / product.sum()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_identity_holds(name: str, seed: int) -> None:
    stack, truth = drawn(name, seed)
    w = np.random.default_rng(seed + 100).dirichlet(np.ones(5))
    split = decompose(stack, truth, loss_named(name), w)
    rows = range(len(truth))
    loop = [row_loss(name, centre(name, stack[:, i], w), truth[i]) for i in rows]
    mean = [[row_loss(name, p[i], truth[i]) for i in rows] for p in stack]
    assert split.ensemble == pytest.approx(np.mean(loop), abs=1e-10)
    assert split.losses == pytest.approx(np.mean(mean, axis=1), abs=1e-10)
    assert split.average - split.ambiguity == pytest.approx(split.ensemble, abs=1e-10)
    assert split.ambiguity > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_gaps_are_distances_from_the_ensemble(seed: int) -> None:
    stack, truth = drawn("squared", seed)
    split = decompose(stack, truth, loss_named("squared"))
    expected = [np.mean((p - stack.mean(axis=0)) ** 2) for p in stack]
    assert split.gaps == pytest.approx(expected)
    stack, truth = drawn("logloss", seed)
    split = decompose(stack, truth, loss_named("logloss"))
    w = np.full(5, 0.2)
    middle = np.array([centre("logloss", stack[:, i], w) for i in range(stack.shape[1])])
    assert split.gaps == pytest.approx([rel_entr(middle, p).sum(axis=1).mean() for p in stack])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_absolute_gap_is_what_the_other_side_cancels(seed: int) -> None:
    stack, truth = drawn("absolute", seed)
    error, mean = (stack - truth)[..., 0], (stack.mean(axis=0) - truth)[:, 0]
    across = [[2 * abs(e) if e * m < 0 else 0.0 for e, m in zip(member, mean, strict=True)]
              for member in error]  # fmt: skip
    split = decompose(stack, truth, loss_named("absolute"))
    assert split.gaps == pytest.approx(np.mean(across, axis=1))


@pytest.mark.parametrize("name", LOSSES)
def test_alike_members_have_no_ambiguity(name: str) -> None:
    stack, truth = drawn(name, 0)
    split = decompose(np.stack([stack[0]] * 3), truth, loss_named(name))
    assert split.gaps == pytest.approx(np.zeros(3), abs=1e-12)
    assert split.ensemble == pytest.approx(split.losses[0])


def test_certain_and_wrong_probabilities_stay_finite() -> None:
    stack = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    split = decompose(stack, np.array([[0.0, 1.0]]), loss_named("logloss"))
    assert split.ensemble == pytest.approx(np.log(2))
    assert split.average - split.ambiguity == pytest.approx(split.ensemble, abs=1e-10)


def test_rows_weigh_what_they_weigh() -> None:
    stack, truth = drawn("squared", 3)
    kept = np.arange(40) % 3 > 0
    some = decompose(stack[:, kept], truth[kept], loss_named("squared"))
    weighed = decompose(stack, truth, loss_named("squared"), None, kept.astype(float))
    assert weighed.ensemble == pytest.approx(some.ensemble)
    assert weighed.gaps == pytest.approx(some.gaps)


def test_weights_sum_to_one() -> None:
    stack, truth = drawn("squared", 0)
    for wrong in (np.ones(5), np.array([0.5, 0.5])):
        with pytest.raises(ModelError, match="5 weights sum to 1"):
            decompose(stack, truth, loss_named("squared"), wrong)
    with pytest.raises(MetricError, match="surrogate"):
        loss_named("hinge")


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("seed", SEEDS)
def test_bias_variance_diversity_adds_up(name: str, seed: int) -> None:
    repeats, truth = drawn(name, seed, (4, 3, 30))
    split = split_bias_variance(repeats, truth, loss_named(name))
    equal = np.full(3, 1 / 3)
    loop = [
        row_loss(name, centre(name, repeats[r, :, i], equal), truth[i])
        for r in range(4)
        for i in range(30)
    ]
    assert split.expected == pytest.approx(np.mean(loop), abs=1e-10)
    total = split.bias + split.variance - split.diversity
    assert total == pytest.approx(split.expected, abs=1e-10)
    assert min(split.variance, split.diversity) > 0


def test_squared_bias_and_variance_are_the_known_ones() -> None:
    repeats, truth = drawn("squared", 1, (6, 3, 30))
    split = split_bias_variance(repeats, truth, loss_named("squared"))
    assert split.variance == pytest.approx(repeats.var(axis=0).mean())
    assert split.bias == pytest.approx(((repeats.mean(axis=0) - truth) ** 2).mean())
    assert split.diversity == pytest.approx(repeats.var(axis=1).mean())


def record(made: Competition, name: str, seed: int, repeats: int = 1) -> Predictions:
    rng, c = np.random.default_rng(seed), made.width
    draws = rng.dirichlet(np.ones(max(c, 2)), (repeats, made.n_rows))[..., :c]
    values = np.abs(made.y[:, None] + rng.normal(size=(repeats, made.n_rows, 1)))
    all_ = (values if made.task == "regression" else draws).astype(np.float32)
    output = "value" if made.task == "regression" else "proba"
    kept = all_ if repeats > 1 else None
    return Predictions(
        name, f"{name:0<64}", all_.mean(axis=0), None, made.target, output, oof_repeats=kept
    )


@pytest.fixture(params=["regression", "binary", "multiclass"])
def made(request: pytest.FixtureRequest, competition: Callable[..., Competition]) -> Competition:
    return competition(request.param)


@pytest.mark.parametrize("loss", [None, "squared"])
def test_records_split_by_the_metrics_loss(made: Competition, loss: str | None) -> None:
    records = [record(made, name, seed) for seed, name in enumerate("abc")]
    table = ambiguity(made, records, loss, [0.2, 0.3, 0.5])
    blend = np.tensordot([0.2, 0.3, 0.5], [r.oof.astype(float) for r in records], axes=1)
    net = float(table.weight @ table.net)
    if made.task == "regression":
        assert net == pytest.approx(np.mean((blend[:, 0] - made.y) ** 2))
    elif loss == "squared":
        codes = np.arange(made.width) if made.width > 1 else np.ones(1)
        truth = made.y[:, None] == codes
        assert net == pytest.approx(((blend - truth) ** 2).sum(axis=1).mean())
    else:
        own = [made.metric.score(made.y, r.oof.astype(float)) for r in records]
        assert table.loss.tolist() == pytest.approx(own, rel=1e-6)
    assert (table.loss - table.gap - table.net).abs().max() < 1e-12


def test_values_split_in_the_space_of_the_metric(competition: Callable[..., Competition]) -> None:
    made = competition("regression", metric="rmsle")
    records = [record(made, name, seed) for seed, name in enumerate("ab")]
    table = ambiguity(made, records)
    expected = [made.metric.score(made.y, r.oof.astype(float)) ** 2 for r in records]
    assert table.loss.tolist() == pytest.approx(expected)


def test_repeats_give_bias_variance_and_diversity(made: Competition) -> None:
    records = [record(made, name, seed, 3) for seed, name in enumerate("ab")]
    split = bias_variance_diversity(made, records)
    each = [
        ambiguity(made, [r.with_(oof=r.oof_repeats[k].copy()) for r in records]) for k in range(3)
    ]
    expected = np.mean([table.net.mean() for table in each])
    assert split.expected == pytest.approx(expected)
    assert split.bias + split.variance - split.diversity == pytest.approx(expected)
    with pytest.raises(PredictionError, match="variance is measured over repeats; got none in"):
        bias_variance_diversity(made, [records[0].with_(oof_repeats=None)])


def test_rows_that_a_repeat_does_not_score_are_left_out(made: Competition) -> None:
    whole = [record(made, name, seed, 3) for seed, name in enumerate("ab")]
    holes = whole[0].oof_repeats.copy()
    holes[1, :7] = np.nan
    some = [whole[0].with_(oof_repeats=holes), whole[1]]
    blind = [r.with_(oof=np.where(np.arange(made.n_rows)[:, None] < 7, np.float32(np.nan), r.oof))
             for r in whole]  # fmt: skip
    assert bias_variance_diversity(made, some) == bias_variance_diversity(made, blind)
