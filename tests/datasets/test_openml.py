"""openml:<id> through the real fetch_openml, answered by a stand-in on this machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.datasets import load_competition
from stackkit.datasets.load import named_in_cache
from stackkit.datasets.openml import load_openml, openml_id, openml_name
from stackkit.errors import ConfigError, DataError

FEATURES = {"row": "numeric", "size": "numeric", "kind": "nominal", "id": "numeric",
            "note": "string", "class": "nominal"}  # fmt: skip


def rows(count: int = 40) -> str:
    """Rows of FEATURES: a level in quotes, missing values, an escaped word."""
    lines = []
    for i in range(count):
        size = "?" if i % 7 == 0 else i / 8
        kind = ("1", "2", "?")[i % 3]
        lines.append(f"{i},{size},{kind},{i % 5},word{i % 4},{('good', 'bad')[i % 4 == 0]}")
    return "\n".join(lines) + "\n"


def test_the_number_is_read_or_refused() -> None:
    assert openml_id("openml:31") == 31
    assert openml_name("openml:31") == "openml-31"
    for wrong in ("openml:", "openml:iris", "openml:0", "openml:-1", "openml:1.5"):
        with pytest.raises(ConfigError, match="number of a data set"):
            openml_id(wrong)


def test_the_cache_knows_it_without_a_network() -> None:
    assert named_in_cache("openml:31") == "openml-31"
    assert named_in_cache("wine") == "wine"


def test_a_data_set_becomes_a_competition(openml: Any) -> None:
    openml.add(31, FEATURES, rows(), target="class")
    made = load_competition("openml:31")
    assert (made.name, made.task, made.metric.name) == ("openml-31", "binary", "auc")
    assert (made.n_rows, made.n_test) == (32, 8)
    assert list(made.classes) == ["bad", "good"]
    assert made.kinds == {"size": "numeric", "kind": "categorical", "id_": "numeric",
                          "note": "categorical"}  # fmt: skip
    assert set(made.train["kind"].dropna()) == {"1", "2"}
    assert made.sample.columns.tolist() == ["id", "target"]


def test_the_split_keeps_every_row_once_and_each_class_in_its_share(openml: Any) -> None:
    openml.add(31, FEATURES, rows(), target="class")
    one, other = load_openml("openml:31"), load_openml("openml:31")
    pd.testing.assert_frame_equal(one.train, other.train)
    whole = pd.concat([one.train, one.test.assign(target=one.test_target)])
    expected = [(np.nan if i % 7 == 0 else i / 8, "bad" if i % 4 == 0 else "good")
                for i in range(40)]  # fmt: skip
    found = sorted(zip(whole["size"].fillna(-1), whole["target"], strict=True))
    assert found == sorted((-1 if np.isnan(s) else s, label) for s, label in expected)
    assert pd.Series(one.test_target).value_counts().to_dict() == {"good": 6, "bad": 2}
    assert one.train["id"].tolist() == list(range(32))
    assert one.test["id"].tolist() == list(range(32, 40))
    assert "target" not in one.test


@pytest.mark.parametrize(
    ("kind", "values", "task", "metric"),
    [
        ("numeric", [0.5 * i for i in range(30)], "regression", "rmse"),
        ("numeric", [i % 3 for i in range(30)], "regression", "rmse"),
        ("numeric", [i % 2 for i in range(30)], "binary", "auc"),
        ("nominal", [i % 3 for i in range(30)], "multiclass", "logloss"),
        ("nominal", [f"'{'xyz'[i % 3]}'" for i in range(30)], "multiclass", "logloss"),
        ("string", ["xyz"[i % 3] for i in range(30)], "multiclass", "logloss"),
    ],
)
def test_task_and_metric_follow_the_target(
    openml: Any, kind: str, values: list[Any], task: str, metric: str
) -> None:
    text = "".join(f"{i},{v}\n" for i, v in enumerate(values))
    openml.add(7, {"x": "numeric", "y": kind}, text, target="y")
    made = load_competition("openml:7")
    assert (made.task, made.metric.name) == (task, metric)
    if task == "multiclass":
        numbers = isinstance(values[0], int)
        assert made.classes.tolist() == ([0, 1, 2] if numbers else ["x", "y", "z"])


def test_a_feature_called_target_makes_room(openml: Any) -> None:
    features = {"target": "numeric", "target_": "numeric", "y": "numeric"}
    text = "".join(f"{i},{2 * i},{i / 3}\n" for i in range(20))
    openml.add(7, features, text, target="y")
    frames = load_openml("openml:7")
    assert set(frames.train) == {"id", "target__", "target_", "target"}
    np.testing.assert_allclose(2 * frames.train["target__"], frames.train["target_"])


def test_the_second_time_needs_no_network(openml: Any) -> None:
    openml.add(31, FEATURES, rows(), target="class")
    first = load_openml("openml:31")
    asked, openml.broken = len(openml.asked), True
    pd.testing.assert_frame_equal(load_openml("openml:31").train, first.train)
    assert len(openml.asked) == asked


def test_an_unknown_number_is_no_data_set(openml: Any) -> None:
    with pytest.raises(ConfigError, match=r"openml\.org has the data set") as caught:
        load_competition("openml:999")
    assert caught.value.got == 999


def test_a_server_in_trouble_and_no_network_are_told_apart(
    openml: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    openml.broken = True
    with pytest.raises(DataError, match=r"openml\.org answers.*503"):
        load_openml("openml:31")

    def unreachable(_: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("sklearn.datasets._openml.urlopen", unreachable)
    with pytest.raises(DataError, match=r"can be reached.*Name or service"):
        load_openml("openml:31")


@pytest.mark.parametrize(
    ("target", "words"),
    [("", "one default target; got none"), ("size,id", "2 in 31: size, id"),
     ("kind", "missing values")],
)  # fmt: skip
def test_no_target_several_and_an_incomplete_one_are_refused(
    openml: Any, target: str, words: str
) -> None:
    openml.add(31, FEATURES, rows().replace("?", "0") if "," in target else rows(), target=target)
    with pytest.raises(DataError, match=words) as caught:
        load_openml("openml:31")
    assert "openml.org/d/31" in caught.value.hint


def test_sparse_tables_are_refused(openml: Any) -> None:
    openml.add(31, FEATURES, rows(), target="class", format="Sparse_ARFF")
    with pytest.raises(DataError, match="Sparse ARFF"):
        load_openml("openml:31")


def test_a_file_that_was_cut_short_is_refused(openml: Any) -> None:
    openml.add(31, FEATURES, rows(), target="class", md5_checksum="0" * 32)
    with pytest.raises(DataError, match="md5 checksum"):
        load_openml("openml:31")


RECORDED = {61: ("multiclass", 150), 561: ("regression", 209), 1590: ("binary", None)}


@pytest.mark.parametrize("data_id", RECORDED)
def test_answers_that_scikit_learn_recorded_are_read(openml: Any, data_id: int) -> None:
    """Real answers of openml.org, cut to a few rows, which scikit-learn's own tests carry."""
    if not openml.play_back(data_id):
        pytest.skip("scikit-learn was installed without its tests")
    made = load_competition(f"openml:{data_id}")
    assert made.task == RECORDED[data_id][0]
    assert made.n_test == pytest.approx((made.n_rows + made.n_test) / 5, abs=3)
