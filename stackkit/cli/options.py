"""Arguments and options that several commands share, and how tables are printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas as pd

COMPETITION = click.argument("competition")
CACHE_DIR = click.option("--cache-dir", metavar="D", help="Where records lie, if elsewhere.")
PROFILE = click.option(
    "--profile", metavar="P", help="quick, standard or best; default: [stack] preset."
)
SEED = click.option("--seed", type=int, default=0, show_default=True, help="Of models, not folds.")
JOBS = click.option(
    "--jobs", type=click.IntRange(1), metavar="N", help="Worker processes; default: cores."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_table(table: pd.DataFrame, as_json: bool) -> None:
    """Print a table for reading, or as a list of JSON objects."""
    if as_json:
        records = json.loads(table.to_json(orient="records"))
        click.echo(json.dumps(records, indent=1))
    else:
        from stackkit.report.tables import as_text

        click.echo(as_text(table))


def print_rows(rows: list[Mapping[str, Any]], as_json: bool) -> None:
    """Print rows as a table or as JSON."""
    import pandas as pd

    print_table(pd.DataFrame(rows), as_json)
