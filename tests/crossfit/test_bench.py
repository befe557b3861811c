"""What moves a key and what does not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from stackkit.cache import OOFCache
from stackkit.crossfit import fit_level
from stackkit.crossfit.bench import Bench
from stackkit.errors import ConfigError, ModelError
from stackkit.folds import Folds
from stackkit.level0 import get_model
from stackkit.level2.plain import BestSingle, Mean
from stackkit.sizing import ExpectedCost
from stackkit.spec import ModelSpec

MEAN = ModelSpec("mean", Mean(), "blend", recipe=None, role="blend")
SCRIPT = """
import numpy as np, pandas as pd
from stackkit.crossfit.bench import Bench
from stackkit.cache import OOFCache
from stackkit.competition import Competition
from stackkit.folds import Folds
from stackkit.level0 import get_model
frame = pd.DataFrame({"x": [0.5, 1.5, None, 2.5], "c": ["a", "b", "ä", None], "y": [1, 2, 3, 4]})
competition = Competition.from_frames(frame, target="y", metric="rmse", name="NAME")
folds = Folds(np.array([[0, 1, 0, 1]], dtype=np.int16))
print(Bench(competition, folds, OOFCache("CACHE")).key(get_model("ridge")))
"""


@pytest.fixture
def key(bench):
    return bench().key


def changed(spec, **options):
    return dataclasses.replace(spec, **options)


def test_name_role_hints_and_places_do_not_matter(bench, toy, competition, plan, tmp_path):
    key = bench().key(toy())
    assert (
        bench().key(changed(toy(name="other"), role="meta", family="x", cost=ExpectedCost(9.0)))
        == key
    )
    assert bench(name="elsewhere").key(toy()) == key
    assert Bench(competition(), plan(), OOFCache(tmp_path / "b")).key(toy()) == key
    assert bench().recipe(toy()).key == key


def test_what_is_fitted_how_matters(bench, toy):
    variants = [
        toy(),
        toy("memory"),
        toy(value=1.0),
        toy(threads=2),
        toy(seed=1),
        toy(code=b"class Toy: ..."),
        toy(code=b"class Toy: pass"),
        toy(recipe="linear"),
        toy(full=True),
        get_model("ridge"),
        get_model("prior"),
    ]
    assert len({bench().key(spec) for spec in variants}) == len(variants)


def test_a_version_moves_the_key(bench, toy, monkeypatch):
    before = bench().key(toy())
    monkeypatch.setattr(type(toy().learner), "version", 2)
    assert bench().key(toy()) != before


def test_data_folds_target_and_weights_matter(bench, toy, plan, competition):
    train, test = competition().train, competition().test
    y = competition().y
    nudged = y.copy()
    nudged[3] += 1e-9
    benches = [
        bench(),
        bench(folds=plan(splits=4)),
        bench(folds=plan(held=1)),
        bench(folds=plan(repeats=2)),
        bench(test=None),
        bench(test=test.head(11)),
        bench(train=train.assign(y=nudged)),
        bench(train=train.assign(y=y, x=train["x"] * 2)),
        bench(train=train.assign(y=y, w=1.0), weight="w"),
        bench(train=train.assign(y=y, w=np.arange(60.0)), weight="w"),
    ]
    assert len({made.key(toy()) for made in benches}) == len(benches)
    assert bench(train=train.assign(y=y)).key(toy()) == bench().key(toy())


def test_equal_folds_are_one_plan_whoever_made_them(bench, plan, toy):
    mine = plan()
    given = Folds(mine.assignment.copy(), scheme="predefined", reason="a team mate's file")
    assert bench(folds=given).key(toy()) == bench().key(toy())


def test_the_positive_class_matters(bench, toy):
    labels = bench("binary").competition.train.assign(y=np.where(np.arange(60) % 2, "no", "yes"))
    plain = bench("binary", train=labels)
    turned = bench("binary", train=labels, positive="no")
    assert plain.key(toy()) != turned.key(toy())


def test_the_metric_matters_only_to_those_who_read_it(bench, toy):
    best = ModelSpec("best", BestSingle(), "blend", recipe=None, role="blend")
    one, other = bench("binary", metric="auc"), bench("binary", metric="logloss")
    assert one.key(toy()) == other.key(toy())
    assert one.key(MEAN, ["a" * 64]) == other.key(MEAN, ["a" * 64])
    assert one.key(best, ["a" * 64]) != other.key(best, ["a" * 64])


def test_parents_matter_their_order_does_not(key):
    a, b, c = ("a" * 64, "b" * 64, "c" * 64)
    assert key(MEAN, [a, b]) == key(MEAN, [b, a])
    assert len({key(MEAN, parents) for parents in ([a], [a, b], [a, c], [a, b, c])}) == 4


def test_keys_are_equal_in_other_processes(tmp_path, python):
    keys = set()
    for hash_seed, name in (("1", "one"), ("2", "two")):
        script = tmp_path / f"{name}.py"
        text = SCRIPT.replace("NAME", name).replace("CACHE", name)
        script.write_text(text, encoding="utf-8")
        out, err = python(script, PYTHONHASHSEED=hash_seed).communicate(timeout=60)
        assert len(out) == 65, err
        keys.add(out)
    assert len(keys) == 1


def test_recipes_are_readable(bench, toy):
    recipe = bench().recipe(toy(value=float("nan")))
    assert recipe.readable["parameters"] == {"does": "mean", "value": "nan", "seconds": 0.0}
    assert recipe.readable["learner"] == {"kind": "toy", "version": 1}
    assert recipe.readable["folds"] == bench().folds.fingerprint


def test_what_cannot_be_fitted_is_refused(bench, toy):
    with pytest.raises(ConfigError, match="takes binary"):
        bench().recipe(changed(toy(), tasks=("binary",)))
    with pytest.raises(ConfigError, match="reads records"):
        bench().recipe(MEAN)


def test_a_stack_without_a_common_row_is_refused(bench, forward, pool, toy):
    made = bench(folds=forward(blocks=3))
    base = fit_level([(toy(), None)], made, pool).records
    (child,) = fit_level([(MEAN, base)], made, pool).records
    with pytest.raises(ModelError, match="rows to fit on"):
        made.recipe(MEAN, [child])
