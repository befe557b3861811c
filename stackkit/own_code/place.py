"""Where in a user's file an error came from."""

from __future__ import annotations

import traceback
from pathlib import Path


def described(error: BaseException, file: str) -> str:
    """Kind and text of an error, with the last line of `file` that it passed, if it passed one.

    A syntax error says its line itself.
    """
    return f"{type(error).__name__}: {error}{place(error, file)}"


def place(error: BaseException, file: str) -> str:
    """Such as " (metrics.py, line 3)"; "" where no line of `file` is known."""
    lines = [x.lineno for x in traceback.extract_tb(error.__traceback__) if x.filename == file]
    return f" ({Path(file).name}, line {lines[-1]})" if lines else ""
