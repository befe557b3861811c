"""The user's `features(frame) -> frame`: loaded from a file, checked, applied to train and test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stackkit.competition import Competition
from stackkit.competition.schema import Schema, infer_schema
from stackkit.errors import ConfigError, DataError, StackkitError
from stackkit.recipe import content_digest
from stackkit.user_code import load_user_module

DEFAULT_FILE = "features.py"
CHECKED_ROWS = 50


@dataclass(frozen=True)
class Hook:
    """A feature hook and what of it enters keys.

    `digest` is the sha256 of the file and of the declared extra files; `transductive` says that it
    reads rows jointly, so it is not checked to be row-wise.
    """

    function: Callable[[pd.DataFrame], pd.DataFrame]
    digest: str
    transductive: bool = False

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The hook's frame for typed feature columns, one row a row."""
        made = self._called(frame)
        if not isinstance(made, pd.DataFrame) or len(made) != len(frame):
            got = f"{len(made)} rows" if isinstance(made, pd.DataFrame) else type(made).__name__
            hint = "return a DataFrame of the rows that came, in their order"
            raise DataError("features(frame) returns a frame with one row a row", got, hint)
        return made.reset_index(drop=True)

    def _called(self, frame: pd.DataFrame) -> object:
        try:
            return self.function(frame.copy())
        except StackkitError:
            raise
        except Exception as error:  # whatever the user's function raises
            got = f"{type(error).__name__}: {error}"
            hint = "mend the function: it is given the columns that train and test both have"
            raise DataError("features(frame) can be computed", got, hint) from error

    def check_row_wise(self, frame: pd.DataFrame) -> None:
        """DataError unless features of the head equal the head of the features."""
        if self.transductive:
            return
        head = min(CHECKED_ROWS, max(1, len(frame) // 2))
        alone, within = self.apply(frame.head(head)), self.apply(frame).head(head)
        try:
            pd.testing.assert_frame_equal(alone, within, check_dtype=False, check_categorical=False)
        except AssertionError as error:
            raise DataError(
                "features(frame) makes each row from that row alone",
                str(error).splitlines()[0],
                "compute from the row's own columns, or set TRANSDUCTIVE = True in the file",
            ) from None


@dataclass(frozen=True)
class HookedFrames:
    """Feature frames of train and test with their schema, after the hook if there is one."""

    train: pd.DataFrame
    test: pd.DataFrame | None
    schema: Schema
    raw: Schema
    hook: Hook | None = None


def replay_features(
    frame: pd.DataFrame, raw: Schema, hook: Hook | None, schema: Schema
) -> pd.DataFrame:
    """Typed features of raw new rows, through the hook if there is one."""
    typed = raw.apply(frame, "the new file")
    return typed if hook is None else schema.apply(hook.apply(typed), "features(frame)")


def hooked_frames(competition: Competition, hook: Hook | None) -> HookedFrames:
    """Train and test as recipes read them."""
    if hook is None:
        frames = competition.train, competition.test, competition.schema
        return HookedFrames(*frames, raw=competition.schema)
    hook.check_row_wise(competition.train)
    train = hook.apply(competition.train)
    test = None if competition.test is None else hook.apply(competition.test)
    if test is not None and list(test.columns) != list(train.columns):
        raise DataError(
            "features(frame) returns the same columns for train and test",
            f"{sorted(set(train.columns) ^ set(test.columns))[:5]} differ",
        )
    schema = infer_schema(train, test, list(train.columns))
    typed = None if test is None else schema.apply(test, "features(test)")
    return HookedFrames(
        schema.apply(train, "features(train)"), typed, schema, competition.schema, hook
    )


def find_hook(competition: Competition) -> Hook | None:
    """The hook that competition.toml names, else features.py beside it, else None."""
    config = competition.config
    if config is None or not config.train:
        return None
    named = config.features.hook
    path = config.path(named or DEFAULT_FILE)
    if not path.exists():
        if named is not None:
            raise ConfigError("[features] hook names a file", str(path))
        if config.features.extra_files:
            raise ConfigError("[features] extra_files belong to a hook", "none", "add features.py")
        return None
    extra = [config.path(name) for name in config.features.extra_files]
    return load_hook(path, extra)


def load_hook(path: Path, extra_files: list[Path]) -> Hook:
    """The hook in a file; ConfigError where it defines no `features`."""
    module = load_user_module(path)
    function = getattr(module, "features", None)
    if not callable(function):
        raise ConfigError(f"{path.name} defines features(frame)", "no such function")
    missing = [str(p) for p in extra_files if not p.exists()]
    if missing:
        raise ConfigError("[features] extra_files exist", ", ".join(missing))
    content = b"\0".join(p.read_bytes() for p in [path, *extra_files])
    return Hook(function, content_digest(content), bool(getattr(module, "TRANSDUCTIVE", False)))
