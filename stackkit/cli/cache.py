"""cache ls, verify, clean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stackkit.cli.options import CACHE_DIR, JSON, print_rows
from stackkit.errors import CacheError

if TYPE_CHECKING:
    from stackkit.cache import OOFCache

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
    from stackkit.runs import unreached

    opened, name, submissions = _open(name, cache_dir)
    total, submissions = 0, Path(output or submissions)
    if not (submissions / "ledger.csv").exists():
        click.echo(f"no ledger in {submissions}: only latest runs are kept", err=True)
    for path, size in unreached(opened, submissions, name):
        total += size
        click.echo(f"{'removed' if yes else 'would remove'} {path} ({size / 2**20:.1f} MiB)")
        if yes:
            remove(path)
    click.echo(f"{total / 2**20:.1f} MiB{'' if yes else '; --yes removes them'}")


def _open(name: str | None, cache_dir: str | None) -> tuple[OOFCache, str | None, Path]:
    """The cache, the competition's name in it, and the folder of submissions."""
    from stackkit.cache import OOFCache
    from stackkit.datasets.load import find_config, named_in_cache
    from stackkit.places import cache_folder, submissions_folder

    config = None if name is None else find_config(name)
    name = None if name is None else named_in_cache(name)
    opened = OOFCache(cache_dir or cache_folder(config))
    if config is None and name is not None:
        opened.check_name(name)
    return opened, name, submissions_folder(config)
