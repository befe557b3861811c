"""Fitted models beside the entries: one compressed file a Fit, for replay on new rows."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pyarrow as pa

from stackkit.cache.atomic import make_folder, write_file
from stackkit.errors import CacheError, ModelError

CODEC = "zstd"
DIGEST = 32  # bytes of sha256 before the packed model


@dataclass(frozen=True)
class FittedModel:
    """An estimator with what turns new rows into its input (None where it reads a stack).

    Where a class was missing in its fit rows, `expand` maps its columns to all classes, and
    `expand.inputs` what it reads to the classes that were there.
    """

    estimator: Any
    transform: Callable[[Any], Any] | None
    expand: Any = None

    def predict(self, X: Any) -> np.ndarray:
        """Predictions (n, c) for a Matrix or Pool."""
        if self.expand is None:
            return self.estimator.predict(X)
        return self.expand(np.asarray(self.estimator.predict(self.expand.inputs(X))))


def dump_model(model: FittedModel) -> bytes:
    """A model as bytes; ModelError where it cannot be pickled."""
    try:
        return cloudpickle.dumps(model, protocol=5)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            "a fitted model can be pickled, to be kept",
            f"{type(error).__name__}: {error}",
            "[cache] keep_models = false",
        ) from error


def write_model(path: Path, raw: bytes) -> int:
    """Compress and write the bytes of a model; the bytes on disk."""
    packed = len(raw).to_bytes(8, "little") + pa.compress(raw, codec=CODEC, asbytes=True)
    make_folder(path.parent)
    write_file(path, hashlib.sha256(packed).digest() + packed)
    return DIGEST + len(packed)


def load_model(path: Path) -> FittedModel:
    """Read a model; CacheError where it was not kept or is damaged."""
    try:
        return cloudpickle.loads(_unpacked(path.read_bytes()))
    except FileNotFoundError:
        raise CacheError(
            "replay reads the fitted models",
            f"no {path.name} in {path.parent.name}",
            "run again with [cache] keep_models = true after removing that entry",
        ) from None
    except Exception as error:  # whatever the class of a pickled object raises
        raise CacheError(
            "fitted models are readable",
            f"{path.name} in {path.parent.name}: {type(error).__name__}: {error}",
            "remove that entry and run again, with the packages that it was made with",
        ) from error


def _unpacked(data: bytes) -> bytes:
    digest, packed = data[:DIGEST], data[DIGEST:]
    if hashlib.sha256(packed).digest() != digest:
        raise ValueError("its checksum does not hold")
    size = int.from_bytes(packed[:8], "little")
    return pa.decompress(packed[8:], decompressed_size=size, codec=CODEC, asbytes=True)
