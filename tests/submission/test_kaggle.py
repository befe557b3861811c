"""Submitting through the client: uploads, scores, and the way by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from kaggle_stand_in import CLIENTS, Site, kaggle_of

from stackkit.errors import ConfigError, MissingPackageError, SubmissionError
from stackkit.submission import kaggle
from stackkit.submission.kaggle import Scored, submissions, submit, wait_for_score


@pytest.fixture(params=CLIENTS)
def site(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Site]:
    monkeypatch.setattr(kaggle, "PAUSE", 0.0)
    with kaggle_of(request.param, monkeypatch, tmp_path) as site:
        yield site


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop_1.csv"
    path.write_text("id,y\n1,0\n", encoding="utf-8")
    return path


def test_a_file_is_uploaded_and_listed(site: Site, file: Path) -> None:
    assert submit("shop", file, "first") == "100"
    assert site.uploads == [file.read_bytes()]
    assert submissions("shop") == [Scored(file.name, "complete", "0.77511", ref="100")]
    assert site.listed[0]["description"] == "first"


def test_no_submissions_are_an_empty_list(site: Site) -> None:
    assert submissions("shop") == []


def test_the_score_is_waited_for(site: Site, file: Path) -> None:
    ref, site.looks = submit("shop", file, "first"), 2
    found = wait_for_score("shop", file.name, ref, 30)
    assert (found[0].public, site.looks) == ("0.77511", -1)


def test_the_wait_ends(site: Site, file: Path) -> None:
    ref, site.looks = submit("shop", file, "first"), 99
    assert wait_for_score("shop", file.name, ref, 0)[0].status == "pending"
    assert site.looks == 98


def test_a_file_submitted_twice_is_told_apart_by_reference(site: Site, file: Path) -> None:
    submit("shop", file, "first")
    submissions("shop")
    ref, site.looks, site.score = submit("shop", file, "second"), 1, "0.8"
    found = wait_for_score("shop", file.name, ref, 30)
    assert [(s.ref, s.public) for s in found] == [("101", "0.8"), ("100", "0.77511")]


def test_a_submission_that_is_not_listed_yet_is_pending(site: Site) -> None:
    assert wait_for_score("shop", "a.csv", "7", 0) == [Scored("a.csv", "pending")]


def test_an_upload_that_fails_is_no_submission(site: Site, file: Path) -> None:
    site.takes = False
    with pytest.raises(SubmissionError, match="Kaggle takes the file; got Could not submit"):
        submit("shop", file, "first")
    assert site.listed == []


def test_refusals_name_the_way_by_hand(site: Site, file: Path) -> None:
    with pytest.raises(SubmissionError, match="joined no-rules") as caught:
        submit("no-rules", file, "first")
    page = "https://www.kaggle.com/competitions/no-rules"
    assert f"{page}/rules" in caught.value.hint
    assert caught.value.hint.endswith(f"or upload {file} at {page}/submit")


def test_without_client_or_credentials_the_way_by_hand_is_named(
    monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path
) -> None:
    by_hand = f"upload {file} at https://www.kaggle.com/competitions/shop/submit"
    with (
        kaggle_of("stand-in", monkeypatch, tmp_path, signed_in=False),
        pytest.raises(ConfigError) as caught,
    ):
        submit("shop", file, "first")
    assert caught.value.hint.endswith(by_hand)
    monkeypatch.setitem(__import__("sys").modules, "kaggle", None)
    with pytest.raises(MissingPackageError) as missing:
        submit("shop", file, "first")
    assert missing.value.hint == f"pip install kaggle; or {by_hand}"


def test_fields_of_newer_clients_and_enumerations_are_read(site: Site) -> None:
    status = SimpleNamespace(name="COMPLETE")
    listed = SimpleNamespace(file_name="a.csv", status=status, public_score="1", private_score=None,
                             error_description="", ref=5)  # fmt: skip
    assert kaggle._scored(listed) == Scored("a.csv", "complete", "1", ref="5")
