"""cache ls, verify, clean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stackkit.cli.options import CACHE_DIR, JSON, print_rows
from stackkit.errors import CacheError

if TYPE_CHECKING:
    from stackkit.cache import OOFCache
    from stackkit.config import CompetitionConfig

NAME = click.argument("name", required=False, metavar="[NAME]")


@click.group()
def cache() -> None:
    """Look after oof_cache/.

    NAME restricts a verb to one competition. It can also be the competition's folder or TOML file:
    then [cache] dir holds.
    """


@cache.command()
@NAME
@CACHE_DIR
@JSON
def ls(name: str | None, cache_dir: str | None, as_json: bool) -> None:
    """List the entries."""
    from stackkit.report.tables import cache_rows

    cache, name, _ = _open(name, cache_dir)
    print_rows(cache_rows(cache, name), as_json)


@cache.command()
@NAME
@CACHE_DIR
def verify(name: str | None, cache_dir: str | None) -> None:
    """Hash every file; exit with 2 where one is damaged."""
    opened, name, _ = _open(name, cache_dir)
    wrong = opened.verify(name)
    for path, reason in wrong:
        click.echo(f"{path}: {reason}")
    click.echo(f"{len(opened.table(name))} entries, {len(wrong)} damaged")
    if wrong:
        raise CacheError(
            "entries are as they were stored",
            f"{len(wrong)} damaged",
            "run again: damaged entries are set aside and fitted anew",
        )


@cache.command()
@NAME
@CACHE_DIR
@click.option("--output", metavar="FOLDER", help="Where submissions are, if elsewhere.")
@click.option("--yes", is_flag=True, help="Remove; without it nothing is removed.")
def clean(name: str | None, cache_dir: str | None, output: str | None, yes: bool) -> None:
    """Remove what neither the ledger nor a latest run reaches."""
    from stackkit.cache import remove
    from stackkit.places import SUBMISSIONS
    from stackkit.runs import unreached

    opened, name, project = _open(name, cache_dir)
    total, submissions = 0, Path(output or project / SUBMISSIONS)
    if not (submissions / "ledger.csv").exists():
        click.echo(f"no ledger in {submissions}: only latest runs are kept", err=True)
    for path, size in unreached(opened, submissions, name):
        total += size
        click.echo(f"{'removed' if yes else 'would remove'} {path} ({size / 2**20:.1f} MiB)")
        if yes:
            remove(path)
    click.echo(f"{total / 2**20:.1f} MiB{'' if yes else '; --yes removes them'}")


def _open(name: str | None, cache_dir: str | None) -> tuple[OOFCache, str | None, Path]:
    """The cache, the competition's name in it, and the project folder."""
    from stackkit.cache import OOFCache
    from stackkit.places import CACHE, project_folder

    config, folder = _config(name), None
    project = project_folder()
    if config is not None:
        name = config.name
        folder = None if config.cache.dir is None else config.path(config.cache.dir)
        if not (project / CACHE).is_dir():
            project = config.folder.resolve()
    return OOFCache(cache_dir or folder or project / CACHE), name, project


def _config(name: str | None) -> CompetitionConfig | None:
    """The competition.toml that a name stands for, None where it is only a name."""
    from stackkit.config import read_config
    from stackkit.datasets.load import FILE

    path = Path(name or "")
    if path.suffix == ".toml":
        return read_config(path)
    return read_config(path / FILE) if name and (path / FILE).is_file() else None
