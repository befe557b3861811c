"""Files that call themselves CSV: told by their first bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackkit.datasets.signatures import ARCHIVES, refuse_other_formats
from stackkit.errors import DataError


@pytest.mark.parametrize(
    ("head", "what"),
    [
        *((mark + b"rest", what) for mark, (what, _) in ARCHIVES.items()),
        (b"\n<!DOCTYPE html><p>", "a web page"),
        (b"<HTML>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1", "git LFS"),
        (b"a,b\n\x00\x01", "binary"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, head: bytes, what: str) -> None:
    (tmp_path / "t.csv").write_bytes(head)
    with pytest.raises(DataError, match=r"t\.csv is a CSV") as caught:
        refuse_other_formats(tmp_path / "t.csv", "utf-8")
    assert what in caught.value.got and caught.value.hint


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"", "utf-8"),
        (b"a,b\n1,2\n", "utf-8"),
        ("a,ü\n".encode("utf-16"), "utf-8"),  # its encoding is the next thing to be said
        ("a,b\n".encode("utf-16-le"), "utf-16-le"),
        (b"PK,x\n1,2\n", "utf-8"),
    ],
)
def test_text_is_let_through(tmp_path: Path, data: bytes, encoding: str) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    assert refuse_other_formats(tmp_path / "t.csv", encoding) is None
