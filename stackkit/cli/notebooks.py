"""notebooks run: the numbered notebooks through papermill."""

from __future__ import annotations

import click

from stackkit.cli.options import COMPETITION


@click.group()
def notebooks() -> None:
    """The numbered notebooks."""


@notebooks.command("run")
@COMPETITION
@click.option(
    "-p", "parameters", nargs=2, multiple=True, metavar="NAME VALUE",
    help="A parameter, for every notebook that declares the name.",
)  # fmt: skip
@click.option("--folder", metavar="FOLDER", help="Where the notebooks are, if elsewhere.")
@click.option("--output", metavar="FOLDER", help="Where executed copies go, if elsewhere.")
def run(
    competition: str,
    parameters: tuple[tuple[str, str], ...],
    folder: str | None,
    output: str | None,
) -> None:
    """Execute the notebooks in order; stop at the first failure.

    The executed copies go to notebooks/runs/<competition>/ with results.jsonl, a row a notebook.
    """
    from stackkit.datasets import find_config
    from stackkit.places import notebooks_folder
    from stackkit.workflow import plan_notebooks, run_notebook

    folder = folder or str(notebooks_folder(find_config(competition)))
    for planned in plan_notebooks(competition, folder, dict(parameters), output):
        click.echo(f"executing {planned.notebook.name}", err=True)
        click.echo(run_notebook(planned))
