"""Where in a user's file an error came from."""

from __future__ import annotations

import traceback
from pathlib import Path
from types import FrameType

from stackkit.own_code.origin import is_own_file


def described(error: BaseException, file: str) -> str:
    """Kind and text of an error, with the last line of `file` that it passed, if it passed one.

    A syntax error says its line itself.
    """
    return f"{type(error).__name__}: {error}{place(error, file)}"


def own_place(error: BaseException) -> str:
    """As `place`, of the last line of any user's file."""
    steps = list(traceback.walk_tb(error.__traceback__))
    own = [(frame.f_code.co_filename, line) for frame, line in steps if _is_own(frame)]
    return f" ({Path(own[-1][0]).name}, line {own[-1][1]})" if own else ""


def _is_own(frame: FrameType) -> bool:
    top = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return is_own_file(top, frame.f_code.co_filename)


def place(error: BaseException, file: str) -> str:
    """Such as " (metrics.py, line 3)"; "" where no line of `file` is known."""
    lines = [x.lineno for x in traceback.extract_tb(error.__traceback__) if x.filename == file]
    return f" ({Path(file).name}, line {lines[-1]})" if lines else ""
