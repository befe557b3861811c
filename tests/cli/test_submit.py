"""submit: the ledger's latest to Kaggle, its score back into the ledger."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kaggle_stand_in import Site, kaggle_of

from stackkit.submission import kaggle
from stackkit.submission.ledger import COLUMNS, Ledger

NAME = "shop_simplex_12345678.csv"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    monkeypatch.setattr(kaggle, "PAUSE", 0.0)
    with kaggle_of("stand-in", monkeypatch, tmp_path) as site:
        yield site


@pytest.fixture
def submitted(shop: Path) -> Path:
    """The shop with a submission in its ledger."""
    folder = shop / "submissions"
    folder.mkdir()
    (shop / "oof_cache").mkdir()
    (folder / NAME).write_text("id,y\n90,0.5\n", encoding="utf-8")
    row = {"file": NAME, "competition": "shop", "key": "k"}
    Ledger(folder).enter({**dict.fromkeys(COLUMNS, ""), **row})
    return shop


def public(folder: Path) -> list[str]:
    with (folder / "submissions" / "ledger.csv").open(encoding="utf-8", newline="") as file:
        return [row["public"] for row in csv.DictReader(file)]


def test_the_latest_goes_out_and_its_score_comes_in(
    stackkit: Callable, submitted: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(submitted)
    found = stackkit("submit", ".")
    assert (found.code, found.last) == (0, "public score 0.77511")
    assert f"submitted {submitted / 'submissions' / NAME} to shop" in found.out
    assert public(submitted) == ["0.77511"]
    assert site.listed[0]["description"] == NAME


def test_what_has_a_score_is_not_sent_again_unless_named(
    stackkit: Callable, submitted: Path, site: Site
) -> None:
    options = ("submit", submitted, "--output", submitted / "submissions")
    assert stackkit(*options).code == 0
    again = stackkit(*options)
    assert (again.code, len(site.uploads)) == (2, 1)
    assert "--file names" in again.err
    file = submitted / "submissions" / NAME
    assert stackkit(*options, "--file", file, "--message", "again").code == 0
    assert site.listed[0]["description"] == "again"


def test_a_late_score_is_entered_with_the_next_submission(
    stackkit: Callable, submitted: Path, site: Site
) -> None:
    options = ("submit", submitted, "--output", submitted / "submissions", "--wait", 0)
    site.looks = 1
    assert stackkit(*options).last == "no public score yet"
    assert public(submitted) == [""]
    other = submitted / "train.csv"
    assert stackkit(*options, "--file", other).last == "public score 0.77511"
    assert public(submitted) == ["0.77511"]


def test_the_name_on_kaggle_can_be_another(
    stackkit: Callable, submitted: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = ("--output", submitted / "submissions")
    assert "to other-name\n" in stackkit("submit", submitted, "--slug", "other-name", *output).out
    folder = (
        submitted.parent / "competitions" / "a-name-of-more-than-forty-one-characters-on-kaggle"
    )
    folder.parent.mkdir()
    submitted.rename(folder)
    file = ("--file", folder / "submissions" / NAME)
    found = stackkit("submit", folder, *file)
    assert f"to {folder.name}\n" in found.out
    monkeypatch.chdir(folder.parent.parent)
    assert f"to {folder.name}\n" in stackkit("submit", f"kaggle:{folder.name}", *file).out


def test_a_file_that_kaggle_cannot_score_exits_with_2(
    stackkit: Callable, submitted: Path, site: Site
) -> None:
    site.error = "Submission must have 418 rows"
    found = stackkit("submit", submitted, "--output", submitted / "submissions")
    assert found.code == 2 and "418 rows" in found.err


def test_where_it_is_not_set_up_it_says_what_to_do(
    stackkit: Callable, submitted: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with kaggle_of("stand-in", monkeypatch, tmp_path, signed_in=False):
        found = stackkit("submit", submitted, "--output", submitted / "submissions")
    assert (found.code, found.out) == (2, "")
    assert "~/.kaggle/kaggle.json" in found.err and "Traceback" not in found.err
    assert "competitions/shop/submit" in found.err and NAME in found.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("playground",), "a competition on Kaggle"), (("openml:31",), "a competition on Kaggle"),
     (("{shop}", "--slug", "No Slug"), "last part of its address"),
     (("{shop}", "--file", "nowhere.csv"), "the file to submit exists"),
     (("{shop}",), "the ledger holds a submission")],
)  # fmt: skip
def test_nothing_to_submit_exits_with_2(
    stackkit: Callable, shop: Path, site: Site, arguments: tuple[str, ...], words: str
) -> None:
    found = stackkit("submit", *(a.format(shop=shop) for a in arguments))
    assert (found.code, found.out, site.uploads) == (2, "", [])
    assert words in found.err
