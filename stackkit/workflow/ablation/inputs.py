"""What a run reads besides its parameters, as digests: the notebook's code and the competition."""

from __future__ import annotations

import dataclasses
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stackkit.cache.atomic import file_digest
from stackkit.config import CompetitionConfig
from stackkit.datasets import find_config
from stackkit.errors import ConfigError
from stackkit.recipe import content_digest


def input_digests(notebook: Path, competition: str) -> dict[str, Any]:
    """What a run is made from, less its parameters.

    The code cells of the notebook, not its prose; the meaning of the TOML, not its comments; the
    content of the files that it names and of all Python beside it. Named data sets come with the
    version of stackkit.
    """
    config = find_config(competition)
    data = {"name": competition} if config is None else _of_files(config)
    return {"notebook": code_digest(notebook), "data": data, "stackkit": version("stackkit")}


def code_digest(notebook: Path) -> str:
    """sha256 of the code cells; ConfigError for a file that is no notebook."""
    import nbformat

    try:
        cells = nbformat.read(notebook, 4).cells
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        rule, got = f"{notebook.name} is a Jupyter notebook", str(error).partition("\n")[0]
        raise ConfigError(rule, got[:80], "one that Jupyter opens") from None
    code = "\0".join(cell.source for cell in cells if cell.cell_type == "code")
    return content_digest(code.encode())


def _of_files(config: CompetitionConfig) -> dict[str, Any]:
    """The configuration, and a digest of each file that is there."""
    data, folds, features = config.data, config.folds, config.features
    named = [
        config.train, config.test, config.sample_submission, data.extra_train, folds.file,
        features.hook, *features.extra_files,
    ]  # fmt: skip
    named += [path.name for path in config.folder.glob("*.py")]
    files = {name: config.path(name) for name in named if name}
    digests = {name: file_digest(path) for name, path in files.items() if path.is_file()}
    settings = {f.name: getattr(config, f.name) for f in dataclasses.fields(config)}
    return {"toml": {k: v for k, v in settings.items() if k != "folder"}, "files": digests}
