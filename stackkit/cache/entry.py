"""One entry: a folder of arrays with a readable recipe.json."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stackkit.cache.atomic import file_digest, sync_file, sync_folder
from stackkit.cache.faults import reach
from stackkit.errors import CacheError, PredictionError
from stackkit.predictions import ARRAYS, Predictions
from stackkit.recipe import SCHEMA_VERSION

RECIPE = "recipe.json"
FIELDS = ("name", "key", "target", "output", "role", "depth", "family", "evidence", "fits",
          "parents", "scores", "cost", "recipe")  # fmt: skip
LATER = {"family": ""}  # fields that entries of old lack
SEAL = "sha256"
UNSEALED = "0" * 64
_hashed: set[tuple[str, int, int]] = set()


class DamagedEntry(CacheError):
    """An entry whose files are not what its recipe.json says."""


def write_entry(folder: Path, record: Predictions, versions: Mapping[str, str]) -> None:
    """Write the arrays and recipe.json of a record into `folder` and sync them."""
    files = {name: _write_array(folder / f"{name}.npy", a) for name, a in record.arrays.items()}
    reach("arrays-written")
    (folder / RECIPE).write_text(sealed(describe(record, files, versions)), encoding="utf-8")
    reach("recipe-written")
    sync_file(folder / RECIPE)
    sync_folder(folder)
    reach("synced")


def _write_array(path: Path, array: np.ndarray) -> dict[str, Any]:
    header = np.lib.format.header_data_from_array_1_0(array)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.write(array.data)  # np.save writes past the file object and hides why it failed
    sync_file(path)
    return {
        "shape": list(array.shape),
        "bytes": path.stat().st_size,
        "sha256": file_digest(path),
    }


def describe(
    record: Predictions, files: Mapping[str, Any], versions: Mapping[str, str]
) -> dict[str, Any]:
    """What recipe.json holds."""
    fields = {name: getattr(record, name) for name in FIELDS}
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()}
    return {"schema": SCHEMA_VERSION, **plain, "versions": dict(versions), "arrays": dict(files)}


def sealed(table: Mapping[str, Any]) -> str:
    """The text of a recipe.json: its last field is the sha256 of the text with zeros there."""
    text = json.dumps({**table, SEAL: UNSEALED}, indent=1) + "\n"
    before, _, after = text.rpartition(UNSEALED)
    return before + _digest(text) + after


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _seal_holds(text: str, seal: object) -> bool:
    before, found, after = text.rpartition(str(seal))
    return bool(found) and _digest(before + UNSEALED + after) == seal


def read_recipe(folder: Path) -> dict[str, Any]:
    """recipe.json of an entry; DamagedEntry where it is not one or a byte of it changed."""
    try:
        text = (folder / RECIPE).read_bytes().decode("utf-8")
        table = json.loads(text)
    except (OSError, ValueError) as error:
        raise DamagedEntry("an entry has a readable recipe.json", f"{folder}: {error}") from None
    required = {*FIELDS, "arrays", "schema"} - LATER.keys()
    if not isinstance(table, dict) or not required <= table.keys():
        raise DamagedEntry("recipe.json has every field", f"{folder}")
    if not _seal_holds(text, table.pop(SEAL, None)):
        raise DamagedEntry("recipe.json has its checksum", f"{folder} has not")
    if table["schema"] != SCHEMA_VERSION:
        raise DamagedEntry(
            f"entries are of schema {SCHEMA_VERSION}", f"{table['schema']} in {folder}"
        )
    return {**LATER, **table}


def _refuse_foreign(folder: Path, table: Mapping[str, Any]) -> None:
    """DamagedEntry where an entry lies under the name of another."""
    if not folder.name.endswith(f"-{table['key'][:12]}"):
        got = f"{table['key'][:12]} in {folder}"
        raise DamagedEntry("the name of an entry ends with its key", got)


def read_entry(folder: Path) -> Predictions:
    """Map the arrays of an entry; header, size and shape are checked, the hash once a process."""
    table = read_recipe(folder)
    _refuse_foreign(folder, table)
    unknown = set(table["arrays"]) - set(ARRAYS)
    if unknown or "oof" not in table["arrays"]:
        raise DamagedEntry("arrays of an entry are named by fields", f"{sorted(unknown)}")
    arrays = {n: map_array(folder / f"{n}.npy", info) for n, info in table["arrays"].items()}
    fields = {name: table[name] for name in FIELDS}
    fields |= {"fits": tuple(table["fits"]), "parents": tuple(table["parents"])}
    try:
        return Predictions(**fields, **{"test": None, **arrays})
    except PredictionError as error:
        raise DamagedEntry("arrays of an entry make a record", str(error)) from None


def map_array(path: Path, info: Mapping[str, Any], rehash: bool = False) -> np.ndarray:
    """The array of a file, mapped read-only; DamagedEntry where it is not what `info` says."""
    try:
        _check_bytes(path, info, rehash)
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DamagedEntry("arrays of an entry are readable", f"{path.name}: {error}") from None
    if list(array.shape) != info["shape"]:
        raise DamagedEntry("arrays of an entry have their shape", f"{path.name} has not")
    return array


def _check_bytes(path: Path, info: Mapping[str, Any], rehash: bool) -> None:
    """Size always, the hash once a process: before numpy reads a header that may be wrong."""
    status = path.stat()
    if status.st_size != info["bytes"]:
        raise DamagedEntry("arrays of an entry have their size", f"{path.name} has not")
    seen = (str(path), status.st_ino, status.st_mtime_ns)
    if rehash or seen not in _hashed:
        if file_digest(path) != info["sha256"]:
            raise DamagedEntry("arrays of an entry have their checksum", f"{path.name} has not")
        _hashed.add(seen)


def verify_entry(folder: Path) -> None:
    """Hash every file of an entry; DamagedEntry at the first that differs."""
    table = read_recipe(folder)
    _refuse_foreign(folder, table)
    for name, info in table["arrays"].items():
        map_array(folder / f"{name}.npy", info, rehash=True)


def same_arrays(first: Predictions, second: Predictions) -> bool:
    """Whether two records hold equal bytes; chains may be missing, as their size has a limit."""
    a, b = first.arrays, second.arrays
    common = a.keys() & b.keys()
    return (a.keys() ^ b.keys()) <= {"test_folds", "held_folds"} and all(
        a[n].shape == b[n].shape and a[n].tobytes() == b[n].tobytes() for n in common
    )
