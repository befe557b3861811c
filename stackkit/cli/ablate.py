"""ablate: a notebook over a grid of its parameters."""

from __future__ import annotations

from functools import partial

import click

from stackkit.cli.options import JSON, print_table


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
    print_table(table, as_json)
    ablation.check_done(table)
