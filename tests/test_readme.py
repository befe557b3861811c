"""The README's blocks run, and its tables name what is there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from documents import blocks, commands, dead_links, fault, marked_table

import stackkit
from stackkit.cli.main import cli
from stackkit.config import FoldsConfig, parse_config
from stackkit.datasets import load_embedded
from stackkit.features.recipes import recipe_names
from stackkit.level0 import get_model, own_models, registered_names
from stackkit.metrics import get_metric, metric_names
from stackkit.metrics.registry import own_metrics
from stackkit.presets import PRESETS
from stackkit.report.tables import model_rows

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
TOMLS = blocks(TEXT, "toml")
TASKS = ("binary", "multiclass", "regression")
SHORT = {
    ", ".join(TASKS): "all",
    "binary, multiclass": "classes",
    "binary": "binary",
    "regression": "values",
}
PROFILES = ("quick", "standard", "best")


def marked(mark: str) -> list[str]:
    pattern = rf"<!-- {re.escape(mark)} -->\n```python\n(.*?)```"
    return re.findall(pattern, TEXT, flags=re.DOTALL)


def run(block: str) -> None:
    exec(compile(block, "README.md", "exec", dont_inherit=True), {"__name__": "readme"})


def test_there_are_blocks_of_every_mark() -> None:
    found = [len(marked(mark)) for mark in ("test", "models.py", "metrics.py")]
    assert found == [2, 2, 1]


@pytest.mark.parametrize("block", marked("test"))
def test_marked_blocks_run(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(block)
    assert "simplex" in capsys.readouterr().out


@pytest.mark.parametrize("block", marked("models.py"))
def test_own_models_are_registered_and_learn(block: str) -> None:
    before = set(registered_names())
    with own_models([]):
        run(block)
        (name,) = set(registered_names()) - before
        spec = get_model(name)
    assert set(registered_names()) == before
    competition = stackkit.load_competition("breast-cancer")
    folds = stackkit.make_folds(competition, FoldsConfig(scheme="stratified", n_splits=2))
    record = stackkit.cross_fit(spec, competition, folds, stackkit.NoCache(), jobs=2)
    assert record.cv > 0.85


@pytest.mark.parametrize("block", marked("metrics.py"))
def test_own_metrics_are_registered(block: str) -> None:
    with own_metrics():
        run(block)
        assert get_metric("cubed")(np.zeros(2), np.array([[1.0], [3.0]])) == 14.0
    assert "cubed" not in metric_names()


def test_the_example_of_a_competition_is_valid() -> None:
    assert parse_config(tomllib.loads(TOMLS[0])).metric == "rmsle"


def test_the_whole_schema_is_valid_and_nothing_is_left_to_fill_in() -> None:
    whole = tomllib.loads(TOMLS[1])
    assert parse_config(whole).folds.holdout == 0.1
    assert not re.findall(r"^[A-Z]{4,}$", TEXT, flags=re.MULTILINE)


def test_the_whole_schema_loads_and_plans(tmp_path: Path) -> None:
    rows = pd.DataFrame({"id": range(60), "size": np.arange(60) % 7, "ticket": "t"})
    label, weight = np.where(rows.index % 3 == 0, "yes", "no"), rows.index % 2 + 1.0
    rows.assign(bought=label, w=weight).to_csv(tmp_path / "train.csv", index=False)
    test = rows.assign(id=rows.id + 60)
    test.to_csv(tmp_path / "test.csv", index=False)
    test[["id"]].assign(bought=0.5).to_csv(tmp_path / "sample.csv", index=False)
    (tmp_path / "features.py").write_text("def features(frame):\n    return frame\n")
    (tmp_path / "competition.toml").write_text(TOMLS[1], encoding="utf-8")
    listed = stackkit.plan(tmp_path)
    assert {"prior", "lightgbm"} <= set(listed.name)
    assert "rf" not in set(listed.name)


def test_the_whole_schema_names_every_key_of_the_tables() -> None:
    keys = set(re.findall(r"^(?:# )?(\w+) = ", TOMLS[1], flags=re.MULTILINE))
    keys |= set(re.findall(r"\b(purge|embargo|file)\b", TOMLS[1]))
    config = parse_config(tomllib.loads(TOMLS[1]))
    tables = (config.data, config.folds, config.features, config.models, config.stack, config.cache)
    known = {name for table in tables for name in vars(table)} - {"params", "extra_train"}
    assert known - keys == set()


def test_links_lead_somewhere() -> None:
    assert dead_links(TEXT, ROOT) == []


def test_every_command_is_one() -> None:
    found = list(commands(TEXT))
    assert len(found) > 15
    assert [f for words in found if (f := fault(words, cli))] == []


def test_every_verb_is_named() -> None:
    named = {words[0] for words in commands(TEXT)}
    assert set(cli.commands) - named - {"models", "metrics", "cache"} == set()
    assert "`models`, `metrics`, `cache ls | verify | clean`" in TEXT


def test_the_first_screen_holds_the_two_commands() -> None:
    head = TEXT.splitlines()[:15]
    assert [line.split()[1] for line in head if line.startswith("make ")] == ["demo", "test"]


def _listed(role: Callable[[str], bool]) -> dict[str, dict]:
    with own_models([]):
        rows = [row for row in model_rows() if row["name"] not in registered_names()]
    return {row["name"]: row for row in rows if role(row["role"])}


def test_the_table_of_models_is_what_stackkit_models_lists() -> None:
    rows = _listed(lambda role: role == "base")
    table = marked_table(TEXT, "models")
    assert [name for name, *_ in table] == list(rows)
    for name, family, tasks, reads, limit, least, is_ in table:
        row = rows[name]
        got = (row["family"], SHORT[row["tasks"]], row["reads"], str(row["rows up to"]))
        assert (family, tasks, reads, limit.replace(",", "")) == got, name
        assert least == _least_profile(name), name
        assert is_, name


def test_the_table_of_higher_levels_is_what_stackkit_models_lists() -> None:
    rows = _listed(lambda role: role != "base")
    table = marked_table(TEXT, "levels")
    assert [name for name, *_ in table] == list(rows)
    for name, role, family, tasks, reads, least, is_ in table:
        row = rows[name]
        got = (row["role"], row["family"], SHORT[row["tasks"]], row["reads"])
        assert (role, family, tasks, reads) == got, name
        assert least == _least_profile(name), name
        assert is_, name


def _least_profile(name: str) -> str:
    """The first profile that has a model; the prior is in every one without being named.

    Nothing for those that only `stackkit blend` compares.
    """
    if name == "prior":
        return "quick"
    return next((p for p in PROFILES if name in _models_of(p)), "")


def _models_of(profile: str) -> set[str]:
    preset = PRESETS[profile]
    return {*preset.base, *(placed.model for placed in preset.above)}


def test_the_profiles_are_all_and_grow() -> None:
    assert tuple(PRESETS) == PROFILES
    for less, more in pairwise(PROFILES):
        assert _models_of(less) <= _models_of(more)


def test_the_table_of_metrics_is_all_of_them() -> None:
    table = {task: names.split() for task, names in marked_table(TEXT, "metrics")}
    assert table == {task: sorted(metric_names(task)) for task in TASKS}


def test_every_recipe_is_told() -> None:
    told = re.findall(r"^\| `(\w+)` \|", TEXT[TEXT.index("| recipe | makes |") :], re.MULTILINE)
    assert sorted(told) == sorted(recipe_names())


def test_every_notebook_is_listed() -> None:
    kept = sorted(path.name for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
    listed = [cells[0] for cells in marked_table(TEXT, "notebooks")]
    assert listed == [f"[{Path(name).stem}](notebooks/{name})" for name in kept]


def test_the_results_are_marked() -> None:
    assert len(marked_table(TEXT, "results")) >= 4


@pytest.mark.parametrize(
    "name",
    ["playground", "playground-multiclass", "playground-regression", "breast-cancer", "digits",
     "diabetes", "wine", "experts", "experts-binary"],
)  # fmt: skip
def test_embedded_names_are_names(name: str) -> None:
    assert f"`{name}`" in TEXT
    assert load_embedded(name).name == name
