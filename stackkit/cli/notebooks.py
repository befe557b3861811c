"""notebooks run: the numbered notebooks through papermill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackkit.cli.options import COMPETITION


@click.group()
def notebooks() -> None:
    """The numbered notebooks."""


@notebooks.command("run")
@COMPETITION
@click.option("-p", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="A parameter.")
@click.option("--folder", metavar="FOLDER", help="Where the notebooks are, if elsewhere.")
@click.option("--output", metavar="FOLDER", help="Where executed copies go, if elsewhere.")
def run(
    competition: str,
    parameters: tuple[tuple[str, str], ...],
    folder: str | None,
    output: str | None,
) -> None:
    """Execute the notebooks in order; stop at the first failure."""
    from stackkit.places import NOTEBOOKS, project_folder
    from stackkit.workflow import run_notebooks

    given = {name: _value(text) for name, text in parameters}
    where = _absolute(competition)
    folder = folder or project_folder() / NOTEBOOKS
    for path in run_notebooks(where, folder, given, output):
        click.echo(path)


def _absolute(competition: str) -> str:
    """A path holds from the notebook's folder too."""
    return str(Path(competition).resolve()) if Path(competition).exists() else competition


def _value(text: str) -> Any:
    """A parameter's value: JSON where it is (numbers, lists, true), else the text."""
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text
