"""A new user's first hour, as the README tells it, is played; and what plays it can fail."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from transcript import Mismatch, Step, play, read_steps, transcripts

from stackkit import make_playground

README = Path(__file__).parents[1] / "README.md"
BIN = Path(sys.executable).parent


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}


def _own_tables(folder: Path) -> None:
    """Three CSVs such as a user brings, of a shop's customers."""
    made = make_playground(rows=400, test_rows=150, seed=1)
    names = {"target": "bought"}
    made.train.rename(columns=names).to_csv(folder / "train.csv", index=False)
    made.test.to_csv(folder / "test.csv", index=False)
    made.sample.rename(columns=names).to_csv(folder / "sample_submission.csv", index=False)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="its sed is GNU's")
def test_the_first_hour(tmp_path: Path, environment: dict[str, str]) -> None:
    (block,) = transcripts(README.read_text(encoding="utf-8"))
    steps = read_steps(block)
    assert any("^C" in step.expected for step in steps)
    folder = tmp_path / "hour"
    folder.mkdir()
    _own_tables(folder)
    play(steps, folder, environment, patience=300)
    assert len(list((folder / "shop" / "submissions").glob("*.csv"))) == 4  # three and the ledger


def _play(block: str, folder: Path, environment: dict[str, str], patience: float = 20.0) -> None:
    inside = folder / "inside"
    inside.mkdir()
    play(read_steps(block), inside, environment, patience)


@pytest.mark.parametrize(
    "block",
    [
        "$ echo one; echo two\none\ntwo\n",
        "$ echo one; echo two\n...\n",
        "$ echo one; echo two\none\n...\ntwo\n",
        "$ echo 12.5 seconds\n... seconds\n",
        "$ true\n\n$ echo end\nend\n\n",
        "$ (exit 3)\n$ echo $?\n3\n",
        "$ cat > file <<'END'\n> a $b\n>\n> c\n> END\n$ cat file\na $b\n\nc\n",
        "$ echo oops >&2\noops\n",
        "$ printf no-newline\nno-newline\n",
        "$ echo 'a  '\na\n",
    ],
)
def test_what_is_printed_matches(block: str, tmp_path: Path, environment: dict[str, str]) -> None:
    _play(block, tmp_path, environment)


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("$ echo one\ntwo\n", "expected:\ntwo\ngot:\none"),
        ("$ echo one; echo two\none\n", "prints something else"),
        ("$ echo one\none\ntwo\n", "prints something else"),
        ("$ echo one\n", "prints something else"),
        ("$ true\nnothing\n", "prints something else"),
        ("$ echo a.c\nabc\n", "prints something else"),
        ("$ echo one; echo two\none...two\n", "prints something else"),
        ("$ echo one; echo two\n...\none\n", "prints something else"),
        ("$ false\n$ echo $?\n0\n", "expected:\n0\ngot:\n1"),
        ("$ echo two\none\n^C\n", "ends before it is interrupted"),
        ("$ echo two; sleep 60\none\n^C\n", "is not at the interruption in time"),
        ("$ sleep 60\n", "takes too long"),
    ],
)
def test_what_is_printed_does_not_match(
    block: str, told: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    with pytest.raises(Mismatch) as error:
        _play(block, tmp_path, environment, patience=1.0)
    assert told in str(error.value)


LOOP = "trap 'echo stopped; exit 130' INT; echo begun; while true; do sleep 0.05; done"


def test_an_interruption_comes_after_the_lines_before_it(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    _play(f"$ {LOOP}\nbegun\n^C\nstopped\n$ echo $?\n130\n", tmp_path, environment)


def test_steps_are_commands_with_their_lines() -> None:
    block = "$ first\nline\n\n$ second \\\n> more\n"
    assert read_steps(block) == [Step("first", ("line",)), Step("second \\\nmore", ())]


def test_marked_blocks_only() -> None:
    text = "```\n$ no\n```\n<!-- transcript -->\n\n```console\n$ yes\n```\n"
    assert transcripts(text) == ["$ yes\n"]
