"""Versions move with the code they stand for, so that no cached entry is stale.

code_versions.json holds, beside each version, a digest of the modules that it stands for and of the
computing modules that they import: of every learner and feature recipe, of the loop that every
record goes through ("loop": `stackkit.recipe.SCHEMA_VERSION`) and of the scores ("scoring":
`stackkit.scoring.SCORING_VERSION`). The loop leaves out what recipes and scoring answer for. When
code changes, raise its version and write the file anew:

    python tests/test_code_versions.py

which records no moved digest at an equal version.
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
LOOP = (
    "stackkit.crossfit.worker",
    "stackkit.crossfit.assemble",
    "stackkit.stack_source",
    "stackkit.features.source",
    "stackkit.features.hook",
    "stackkit.recipe",
)
SCORING = (
    "stackkit.metrics.kernels",
    "stackkit.metrics.losses",
    "stackkit.metrics.decision",
    "stackkit.metrics.search",
    "stackkit.scoring",
)
RAISED = {"loop": "stackkit.recipe.SCHEMA_VERSION", "scoring": "stackkit.scoring.SCORING_VERSION"}


def test_versions_move_with_code() -> None:
    now, recorded = current(), json.loads(RECORDED.read_text(encoding="utf-8"))
    assert not unraised(now, recorded)
    assert now == recorded, "write code_versions.json anew"


def test_a_moved_digest_is_not_recorded_at_an_equal_version(tmp_path, monkeypatch, capsys) -> None:
    path = tmp_path / "versions.json"
    entry = {"version": 1, "digest": "a"}
    old = {"loop": entry, "learner linear": entry, "learner mean": entry}
    monkeypatch.setitem(globals(), "current", lambda: old)
    assert write(path) == 0

    moved = {"loop": {"version": 1, "digest": "b"}, "learner linear": {"version": 1, "digest": "b"}}
    monkeypatch.setitem(globals(), "current", lambda: old | moved)
    assert write(path) == 1
    said = capsys.readouterr().err
    assert "SCHEMA_VERSION" in said
    assert "learner linear" in said
    assert "mean" not in said
    assert json.loads(path.read_text()) == old

    raised = {name: {"version": 2, "digest": "b"} for name in moved}
    new = old | raised | {"scoring": entry}
    monkeypatch.setitem(globals(), "current", lambda: new)
    assert write(path) == 0
    assert json.loads(path.read_text()) == new


def test_loop_and_scoring_reach_what_every_record_goes_through() -> None:
    loop = closure(*LOOP)
    assert {"stackkit.crossfit.bench", "stackkit.predictions", "stackkit.metrics.link"} <= loop
    assert "stackkit.metrics.metric" in closure(*SCORING)


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
    """Version and digest of each learner kind, feature recipe, of the loop and of scoring."""
    from stackkit.features.recipes import get_recipe, recipe_names
    from stackkit.level0 import SklearnLearner, get_model, model_names
    from stackkit.level1 import METAS
    from stackkit.level2 import BLENDS
    from stackkit.recipe import SCHEMA_VERSION
    from stackkit.scoring import SCORING_VERSION

    specs = [*map(get_model, model_names()), *METAS.values(), *BLENDS.values()]
    learners = {type(spec.learner) for spec in specs} | {SklearnLearner}
    found = {f"learner {c.kind}": (c.version, closure(c.__module__)) for c in learners}
    recipes = {f"recipe {name}": get_recipe(name) for name in recipe_names()}
    found |= {n: (r.version, closure(r.fitter.__module__)) for n, r in recipes.items()}
    answered = set(SCORING).union(*(found[name][1] for name in recipes))
    found["loop"] = SCHEMA_VERSION, closure(*LOOP) - answered
    found["scoring"] = SCORING_VERSION, closure(*SCORING)
    return {
        name: {"version": version, "digest": digest(modules)}
        for name, (version, modules) in sorted(found.items())
    }


def unraised(now: dict[str, dict], recorded: dict[str, dict]) -> list[str]:
    """What to raise: versions that stand still while their code moved."""
    return [
        RAISED.get(name, f"the version of {name}")
        for name, entry in now.items()
        if name in recorded
        and entry["digest"] != recorded[name]["digest"]
        and entry["version"] <= recorded[name]["version"]
    ]


def write(path: Path = RECORDED) -> int:
    """Record versions and digests, unless a version has to be raised first: the exit status."""
    now = current()
    recorded = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    still = unraised(now, recorded)
    for name in still:
        print(f"code changed: raise {name}", file=sys.stderr)
    if not still:
        path.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    return 1 if still else 0


def digest(modules: set[str]) -> str:
    """sha256 of the code of some modules."""
    whole = hashlib.sha256()
    for name in sorted(modules):
        whole.update(name.encode())
        for item in walk(ast.parse(source(name).read_text(encoding="utf-8"))):
            whole.update(item.encode() + b"\0")
    return whole.hexdigest()


def closure(*modules: str) -> set[str]:
    """The modules and every computing module of stackkit that they import, directly or not."""
    seen: set[str] = set()
    waiting = [*modules]
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
    sys.exit(write())
