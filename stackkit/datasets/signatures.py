"""What a file is that calls itself a CSV and is none: told by its first bytes."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from stackkit.errors import DataError

HEAD = 4096
ARCHIVES = {
    b"PK\x03\x04": ("a ZIP archive or a workbook", "unpack it, or save the sheet as CSV"),
    b"\x1f\x8b": ("a gzip archive", "name it .csv.gz, in the TOML too"),
    b"PAR1": ("a parquet file", "name it .parquet, in the TOML too"),
    b"\xd0\xcf\x11\xe0": ("an old workbook", "save the sheet as CSV"),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it"),
    b"BZh": ("a bzip2 archive", "unpack it"),
    b"\xfd7zXZ": ("an xz archive", "unpack it"),
}
PAGES = (b"<!doctype", b"<html", b"<?xml")
POINTER = b"version https://git-lfs"
WIDE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def refuse_other_formats(path: Path, encoding: str) -> None:
    """DataError where the first bytes of a file are those of something else than a CSV."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    rule = f"{path.name} is a CSV"
    for mark, (what, hint) in ARCHIVES.items():
        if head.startswith(mark):
            raise DataError(rule, what, hint)
    if head.lstrip().lower().startswith(PAGES):
        hint = "download it again, signed in and with the rules accepted"
        raise DataError(rule, "a web page", hint)
    if head.startswith(POINTER):
        raise DataError(rule, "a pointer of git LFS", "git lfs pull")
    if head[:2] not in WIDE and b"\0" in head and "16" not in encoding and "32" not in encoding:
        raise DataError(rule, "a binary file: it holds NUL bytes", "the file that is a table")


def byte_order_mark(path: Path) -> str | None:
    """The encoding that the first two bytes of a file name, None where they name none."""
    with path.open("rb") as file:
        return WIDE.get(file.read(2))


def refuse_other_text(path: Path, encoding: str, error: UnicodeError) -> NoReturn:
    """DataError that names the encoding to try, for a file whose text is not in `encoding`."""
    where = str(error)
    if isinstance(error, UnicodeDecodeError):
        where = f"a byte 0x{error.object[error.start]:02x} that does not belong there"
    wide = byte_order_mark(path)
    key = f'[data] encoding = "{wide or "cp1252"}" in the TOML'
    hint = f"{key}, or save it as UTF-8" if encoding != (wide or "cp1252") else "save it as UTF-8"
    raise DataError(f"{path.name} is text in {encoding.upper()}", where, hint) from None
