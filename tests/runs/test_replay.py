"""predict: new rows through a stack, as the test file went through it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stackkit.datasets import load_competition
from stackkit.errors import CacheError, ConfigError, DataError
from stackkit.level0 import get_model
from stackkit.runs import Run, ancestry, check_replayable, read_new_rows

N, M = 90, 12
HOOK = (
    "def features(frame):\n    return frame.assign(twice=2 * frame['x'], both=frame['k'] + '!')\n"
)


# The latest run of a competition.


def test_the_test_file_is_predicted_as_it_was_submitted(done: tuple[Any, Run]) -> None:
    shop, made = done
    before = len(shop.lines())
    frame = shop.predict(shop.test_rows())
    assert list(frame.columns) == ["id", "y"]
    assert frame["id"].tolist() == list(range(N, N + M))
    np.testing.assert_allclose(frame["y"], pd.read_csv(made.submission)["y"], rtol=1e-6)
    assert len(shop.lines()) == before


def test_raw_gives_every_record_of_the_stack(done: tuple[Any, Run]) -> None:
    shop, made = done
    frame = shop.predict(shop.test_rows(), raw=True)
    assert list(frame.columns) == ["id", "ridge", "simplex"]
    np.testing.assert_allclose(frame["ridge"], made.stack.records["ridge"].test[:, 0], rtol=1e-6)


def test_labels_are_predicted_as_they_came(tmp_path: Path, make_shop: Callable) -> None:
    shop = make_shop(tmp_path / "shop", task="binary", metric="f1")
    made = shop.run()
    frame = shop.predict(shop.test_rows().drop(columns="id"))
    assert frame["y"].tolist() == pd.read_csv(made.submission)["y"].tolist()
    assert set(shop.predict(shop.test_rows(), raw=True).columns) == {"id", "ridge", "simplex"}


def test_text_in_a_file_of_new_rows_stays_text(done: tuple[Any, Run], tmp_path: Path) -> None:
    shop, _ = done
    whole = shop.predict(shop.test_rows())
    only = shop.test_rows().query("k == '007'")
    only.to_csv(tmp_path / "new.csv", index=False)
    assert pd.read_csv(tmp_path / "new.csv")["k"].dtype.kind == "i"
    read = read_new_rows(tmp_path / "new.csv", load_competition(shop.folder))
    assert set(read["k"]) == {"007"}
    found = shop.predict(read)
    expected = whole[whole["id"].isin(only["id"])]
    np.testing.assert_allclose(found["y"], expected["y"], rtol=1e-6)


def test_new_rows_are_checked_before_any_model_is_read(done: tuple[Any, Run]) -> None:
    shop, _ = done
    with pytest.raises(DataError, match="every feature column"):
        shop.predict(shop.test_rows().drop(columns="x"))
    with pytest.raises(DataError, match="finite"):
        shop.predict(shop.test_rows().assign(x=np.inf))


def test_a_file_without_rows_is_refused(done: tuple[Any, Run], tmp_path: Path) -> None:
    done[0].test_rows().head(0).to_csv(tmp_path / "none.csv", index=False)
    with pytest.raises(DataError, match="has rows"):
        read_new_rows(tmp_path / "none.csv", load_competition(done[0].folder))


def test_without_a_run_there_is_nothing_to_replay(shop: Any) -> None:
    with pytest.raises(ConfigError, match="stack of the latest run") as caught:
        shop.predict(shop.test_rows())
    assert "stackkit run" in caught.value.hint


def test_a_run_on_other_folds_is_none_of_these(shop: Any) -> None:
    shop.run()
    kept = shop.predict(shop.test_rows())
    text = (shop.folder / "competition.toml").read_text(encoding="utf-8")
    (shop.folder / "competition.toml").write_text(text.replace("splits = 3", "splits = 4"), "utf-8")
    with pytest.raises(ConfigError, match="stack of the latest run"):
        shop.predict(shop.test_rows())
    shop.run()
    (shop.folder / "competition.toml").write_text(text, encoding="utf-8")
    pd.testing.assert_frame_equal(shop.predict(shop.test_rows()), kept)


def test_models_that_were_not_kept_are_named(shop: Any) -> None:
    shop.configure("ridge", tables="[cache]\nkeep_models = false\n")
    shop.run()
    with pytest.raises(CacheError, match="models of every record") as caught:
        shop.predict(shop.test_rows())
    assert "keep_models" in caught.value.hint


# Any record of a shelf.


def test_the_test_file_as_new_rows_gives_the_cached_predictions_at_every_level(
    stack: Any,
) -> None:
    before = stack.lines()
    replay = stack.replay(stack.test_rows())
    assert {r.role for r in stack.records} == {"base", "meta", "blend"}
    for record in stack.records:
        found = replay.predict(record.key)
        assert found.dtype == np.float32
        away = np.abs(found - record.test) / np.maximum(1, np.abs(record.test))
        assert away.max() <= 1e-6, record.name
    assert stack.lines() == before


def test_one_row_is_predicted_as_within_a_batch(stack: Any) -> None:
    test = stack.test_rows()
    for record in stack.records:
        together = stack.replay(test).predict(record.key)
        for i in (0, 1, 7):
            alone = stack.replay(test.iloc[[i]]).predict(record.key)
            np.testing.assert_allclose(alone[0], together[i], rtol=1e-5, atol=1e-6)


def test_unseen_categories_missing_values_and_other_columns_are_no_obstacle(stack: Any) -> None:
    test = stack.test_rows()
    key = stack.records[-1].key
    plain = stack.replay(test).predict(key)
    shuffled = test[test.columns[::-1]].assign(extra="new").set_axis(range(5, 5 + len(test)))
    np.testing.assert_array_equal(stack.replay(shuffled).predict(key), plain)
    odd = test.assign(k="never seen", x=np.nan, when=None)
    assert np.isfinite(stack.replay(odd).predict(key)).all()


def test_missing_columns_and_text_for_numbers_are_refused(stack: Any) -> None:
    test = stack.test_rows()
    key = stack.records[0].key
    with pytest.raises(DataError, match="every feature column") as caught:
        stack.replay(test.drop(columns="when")).predict(key)
    assert "'when'" in caught.value.got
    with pytest.raises(DataError, match="'x' of the new file holds numbers"):
        stack.replay(test.assign(x="big")).predict(key)


def test_ancestry_is_in_the_order_of_making_and_complete(stack: Any) -> None:
    last = stack.records[-1]
    found = [record.key for record in ancestry(stack.shelf, last.key)]
    assert len(found) == len(set(found)) == 5
    assert set(found) == {r.key for r in stack.records[:4]} | {last.key}
    assert found[-1] == last.key
    for key in found:
        for parent in stack.shelf.load(key).parents:
            assert found.index(parent) < found.index(key)
    check_replayable(stack.records, stack.shelf)


def test_the_hook_is_applied_to_new_rows(tmp_path: Path, make_stack: Callable) -> None:
    (tmp_path / "features.py").write_text(HOOK, encoding="utf-8")
    hooked = make_stack("regression", tmp_path / "cache", tmp_path)
    record = hooked.fit(get_model("ridge"))
    test = hooked.test_rows()
    found = hooked.replay(test).predict(record.key)
    np.testing.assert_allclose(found, record.test, rtol=1e-6)
    plain = make_stack("regression", tmp_path / "cache").fit(get_model("ridge"))
    assert plain.key != record.key
    assert not np.allclose(plain.test, record.test)


def test_models_that_were_not_kept_are_named_before_work(
    tmp_path: Path, make_stack: Callable
) -> None:
    made = make_stack("regression", tmp_path)
    record = made.fit(get_model("ridge"))
    (made.shelf.models(record.key) / "r0f1").unlink()
    with pytest.raises(CacheError, match="models of every record") as caught:
        check_replayable([record], made.shelf)
    assert "r0f1 of ridge" in caught.value.got
    shutil.rmtree(made.shelf.models(record.key))
    with pytest.raises(CacheError, match="models of every record"):
        check_replayable([record], made.shelf)
