"""OnSubset: an inner learner on what a chooser selects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cloudpickle
import numpy as np
import pytest

from stackkit.errors import ModelError
from stackkit.level1.linear import LinearMeta
from stackkit.level2.blend import Weigher
from stackkit.level2.plain import BestSingle, Mean, TopMean
from stackkit.level2.selection import Greedy, HillClimb
from stackkit.level2.subset import OnSubset
from stackkit.metrics import get_metric
from stackkit.predictions import Pool
from stackkit.recipe import canonical
from stackkit.spec import Learner, ModelSpec, Objective

N = 200
GOAL = Objective("binary", "identity", "logloss", ("a", "b"), get_metric("logloss"))


@dataclass(frozen=True)
class Fixed(Weigher):
    """Weights that are given by name."""

    kind: ClassVar[str] = "fixed"
    chosen: tuple[str, ...] = ("m1", "m3")

    def weights(self, pool, y, weight, objective, seed):
        """1 for those chosen."""
        return np.array([float(name in self.chosen) for name in pool.names])


def pool(seed: int = 0, m: int = 5) -> tuple[Pool, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=N)
    z = 1.5 * y - 0.75 + rng.uniform(0.5, 2, size=m)[:, None] * rng.normal(size=(m, N))
    arrays = tuple(np.float32(1 / (1 + np.exp(-row)))[:, None] for row in z)
    return Pool(tuple(f"m{i}" for i in range(m)), arrays), y


def test_a_part_is_a_learner_not_its_class_nor_its_spec() -> None:
    spec = ModelSpec("ridge_meta", LinearMeta(), family="linear")
    with pytest.raises(ModelError, match=r"the ModelSpec 'ridge_meta'.*\.learner") as caught:
        OnSubset(spec, HillClimb())
    assert len(str(caught.value)) < 120
    with pytest.raises(ModelError, match=r"the class LinearMeta; try: LinearMeta\(\)"):
        OnSubset(LinearMeta, HillClimb())


def test_it_is_the_inner_learner_on_the_chosen_members() -> None:
    X, y = pool()
    fitted = OnSubset(LinearMeta(), Fixed()).build(GOAL, 3).fit(X, y)
    assert fitted.chosen_ == (1, 3)
    assert fitted.names_ == ("m1", "m3")
    alone = LinearMeta().build(GOAL, 3).fit(X.members((1, 3)), y)
    np.testing.assert_array_equal(fitted.predict(X), alone.predict(X.members((1, 3))))


def test_members_that_were_not_chosen_have_no_influence() -> None:
    X, y = pool()
    fitted = OnSubset(LinearMeta(), Fixed()).build(GOAL, 0).fit(X, y)
    arrays = tuple(a if i in (1, 3) else 1 - a for i, a in enumerate(X.arrays))
    np.testing.assert_array_equal(fitted.predict(Pool(X.names, arrays)), fitted.predict(X))


@pytest.mark.parametrize("chooser", [HillClimb(), Greedy(), TopMean(sizes=(2,)), BestSingle()])
def test_the_choice_is_that_of_the_chooser(chooser: Weigher) -> None:
    X, y = pool()
    alone = chooser.build(GOAL, 7).fit(X, y).weights_
    fitted = OnSubset(Mean(), chooser).build(GOAL, 7).fit(X, y)
    assert fitted.chosen_ == tuple(np.flatnonzero(alone))
    expected = np.mean([X.arrays[i] for i in fitted.chosen_], axis=0)
    np.testing.assert_allclose(fitted.predict(X), expected, rtol=1e-5)


def test_rows_without_weight_do_not_choose() -> None:
    X, y = pool()
    weight = (np.arange(N) < 120).astype(float)
    spoilt = np.where(weight > 0, y, 1 - y)
    learner = OnSubset(LinearMeta(), HillClimb())
    first, second = (learner.build(GOAL, 0).fit(X, labels, weight) for labels in (y, spoilt))
    assert first.names_ == second.names_
    np.testing.assert_array_equal(first.predict(X), second.predict(X))


def test_it_declares_what_its_parts_do() -> None:
    meta, blend = OnSubset(LinearMeta(), HillClimb()), OnSubset(Mean(), Fixed())
    assert isinstance(meta, Learner)
    assert (meta.test_from, meta.reads_metric, meta.needs_features) == ("folds", True, False)
    assert (blend.test_from, blend.reads_metric) == ("full", False)
    assert meta.queries == LinearMeta.queries
    assert not meta.reads_names


def test_its_key_knows_the_parameters_of_its_parts() -> None:
    def content(learner: Learner) -> bytes:
        return canonical(ModelSpec("sub", learner, family="linear", recipe=None).parameters)

    plain = OnSubset(LinearMeta(), HillClimb())
    others = [
        OnSubset(LinearMeta(alphas=(1.0,)), HillClimb()),
        OnSubset(LinearMeta(), HillClimb(steps=5)),
        OnSubset(LinearMeta(), Greedy()),
        OnSubset(Mean(), HillClimb()),
    ]
    contents = [content(learner) for learner in (plain, *others)]
    assert len(set(contents)) == 5
    assert content(OnSubset(LinearMeta(), HillClimb(threads=2))) == contents[0]
    assert content(cloudpickle.loads(cloudpickle.dumps(plain))) == contents[0]


def test_parts_are_checked() -> None:
    with pytest.raises(ModelError, match="sets weights"):
        OnSubset(Mean(), LinearMeta())
    with pytest.raises(ModelError, match="part is a learner"):
        OnSubset("mean", HillClimb())
