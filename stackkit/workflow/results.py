"""What a notebook tells other programs: a row of JSON in a file, not output to be scraped."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackkit.cache.atomic import disk_errors, make_folder


def add_result(path: str | Path, row: Mapping[str, Any]) -> None:
    """Append a row and the time to a file of JSON lines; nothing where the path is empty.

    CacheError where the file cannot be written.
    """
    if not str(path):
        return
    path = Path(path)
    time = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    line = json.dumps({"time": time, **row}, default=str)
    make_folder(path.parent)
    with disk_errors(path), path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
