"""Wrapped estimators: cloned, seeded, described for keys."""

from __future__ import annotations

import dataclasses

import cloudpickle
import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

from stackkit.errors import ModelError
from stackkit.features.matrix import Matrix
from stackkit.level0.wrap import SklearnLearner
from stackkit.recipe import key_of
from stackkit.spec import ModelSpec, Objective

REGRESSION = Objective("regression", "identity", "squared")
X = Matrix(np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32), tuple("abc"), (0,) * 3)
Y = X.values[:, 0] * 2.0 + 1


class Mean(RegressorMixin, BaseEstimator):
    """A model of one's own."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> Mean:
        self.mean_ = y.mean()
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.full(len(X), self.mean_)


def key(estimator: object, threads: int = 1) -> str:
    spec = ModelSpec("mine", SklearnLearner(estimator, threads=threads), family="mine")
    return key_of(spec.parameters)


def test_predictions_equal_the_estimators_own() -> None:
    wrapped = SklearnLearner(KNeighborsRegressor(5)).build(REGRESSION, 0).fit(X, Y)
    expected = KNeighborsRegressor(5).fit(X.values, Y).predict(X.values)
    np.testing.assert_allclose(wrapped.predict(X)[:, 0], expected, rtol=1e-5)


def test_the_estimator_given_stays_unfitted_and_its_own() -> None:
    estimator = KNeighborsRegressor(5)
    learner = SklearnLearner(estimator)
    estimator.n_neighbors = 1
    learner.build(REGRESSION, 0).fit(X, Y)
    assert not hasattr(estimator, "n_samples_fit_")
    assert learner.build(REGRESSION, 0).estimator.n_neighbors == 5


def test_every_random_state_is_the_seed() -> None:
    pipeline = make_pipeline(StandardScaler(), ExtraTreesRegressor(3))
    built = SklearnLearner(pipeline).build(REGRESSION, 11).estimator
    assert built.get_params()["extratreesregressor__random_state"] == 11


def test_keys_follow_parameters_steps_and_functions() -> None:
    assert key(KNeighborsRegressor(5)) == key(KNeighborsRegressor(5), threads=2)
    distinct = [
        KNeighborsRegressor(5),
        KNeighborsRegressor(6),
        ExtraTreesRegressor(5),
        make_pipeline(StandardScaler(), KNeighborsRegressor(5)),
        make_pipeline(FunctionTransformer(np.abs), KNeighborsRegressor(5)),
        make_pipeline(FunctionTransformer(np.sign), KNeighborsRegressor(5)),
        Mean(),
    ]
    assert len({key(e) for e in distinct}) == len(distinct)


def test_own_classes_enter_by_content() -> None:
    assert SklearnLearner(KNeighborsRegressor()).estimator.code == ""
    own = SklearnLearner(Mean()).estimator
    assert (len(own.code), own.kind) == (64, "Mean")


def test_learners_survive_pickling_and_replacing() -> None:
    learner = cloudpickle.loads(cloudpickle.dumps(SklearnLearner(KNeighborsRegressor(5))))
    again = dataclasses.replace(learner, threads=2)
    assert again.estimator == SklearnLearner(KNeighborsRegressor(5)).estimator
    assert again.build(REGRESSION, 0).fit(X, Y).predict(X).shape == (40, 1)


def test_what_cannot_be_wrapped_is_refused() -> None:
    for wrong in (KNeighborsRegressor, object()):
        with pytest.raises(ModelError, match="KNeighborsRegressor"):
            SklearnLearner(wrong)
    binary = Objective("binary", "identity", "logloss", ("0", "1"))
    with pytest.raises(
        ModelError, match=r"predict_proba.* a classifier such as LogisticRegression"
    ):
        SklearnLearner(LinearSVC()).build(binary, 0)
    with pytest.raises(ModelError, match="sample_weight"):
        SklearnLearner(KNeighborsRegressor()).build(REGRESSION, 0).fit(X, Y, np.ones(40))
