"""new: a project folder. The last line of output is its competition.toml."""

from __future__ import annotations

from pathlib import Path

import click

from stackkit.errors import ConfigError

TABLES = (".csv", ".gz", ".parquet")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--from", "first", multiple=True, metavar="TRAIN.CSV TEST.CSV …",
    type=click.Path(path_type=Path), help="Tables that are copied into the folder.",
)  # fmt: skip
@click.argument("further", nargs=-1, metavar="", type=click.Path(path_type=Path))
def new(folder: Path, first: tuple[Path, ...], further: tuple[Path, ...]) -> None:
    """Make FOLDER a project: competition.toml, features.py, models.py, notebooks.

    The TOML is guessed from the tables in FOLDER, and says what to fill in where that fails. What
    is there already stays as it is.
    """
    from stackkit.datasets.load import FILE
    from stackkit.scaffold import new_project

    _check_order(folder, first, further)
    for made in new_project(folder, [*first, *further]):
        click.echo(f"{'wrote' if made.new else 'kept, as it was there:'} {made.path}", err=True)
    click.echo(folder / FILE)


def _check_order(folder: Path, first: tuple[Path, ...], further: tuple[Path, ...]) -> None:
    """FOLDER comes before --from, which takes all that follows."""
    if folder.suffix in TABLES:
        raise ConfigError(
            "the folder comes first", str(folder), "stackkit new FOLDER --from train.csv test.csv"
        )
    if further and not first:
        raise ConfigError("tables follow --from", str(further[0]), "--from before them")
