"""Tables that are written in another way are read all the same, and the TOML says how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stackkit.config import DataConfig
from stackkit.datasets import load_competition
from stackkit.datasets.guess import guess_competition
from stackkit.datasets.reading import read_tables
from stackkit.datasets.toml_text import competition_toml
from stackkit.errors import DataError

N = 40
TRAIN = pd.DataFrame({
    "Id": range(N), "x": [i / 8 for i in range(N)], "city": ["Köln", "Nîmes €"] * 20,
    "price": [i * 1.5 for i in range(N)],
})  # fmt: skip
TEST = TRAIN.drop(columns="price").assign(Id=range(100, 100 + N))


def write(folder: Path, **marks: Any) -> dict[str, Path]:
    paths = {kind: folder / f"{kind}.csv" for kind in ("train", "test", "sample")}
    TRAIN.to_csv(paths["train"], index=False, **marks)
    TEST.to_csv(paths["test"], index=False, **marks)
    TEST[["Id"]].assign(price=0.5).to_csv(paths["sample"], index=False, **marks)
    return paths


@pytest.mark.parametrize(
    "marks",
    [
        {},
        {"sep": ";"},
        {"sep": ";", "decimal": ","},
        {"sep": "\t"},
        {"encoding": "cp1252"},
        {"sep": ";", "decimal": ",", "encoding": "cp1252"},
        {"sep": "\t", "encoding": "utf-16"},
    ],
)
def test_a_new_toml_says_how_the_tables_are_written(marks: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, **marks)
    guess = guess_competition(tmp_path, "shop")
    assert (guess.id, guess.target, guess.metric, guess.problem) == ("Id", "price", "rmse", "")
    names = {"sep": "separator", "decimal": "decimal", "encoding": "encoding"}
    assert guess.data == DataConfig(**{names[key]: value for key, value in marks.items()})
    (tmp_path / "competition.toml").write_text(competition_toml(guess), encoding="utf-8")
    loaded = load_competition(tmp_path)
    assert loaded.y.tolist() == TRAIN.price.tolist()
    assert loaded.train["city"].tolist() == TRAIN.city.tolist()
    assert loaded.kinds["x"] == "numeric"


def test_bytes_that_windows_does_not_have_are_latin_1(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes(b"x,name\n1,\x81\xe9\n2,b\n")
    tables, data = read_tables({"train": path})
    assert data.encoding == "latin-1"
    assert tables.train["name"].tolist() == ["\x81é", "b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a|b\n1|2\n", "separated by bars"),
        (b"", "an empty file"),
        (b"a,b\n1,2\n1,2,3,4\n", "4 for 2 in line 3"),
        (b"PK\x03\x04 and so on", "a ZIP archive"),
    ],
)
def test_what_no_way_reads_is_refused_as_the_plain_one_says(
    text: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes(text)
    with pytest.raises(DataError, match=said):
        read_tables({"train": path})


def test_tables_of_two_ways_are_refused(tmp_path: Path) -> None:
    paths = write(tmp_path)
    TEST.to_csv(paths["test"], index=False, sep=";")
    with pytest.raises(DataError, match=r"columns of test\.csv are separated by commas"):
        read_tables(paths)


def test_a_byte_of_another_encoding_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes(b"x,name|\n1,\xe9\n")
    (tmp_path / "test.csv").write_bytes(b"x;y\n1;2\n")
    with pytest.raises(DataError, match="UTF-8; got a byte 0xe9 that does not belong there; try: "):
        read_tables({"train": path, "test": tmp_path / "test.csv"})
