"""kaggle:<slug>: download once, unpack, guess a TOML, leave the user's files alone."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from kaggle_stand_in import CLIENTS, Site, archive, kaggle_of

from stackkit.datasets import find_config, load_competition
from stackkit.datasets.kaggle import fetch_competition
from stackkit.datasets.load import named_in_cache
from stackkit.errors import CacheError, ConfigError, DataError
from stackkit.kaggle_api import connect
from stackkit.workflow import plan_notebooks

TOML = Path("competitions/shop/competition.toml")


def shop() -> dict[str, bytes]:
    """The files of a binary competition that asks for labels."""
    table = pd.DataFrame({"id": range(40), "x": range(40), "y": [0, 1, 1, 0] * 10})
    tables = {
        "train.csv": table,
        "test.csv": table.drop(columns="y"),
        "sample_submission.csv": table[["id", "y"]],
    }
    return {name: frame.to_csv(index=False).encode() for name, frame in tables.items()}


@pytest.fixture(params=CLIENTS)
def site(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Site]:
    """Kaggle with the shop's archive; one works in an empty folder."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with kaggle_of(request.param, monkeypatch, tmp_path / "home") as site:
        site.data = archive(shop())
        yield site


def test_a_competition_is_downloaded_once(site: Site) -> None:
    for _ in range(2):
        made = load_competition("kaggle:shop")
        assert (made.name, made.task, made.metric.name) == ("shop", "binary", "accuracy")
        assert (made.n_rows, made.n_test, made.id) == (40, 40, "id")
    assert site.downloads == 1
    assert sorted(p.name for p in TOML.parent.iterdir()) == \
        ["competition.toml", "sample_submission.csv", "test.csv", "train.csv"]  # fmt: skip
    assert [p.name for p in TOML.parent.parent.iterdir()] == ["shop"]
    assert "guessed" in TOML.read_text(encoding="utf-8")


def test_it_goes_to_the_project_folder(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("oof_cache").mkdir()
    Path("notebooks").mkdir()
    monkeypatch.chdir("notebooks")
    assert fetch_competition("kaggle:shop") == (Path("..") / TOML).resolve()


def test_the_users_own_toml_and_files_stay(site: Site) -> None:
    TOML.parent.mkdir(parents=True)
    own = 'name = "mine"\ntrain = "train.csv"\ntarget = "y"\nmetric = "auc"\n'
    TOML.write_text(own, encoding="utf-8")
    assert find_config("kaggle:shop").name == named_in_cache("kaggle:shop") == "mine"
    assert (site.downloads, TOML.read_text(encoding="utf-8")) == (0, own)


def test_files_without_a_toml_are_not_downloaded_again(site: Site) -> None:
    load_competition("kaggle:shop")
    TOML.unlink()
    assert load_competition("kaggle:shop").target == "y"
    assert site.downloads == 1


def test_files_that_are_there_are_not_written_over(site: Site) -> None:
    TOML.parent.mkdir(parents=True)
    (TOML.parent / "test.csv").write_text("id,x\n1,2\n", encoding="utf-8")
    (TOML.parent / "notes.txt").write_text("mine", encoding="utf-8")
    load = fetch_competition("kaggle:shop").parent
    assert (load / "test.csv").read_text(encoding="utf-8") == "id,x\n1,2\n"
    assert (load / "notes.txt").exists() and (load / "train.csv").exists()


def test_archives_within_the_archive_are_unpacked(site: Site) -> None:
    site.data = archive({f"{name}.zip": archive({name: text}) for name, text in shop().items()})
    assert load_competition("kaggle:shop").n_rows == 40


@pytest.mark.parametrize(
    ("slug", "words"),
    [("no-rules", "accept its rules at https://www.kaggle.com/competitions/no-rules/rules"),
     ("nowhere", "last part of its address")],
)  # fmt: skip
def test_refusals_say_what_to_do_and_leave_nothing(site: Site, slug: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        load_competition(f"kaggle:{slug}")
    assert words in caught.value.hint
    assert list(Path("competitions").iterdir()) == []


def test_a_damaged_archive_leaves_nothing(site: Site) -> None:
    site.data = b"<html>no archive</html>"
    with pytest.raises(DataError, match=r"shop\.zip is an archive"):
        load_competition("kaggle:shop")
    assert list(Path("competitions").iterdir()) == []


def test_a_full_disk_is_no_trouble_of_the_network(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    client = connect()
    monkeypatch.setattr(client, "competition_download_files", full)
    monkeypatch.setattr("stackkit.datasets.kaggle.connect", lambda: client)
    with pytest.raises(CacheError, match="space"):
        load_competition("kaggle:shop")
    assert list(Path("competitions").iterdir()) == []


def test_notebooks_are_given_its_path(site: Site) -> None:
    notebooks = Path(__file__).parents[2] / "notebooks"
    planned = plan_notebooks("kaggle:shop", notebooks, output="runs")
    assert {p.parameters["COMPETITION"] for p in planned} == {str(TOML.resolve())}
    assert planned[0].parameters["CACHE_DIR"] == str(TOML.parent.resolve() / "oof_cache")
    assert site.downloads == 1


def test_a_target_that_cannot_be_guessed_is_asked_for(site: Site) -> None:
    files = shop()
    del files["sample_submission.csv"]
    files["test.csv"] = b"id,z\n1,2\n"
    site.data = archive(files)
    with pytest.raises(DataError, match="FILL-IN"):
        load_competition("kaggle:shop")
    assert "one of: x, y" in TOML.read_text(encoding="utf-8")


def test_names_that_cannot_be_one_are_refused() -> None:
    with pytest.raises(ConfigError, match="last part of its address"):
        load_competition("kaggle:../x")
