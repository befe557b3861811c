"""The README's blocks run, and its tables name what is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from stackkit.config import parse_config

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
TOMLS = re.findall(r"```toml\n(.*?)```", TEXT, flags=re.DOTALL)
BLOCKS = re.findall(r"<!-- test -->\n```python\n(.*?)```", TEXT, flags=re.DOTALL)


def test_there_are_blocks_to_run() -> None:
    assert BLOCKS


@pytest.mark.parametrize("block", BLOCKS)
def test_marked_blocks_run(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
    assert "simplex" in capsys.readouterr().out


def test_the_example_of_a_competition_is_valid() -> None:
    assert parse_config(tomllib.loads(TOMLS[0])).metric == "rmsle"


def test_linked_files_exist() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_first_screen_holds_the_two_commands() -> None:
    head = TEXT.splitlines()[:15]
    assert [line.split()[1] for line in head if line.startswith("make ")] == ["demo", "test"]


def test_the_whole_schema_is_valid_and_nothing_is_left_to_fill_in() -> None:
    whole = tomllib.loads(TOMLS[1])
    assert parse_config(whole).folds.holdout == 0.1
    assert not re.findall(r"^[A-Z]{4,}$", TEXT, flags=re.MULTILINE)
