"""The user's features(frame)."""

from __future__ import annotations

import sys
from dataclasses import replace

import cloudpickle
import pandas as pd
import pytest

from stackkit.config import FeaturesConfig
from stackkit.errors import ConfigError, DataError
from stackkit.features.hook import find_hook, hooked_frames, load_hook, replay_features

DOUBLE = "def features(frame):\n    return frame.assign(double=frame['x'] * 2)\n"
RANK = "def features(frame):\n    return frame.assign(rank=frame['x'].rank())\n"


@pytest.fixture
def hook(tmp_path):
    """`hook(text)`: the hook in a file with that text."""

    def make(text, name="features.py", extra=()):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return load_hook(path, list(extra))

    return make


def test_features_are_added_to_train_test_and_new_rows(hook, competition):
    data = competition()
    frames = hooked_frames(data, hook(DOUBLE))
    for before, after in ((data.train, frames.train), (data.test, frames.test)):
        assert (after["double"] == 2 * before["x"]).all()
    assert "double" in frames.schema.kinds
    assert replay_features(data.test.head(2), frames.raw, frames.hook, frames.schema).equals(
        frames.test.head(2)
    )


def test_without_a_hook_frames_pass(competition):
    data = competition()
    frames = hooked_frames(data, None)
    assert frames.train is data.train
    assert frames.test is data.test


def test_the_frame_given_is_a_copy(hook, competition):
    data = competition()
    hooked_frames(data, hook("def features(frame):\n    frame['x'] = 0.0\n    return frame\n"))
    assert data.train["x"].abs().sum() > 0


@pytest.mark.parametrize(
    "body",
    [
        "frame.head(3)",
        "frame['x']",
        "None",
        "frame.assign(rank=frame['x'].rank())",
        "frame.assign(mean=frame['x'].mean())",
        "frame.assign(z=1.0) if len(frame) == 60 or len(frame) == 30 else frame",
    ],
)
def test_hooks_that_break_the_contract_are_refused(hook, competition, body):
    with pytest.raises(DataError):
        hooked_frames(competition(), hook(f"def features(frame):\n    return {body}\n"))


def test_a_declared_transductive_hook_may_read_rows_jointly(hook, competition):
    frames = hooked_frames(competition(), hook("TRANSDUCTIVE = True\n" + RANK))
    assert frames.train["rank"].max() == 60


def test_the_digest_is_that_of_the_code_and_the_extra_files(hook, tmp_path):
    extra = tmp_path / "table.csv"
    extra.write_text("a\n1\n")
    first = hook(DOUBLE)
    assert hook(DOUBLE, "other.py").digest == first.digest
    assert hook(DOUBLE + "# more\n").digest != first.digest
    with_extra = hook(DOUBLE, extra=[extra]).digest
    extra.write_text("a\n2\n")
    assert len({first.digest, with_extra, hook(DOUBLE, extra=[extra]).digest}) == 3


def test_a_hook_crosses_to_where_its_file_is_not(hook, monkeypatch):
    data = cloudpickle.dumps(hook("FACTOR = 3\n" + DOUBLE.replace("2", "FACTOR")))
    for name in [n for n in sys.modules if n.startswith("stackkit_user_")]:
        monkeypatch.delitem(sys.modules, name)
    made = cloudpickle.loads(data).apply(pd.DataFrame({"x": [1.0, 2.0]}))
    assert made["double"].tolist() == [3.0, 6.0]


@pytest.mark.parametrize(
    "text", ["x = 1\n", "features = 3\n", "import nowhere_at_all\n", "def f(:\n"]
)
def test_files_without_features_are_refused(hook, text):
    with pytest.raises(ConfigError):
        hook(text)


def test_extra_files_exist(hook, tmp_path):
    with pytest.raises(ConfigError, match=r"none\.csv"):
        hook(DOUBLE, extra=[tmp_path / "none.csv"])


def test_where_the_hook_is_found(competition, tmp_path):
    data = competition()
    assert find_hook(data) is None
    there = replace(data, config=replace(data.config, folder=tmp_path, train="train.csv"))
    assert find_hook(there) is None
    (tmp_path / "features.py").write_text(DOUBLE)
    (tmp_path / "mine.py").write_text(RANK)
    assert find_hook(there).apply(data.train)["double"].notna().all()
    named = replace(there, config=replace(there.config, features=FeaturesConfig(hook="mine.py")))
    assert "rank" in find_hook(named).apply(data.train)
    missing = replace(there, config=replace(there.config, features=FeaturesConfig(hook="no.py")))
    with pytest.raises(ConfigError, match=r"no\.py"):
        find_hook(missing)
