"""One entry: a folder of arrays with a readable recipe.json."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stackkit.cache.atomic import file_digest, sync_file, sync_folder
from stackkit.cache.faults import reach
from stackkit.errors import CacheError
from stackkit.predictions import ARRAYS, Predictions
from stackkit.recipe import SCHEMA_VERSION

RECIPE = "recipe.json"
FIELDS = ("name", "key", "target", "output", "role", "depth", "evidence", "fits", "parents",
          "scores", "cost", "recipe")  # fmt: skip
log = logging.getLogger("stackkit")
_hashed: set[tuple[str, int, int]] = set()


class DamagedEntry(CacheError):
    """An entry whose files are not what its recipe.json says."""


def write_entry(folder: Path, record: Predictions, versions: Mapping[str, str]) -> None:
    """Write the arrays and recipe.json of a record into `folder` and sync them."""
    files = {name: _write_array(folder / f"{name}.npy", a) for name, a in record.arrays.items()}
    reach("arrays-written")
    text = json.dumps(describe(record, files, versions), indent=1, sort_keys=False)
    (folder / RECIPE).write_text(text + "\n", encoding="utf-8")
    reach("recipe-written")
    sync_file(folder / RECIPE)
    sync_folder(folder)
    reach("synced")


def _write_array(path: Path, array: np.ndarray) -> dict[str, Any]:
    np.save(path, array, allow_pickle=False)
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


def read_recipe(folder: Path) -> dict[str, Any]:
    """recipe.json of an entry; DamagedEntry where it is not one."""
    try:
        table = json.loads((folder / RECIPE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedEntry("an entry has a readable recipe.json", f"{folder}: {error}") from None
    if not isinstance(table, dict) or not {*FIELDS, "arrays", "schema"} <= table.keys():
        raise DamagedEntry("recipe.json has every field", f"{folder}")
    if table["schema"] != SCHEMA_VERSION:
        raise DamagedEntry(
            f"entries are of schema {SCHEMA_VERSION}", f"{table['schema']} in {folder}"
        )
    return table


def read_entry(folder: Path) -> Predictions:
    """Map the arrays of an entry; header, size and shape are checked, the hash once a process."""
    table = read_recipe(folder)
    unknown = set(table["arrays"]) - set(ARRAYS)
    if unknown or "oof" not in table["arrays"]:
        raise DamagedEntry("arrays of an entry are named by fields", f"{sorted(unknown)}")
    arrays = {n: map_array(folder / f"{n}.npy", info) for n, info in table["arrays"].items()}
    fields = {name: table[name] for name in FIELDS}
    return Predictions(
        **{**fields, "fits": tuple(table["fits"]), "parents": tuple(table["parents"])}, **arrays
    )


def map_array(path: Path, info: Mapping[str, Any], rehash: bool = False) -> np.ndarray:
    """The array of a file, mapped read-only; DamagedEntry where it is not what `info` says."""
    try:
        status = path.stat()
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DamagedEntry("arrays of an entry are readable", f"{path.name}: {error}") from None
    if status.st_size != info["bytes"] or list(array.shape) != info["shape"]:
        raise DamagedEntry("arrays of an entry have their size", f"{path.name} has not")
    seen = (str(path), status.st_ino, status.st_mtime_ns)
    if rehash or seen not in _hashed:
        if file_digest(path) != info["sha256"]:
            raise DamagedEntry("arrays of an entry have their checksum", f"{path.name} has not")
        _hashed.add(seen)
    return array


def verify_entry(folder: Path) -> None:
    """Hash every file of an entry; DamagedEntry at the first that differs."""
    for name, info in read_recipe(folder)["arrays"].items():
        map_array(folder / f"{name}.npy", info, rehash=True)


def same_arrays(first: Predictions, second: Predictions) -> bool:
    """Whether two records hold equal bytes."""
    a, b = first.arrays, second.arrays
    return a.keys() == b.keys() and all(
        a[n].shape == b[n].shape and a[n].tobytes() == b[n].tobytes() for n in a
    )
