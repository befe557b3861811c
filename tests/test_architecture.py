"""The layout shows the architecture: imports run one way, files and functions stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "stackkit"
ORDER = """
errors own_code metrics budget config competition places folds
recipe predictions scoring cost cache diversity user_code sizing schedule spec stack_source
kaggle_api datasets scaffold features nets boosting linear target_space meta_features crossfit
level0|level1|level2
pruning evaluation presets nodes stack exchange submission runs report workflow cli
""".split()
RANK = {name: rank for rank, group in enumerate(ORDER) for name in group.split("|")}
MAX_FILE, MAX_FUNCTION = 400, 70
MODULES = sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")


def part_of(path: Path) -> str:
    """The module or package directly below stackkit that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_parts(tree: ast.AST) -> Iterator[str]:
    """Parts of stackkit that a module imports anywhere, but for annotations only."""
    skipped = {id(node) for block in ast.walk(tree) if is_type_checking(block)
               for node in ast.walk(block)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in skipped:
            names = [node.module or ""]
            names = [f"stackkit.{a.name}" for a in node.names] if names == ["stackkit"] else names
        elif isinstance(node, ast.Import) and id(node) not in skipped:
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (n.split(".")[1] for n in names if n.startswith("stackkit."))


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def test_every_part_has_its_place() -> None:
    assert {part_of(path) for path in MODULES} == set(RANK)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    own = part_of(path)
    for other in imported_parts(ast.parse(path.read_text(encoding="utf-8"))):
        assert other == own or RANK[other] < RANK[own], f"{own} must not import {other}"


def test_the_import_rule_can_fail() -> None:
    tree = ast.parse("def f():\n    from stackkit.cli import main\n")
    assert list(imported_parts(tree)) == ["cli"]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno <= MAX_FUNCTION, node.name
