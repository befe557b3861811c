"""Canonical recipes and keys: what a record was made from, as one hash.

A recipe is a JSON-like mapping. Its key is the sha256 of its canonical form, so that equal recipes
have equal keys in every process, and any other parameter, seed, fold plan, data or parent another.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stackkit.errors import ConfigError

SCHEMA_VERSION = 1


def canonical(value: Any) -> bytes:
    """Canonical JSON: UTF-8, sorted keys, no white space, NaN as "nan", tuples as lists.

    >>> canonical({"b": (1, np.float64(0.5)), "a": float("nan")})
    b'{"a":"nan","b":[1,0.5]}'
    """
    plain = _plain(value)
    text = json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8")


def key_of(recipe: Mapping[str, Any]) -> str:
    """The 64 hex digits that name a recipe."""
    return hashlib.sha256(canonical(recipe)).hexdigest()


def fit_seed(seed: int, fit_id: str) -> int:
    """The seed of one Fit: 31 bits of sha256("seed:fit").

    >>> fit_seed(0, "r0f0") == fit_seed(0, "r0f0") != fit_seed(0, "r0f1")
    True
    """
    digest = hashlib.sha256(f"{seed}:{fit_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def content_digest(data: bytes) -> str:
    """sha256 of user code or data that enters a key by content."""
    return hashlib.sha256(data).hexdigest()


def array_digest(array: np.ndarray) -> str:
    """sha256 of dtype, shape and values (C order, little-endian); ConfigError for objects."""
    if array.dtype.hasobject:
        raise ConfigError("arrays of a recipe hold numbers or text", f"dtype {array.dtype}")
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{little.dtype.str}{little.shape}".encode())
    digest.update(little.tobytes())
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return _number(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    return _container(value)


def _number(value: float) -> float | str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def _container(value: Any) -> Any:
    if isinstance(value, Mapping):
        if not all(isinstance(k, str) for k in value):
            raise ConfigError("keys of a recipe are text", f"{list(value)[:5]}")
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(v) for v in value]
    if isinstance(value, bytes):
        return content_digest(value)
    raise ConfigError(
        "a recipe holds numbers, text, lists and mappings",
        f"{type(value).__name__} {value!r}",
        "pass a declared parameter of one of those types",
    )
