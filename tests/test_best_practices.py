"""BEST_PRACTICES.md: its commands, links, settings and names are there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest
from documents import anchor, blocks, commands, dead_links, fault, marked_table, spans

import stackkit
from stackkit.cli.main import cli
from stackkit.config import parse_config
from stackkit.features.recipes import recipe_names
from stackkit.level0 import model_names
from stackkit.level1 import METAS
from stackkit.level2 import BLENDS
from stackkit.metrics import metric_names
from stackkit.presets import PRESETS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "BEST_PRACTICES.md").read_text(encoding="utf-8")
SETTING = re.compile(r"\[(\w+)\] (\w+ = .+)")
CALL = re.compile(r"([a-z_]+)\([\w, ]*\)")
TOP = {"name": "shop", "train": "train.csv", "target": "y", "metric": "auc"}


def test_every_command_is_one() -> None:
    found = list(commands(TEXT))
    assert len(found) > 10
    assert [f for words in found if (f := fault(words, cli))] == []


@pytest.mark.parametrize("name", ["oof_cache", "submissions", "notebooks"])
def test_the_commands_of_other_documents_are_some(name: str) -> None:
    found = list(commands((ROOT / name / "README.md").read_text(encoding="utf-8")))
    assert found
    assert [f for words in found if (f := fault(words, cli))] == []


def test_every_link_leads_somewhere() -> None:
    assert dead_links(TEXT, ROOT) == []


def test_every_setting_is_one_of_the_schema() -> None:
    found = [SETTING.fullmatch(span) for span in spans(TEXT)]
    settings = [(m[1], m[2]) for m in found if m]
    assert len(settings) > 5
    for section, line in settings:
        assert parse_config({**TOP, section: tomllib.loads(line)})


def test_every_call_is_a_public_name() -> None:
    names = {m[1] for span in spans(TEXT) if (m := CALL.fullmatch(span))}
    assert len(names) > 5
    assert names - set(stackkit.__all__) == set()


def test_every_other_word_in_code_is_known() -> None:
    words = {span for span in spans(TEXT) if re.fullmatch(r"[a-z_]+", span)}
    known = {*model_names(), *METAS, *BLENDS, *recipe_names(), *PRESETS, *stackkit.__all__}
    ours = {"multiclass", "regression", "coverage", "cv", "full", "rounds"}
    assert words - known - ours - set(metric_names()) == set()


def test_a_word_of_the_glossary_has_one_row() -> None:
    table = TEXT[TEXT.index("## Glossary") :].splitlines()
    words = [row.split("|")[1].strip() for row in table if row.startswith("|")]
    assert len(words) > 25
    assert len(words) == len(set(words))


def test_the_sections_that_the_head_lists_are_all() -> None:
    head, body = TEXT.split("\n## ", maxsplit=1)
    listed = re.findall(r"\]\(#([\w-]+)\)", head)
    assert listed == [anchor(title) for title in re.findall(r"^## (.*)$", "## " + body, re.M)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`stackkit run FOLDER --profile quick`", []),
        ("`stackkit cache ls | head`", []),
        ("```\nstackkit new X --from a.csv b.csv  # --no-such\n```", []),
        ("`stackkit walk FOLDER`", ["no verb 'walk' in 'walk FOLDER'"]),
        ("`stackkit cache eat`", ["no verb 'eat' in 'cache eat'"]),
        ("```console\n$ stackkit plan X --jobs 2\n```", ["no option --jobs in 'plan X --jobs 2'"]),
        ("```python\nimport stackkit as x\n```", []),
    ],
)
def test_faults_of_commands_are_found(text: str, found: list[str]) -> None:
    assert isinstance(cli, click.Group)
    assert [f for words in commands(text) if (f := fault(words, cli))] == found


def test_dead_links_are_found() -> None:
    text = "# A title, one\n[a](#a-title-one) [b](#no) [c](README.md) [d](NO.md)"
    assert dead_links(text, ROOT) == ["#no", "NO.md"]


def test_tables_are_read_by_their_mark() -> None:
    text = "| no |\n\n<!-- here -->\n| a | b |\n|---|---|\n| `x` | 1 |\n| y |  |\n\n| no | no |\n"
    assert marked_table(text, "here") == [["x", "1"], ["y", ""]]


def test_blocks_are_read_by_language() -> None:
    assert blocks("```\na\n```\n```toml\nb\n```\n", "toml") == ["b\n"]
