"""The Kaggle client: found or not, signed in or not, and its failures as next steps."""

from __future__ import annotations

import builtins
import inspect
import sys
from pathlib import Path
from typing import Any

import pytest
from kaggle_stand_in import CLIENTS, FAILURES, StandInClient, StatusError, kaggle_of

from stackkit.errors import ConfigError, DataError, MissingPackageError, SubmissionError
from stackkit.kaggle_api import SET_UP, check_slug, connect, page, told


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    return request.param


def test_slugs_are_last_parts_of_addresses() -> None:
    assert check_slug("house-prices-advanced-regression-techniques")
    for wrong in ("", "House Prices", "../x", "https://www.kaggle.com/c/titanic"):
        with pytest.raises(ConfigError, match="last part of its address"):
            check_slug(wrong)
    assert page("titanic", "rules") == "https://www.kaggle.com/competitions/titanic/rules"


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "kaggle":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingPackageError) as caught:
        connect()
    assert caught.value.hint == "pip install kaggle"


def test_without_credentials_it_says_what_to_do_and_nothing_else(
    client: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        kaggle_of(client, monkeypatch, tmp_path, signed_in=False),
        pytest.raises(ConfigError) as caught,
    ):
        connect()
    assert caught.value.hint == SET_UP
    assert capsys.readouterr() == ("", "")


def test_older_clients_raise_on_import(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "kaggle"
    folder.mkdir()
    text = 'raise OSError("Could not find kaggle.json. Make sure it is located in …")\n'
    (folder / "__init__.py").write_text(text, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "kaggle", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="no credentials"):
        connect()


def test_with_credentials_the_client_has_the_methods(
    client: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with kaggle_of(client, monkeypatch, tmp_path):
        assert callable(connect().competition_submissions)


def test_the_stand_in_takes_what_the_client_takes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with kaggle_of("client", monkeypatch, tmp_path):
        real = connect()
    for name, method in inspect.getmembers(StandInClient, inspect.isfunction):
        if not name.startswith("_"):
            own = list(inspect.signature(method).parameters)[1:]
            assert own == list(inspect.signature(getattr(real, name)).parameters)[: len(own)]


@pytest.mark.parametrize(
    ("slug", "words"),
    [("no-rules", "competitions/no-rules/rules"), ("nowhere", "last part of its address"),
     ("locked", "kaggle.json"), ("busy", "again in some minutes"), ("broken", "see https")],
)  # fmt: skip
def test_failures_are_told_with_their_next_step(slug: str, words: str) -> None:
    status = FAILURES[slug]
    with pytest.raises(SubmissionError) as caught, told(slug, SubmissionError):
        raise StatusError(status)
    assert words in caught.value.hint and str(status) in caught.value.got


def test_no_network_is_told_and_other_failures_are_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Kaggle can be reached"), told("x", DataError):
        raise ConnectionError("Name or service not known")
    for error in (ValueError("ours"), DataError("known"), FileNotFoundError(2, "no", "file")):
        with pytest.raises(type(error)) as caught, told("x", SubmissionError):
            raise error
        assert caught.value is error


def test_what_the_client_prints_is_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    with told("x", DataError):
        print("Downloading it")
    assert capsys.readouterr() == ("", "Downloading it\n")
