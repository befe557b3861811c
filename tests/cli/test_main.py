"""The command group: exit codes, what goes where, and how little is loaded."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from stackkit.cli.main import cli

HEAVY = ("torch", "lightgbm", "xgboost", "catboost", "matplotlib", "papermill", "sklearn")
SLOW = """\
import time
from dataclasses import dataclass
from stackkit import BaseLearner, ExpectedCost, ModelSpec, register

@dataclass(frozen=True)
class Slow(BaseLearner):
    def build(self, objective, seed):
        time.sleep(60)

register(ModelSpec("slow", Slow(), family="slow", cost=ExpectedCost(0.001)))
"""


def loaded(code: str) -> set[str]:
    """Top-level modules that another interpreter has loaded after `code`."""
    tell = "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    script = f"import json, sys\n{code}\n{tell}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_stackkit_loads_nothing_heavy() -> None:
    assert not {*HEAVY, "pandas", "numpy"} & loaded("import stackkit")


def test_help_loads_nothing_heavy() -> None:
    ask = "from stackkit.cli.main import cli\ncli(['--help'], standalone_mode=False)"
    assert not {*HEAVY, "pandas", "numpy"} & loaded(ask)


def test_the_check_of_loaded_modules_can_fail() -> None:
    assert "sklearn" in loaded("import sklearn")


def test_public_names_are_there() -> None:
    import stackkit

    for name in stackkit.__all__:
        assert getattr(stackkit, name) is not None
    assert dir(stackkit) == stackkit.__all__
    with pytest.raises(AttributeError, match="nonsense"):
        _ = stackkit.nonsense


def test_every_verb_has_help() -> None:
    def walk(command: click.Command, path: tuple[str, ...]) -> None:
        found = CliRunner().invoke(cli, [*path, "--help"])
        assert found.exit_code == 0
        assert command.help
        for name, below in getattr(command, "commands", {}).items():
            walk(below, (*path, name))

    walk(cli, ())
    assert set(cli.commands) >= {"run", "predict", "plan", "leaderboard", "cache", "models",
                                 "metrics", "notebooks"}  # fmt: skip


def test_the_version_is_told(stackkit: Callable) -> None:
    from importlib.metadata import version

    assert version("stackkit") in stackkit("--version").out


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("run",), ("run", "shop", "--jobs", "0"), ("run", "shop", "--jobs", "two"),
     ("models", "--nonsense"), ("predict", "shop")],
)  # fmt: skip
def test_wrong_usage_exits_with_2(stackkit: Callable, arguments: tuple[str, ...]) -> None:
    found = stackkit(*arguments)
    assert (found.code, found.out) == (2, "")
    assert "Usage" in found.err


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "competition.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "rule", "hint"),
    [
        ('target = "y"', 'target = "yy"', "target column 'yy'", "did you mean 'y'"),
        ("n_splits", "n_split", "unknown key 'folds.n_split'", "did you mean 'n_splits'"),
        ('metric = "rmse"', 'metric = "rsme"', "metric must be known", "rmse"),
        ('metric = "rmse"', 'metric = "auc"', "two classes", None),
        ('include = ["ridge"]', 'include = ["rigde"]', "unknown model", "did you mean 'ridge'"),
        ('test = "test.csv"', 'test = "tset.csv"', "the file exists", "correct its name"),
        ('name = "shop"', "name = 3", "name is of type text", None),
        ('id = "id"', 'id = "id', "valid TOML", None),
    ],
)
@pytest.mark.parametrize("verb", ["run", "plan", "leaderboard"])
def test_what_the_user_can_mend_exits_with_2_and_says_how(
    stackkit: Callable, shop: Path, verb: str, old: str, new: str, rule: str, hint: str | None
) -> None:
    if new == 'metric = "auc"':
        new += '\ntask = "binary"'
    edit(shop, old, new)
    found = stackkit(verb, shop)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("error: ")
    assert rule in found.err
    assert hint is None or (hint in found.err and "; try: " in found.err)
    assert "Traceback" not in found.err


def test_an_unknown_competition_exits_with_2(stackkit: Callable) -> None:
    found = stackkit("run", "whine")
    assert found.code == 2
    assert "embedded name" in found.err and "'wine'" in found.err


BROKEN = """
import sys
import stackkit.runs
from stackkit.cli import main
stackkit.runs.set_up = lambda *a: 1 / 0
sys.argv = ["stackkit", "plan", "wine"]
main()
"""


def test_a_defect_of_ours_keeps_its_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", BROKEN], capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" in done.stderr and "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("arguments", [("metrics", "--json"), ("--help",)])
def test_a_reader_that_leaves_early_is_no_error(
    start: Callable, arguments: tuple[str, ...]
) -> None:
    process = start(*arguments)
    process.stdout.close()
    assert process.wait(60) == 0
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


LEAVING = """
import sys
import stackkit.runs
from stackkit.cli import main

def leave(*_):
    {leave}

stackkit.runs.set_up = leave
sys.argv = ["stackkit", "plan", "wine"]
main()
"""


@pytest.mark.parametrize(
    ("leave", "code"),
    [("sys.exit(1)", 1), ("sys.exit(3)", 3), ("raise BrokenPipeError(32, 'a worker left')", 1)],
)
def test_leaving_early_for_another_reason_is_no_success(leave: str, code: int) -> None:
    script = LEAVING.format(leave=leave)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == code
    assert ("Traceback" in done.stderr) == ("Broken" in leave)


@pytest.mark.parametrize("text", ["import sys\nsys.exit(1)\n", "raise SystemExit\n"])
def test_a_file_of_ones_own_that_exits_is_named(stackkit: Callable, shop: Path, text: str) -> None:
    (shop / "models.py").write_text(text, encoding="utf-8")
    found = stackkit("plan", shop)
    assert (found.code, found.out) == (2, "")
    assert "models.py can be imported; got SystemExit" in found.err


def interrupted(process: subprocess.Popen, sign: str) -> tuple[int, str, str]:
    """Press Ctrl-C when a line of standard error holds `sign`."""
    for line in process.stderr:
        if sign in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_an_interrupt_with_nothing_to_submit_exits_with_130(start: Callable, shop: Path) -> None:
    (shop / "models.py").write_text(SLOW, encoding="utf-8")
    edit(shop, '["ridge"]', '["slow"]')
    code, out, err = interrupted(start("run", shop, "--jobs", 1), "depth 0: ")
    assert (code, out) == (130, "")
    assert "nothing was submitted" in err and "Traceback" not in err


def test_an_interrupt_submits_what_is_finished(start: Callable, shop: Path) -> None:
    (shop / "models.py").write_text(SLOW, encoding="utf-8")
    edit(shop, '["ridge"]', '["ridge", "slow"]')
    code, out, err = interrupted(start("run", shop, "--jobs", 1), "  ridge")
    assert code == 0
    assert Path(out.strip().splitlines()[-1]).exists()
    assert "went on with what was finished" in err and "Traceback" not in err
