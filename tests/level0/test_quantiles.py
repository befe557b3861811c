"""Models with a loss of their own for medians and quantiles, on a skewed target."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from stackkit.features.matrix import Matrix
from stackkit.level0 import get_model
from stackkit.metrics import get_metric
from stackkit.spec import Objective

TRAIN, TEST = 500, 2000
SMALL = {
    "lightgbm": {"rounds": 120, "min_data_in_leaf": 20},
    "lightgbm_xt": {"rounds": 120, "min_data_in_leaf": 20},
    "xgboost": {"rounds": 120, "max_depth": 3},
    "catboost": {"rounds": 120, "depth": 3},
    "hist_gb": {"rounds": 100, "min_samples_leaf": 20},
    "mlp": {"epochs": 25, "members": 2, "hidden": (32, 32)},
    "ridge": {},
    "lasso": {},
    "elastic_net": {},
    "prior": {},
}
every_model = pytest.mark.parametrize("name", list(SMALL))


def rows(n: int, seed: int) -> tuple[Matrix, np.ndarray]:
    """Numbers (n, 3) and a target with a long upper tail around a line in the first."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 3)).astype(np.float32)
    return Matrix(values, ("a", "b", "c"), (0, 0, 0)), values[:, 0] + rng.exponential(2.0, n) ** 1.5


@lru_cache
def made(name: str, surrogate: str, space: str = "identity") -> tuple[np.ndarray, np.ndarray]:
    """Targets (n,) and predictions (n, 1) of rows that the model was not fitted on."""
    learner = get_model(name).with_parameters(SMALL[name]).learner
    (X, y), (new, truth) = rows(TRAIN, 0), rows(TEST, 1)
    lift = 5.0 if space == "log1p" else 0.0
    fitted = learner.build(Objective("regression", space, surrogate), 0).fit(X, y + lift)
    return truth + lift, fitted.predict(new)


@every_model
@pytest.mark.parametrize("metric", ["mae", "pinball@0.9", "pinball@0.2"])
def test_its_own_loss_beats_that_of_the_mean(name: str, metric: str) -> None:
    scored = get_metric(metric)
    own = scored.score(*made(name, scored.surrogate_for("regression")))
    assert own < 0.98 * scored.score(*made(name, "squared"))


@every_model
@pytest.mark.parametrize("q", [0.2, 0.5, 0.9])
def test_about_that_share_of_new_rows_lies_below(name: str, q: float) -> None:
    surrogate = "absolute" if q == 0.5 else f"quantile:{q}"
    truth, p = made(name, surrogate)
    assert (truth <= p[:, 0]).mean() == pytest.approx(q, abs=0.09)


@every_model
def test_a_quantile_is_one_in_any_space(name: str) -> None:
    truth, p = made(name, "quantile:0.9", "log1p")
    assert (truth <= p[:, 0]).mean() == pytest.approx(0.9, abs=0.09)


@every_model
def test_the_median_is_the_quantile_of_a_half(name: str) -> None:
    np.testing.assert_array_equal(made(name, "absolute")[1], made(name, "quantile:0.5")[1])


@every_model
def test_rows_weigh_what_their_weights_say(name: str) -> None:
    """With the upper half of the target weighed down, the quantile falls."""
    learner = get_model(name).with_parameters(SMALL[name]).learner
    X, y = rows(TRAIN, 0)
    weight = np.where(y > np.median(y), 0.2, 1.0)
    goal = Objective("regression", "identity", "quantile:0.8")
    lighter = learner.build(goal, 0).fit(X, y, weight).predict(X)
    assert lighter.mean() < learner.build(goal, 0).fit(X, y).predict(X).mean() - 0.3
