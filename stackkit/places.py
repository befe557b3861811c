"""Where folders are: the same from a notebook, papermill and the command line."""

from __future__ import annotations

from pathlib import Path

from stackkit.config import CompetitionConfig

CACHE, SUBMISSIONS, NOTEBOOKS = "oof_cache", "submissions", "notebooks"


def cache_folder(config: CompetitionConfig | None = None, start: Path | None = None) -> Path:
    """[cache] dir, else `oof_cache/` of the project folder."""
    if config is not None and config.cache.dir is not None:
        return config.path(config.cache.dir)
    return project_folder(config, start) / CACHE


def submissions_folder(config: CompetitionConfig | None = None, start: Path | None = None) -> Path:
    """`submissions/` of the project folder."""
    return project_folder(config, start) / SUBMISSIONS


def notebooks_folder(config: CompetitionConfig | None = None, start: Path | None = None) -> Path:
    """`notebooks/` beside the TOML, if it is there, else of the project folder."""
    if config is not None and config.train and config.path(NOTEBOOKS).is_dir():
        return config.path(NOTEBOOKS).resolve()
    return project_folder(config, start) / NOTEBOOKS


def project_folder(config: CompetitionConfig | None = None, start: Path | None = None) -> Path:
    """The nearest folder from `start` upwards that holds `oof_cache/`, else the TOML's."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / CACHE).is_dir():
            return folder
    return start if config is None or not config.train else config.folder.resolve()
