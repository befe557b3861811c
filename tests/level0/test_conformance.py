"""Every built-in model on every task that it takes keeps the contract of an estimator."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from functools import cache

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from stackkit import NoCache
from stackkit.competition import Competition
from stackkit.competition.schema import infer_schema
from stackkit.crossfit import cross_fit
from stackkit.features.matrix import Matrix
from stackkit.features.recipes import get_recipe
from stackkit.features.target import Target
from stackkit.folds import Folds
from stackkit.level0 import get_model, model_names
from stackkit.level0.wrap import SklearnLearner
from stackkit.spec import Estimator, Learner, ModelSpec, Objective

BUILT_IN = tuple(model_names())
N, NEW, SINGLE = 90, 30, 8
FIDELITY = 6  # rounds, trees or epochs
MANY = 30
OBJECTIVES = {
    "binary": Objective("binary", "identity", "logloss", ("no", "yes")),
    "multiclass": Objective("multiclass", "identity", "logloss", ("a", "b", "c")),
    "regression": Objective("regression", "identity", "squared"),
    "rmsle": Objective("regression", "log1p", "squared"),
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in a worker."""
    with threadpool_limits(1):
        yield


def frame_of(n: int, seed: int) -> pd.DataFrame:
    """Rows with holes and a constant; seed 0 for fitting, others with what fitting never saw."""
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


def prepared(
    recipe: str, task: str, frame: pd.DataFrame, y: np.ndarray, new: pd.DataFrame
) -> tuple[Matrix, Matrix]:
    """What a model of the recipe is fitted on, and new rows; both read-only."""
    schema = infer_schema(frame, None, list(frame.columns))
    target = Target(y, task)
    fitted = get_recipe(recipe).fit(schema.apply(frame), schema, target)
    made = fitted.own(schema.apply(frame), target), fitted.transform(schema.apply(new))
    for matrix in made:
        matrix.values.setflags(write=False)
    return made


@cache
def matrices(recipe: str, task: str) -> tuple[Matrix, Matrix]:
    return prepared(recipe, OBJECTIVES[task].task, FIT, target_of(task, FIT), SCORE)


def spec_of(model: str, task: str = "binary") -> ModelSpec:
    """The model at the least fidelity."""
    if model != "wrapped":
        spec = get_model(model)
        value = FIDELITY if spec.fidelity is None else spec.parameters[spec.fidelity]
        return spec.with_fidelity(min(1.0, FIDELITY / value))
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    kind = KNeighborsRegressor if task in ("regression", "rmsle") else KNeighborsClassifier
    return ModelSpec("wrapped", SklearnLearner(kind(3)), family="neighbors", recipe="linear")


def takes(model: str, task: str) -> bool:
    return OBJECTIVES[task].task in spec_of(model, task).tasks


CASES = [(m, t) for m in (*BUILT_IN, "wrapped") for t in OBJECTIVES if takes(m, t)]
CLASSIFIERS = [m for m in BUILT_IN if takes(m, "multiclass")]
every_case = pytest.mark.parametrize(("model", "task"), CASES)


def fit_anew(model: str, task: str, seed: int = 3) -> Estimator:
    spec = spec_of(model, task)
    X, _ = matrices(spec.recipe, task)
    return spec.learner.build(OBJECTIVES[task], seed).fit(X, target_of(task, FIT))


@cache
def fitted(model: str, task: str) -> Estimator:
    """One estimator for all tests that do not fit another."""
    return fit_anew(model, task)


def new_rows(model: str, task: str) -> Matrix:
    return matrices(spec_of(model, task).recipe, task)[1]


def keeps_the_contract(made: np.ndarray, rows: int, objective: Objective) -> None:
    assert made.shape == (rows, objective.width)
    assert np.isfinite(made).all()
    if objective.output == "proba":
        assert ((made >= 0) & (made <= 1)).all()
    if objective.task == "multiclass":
        np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-5)
    if objective.space == "log1p":
        assert (made >= 0).all()


@every_case
def test_predictions_keep_the_contract(model: str, task: str) -> None:
    made = fitted(model, task).predict(new_rows(model, task))
    keeps_the_contract(made, NEW, OBJECTIVES[task])


@every_case
def test_equal_seeds_make_equal_predictions(model: str, task: str) -> None:
    new = new_rows(model, task)
    one, other = fitted(model, task).predict(new), fit_anew(model, task).predict(new)
    np.testing.assert_array_equal(one, other)


@every_case
def test_one_row_equals_the_same_row_in_a_batch(model: str, task: str) -> None:
    new, estimator = new_rows(model, task), fitted(model, task)
    rows = [Matrix(new.values[[i]], new.names, new.levels) for i in range(SINGLE)]
    single = np.concatenate([estimator.predict(row) for row in rows])
    np.testing.assert_allclose(single, estimator.predict(new)[:SINGLE], rtol=1e-5, atol=1e-6)


@every_case
def test_inputs_may_be_read_only_and_stay_as_they_are(model: str, task: str) -> None:
    spec = spec_of(model, task)
    X, new = matrices(spec.recipe, task)
    y, weight = target_of(task, FIT), np.ones(N)
    before = X.values.copy(), y.copy(), new.values.copy()
    for array in (y, weight):
        array.setflags(write=False)
    estimator = spec.learner.build(OBJECTIVES[task], 0)
    weight = None if model == "wrapped" else weight
    assert estimator.fit(X, y, weight) is estimator
    estimator.predict(new)
    for now, then in zip((X.values, y, new.values), before, strict=True):
        np.testing.assert_array_equal(now, then)


@every_case
def test_fitted_models_pickle(model: str, task: str) -> None:
    new, estimator = new_rows(model, task), fitted(model, task)
    again = cloudpickle.loads(cloudpickle.dumps(estimator))
    np.testing.assert_array_equal(again.predict(new), estimator.predict(new))


@every_case
def test_features_without_signal_or_variation_are_taken(model: str, task: str) -> None:
    spec = spec_of(model, task)
    X = Matrix(np.zeros((N, 1), np.float32), ("constant",), (0,))
    estimator = spec.learner.build(OBJECTIVES[task], 0).fit(X, target_of(task, FIT))
    keeps_the_contract(estimator.predict(X), N, OBJECTIVES[task])


@every_case
def test_new_rows_may_hold_what_fitting_never_saw(model: str, task: str) -> None:
    """Fitted on full rows of known levels; scored with every value missing, new or far away."""
    rng = np.random.default_rng(5)
    known = pd.DataFrame(
        {
            "x": rng.normal(size=N),
            "full": rng.normal(size=N),
            "colour": rng.choice(np.array(["red", "green"], dtype=object), N),
        }
    )
    strange = pd.DataFrame(
        {
            "x": [np.nan, 1e9, -1e9],
            "full": [np.nan] * 3,
            "colour": np.array([None, "mauve", "red"], dtype=object),
        }
    )
    spec, y = spec_of(model, task), target_of(task, known)
    X, new = prepared(spec.recipe, OBJECTIVES[task].task, known, y, strange)
    made = spec.learner.build(OBJECTIVES[task], 0).fit(X, y).predict(new)
    keeps_the_contract(made, 3, OBJECTIVES[task])


@pytest.mark.parametrize("model", BUILT_IN)
def test_weights_count(model: str) -> None:
    spec = spec_of(model)
    X, new = matrices(spec.recipe, "binary")
    y = target_of("binary", FIT)
    means = []
    for heavy in (0, 1):
        weight = np.where(y == heavy, 20.0, 1.0)
        estimator = spec.learner.build(OBJECTIVES["binary"], 0).fit(X, y, weight)
        means.append(estimator.predict(new).mean())
    assert means[0] < means[1]


@pytest.mark.parametrize("model", [m for m in BUILT_IN if m != "prior"])
def test_models_learn(model: str) -> None:
    """Half of what the prior leaves open is explained, in sample."""
    task = "regression" if takes(model, "regression") else "binary"
    spec = get_model(model).with_fidelity(0.3)
    X, _ = matrices(spec.recipe, task)
    y = target_of(task, FIT)
    made = spec.learner.build(OBJECTIVES[task], 0).fit(X, y).predict(X)[:, 0]
    assert np.mean((made - y) ** 2) < 0.6 * y.var()


@pytest.mark.parametrize("model", CLASSIFIERS)
def test_the_order_of_classes_does_not_matter(model: str) -> None:
    spec, objective = spec_of(model), OBJECTIVES["multiclass"]
    order = np.array([2, 0, 1])
    frame = frame_of(N, 0)
    y = np.digitize(frame["x"], [0.3, 1.2])  # shares far apart, so that mixed up columns show
    made = []
    for codes in (y, order[y]):
        X, new = prepared(spec.recipe, "multiclass", frame, codes, SCORE)
        made.append(spec.learner.build(objective, 0).fit(X, codes).predict(new))
    distance = np.abs(made[1][:, order] - made[0]).mean()
    assert distance < 0.06
    assert np.abs(made[1] - made[0]).mean() > 2 * distance


@pytest.mark.parametrize("model", CLASSIFIERS)
def test_many_classes_are_taken(model: str) -> None:
    spec = spec_of(model)
    objective = Objective("multiclass", "identity", "logloss", tuple(map(str, range(MANY))))
    frame = frame_of(4 * MANY, 0)
    y = np.arange(4 * MANY) % MANY
    X, new = prepared(spec.recipe, "multiclass", frame, y, SCORE)
    made = spec.learner.build(objective, 0).fit(X, y).predict(new)
    keeps_the_contract(made, NEW, objective)


def string_competition(classes: int, rows: int) -> Competition:
    """Labels as text, in folds that each lack some of many classes."""
    train, test = frame_of(rows, 0), frame_of(NEW, 1)
    names = np.array([f"kind {i:02d}" for i in range(classes)], dtype=object)
    train["label"] = names[np.random.default_rng(2).permutation(rows) % classes]
    task = "binary" if classes == 2 else "multiclass"
    return Competition.from_frames(train, test, target="label", metric="logloss", task=task)


def halves(rows: int) -> Folds:
    return Folds((np.arange(rows) % 2).astype(np.int16)[None])


@pytest.mark.parametrize("model", BUILT_IN)
@pytest.mark.parametrize("classes", [2, MANY])
def test_labels_as_text_through_the_loop(model: str, classes: int, pool: object) -> None:
    rows = max(N, 2 * classes)
    if not takes(model, "binary" if classes == 2 else "multiclass"):
        pytest.skip(f"{model} takes no target of {classes} classes")
    competition = string_competition(classes, rows)
    record = cross_fit(spec_of(model), competition, halves(rows), NoCache(), jobs=2)
    width = 1 if classes == 2 else classes
    assert record.oof.shape == (rows, width)
    assert record.test.shape == (NEW, width)
    assert np.isfinite(record.oof).all()
    assert np.isfinite(record.test).all()
    assert np.isfinite(record.cv)


@pytest.mark.parametrize("model", [*BUILT_IN, "wrapped"])
def test_learners_declare_what_they_are(model: str) -> None:
    spec = spec_of(model)
    learner = spec.learner
    assert isinstance(learner, Learner)
    assert learner.threads == 1
    declared = (learner.test_from, learner.reads_metric, learner.needs_features)
    assert declared == ("folds", False, True)
    assert spec.fidelity is None or spec.fidelity in spec.parameters


def test_importing_models_loads_no_heavy_library() -> None:
    heavy = ("torch", "lightgbm", "sklearn", "xgboost", "catboost", "matplotlib")
    code = (
        "import sys, stackkit.level0, stackkit.features.recipes;"
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_warnings_are_errors_here() -> None:
    with pytest.raises(UserWarning):
        warnings.warn("an example", stacklevel=1)
