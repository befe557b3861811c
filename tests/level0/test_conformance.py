"""Every base model on every task keeps the contract of an estimator."""

from __future__ import annotations

import subprocess
import sys
import warnings

import cloudpickle
import numpy as np
import pandas as pd
import pytest

from stackkit.competition.schema import infer_schema
from stackkit.features.matrix import Matrix
from stackkit.features.recipes import get_recipe
from stackkit.level0 import get_model
from stackkit.level0.wrap import SklearnLearner
from stackkit.spec import Estimator, Learner, ModelSpec, Objective

BUILT_IN = ("prior", "ridge", "rf", "lightgbm", "mlp")
N, NEW = 90, 30
OBJECTIVES = {
    "binary": Objective("binary", "identity", "logloss", ("no", "yes")),
    "multiclass": Objective("multiclass", "identity", "logloss", ("a", "b", "c")),
    "regression": Objective("regression", "identity", "squared"),
    "rmsle": Objective("regression", "log1p", "squared"),
}


def frame_of(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    colours = ["red", "green", "blue"] if seed == 0 else ["red", "green", "never seen"]
    colour = rng.choice(np.array(colours, dtype=object), n)
    return pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "holes": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
            "full_then_holes": rng.normal(size=n) if seed == 0 else np.nan,
            "constant": 1.0,
            "colour": np.where(rng.random(n) < 0.2, None, colour),
            "when": pd.date_range("2020-01-01", periods=n, freq="9h"),
        }
    )


def target_of(task: str, frame: pd.DataFrame) -> np.ndarray:
    signal = frame["x"] + (frame["colour"] == "red")
    if task == "binary":
        return (signal > 0.3).to_numpy(np.int64)
    if task == "multiclass":
        return np.digitize(signal, [-0.3, 0.8])
    return np.exp(signal.to_numpy())


FIT, SCORE = frame_of(N, 0), frame_of(NEW, 1)
SCHEMA = infer_schema(FIT, None, list(FIT.columns))


def matrices(recipe: str) -> tuple[Matrix, Matrix]:
    fitted = get_recipe(recipe).fit(SCHEMA.apply(FIT), SCHEMA)
    return fitted.transform(SCHEMA.apply(FIT)), fitted.transform(SCHEMA.apply(SCORE))


def spec_of(model: str, task: str) -> ModelSpec:
    if model != "wrapped":
        spec = get_model(model)
        share = {"epochs": 0.1, None: 1.0}.get(spec.fidelity, 0.02)
        return spec.with_fidelity(share)
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    kind = KNeighborsRegressor if task in ("regression", "rmsle") else KNeighborsClassifier
    return ModelSpec("wrapped", SklearnLearner(kind(3)), family="neighbors", recipe="linear")


@pytest.fixture(params=[*BUILT_IN, "wrapped"])
def model(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=list(OBJECTIVES))
def task(request: pytest.FixtureRequest) -> str:
    return request.param


def fitted(spec: ModelSpec, task: str, seed: int = 3) -> Estimator:
    X, _ = matrices(spec.recipe)
    return spec.learner.build(OBJECTIVES[task], seed).fit(X, target_of(task, FIT))


def test_predictions_keep_the_contract(model: str, task: str) -> None:
    spec = spec_of(model, task)
    _, new = matrices(spec.recipe)
    made = fitted(spec, task).predict(new)
    assert made.shape == (NEW, OBJECTIVES[task].width)
    assert np.isfinite(made).all()
    if OBJECTIVES[task].output == "proba":
        assert ((made >= 0) & (made <= 1)).all()
    if task == "multiclass":
        np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-5)
    if task == "rmsle":
        assert (made >= 0).all()


def test_equal_seeds_make_equal_predictions(model: str, task: str) -> None:
    spec = spec_of(model, task)
    _, new = matrices(spec.recipe)
    one, other = fitted(spec, task).predict(new), fitted(spec, task).predict(new)
    np.testing.assert_array_equal(one, other)


def test_one_row_equals_the_same_row_in_a_batch(model: str, task: str) -> None:
    spec = spec_of(model, task)
    _, new = matrices(spec.recipe)
    estimator = fitted(spec, task)
    rows = [Matrix(new.values[[i]], new.names, new.levels) for i in range(NEW)]
    single = np.concatenate([estimator.predict(row) for row in rows])
    np.testing.assert_allclose(single, estimator.predict(new), rtol=1e-5, atol=1e-6)


def test_inputs_may_be_read_only_and_stay_as_they_are(model: str, task: str) -> None:
    spec = spec_of(model, task)
    X, new = matrices(spec.recipe)
    y, weight = target_of(task, FIT), np.ones(N)
    before = X.values.copy(), y.copy()
    for array in (X.values, new.values, y, weight):
        array.setflags(write=False)
    estimator = spec.learner.build(OBJECTIVES[task], 0)
    weight = None if model == "wrapped" else weight
    assert estimator.fit(X, y, weight) is estimator
    estimator.predict(new)
    np.testing.assert_array_equal(X.values, before[0])
    np.testing.assert_array_equal(y, before[1])


def test_fitted_models_pickle(model: str, task: str) -> None:
    spec = spec_of(model, task)
    _, new = matrices(spec.recipe)
    estimator = fitted(spec, task)
    again = cloudpickle.loads(cloudpickle.dumps(estimator))
    np.testing.assert_array_equal(again.predict(new), estimator.predict(new))


def test_features_without_signal_or_variation_are_taken(model: str, task: str) -> None:
    spec = spec_of(model, task)
    X = Matrix(np.zeros((N, 1), np.float32), ("constant",), (0,))
    estimator = spec.learner.build(OBJECTIVES[task], 0).fit(X, target_of(task, FIT))
    assert np.isfinite(estimator.predict(X)).all()


@pytest.mark.parametrize("built_in", BUILT_IN)
def test_weights_count(built_in: str) -> None:
    spec = spec_of(built_in, "binary")
    X, new = matrices(spec.recipe)
    y = target_of("binary", FIT)
    means = []
    for heavy in (0, 1):
        weight = np.where(y == heavy, 20.0, 1.0)
        estimator = spec.learner.build(OBJECTIVES["binary"], 0).fit(X, y, weight)
        means.append(estimator.predict(new).mean())
    assert means[0] < means[1]


@pytest.mark.parametrize("built_in", BUILT_IN[1:])
def test_models_learn(built_in: str) -> None:
    spec = get_model(built_in).with_fidelity(0.3)
    X, _ = matrices(spec.recipe)
    y = target_of("regression", FIT)
    made = spec.learner.build(OBJECTIVES["regression"], 0).fit(X, y).predict(X)[:, 0]
    assert np.mean((made - y) ** 2) < 0.6 * y.var()


def test_learners_declare_what_they_are(model: str) -> None:
    spec = spec_of(model, "binary")
    learner = spec.learner
    assert isinstance(learner, Learner)
    assert learner.threads == 1
    assert (learner.test_from, learner.reads_metric, learner.needs_features) == (
        "folds",
        False,
        True,
    )
    assert spec.fidelity is None or spec.fidelity in spec.parameters


def test_importing_models_loads_no_heavy_library() -> None:
    code = (
        "import sys, stackkit.level0, stackkit.features.recipes;"
        "print([m for m in ('torch', 'lightgbm', 'sklearn', 'xgboost') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_warnings_are_errors_here() -> None:
    with pytest.raises(UserWarning):
        warnings.warn("an example", stacklevel=1)
