"""Caches that are damaged, foreign, closed or full, and folders that cannot be written."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stackkit.cache import on_fault_point
from stackkit.cache.faults import STORE_POINTS
from stackkit.crossfit.progress import Silent
from stackkit.runs import run, set_up


@pytest.fixture
def failing() -> Iterator[Callable[[str, int], list[str]]]:
    """`failing(point, number)`: the disk fails with that error at a named point of a store."""
    reached: list[str] = []

    def begin(point: str, number: int) -> list[str]:
        def observe(at: str) -> None:
            if at == point:
                reached.append(at)
                raise OSError(number, "the disk says no")

        on_fault_point(observe)
        return reached

    yield begin
    on_fault_point(None)


@pytest.fixture(scope="module")
def finished(make_desk: Callable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a competition with a finished run, to be copied."""
    made = make_desk(tmp_path_factory.mktemp("finished") / "desk")
    made.write()
    run(made.folder, jobs=2, cache_dir=made.cache, output=made.output, progress=Silent())
    return made.folder


@pytest.fixture
def done(desk: Any, finished: Path) -> Any:
    """A competition with a finished run."""
    shutil.copytree(finished, desk.folder, dirs_exist_ok=True)
    return desk


def entries(desk: Any, pattern: str = "*") -> list[Path]:
    return sorted(p for p in desk.cache.glob(f"*/*/L?/{pattern}") if p.is_dir())


WORDS = {
    errno.ENOSPC: ("needs space", "stackkit cache clean"),
    errno.EACCES: ("can be written", "--cache-dir"),
}


@pytest.mark.parametrize(
    ("point", "number"), [*zip(STORE_POINTS[:-1], 2 * list(WORDS), strict=True)]
)
def test_a_disk_that_fails_leaves_nothing_half_written(
    done: Any, refused: Callable, failing: Callable, point: str, number: int
) -> None:
    shutil.rmtree(done.output)
    (entry,) = entries(done, "simplex-*")
    shutil.rmtree(entry)
    reached = failing(point, number)
    refused(done.run(), *WORDS[number])
    assert reached
    assert done.left_behind() == []
    on_fault_point(None)
    assert done.run().code == 0
    assert len(done.submitted()) == len(done.test)


def _writes(name: str, kind: str) -> bool:
    """Whether a file, or its copy aside, is of a kind."""
    return name == kind if kind == "ledger.csv" else f"{kind}." in name or name.endswith(kind)


@pytest.mark.parametrize("kind", [".csv", ".json", "ledger.csv"])
def test_a_disk_that_fails_leaves_no_half_of_a_submission(
    done: Any, refused: Callable, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    shutil.rmtree(done.output)
    real = Path.open

    def full(path: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if "r" not in mode and path.is_relative_to(done.output) and _writes(path.name, kind):
            raise OSError(errno.ENOSPC, "no space left")
        return real(path, mode, *rest, **options)

    monkeypatch.setattr(Path, "open", full)
    refused(done.run(), "needs space", "--output")
    assert not list(done.output.glob("desk_*"))


def test_a_file_in_the_place_of_the_cache_is_refused(desk: Any, refused: Callable) -> None:
    desk.cache.write_text("", encoding="utf-8")
    refused(desk.run(), "oof_cache")
    assert desk.left_behind() == []


@pytest.mark.parametrize("name", [".partial", ".locks", "models", ".scratch"])
def test_a_file_in_the_place_of_a_folder_of_the_cache_is_refused(
    desk: Any, refused: Callable, name: str
) -> None:
    shelf = set_up(desk.folder, cache_dir=desk.cache).bench.shelf.folder
    shelf.mkdir(parents=True, exist_ok=True)
    (shelf / name).write_text("", encoding="utf-8")
    refused(desk.run(), "folder", name)
    assert desk.left_behind() == []


@pytest.mark.parametrize("place", ["cache", "output"])
def test_a_folder_that_cannot_be_written_is_refused_before_any_fit(
    desk: Any, refused: Callable, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    closed = getattr(desk, place)
    closed.mkdir()
    real = __import__("os").access
    monkeypatch.setattr(
        "os.access", lambda path, mode: not Path(path).is_relative_to(closed) and real(path, mode)
    )
    refused(desk.run(), "can be written" if place == "cache" else "submissions", str(closed))
    refused(desk.call("run", desk.folder, "--cache-dir", desk.cache, "--output", desk.output))
    assert desk.left_behind() == []
    assert not list(desk.cache.rglob("fits.log"))


def test_a_damaged_entry_is_set_aside_and_fitted_anew(done: Any) -> None:
    (entry,) = entries(done, "ridge-*")
    before = (entry / "oof.npy").read_bytes()
    data = bytearray(before)
    data[-3] ^= 1
    (entry / "oof.npy").write_bytes(data)
    assert done.call("cache", "verify", "--cache-dir", done.cache).code == 2
    found = done.run()
    assert found.code == 0
    assert (entry / "oof.npy").read_bytes() == before
    assert len(list(done.cache.glob("*/*/.damaged/ridge-*"))) == 1


def foreign_folder(entry: Path) -> None:
    (entry.parent / "notes-of-mine").mkdir()
    (entry.parent / "notes-of-mine" / "a.txt").write_text("mine", encoding="utf-8")


def empty_entry(entry: Path) -> None:
    for file in entry.iterdir():
        file.unlink()


def no_recipe(entry: Path) -> None:
    (entry / "recipe.json").unlink()


def no_json(entry: Path) -> None:
    (entry / "recipe.json").write_text("{}", encoding="utf-8")


def another_schema(entry: Path) -> None:
    table = json.loads((entry / "recipe.json").read_text(encoding="utf-8"))
    (entry / "recipe.json").write_text(json.dumps({**table, "schema": 99}), encoding="utf-8")


def another_key(entry: Path) -> None:
    (other,) = entry.parent.glob("prior-*")
    shutil.copytree(other, entry, dirs_exist_ok=True)


def lost_array(entry: Path) -> None:
    (entry / "oof.npy").unlink()


def pickled_array(entry: Path) -> None:
    import numpy as np

    np.save(entry / "oof.npy", np.array([{}], dtype=object), allow_pickle=True)


def a_file(entry: Path) -> None:
    shutil.rmtree(entry)
    entry.write_text("", encoding="utf-8")


@pytest.mark.parametrize(
    "spoil",
    [foreign_folder, empty_entry, no_recipe, no_json, another_schema, another_key, lost_array,
     pickled_array],
)  # fmt: skip
def test_what_is_no_sound_entry_stops_nothing(done: Any, spoil: Callable[[Path], None]) -> None:
    (entry,) = entries(done, "ridge-*")
    (before,) = done.output.glob("desk_*.csv")
    text = before.read_bytes()
    spoil(entry)
    assert done.call("cache", "ls", "--cache-dir", done.cache).code == 0
    found = done.run()
    assert found.code == 0, found.err
    assert before.read_bytes() == text


def test_a_damaged_report_of_a_run_is_passed_over(done: Any) -> None:
    (report,) = done.cache.glob("desk/runs/*.json")
    report.write_text('{"started": ', encoding="utf-8")
    assert done.run().code == 0
    (report.parent / "9999.json").write_text("[]", encoding="utf-8")
    found = done.call("predict", done.folder, done.folder / "test.csv", "--cache-dir", done.cache)
    assert found.code == 0, found.err
    assert done.call("cache", "clean", "--cache-dir", done.cache).code == 0


@pytest.mark.parametrize("verb", ["ls", "verify", "clean"])
def test_a_name_that_the_cache_does_not_hold_is_refused(
    done: Any, refused: Callable, verb: str
) -> None:
    found = done.call("cache", verb, "dask", "--cache-dir", done.cache)
    refused(found, "'dask'", "did you mean 'desk'")
