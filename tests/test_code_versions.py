"""Versions of learners and feature recipes move with their code, so that no cached entry is stale.

A digest of each learner's and recipe's module, and of the computing modules that it imports, stands
beside its version in code_versions.json. When code changes, raise the version where predictions may
change with it and write the file anew:

    python tests/test_code_versions.py
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECORDED = Path(__file__).parent / "code_versions.json"
DECLARATIONS = {"errors", "config", "schema", "competition", "folds", "recipe", "spec", "cache"}


def test_versions_move_with_code() -> None:
    now, recorded = current(), json.loads(RECORDED.read_text(encoding="utf-8"))
    assert now.keys() == recorded.keys(), "write code_versions.json anew"
    for name, entry in now.items():
        if entry["digest"] != recorded[name]["digest"]:
            assert entry["version"] > recorded[name]["version"], f"{name}: raise its version"
        assert entry == recorded[name], f"{name}: write code_versions.json anew"


def test_the_walk_sees_code_and_nothing_else() -> None:
    plain = ast.parse("def f(x):\n    return x + 1\n")
    commented = ast.parse('def f(x: int) -> int:\n    """Add."""\n    return x + 1  # one\n')
    other = ast.parse("def f(x):\n    return x + 2\n")
    assert list(walk(plain)) == list(walk(commented))
    assert list(walk(plain)) != list(walk(other))


def test_the_digest_reaches_imported_modules() -> None:
    assert "stackkit.boosting" in closure("stackkit.level0.boosting")
    assert "stackkit.metrics.link" in closure("stackkit.level2.blend")


def current() -> dict[str, dict[str, object]]:
    """Version and digest of each learner kind and feature recipe."""
    from stackkit.features.recipes import get_recipe, recipe_names
    from stackkit.level0 import SklearnLearner, get_model, model_names
    from stackkit.level1 import METAS
    from stackkit.level2 import BLENDS

    specs = [*map(get_model, model_names()), *METAS.values(), *BLENDS.values()]
    learners = {type(spec.learner) for spec in specs} | {SklearnLearner}
    found = {f"learner {c.kind}": (c.version, c.__module__) for c in learners}
    for name in recipe_names():
        recipe = get_recipe(name)
        found[f"recipe {name}"] = (recipe.version, recipe.fitter.__module__)
    return {
        name: {"version": version, "digest": digest(module)}
        for name, (version, module) in sorted(found.items())
    }


def digest(module: str) -> str:
    """sha256 of the code of a module and of the computing modules below it."""
    whole = hashlib.sha256()
    for name in sorted(closure(module)):
        whole.update(name.encode())
        for item in walk(ast.parse(source(name).read_text(encoding="utf-8"))):
            whole.update(item.encode() + b"\0")
    return whole.hexdigest()


def closure(module: str) -> set[str]:
    """The module and every computing module of stackkit that it imports, directly or not."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += imported(name)
    return seen


def imported(module: str) -> Iterator[str]:
    tree = ast.parse(source(module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stackkit."):
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                name = name if exists(name) else defining_module(node.module, alias.name)
                if name.split(".")[1] not in DECLARATIONS:
                    yield name


def defining_module(module: str, name: str) -> str:
    """Where a name that a package re-exports is defined."""
    value = getattr(importlib.import_module(module), name)
    home = getattr(value, "__module__", module)
    return home if home.startswith("stackkit.") else module


def exists(module: str) -> bool:
    return source(module).exists()


def source(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def walk(node: ast.AST) -> Iterator[str]:
    """Node kinds and values in order, without positions, docstrings and annotations.

    Fields that are empty are left out, so that fields which newer Pythons add do not count.
    """
    yield type(node).__name__
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_comment", "kind", "ctx"):
            continue
        values = value if isinstance(value, list) else [value]
        for item in without_docstring(name, values):
            if isinstance(item, ast.AST):
                yield name
                yield from walk(item)
            elif item is not None:
                yield f"{name}={item!r}"


def without_docstring(name: str, values: list) -> list:
    first = values[0] if name == "body" and values else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return values[1:] if is_text and isinstance(first.value.value, str) else values


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    RECORDED.write_text(json.dumps(current(), indent=1) + "\n", encoding="utf-8")
