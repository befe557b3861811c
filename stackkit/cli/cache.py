"""cache ls, verify, clean."""

from __future__ import annotations

from pathlib import Path

import click

from stackkit.cli.options import CACHE_DIR, JSON, print_rows
from stackkit.errors import CacheError

NAME = click.argument("name", required=False, metavar="[NAME]")


@click.group()
def cache() -> None:
    """Look after oof_cache/. NAME restricts a verb to one competition."""


@cache.command()
@NAME
@CACHE_DIR
@JSON
def ls(name: str | None, cache_dir: str | None, as_json: bool) -> None:
    """List the entries."""
    from stackkit.report.tables import cache_rows

    print_rows(cache_rows(_open(cache_dir), name), as_json)


@cache.command()
@NAME
@CACHE_DIR
def verify(name: str | None, cache_dir: str | None) -> None:
    """Hash every file; exit with 2 where one is damaged."""
    opened = _open(cache_dir)
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
    from stackkit.places import submissions_folder
    from stackkit.runs import unreached

    total, submissions = 0, Path(output or submissions_folder())
    if not (submissions / "ledger.csv").exists():
        click.echo(f"no ledger in {submissions}: only latest runs are kept", err=True)
    for path, size in unreached(_open(cache_dir), submissions, name):
        total += size
        click.echo(f"{'removed' if yes else 'would remove'} {path} ({size / 2**20:.1f} MiB)")
        if yes:
            remove(path)
    click.echo(f"{total / 2**20:.1f} MiB{'' if yes else '; --yes removes them'}")


def _open(cache_dir: str | None):
    from stackkit.cache import OOFCache
    from stackkit.places import cache_folder

    return OOFCache(cache_dir or cache_folder())
