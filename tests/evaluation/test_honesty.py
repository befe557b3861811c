"""What scores are worth: expected spread, the holdout's chains, rivals, labels."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from stackkit.competition import Competition
from stackkit.evaluation import decided_labels, honest_scores, outlook, rivals
from stackkit.folds import Folds
from stackkit.predictions import Predictions
from stackkit.scoring import score_repeats

N, M, HELD = 60, 12, 6  # rows of `competition` and `plan(held=6)`


def record(made: Competition, folds: Folds, name: str = "a", **fields: object) -> Predictions:
    """Noisy predictions of the truth with their scores, and chains on the holdout."""
    rng, held = np.random.default_rng(len(name)), int(folds.holdout.sum())
    y = made.y[:, None].astype(float)
    oof = np.clip(0.2 + 0.6 * y + 0.3 * rng.normal(size=y.shape), 0.01, 0.99)
    oof[folds.holdout] = np.nan
    chains = np.clip(rng.random((3, held, 1)), 0.1, 0.9).astype(np.float32)
    oof = oof.astype(np.float32)
    whole = None if not held else chains.mean(axis=0)
    scores = score_repeats(made, folds, oof[None], whole)
    given = {"role": "base", **fields}
    return Predictions(
        name, f"{name:0<64}", oof, None, made.target, "proba", held=whole, scores=scores,
        held_folds=chains if held else None, fits=("r0f0", "r0f1", "r0f2"), **given,
    )  # fmt: skip


@pytest.fixture
def made(competition: Callable[..., Competition]) -> Competition:
    return competition("binary")


def test_spread_is_that_of_folds_scaled_to_the_rows_of_test(
    made: Competition, plan: Callable[..., Folds]
) -> None:
    one = record(made, plan())
    values = np.array(list(one.scores["folds"].values()))
    found = outlook(made, one)
    sd, error = values.std(ddof=1), values.std(ddof=1) / math.sqrt(3)
    assert (found.mean, found.fold_sd) == (pytest.approx(values.mean()), pytest.approx(sd))
    assert found.error == pytest.approx(error)
    share = (N / 3) / made.n_test
    assert found.test_sd == pytest.approx(math.sqrt(error**2 + sd**2 * share))
    assert found.public_sd == pytest.approx(math.sqrt(error**2 + sd**2 * share / 0.2))


def test_the_spread_holds_for_scores_of_fresh_samples(made: Competition) -> None:
    """Scores that are means of independent rows spread over fresh test sets as is said."""
    rng, folds, rows = np.random.default_rng(0), 20, 50
    cells = {f"r0f{k}": float(rng.normal(size=rows).mean()) for k in range(folds)}
    oof = np.zeros((folds * rows, 1), dtype=np.float32)
    one = Predictions("a", "0" * 64, oof, None, "y", "value", scores={"folds": cells})
    found = outlook(made, one)
    fresh = rng.normal(size=(4000, made.n_test)).mean(axis=1)
    assert found.test_sd == pytest.approx(fresh.std(), rel=0.35)


def test_one_fold_has_no_spread(made: Competition, plan: Callable[..., Folds]) -> None:
    one = record(made, plan())
    single = one.with_(scores={**one.scores, "folds": {"r0f0": 0.5, "r0f1": None}})
    found = outlook(made, single)
    assert found.mean == 0.5 and math.isnan(found.test_sd)


def test_optimism_against_the_definition(made: Competition, plan: Callable[..., Folds]) -> None:
    folds = plan(held=HELD)
    one = record(made, folds)
    (row,) = honest_scores(made, folds, [one]).itertuples()
    y, sign = made.y[folds.holdout], made.metric.sign
    chains = np.mean([made.metric(y, chain) for chain in one.held_folds])
    assert row.chains == pytest.approx(chains)
    assert row.holdout == pytest.approx(made.metric(y, one.held))
    assert row.optimism == pytest.approx(sign * (one.cv - chains))
    assert row.averaging == pytest.approx(sign * (row.holdout - chains)) and row.averaging > 0


def test_records_stand_best_first_and_without_a_holdout_nothing_is_claimed(
    made: Competition, plan: Callable[..., Folds]
) -> None:
    folds = plan()
    table = honest_scores(made, folds, [record(made, folds, n) for n in ("a", "bb", "ccc")])
    assert table.cv.is_monotonic_increasing  # log-loss
    assert table[["holdout", "chains", "optimism", "averaging"]].isna().all(axis=None)


def test_rivals_are_the_best_base_and_the_mean(
    made: Competition, plan: Callable[..., Folds]
) -> None:
    folds = plan()
    base = sorted((record(made, folds, n) for n in ("a", "bb", "ccc")), key=lambda r: r.cv)
    mean, top = (record(made, folds, n, role="blend") for n in ("mean", "top"))
    names = [r.name for r in rivals([*reversed(base), mean, top], top)]
    assert names == ["top", base[0].name, "mean"]
    assert [r.name for r in rivals([*base, mean], mean)] == ["mean", base[0].name]
    assert [r.name for r in rivals(base, base[0])] == [base[0].name]


def test_labels_are_the_likeliest_class_or_the_metrics_own_decision(
    competition: Callable[..., Competition], plan: Callable[..., Folds]
) -> None:
    folds = plan(held=HELD)
    plain, own = competition("binary"), competition("binary", metric="f1")
    one = record(plain, folds)
    labels = decided_labels(plain, folds, one)
    assert (labels[folds.holdout] == -1).all()
    scored = ~folds.holdout
    assert labels[scored].tolist() == (one.oof[scored, 0] > 0.5).astype(int).tolist()
    by_f1 = decided_labels(own, folds, one)[scored]
    assert made_f1(own.y[scored], by_f1) == pytest.approx(
        score_repeats(own, folds, one.oof[None])["cv"]
    )


def made_f1(y: np.ndarray, labels: np.ndarray) -> float:
    hits = (y * labels).sum()
    return 2 * hits / (y.sum() + labels.sum())
