"""Tables from files: what is read, and what is said of files that cannot be."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from stackkit.config import DataConfig
from stackkit.datasets.files import read_table
from stackkit.errors import DataError

TABLE = pd.DataFrame({"x": [1.5, None], "k": ["a", "ü"], "n": [1, 2]})


def written(folder: Path, name: str) -> Path:
    path = folder / name
    TABLE.to_parquet(path) if name.endswith("parquet") else TABLE.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet"])
def test_every_format_gives_the_same_table(tmp_path: Path, name: str) -> None:
    pd.testing.assert_frame_equal(read_table(written(tmp_path, name)), TABLE)


def test_missing_values_are_those_of_pandas_and_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\nNA,-999\n1,?\n", encoding="utf-8")
    assert read_table(path).isna().sum().tolist() == [1, 0]
    assert read_table(path, DataConfig(na_values=("?", "-999"))).isna().sum().tolist() == [1, 2]


def test_a_type_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("zip,x\n007,1\n,2\n", encoding="utf-8")
    read = read_table(path, dtype={"zip": str, "not there": str})
    assert read["zip"].tolist()[0] == "007"
    assert read["zip"].isna().tolist() == [False, True]


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("id,x\n1,2\n".encode("utf-8-sig"))
    assert list(read_table(path).columns) == ["id", "x"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("t.csv", "a,b\n1,\xe4\n".encode("latin-1"), "text in UTF-8"),
        ("t.csv", b"a;b\n1;2\n", "separated by commas"),
        ("t.csv", b"a\tb\n1\t2\n", "separated by commas"),
        ("t.csv", b"", "is a table"),
        ("t.csv", b"a,b\n1,2,3\n1,2,3,4\n", "as many fields"),
        ("t.csv.gz", b"no gzip", "can be read"),
        ("t.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 999)[:-20], "can be read"),
        ("t.parquet", b"no parquet", "can be read"),
        ("t.xlsx", b"", "ends with"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DataError, match=words) as caught:
        read_table(path)
    assert name in str(caught.value)


def test_a_damaged_gzip_body_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"a,b\n" + bytes(range(48, 58)) * 999))
    packed[12:40] = bytes(28)
    (tmp_path / "t.csv.gz").write_bytes(packed)
    with pytest.raises(DataError, match="can be read"):
        read_table(tmp_path / "t.csv.gz")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the file exists") as caught:
        read_table(tmp_path / "trian.csv")
    assert "trian.csv" in caught.value.got
