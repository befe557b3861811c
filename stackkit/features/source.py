"""FeatureSource: what level 0 reads. A recipe fitted on the fit rows, shared among models.

A prepared Fit is written to the scratch folder once and mapped by every model that reads the same
recipe, in any process.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd

from stackkit.cache.atomic import disk_errors, folder_size, make_folder, sync_file
from stackkit.cache.handoff import Shared
from stackkit.competition import Competition
from stackkit.competition.schema import Schema
from stackkit.features.hook import Hook, HookedFrames, hooked_frames, replay_features
from stackkit.features.matrix import Matrix
from stackkit.features.recipes import get_recipe
from stackkit.features.target import Target
from stackkit.folds import Fit, Folds
from stackkit.recipe import array_digest, fit_seed, key_of
from stackkit.spec import Views

PARTS = ("fit", "score", "holdout", "test")
HEAD = "head.pkl"
LEAST_INNER = 2  # blocks of a plan among the fit rows that serve as inner folds
UNREADABLE = (OSError, ValueError, EOFError, TypeError, pickle.UnpicklingError)


@dataclass(frozen=True)
class NewRows:
    """From raw new rows to the matrix that a fitted model reads."""

    raw: Schema
    hook: Hook | None
    schema: Schema
    fitted: Any

    def __call__(self, frame: pd.DataFrame) -> Matrix:
        return self.fitted.transform(replay_features(frame, self.raw, self.hook, self.schema))


@dataclass(frozen=True)
class FeatureSource:
    """The features of a competition through a recipe.

    Parameters
    ----------
    recipe : name of the feature recipe.
    competition, folds, hook : handed to workers as files.
    scratch : the folder of prepared Fits.
    hook_digest : content of the hook, part of the key.
    """

    recipe: str
    competition: Shared[Competition]
    folds: Shared[Folds]
    hook: Shared[Hook | None]
    scratch: Path
    hook_digest: str | None = None
    scored: None = None
    parents: tuple[()] = ()

    @property
    def key(self) -> Mapping[str, Any]:
        """Recipe, its version and the hook's content."""
        version = get_recipe(self.recipe).version
        return {"recipe": self.recipe, "version": version, "hook": self.hook_digest}

    def narrow(self, fit: Fit) -> Fit:
        """Features exist for every row."""
        return fit

    def score_rows(self, fit: Fit) -> np.ndarray:
        """Positions of the rows that a Fit scores, sorted."""
        cells = [self.folds.get().cell_rows(*cell) for cell in fit.cells]
        return np.unique(np.concatenate(cells)) if cells else np.empty(0, dtype=np.int64)

    def prepare(self, fit: Fit) -> Views:
        """Matrices of one Fit, mapped from the scratch folder if another model made them."""
        made_for = {**self.key, "task": self.competition.get().task}  # encodings read the target
        rows = array_digest(fit.fit_rows)[:8]  # a stack may narrow a Fit, which keeps its id
        folder = self.scratch / f"views-{key_of(made_for)[:16]}-{fit.id}-{rows}"
        try:
            return self._read(folder, fit)
        except FileNotFoundError:
            pass
        except UNREADABLE:
            shutil.rmtree(folder, ignore_errors=True)
        made, transform = self._make(fit)
        _write_views(folder, made, transform)
        with contextlib.suppress(*UNREADABLE):
            return self._read(folder, fit)
        return self._views(fit, made, transform)

    def _make(self, fit: Fit) -> tuple[dict[str, Matrix], NewRows]:
        frames = _frames(self.competition.get(), self.hook.get())
        own, target = frames.train.iloc[fit.fit_rows], self._target(fit)
        fitted = get_recipe(self.recipe).fit(own, frames.schema, target)
        made = {"fit": fitted.own(own, target)}
        holdout = np.flatnonzero(self.folds.get().holdout)
        rows = {"score": self.score_rows(fit), "holdout": holdout}
        made |= {n: fitted.transform(frames.train.iloc[r]) for n, r in rows.items() if r.size}
        if frames.test is not None:
            made["test"] = fitted.transform(frames.test)
        return made, NewRows(frames.raw, frames.hook, frames.schema, fitted)

    def _target(self, fit: Fit) -> Target:
        """The target of the fit rows; its seed is the Fit's, so that models share what is made."""
        made, rows = self.competition.get(), fit.fit_rows
        weight = None if made.weight is None else made.weight[rows]
        inner = _inner_folds(self.folds.get(), fit)
        return Target(made.y[rows], made.task, fit_seed(0, fit.id), inner, weight)

    def _read(self, folder: Path, fit: Fit) -> Views:
        names, levels, present, transform = cloudpickle.loads((folder / HEAD).read_bytes())
        made = {}
        for part in present:
            values = np.load(folder / f"{part}.npy", mmap_mode="c", allow_pickle=False)
            made[part] = Matrix(values, names, levels)
        os.utime(folder)
        return self._views(fit, made, transform)

    def _views(self, fit: Fit, made: Mapping[str, Matrix], transform: Callable) -> Views:
        return Views(
            **made, rows=fit.fit_rows, score_rows=self.score_rows(fit), transform=transform
        )


def _inner_folds(folds: Folds, fit: Fit) -> np.ndarray | None:
    """The plan's own folds of the fit rows (n,), numbered anew; None where there is one alone.

    Rows that the plan never scores, such as the first stretch of forward chaining, are a block of
    their own. What the plan keeps apart, groups or stretches of time, is apart in these inner folds
    too. Inside a single fold nothing says what belongs together: its rows are dealt at random.
    """
    repeat = fit.cells[0][0] if fit.cells else 0
    found, inner = np.unique(folds.assignment[repeat][fit.fit_rows], return_inverse=True)
    return inner if len(found) >= LEAST_INNER else None


@lru_cache(maxsize=2)
def _frames(competition: Competition, hook: Hook | None) -> HookedFrames:
    return hooked_frames(competition, hook)


def _write_views(folder: Path, made: Mapping[str, Matrix], transform: NewRows) -> None:
    """Write aside, sync, rename; readable files of another worker, if it was first, stand."""
    aside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:12]}")
    with disk_errors(folder):
        make_folder(aside)
        try:
            for part, matrix in made.items():
                np.save(aside / f"{part}.npy", matrix.values, allow_pickle=False)
            any_matrix = made["fit"]
            head = (any_matrix.names, any_matrix.levels, tuple(made), transform)
            (aside / HEAD).write_bytes(cloudpickle.dumps(head, protocol=5))
            for file in aside.iterdir():
                sync_file(file)
            with contextlib.suppress(OSError):
                aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def trim_scratch(scratch: Path, limit: int) -> None:
    """Remove the longest unused prepared inputs until the folder is below `limit` bytes."""
    items = sorted(scratch.iterdir(), key=_last_used)
    sizes = {item: folder_size(item) for item in items}
    total = sum(sizes.values())
    for item in items:
        if total <= limit:
            return
        total -= sizes[item]
        shutil.rmtree(item, ignore_errors=True) if item.is_dir() else item.unlink(missing_ok=True)


def _last_used(item: Path) -> float:
    """When a file or folder was used; 0 where another process removed it meanwhile."""
    try:
        return item.stat().st_mtime
    except FileNotFoundError:
        return 0.0
