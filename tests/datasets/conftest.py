"""A server on this machine that answers as openml.org does."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

MISSING = {"error": {"code": "111", "message": "Unknown dataset"}}


@dataclass
class OpenMLStandIn:
    """Answers by path, gzipped as openml.org sends them; 412 for a data set that is not there."""

    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    broken: bool = False

    def add(
        self, data_id: int, features: Mapping[str, str], arff: str, target: str = "", **more: Any
    ) -> None:
        """A data set of `features` (name: openml's data type) whose rows are `arff`."""
        body = _header(features, arff) + arff
        description = {
            "id": str(data_id), "name": "shapes", "version": "1", "format": "ARFF",
            "description": "Made by hand.", "status": "active", "licence": "CC0",
            "url": f"https://www.openml.org/data/v1/download/{data_id}/shapes.arff",
            "file_id": str(data_id), "default_target_attribute": target,
            "md5_checksum": hashlib.md5(body.encode()).hexdigest(), **more,
        }  # fmt: skip
        listed = [
            _feature(i, n, kind, target, arff) for i, (n, kind) in enumerate(features.items())
        ]
        quality = [{"name": "NumberOfInstances", "value": f"{len(arff.splitlines())}.0"}]
        self._json(f"{data_id}", {"data_set_description": description})
        self._json(f"features/{data_id}", {"data_features": {"feature": listed}})
        self._json(f"qualities/{data_id}", {"data_qualities": {"quality": quality}})
        self.answers[f"/data/v1/download/{data_id}/shapes.arff"] = body.encode()

    def play_back(self, data_id: int) -> bool:
        """Answer with what scikit-learn's own tests recorded; False where they are not there."""
        import sklearn

        folder = Path(sklearn.__file__).parent / f"datasets/tests/data/openml/id_{data_id}"
        for short, path in {"jdf": "features/", "jdq": "qualities/", "jd": ""}.items():
            file = folder / f"api-v1-{short}-{data_id}.json.gz"
            if not file.exists():
                return False
            body = gzip.decompress(file.read_bytes())
            self.answers[f"/api/v1/json/data/{path}{data_id}"] = body
        url = json.loads(body)["data_set_description"]["url"]
        rows = next(folder.glob("*.arff.gz")).read_bytes()
        self.answers[urlsplit(url).path] = gzip.decompress(rows)
        return True

    def _json(self, path: str, answer: Mapping[str, Any]) -> None:
        self.answers[f"/api/v1/json/data/{path}"] = json.dumps(answer).encode()

    def answer(self, path: str) -> tuple[int, bytes]:
        """Status and body of a request."""
        self.asked.append(path)
        if self.broken:
            return 503, b"{}"
        if path in self.answers:
            return 200, self.answers[path]
        return 412, json.dumps(MISSING).encode()


def _header(features: Mapping[str, str], arff: str) -> str:
    lines = []
    for index, (name, kind) in enumerate(features.items()):
        levels = sorted({row.split(",")[index] for row in arff.splitlines()} - {"?"})
        kinds = {"nominal": f"{{{','.join(levels)}}}", "numeric": "REAL", "string": "STRING"}
        lines.append(f"@attribute '{name}' {kinds[kind]}")
    return "\n".join(["% a comment", "@relation shapes", *lines, "@data", ""])


def _feature(index: int, name: str, kind: str, target: str, arff: str) -> dict[str, Any]:
    values = [row.split(",")[index] for row in arff.splitlines()]
    return {
        "index": str(index), "name": name, "data_type": kind,
        "is_target": str(name in target.split(",")).lower(),
        "is_ignore": "false", "is_row_identifier": str(name == "row").lower(),
        "number_of_missing_values": str(values.count("?")),
    }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = self.server.stand_in.answer(urlsplit(self.path).path)  # type: ignore
        body = gzip.compress(body)
        self.send_response(status)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to standard error."""


@pytest.fixture
def openml(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[OpenMLStandIn]:
    """The stand-in, asked in place of openml.org; downloads go to a folder of the test."""
    import sklearn.datasets._openml as client

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.stand_in = OpenMLStandIn()  # type: ignore
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    here = f"http://127.0.0.1:{server.server_port}"

    def ask(request: urllib.request.Request) -> Any:
        path = urlsplit(request.full_url).path
        return urllib.request.urlopen(urllib.request.Request(here + path), timeout=10)

    monkeypatch.setattr(client, "urlopen", ask)
    monkeypatch.setattr(client.time, "sleep", lambda _: None)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "data"))
    yield server.stand_in
    server.shutdown()
    server.server_close()
