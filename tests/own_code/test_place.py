"""Where errors came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackkit.own_code.place import described, place

CODE = """\
def outer():
    return inner()

def inner():
    return 1 / 0
"""


@pytest.fixture
def failed(tmp_path: Path) -> tuple[Exception, str]:
    """An error that passed through two lines of a file, and the file."""
    path = str(tmp_path / "metrics.py")
    names: dict = {}
    exec(compile(CODE, path, "exec"), names)
    with pytest.raises(ZeroDivisionError) as caught:
        names["outer"]()
    return caught.value, path


def test_the_last_line_of_the_file_is_named(failed: tuple[Exception, str]) -> None:
    error, path = failed
    assert place(error, path) == " (metrics.py, line 5)"
    assert described(error, path) == "ZeroDivisionError: division by zero (metrics.py, line 5)"


def test_an_error_that_came_from_elsewhere_has_no_line(failed: tuple[Exception, str]) -> None:
    error, _ = failed
    assert place(error, "models.py") == ""
    assert described(ValueError("no"), "metrics.py") == "ValueError: no"
