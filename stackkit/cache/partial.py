"""Finished Fits of an unfinished record: one npz each, so that a crash loses at most one Fit."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stackkit.cache.atomic import disk_errors, make_folder, write_file
from stackkit.cache.faults import FIT_POINTS

DIGEST = 32  # bytes of sha256 at the end of a file; zip readers pass over them


@dataclass(frozen=True)
class PartialFits:
    """The folder `.partial/<key12>` of one key."""

    folder: Path
    key: str

    def path(self, fit_id: str) -> Path:
        """The file of one Fit."""
        return self.folder / f"{fit_id}.npz"

    def save(self, fit_id: str, arrays: Mapping[str, np.ndarray], report: Mapping) -> None:
        """Write one Fit's arrays and report, aside first."""
        make_folder(self.folder)
        buffer = io.BytesIO()
        text = json.dumps({"key": self.key, "report": report})
        np.savez(buffer, json=np.frombuffer(text.encode(), dtype=np.uint8), **arrays)
        data = buffer.getvalue()
        write_file(self.path(fit_id), data + hashlib.sha256(data).digest(), FIT_POINTS)

    def load(self, fit_id: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """Arrays and report of a Fit, None where it is not there; a bad file is deleted."""
        path = self.path(fit_id)
        try:
            with disk_errors(path):
                data = path.read_bytes()
        except FileNotFoundError:
            return None
        if hashlib.sha256(data[:-DIGEST]).digest() == data[-DIGEST:]:
            with np.load(io.BytesIO(data[:-DIGEST]), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            head = json.loads(arrays.pop("json").tobytes().decode())
            if head["key"] == self.key:
                return arrays, head["report"]
        path.unlink(missing_ok=True)
        return None

    def drop(self) -> None:
        """Remove what is left of a finished record."""
        shutil.rmtree(self.folder, ignore_errors=True)
