"""Kaggle on this machine: a client of the same signatures, and a server for the real client.

Both serve one `Site`: an archive to download, submissions that are scored after some looks, and
statuses of failure by competition.
"""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

FAILURES = {"no-rules": 403, "nowhere": 404, "locked": 401, "busy": 429, "broken": 500}
MESSAGES = {
    403: "You must accept this competition's rules before you can continue",
    404: "Not found",
    401: "Unauthenticated",
    429: "Too many requests",
    500: "Oops",
}


def archive(files: Mapping[str, bytes]) -> bytes:
    """A zip of files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return target.getvalue()


@dataclass
class Site:
    """What Kaggle holds. `looks`: how often a submission is listed as pending."""

    data: bytes = b""
    looks: int = 0
    score: str = "0.77511"
    error: str = ""
    takes: bool = True
    downloads: int = 0
    uploads: list[bytes] = field(default_factory=list)
    listed: list[dict[str, Any]] = field(default_factory=list)

    def submit(self, file: str, description: str) -> dict[str, Any]:
        entry = {"ref": 100 + len(self.listed), "fileName": file, "description": description,
                 "date": "2024-05-01T10:00:00Z", "status": "PENDING", "publicScore": "",
                 "privateScore": "", "errorDescription": ""}  # fmt: skip
        self.listed.insert(0, entry)
        return {"message": "Successfully submitted to it", "ref": entry["ref"]}

    def submissions(self) -> list[dict[str, Any]]:
        """Newest first; scored once they were looked at often enough."""
        self.looks -= 1
        if self.looks < 0:
            for entry in (e for e in self.listed if e["status"] == "PENDING"):
                done = {"status": "COMPLETE", "publicScore": self.score}
                failed = {"status": "ERROR", "errorDescription": self.error}
                entry.update(failed if self.error else done)
        return self.listed


class StatusError(OSError):
    """A failure as requests raises it: an OSError with a response."""

    def __init__(self, status: int) -> None:
        super().__init__(MESSAGES[status])
        self.response = SimpleNamespace(status_code=status)


class StandInClient:
    """The methods of the official client that are used, on a Site."""

    def __init__(self, site: Site, signed_in: bool = True) -> None:
        self.site, self.signed_in = site, signed_in

    def authenticate(self) -> None:
        """As the client: prints its own advice, then leaves."""
        if not self.signed_in:
            print("Authentication required to call the Kaggle API.")
            raise SystemExit(1)

    def competition_download_files(
        self, competition: str, path: str | None = None, force: bool = False, quiet: bool = True
    ) -> None:
        _refuse(competition)
        self.site.downloads += 1
        print("Downloading it")
        (Path(path) / f"{competition}.zip").write_bytes(self.site.data)

    def competition_submit(
        self, file_name: str, message: str, competition: str, quiet: bool = False
    ) -> SimpleNamespace:
        _refuse(competition)
        if not self.site.takes:
            return SimpleNamespace(message="Could not submit to competition", ref=0)
        self.site.uploads.append(Path(file_name).read_bytes())
        return SimpleNamespace(**self.site.submit(Path(file_name).name, message))

    def competition_submissions(self, competition: str) -> list[SimpleNamespace]:
        _refuse(competition)
        return [SimpleNamespace(**entry) for entry in self.site.submissions()]


def _refuse(competition: str) -> None:
    if competition in FAILURES:
        raise StatusError(FAILURES[competition])


def stand_in_package(site: Site, signed_in: bool = True) -> ModuleType:
    """A module `kaggle` whose `api` is the stand-in."""
    made = ModuleType("kaggle")
    made.api = StandInClient(site, signed_in)  # type: ignore
    return made


class _Handler(BaseHTTPRequestHandler):
    """Kaggle's service by request name, its file store, and its upload place."""

    def do_POST(self) -> None:
        request = json.loads(self._body() or b"{}")
        status = FAILURES.get(request.get("competitionName", ""))
        if status:
            return self._json({"code": status, "message": MESSAGES[status]}, status)
        return getattr(self, self.path.rsplit("/", 1)[1])(request)

    def DownloadDataFiles(self, _: dict[str, Any]) -> None:
        self.send_response(302)
        self.send_header("Location", f"{self._here()}/files/it.zip?key=1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def StartSubmissionUpload(self, request: dict[str, Any]) -> None:
        name = request["fileName"]
        self._json({"token": name, "createUrl": f"{self._here()}/upload/{name}"})

    def CreateSubmission(self, request: dict[str, Any]) -> None:
        description = request.get("submissionDescription", "")
        self._json(self.site.submit(request["blobFileTokens"], description))

    def ListSubmissions(self, _: dict[str, Any]) -> None:
        self._json({"submissions": self.site.submissions(), "nextPageToken": ""})

    def do_GET(self) -> None:
        self.site.downloads += 1
        self._send(self.site.data, "application/zip")

    def do_PUT(self) -> None:
        body = self._body()
        if self.site.takes:
            self.site.uploads.append(body)
        self._send(b"", "text/plain", 200 if self.site.takes else 400)

    @property
    def site(self) -> Site:
        return self.server.site  # type: ignore

    def _here(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"  # type: ignore

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _json(self, answer: Mapping[str, Any], status: int = 200) -> None:
        self._send(json.dumps(answer).encode(), "application/json", status)

    def _send(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to standard error."""


@contextmanager
def served(site: Site) -> Iterator[str]:
    """The address of a server on this machine that answers the real client."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.site = site  # type: ignore
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


CLIENTS = ("stand-in", "client")


def _need_client() -> None:
    """Skip where the real client is not installed, or speaks the protocol before version 2."""
    try:
        installed = version("kaggle")
    except PackageNotFoundError:
        pytest.skip("the package kaggle is not installed")
    if int(installed.split(".")[0]) < 2:
        pytest.skip(f"the server answers kaggle from version 2, not {installed}")


@contextmanager
def kaggle_of(
    client: str, patch: pytest.MonkeyPatch, home: Path, signed_in: bool = True
) -> Iterator[Site]:
    """A Site behind the package kaggle: the stand-in, or the real one where it is installed.

    Credentials are made up; those of the machine are out of sight.
    """
    for name in [n for n in os.environ if n.startswith("KAGGLE_")]:
        patch.delenv(name)
    patch.setenv("HOME", str(home))
    patch.setenv("KAGGLE_CONFIG_DIR", str(home / ".kaggle"))
    site = Site()
    if client == "stand-in":
        patch.setitem(sys.modules, "kaggle", stand_in_package(site, signed_in))
        yield site
        return
    _need_client()
    if signed_in:
        patch.setenv("KAGGLE_USERNAME", "someone")
        patch.setenv("KAGGLE_KEY", "0" * 32)
    for name in [n for n in sys.modules if n.split(".")[0] == "kaggle"]:
        patch.delitem(sys.modules, name)
    import kagglesdk.kaggle_env as env

    with served(site) as address:
        patch.setitem(env._env_to_endpoint, env.KaggleEnv.PROD, address)
        yield site
