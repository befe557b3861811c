"""Fitted models beside the entries: one compressed file a Fit, for replay on new rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pyarrow as pa

from stackkit.cache.atomic import make_folder, write_file
from stackkit.errors import CacheError

CODEC = "zstd"


@dataclass(frozen=True)
class FittedModel:
    """An estimator with what turns new rows into its input (None where it reads a stack).

    `expand` maps its columns to all classes where a class was missing in its fit rows.
    """

    estimator: Any
    transform: Callable[[Any], Any] | None
    expand: Callable[[np.ndarray], np.ndarray] | None = None

    def predict(self, X: Any) -> np.ndarray:
        """Predictions (n, c) for a Matrix or Pool."""
        predicted = self.estimator.predict(X)
        return predicted if self.expand is None else self.expand(predicted)


def save_model(path: Path, model: FittedModel) -> int:
    """Write a model; the bytes on disk."""
    raw = cloudpickle.dumps(model, protocol=5)
    packed = pa.compress(raw, codec=CODEC, asbytes=True)
    make_folder(path.parent)
    write_file(path, len(raw).to_bytes(8, "little") + packed)
    return len(packed)


def load_model(path: Path) -> FittedModel:
    """Read a model; CacheError where it was not kept or is damaged."""
    try:
        data = path.read_bytes()
        size = int.from_bytes(data[:8], "little")
        raw = pa.decompress(data[8:], decompressed_size=size, codec=CODEC, asbytes=True)
        return cloudpickle.loads(raw)
    except FileNotFoundError:
        raise CacheError(
            "replay reads the fitted models",
            f"no {path.name} in {path.parent.name}",
            "run again with [cache] keep_models = true after removing that entry",
        ) from None
    except (OSError, pa.ArrowException, ValueError, EOFError) as error:
        raise CacheError("fitted models are readable", f"{path}: {error}") from error
