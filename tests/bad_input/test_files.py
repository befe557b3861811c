"""Files that are missing, of another format, damaged, or no table at all."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest


def zipped(text: str) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("train.csv", text)
    return raw.getvalue()


def text_of(desk: Any, part: str = "train") -> str:
    return (desk.folder / f"{part}.csv").read_text(encoding="utf-8")


def put_folder(desk: Any) -> None:
    (desk.folder / "train.csv").unlink()
    (desk.folder / "train.csv").mkdir()


def put_parquet(desk: Any) -> None:
    desk.set('"train.csv"', '"train.parquet"')
    desk.write()
    desk.train.to_parquet(desk.folder / "train.parquet")
    whole = (desk.folder / "train.parquet").read_bytes()
    desk.put("train.parquet", whole[: len(whole) // 2])


def named(old: str, new: str) -> Callable[[Any], None]:
    def change(desk: Any) -> None:
        desk.set(f'"{old}"', f'"{new}"')
        desk.write()

    return change


def train_as(make: Callable[[str], bytes | str]) -> Callable[[Any], None]:
    return lambda desk: desk.put("train.csv", make(text_of(desk)))


WIDER = "".join(f"{i},{i},1,a,{i % 2},9\n" for i in range(30))

CASES: dict[str, tuple[Callable[[Any], None], tuple[str, ...]]] = {
    "no train file": (named("train.csv", "trian.csv"), ("trian.csv", "did you mean 'train.csv'")),
    "no test file": (named("test.csv", "tset.csv"), ("tset.csv", "did you mean 'test.csv'")),
    "no sample": (named("sample.csv", "simple.csv"), ("simple.csv", "did you mean 'sample.csv'")),
    "a folder": (put_folder, ("train.csv", "a folder")),
    "no suffix of ours": (named("train.csv", "competition.toml"), ("ends with", ".parquet")),
    "empty": (train_as(lambda text: ""), ("train.csv", "empty")),
    "blank": (train_as(lambda text: "\n\n"), ("train.csv", "empty")),
    "header only": (train_as(lambda text: text.splitlines()[0] + "\n"), ("train has rows",)),
    "test of a header": (
        lambda desk: desk.put("test.csv", text_of(desk, "test").splitlines()[0] + "\n"),
        ("test has rows",),
    ),
    "an archive": (train_as(zipped), ("train.csv", "ZIP archive", "unpack")),
    "a gzip named csv": (train_as(lambda t: gzip.compress(t.encode())), ("gzip", ".csv.gz")),
    "a web page": (train_as(lambda t: "<!DOCTYPE html>\n<html>\n"), ("web page", "download")),
    "a picture": (train_as(lambda t: b"\x89PNG\r\n\x1a\n" + bytes(99)), ("train.csv", "NUL")),
    "a cut archive": (
        lambda desk: (
            named("train.csv", "train.csv.gz")(desk),
            desk.put("train.csv.gz", gzip.compress(text_of(desk).encode())[:-30]),
        ),
        ("train.csv.gz", "whole"),
    ),
    "a cut parquet": (put_parquet, ("train.parquet", "can be read")),
    "a longer row": (train_as(lambda text: text + "1,2,3,a,1,7,7\n"), ("train.csv", "line 62")),
    "longer rows": (
        train_as(lambda text: text.splitlines()[0] + "\n" + WIDER),
        ("as many fields as", "6 for 5 in line 2"),
    ),
    "a cut last row": (
        train_as(lambda text: text.rstrip("\n").rsplit(",", 2)[0]),
        ("last row of train.csv", "3 of 5"),
    ),
    "twin columns": (
        train_as(lambda text: text.replace("Fare", "x", 1)),
        ("column names of train.csv are unique", "'x'"),
    ),
    "semicolons": (train_as(lambda text: text.replace(",", ";")), ('separator = ";"', "[data]")),
    "tabs": (train_as(lambda text: text.replace(",", "\t")), (r'separator = "\t"',)),
    "latin-1": (
        train_as(lambda text: text.replace("a", "\xe4").encode("latin-1")),
        ("UTF-8", '[data] encoding = "cp1252"'),
    ),
    "utf-16": (train_as(lambda text: text.encode("utf-16")), ('encoding = "utf-16"',)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_that_cannot_be_used_is_refused(desk: Any, refused: Callable, name: str) -> None:
    change, words = CASES[name]
    change(desk)
    refused(desk.run(), *words)
    refused(desk.plan(), *words)
    assert desk.left_behind() == []


def spoil_separator(desk: Any) -> None:
    for part in ("train", "test", "sample"):
        frame = getattr(desk, part)
        frame.to_csv(desk.folder / f"{part}.csv", index=False, sep=";", decimal=",")


def spoil_encoding(desk: Any) -> None:
    for part in ("train", "test", "sample"):
        text = text_of(desk, part).replace("a", "\xe4")
        desk.put(f"{part}.csv", text.replace("F\xe4re", "Fare").encode("cp1252"))


@pytest.mark.parametrize(
    ("spoil", "keys"),
    [
        (spoil_separator, 'separator = ";"\ndecimal = ","'),
        (spoil_encoding, 'encoding = "cp1252"'),
    ],
)
def test_the_key_that_an_error_names_makes_the_file_readable(
    desk: Any, refused: Callable, spoil: Callable[[Any], None], keys: str
) -> None:
    spoil(desk)
    refused(desk.plan(), "[data]", keys.split(" ")[0])
    desk.put("competition.toml", f"{desk.toml}[data]\n{keys}\n")
    found = desk.plan()
    assert found.code == 0, found.err
    assert "binary" in found.err


def test_the_files_of_one_competition_need_not_be_of_one_format(desk: Any) -> None:
    desk.set('"train.csv"', '"train.parquet"')
    desk.write()
    desk.train.to_parquet(desk.folder / "train.parquet")
    assert desk.plan().code == 0


def test_numbers_with_thousands_separators_are_named_and_made_readable(
    desk: Any, refused: Callable
) -> None:
    desk.train["Fare"] = [f"{1000 * v:,.0f}" for v in desk.train["Fare"]]
    desk.test["Fare"] = [f"{1000 * v:,.0f}" for v in desk.test["Fare"]]
    desk.write()
    found = desk.plan()
    assert found.code == 0
    assert "'Fare'" in found.err and '[data] thousands = ","' in found.err
    desk.put("competition.toml", desk.toml + '[data]\nthousands = ","\n')
    assert "'Fare' holds" not in desk.plan().err


def test_a_target_with_thousands_separators_is_refused_with_the_key(
    desk: Any, refused: Callable
) -> None:
    desk.train["y"] = [f"{1000 + v:,.0f}" for v in desk.train["id"]]
    desk.set('"logloss"', '"rmse"')
    desk.write()
    refused(desk.run(), "numeric", '[data] thousands = ","')
    desk.put("competition.toml", desk.toml + '[data]\nthousands = ","\n')
    assert "regression" in desk.plan().err


def test_an_encoding_that_does_not_exist_is_refused(desk: Any, refused: Callable) -> None:
    desk.put("competition.toml", desk.toml + '[data]\nencoding = "utf-9"\n')
    refused(desk.plan(), "encoding", "utf-9")


@pytest.mark.parametrize("key", ["separator", "decimal", "thousands"])
def test_a_mark_is_one_character(desk: Any, refused: Callable, key: str) -> None:
    desk.put("competition.toml", f'{desk.toml}[data]\n{key} = "ab"\n')
    refused(desk.plan(), key, "'ab'")


def test_missing_values_have_their_markers_in_parquet_too(desk: Any) -> None:
    desk.train.loc[3, "Fare"] = -999.0
    desk.train.loc[4, "k"] = "?"
    desk.set('"train.csv"', '"train.parquet"')
    desk.toml += '[data]\nna_values = ["-999", "?"]\n'
    desk.write()
    desk.train.to_parquet(desk.folder / "train.parquet")
    from stackkit import load_competition

    read = load_competition(desk.folder).train
    assert read.isna().sum().to_dict() == {"x": 0, "Fare": 1, "k": 1}
    assert pd.isna(read["Fare"][3]) and pd.isna(read["k"][4])
