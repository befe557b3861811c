"""ablate: a notebook over a grid of its parameters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from stackkit.cli.options import JSON, print_table

if TYPE_CHECKING:
    import pandas as pd

ERROR = 40  # characters of an error in the table


@click.command()
@click.argument("file")
@click.option("--output", metavar="FOLDER", help="Where copies and table go, if elsewhere.")
@JSON
def ablate(file: str, output: str | None, as_json: bool) -> None:
    """Run a notebook over the grid of parameters in the TOML FILE; print one table.

    Runs that are done are skipped. A failed one is a row with its error; the others go on, and the
    exit code is 2. All goes to notebooks/runs/ablations/<name>/ with table.csv.
    """
    from stackkit.workflow import ablation

    table = ablation.ablate(file, output, partial(click.echo, err=True))
    print_table(table if as_json else _short(table), as_json)
    ablation.check_done(table)


def _short(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the beginning of each error; the message at the end has it whole."""
    return table.assign(error=table.error.fillna("").str.slice(0, ERROR))
