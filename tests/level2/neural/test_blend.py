"""The two blenders of nets: they win where regions differ, and lose nothing where none do."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch

from stackkit.errors import ModelError
from stackkit.level2.neural import SPECS, NegativeCorrelation, NeuralEnsembler
from stackkit.level2.neural.blend import device_of
from stackkit.level2.plain import Mean
from stackkit.level2.weights.simplex import Simplex

TASKS = ("binary", "multiclass", "regression")
LEARNERS = {"ncl": NegativeCorrelation(), "ensembler": NeuralEnsembler()}
FITTED, SCORED = 1000, 3000
both = pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS)


def loss(task: str, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Losses of rows (n,)."""
    if task == "regression":
        return (p[:, 0] - y) ** 2
    of_true = np.where(y == 1, p[:, 0], 1 - p[:, 0]) if p.shape[1] == 1 else p[range(len(y)), y]
    return -np.log(np.maximum(of_true, 1e-9))


def gains(make, goal, task: str, learner, seed: int = 0) -> dict[str, float]:
    """Relative gains in loss on new rows over the mean and over simplex weights."""
    pool, y = make(task, FITTED + SCORED, seed)
    old, new = np.arange(FITTED), np.arange(FITTED, FITTED + SCORED)

    def scored(blender) -> float:
        fit = blender.build(goal(task), 1).fit(pool.take(old), y[old])
        return float(loss(task, y[new], fit.predict(pool.take(new))).mean())

    own = scored(learner)
    rivals = {"mean": Mean(), "simplex": Simplex()}
    return {name: 1 - own / scored(rival) for name, rival in rivals.items()}


@pytest.mark.parametrize("task", ["binary", "regression"])
@both
def test_it_wins_where_members_err_in_different_regions(learner, task, regional, goal) -> None:
    least = 0.3 if task == "regression" else 0.03
    assert min(gains(regional, goal, task, learner).values()) > least


@pytest.mark.parametrize("task", TASKS)
@both
def test_it_loses_nothing_where_members_are_alike(learner, task, alike, goal) -> None:
    assert min(gains(alike, goal, task, learner).values()) > -0.02


@pytest.mark.parametrize("task", TASKS)
def test_few_rows_are_left_to_the_simplex_blend(task, alike, goal) -> None:
    pool, y = alike(task, 14, 0)
    fit = NegativeCorrelation().build(goal(task), 0).fit(pool, y)
    expected = Simplex().build(goal(task), 0).fit(pool, y).predict(pool)
    assert (fit.waves_, fit.path_) == (0, [])
    np.testing.assert_allclose(fit.predict(pool), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("task", TASKS)
@both
def test_a_hundred_rows_are_enough(learner, task, alike, goal) -> None:
    pool, y = alike(task, 500, 3)
    old, new = np.arange(100), np.arange(100, 500)
    fit = learner.build(goal(task), 0).fit(pool.take(old), y[old])
    mean = Mean().build(goal(task), 0).fit(pool.take(old), y[old])
    own, rival = (loss(task, y[new], b.predict(pool.take(new))).mean() for b in (fit, mean))
    assert own < 1.15 * rival


def test_the_path_tells_losses_and_ambiguity_of_each_lambda(regional, goal) -> None:
    pool, y = regional("regression", 400, 0)
    fit = NegativeCorrelation().build(goal("regression"), 0).fit(pool, y)
    assert [step["lambda"] for step in fit.path_] == list(NegativeCorrelation().lambdas)
    for step in fit.path_:
        assert step["ambiguity"] == pytest.approx(step["individual"] - step["loss"])
        assert step["trained"] > 0 and step["ambiguity"] > 0
    assert fit.path_[-1]["ambiguity"] > fit.path_[0]["ambiguity"]
    assert min(step["loss"] for step in fit.path_) < fit.path_[0]["start"]
    assert fit.chosen_ in NegativeCorrelation().lambdas and fit.waves_ > 0


@pytest.mark.parametrize("task", TASKS)
def test_row_weights_make_the_prediction(task, regional, goal) -> None:
    pool, y = regional(task, 300, 1)
    fit = NeuralEnsembler().build(goal(task), 0).fit(pool, y)
    weights, members = fit.row_weights(pool), pool.matrix().astype(float)
    assert weights.shape == (300, 6) and (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    for row in range(0, 300, 41):
        mixed = sum(w * p for w, p in zip(weights[row], members[:, row], strict=True))
        np.testing.assert_allclose(fit.predict(pool)[row], mixed, rtol=1e-6)


def test_row_weights_follow_the_regions(regional, goal) -> None:
    pool, y = regional("regression", 1000, 2)
    weights = NeuralEnsembler().build(goal("regression"), 0).fit(pool, y).row_weights(pool)
    of_even = weights[:, ::2].sum(axis=1)
    assert of_even[y > 1].mean() > 0.85 and of_even[y < -1].mean() < 0.15


def test_weights_do_not_leave_the_range_of_members(regional, goal) -> None:
    pool, y = regional("binary", 300, 0)
    p = NeuralEnsembler().build(goal("binary"), 0).fit(pool, y).predict(pool)
    members = pool.matrix()
    assert (p >= members.min(axis=0) - 1e-6).all() and (p <= members.max(axis=0) + 1e-6).all()


@pytest.mark.parametrize("surrogate", ["absolute", "quantile:0.9"])
@both
def test_quantiles_are_estimated(learner, surrogate, goal, pool_of) -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=1000)
    y = truth + rng.exponential(size=1000)
    members = [truth + shift + 0.1 * rng.normal(size=1000) for shift in (0.0, 0.7, 2.3)]
    pool, objective = pool_of(np.array(members)[..., None]), goal("regression", surrogate)
    p = learner.build(objective, 0).fit(pool, y).predict(pool)[:, 0]
    assert abs((y <= p).mean() - objective.quantile) < 0.05


@both
def test_means_are_taken_in_the_space_of_the_metric(learner, goal, pool_of) -> None:
    rng = np.random.default_rng(0)
    y = np.exp(rng.normal(size=20))
    pool = pool_of(np.exp(np.log1p(y) + 0.1 * rng.normal(size=(2, 20)))[..., None] - 1)
    logged = pool_of(np.log1p(pool.matrix()))
    few = dataclasses.replace(learner, inner_folds=5)
    found = few.build(goal("regression", space="log1p"), 0).fit(pool, y).predict(pool)
    expected = few.build(goal("regression"), 0).fit(logged, np.log1p(y)).predict(logged)
    np.testing.assert_allclose(np.log1p(found), expected, atol=1e-4)


@pytest.mark.parametrize("wrong", [{"lambdas": ()}, {"lambdas": (0.1, 1.2)}, {"dropout": 1.0}])
def test_what_it_cannot_be_is_refused(wrong) -> None:
    with pytest.raises(ModelError):
        NegativeCorrelation(**wrong)


def test_a_rate_of_one_is_refused() -> None:
    with pytest.raises(ModelError, match="rates"):
        NeuralEnsembler(rates=(0.0, 1.0))


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")
def test_a_device_that_is_not_there_is_refused() -> None:
    assert device_of("auto") == "cpu"
    with pytest.raises(ModelError, match="auto"):
        device_of("cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@both
def test_a_gpu_is_used_where_there_is_one(learner, regional, goal) -> None:
    pool, y = regional("binary", 800, 0)
    fits = [dataclasses.replace(learner, device=device).build(goal("binary"), 0).fit(pool, y)
            for device in ("cpu", "auto")]  # fmt: skip
    np.testing.assert_allclose(*(fit.predict(pool) for fit in fits), atol=0.05)


def test_prediction_needs_no_torch(regional, goal, tmp_path) -> None:
    pool, y = regional("binary", 60, 0)
    fit = NeuralEnsembler().build(goal("binary"), 0).fit(pool, y)
    path = tmp_path / "fit.pickle"
    path.write_bytes(pickle.dumps((fit, pool)))
    code = (
        "import pickle, sys; "
        f"fit, pool = pickle.load(open({str(path)!r}, 'rb')); "
        "fit.predict(pool); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_specs_name_what_there_is() -> None:
    assert [(spec.name, spec.family) for spec in SPECS] == [
        ("negative_correlation", "negative_correlation"),
        ("neural_ensembler", "neural"),
    ]
    assert all(spec.role == "blend" and spec.learner.test_from == "folds" for spec in SPECS)
