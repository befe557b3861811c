"""blend: every meta-model and blend on the cached base models, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stackkit.cli.options import CACHE_DIR, COMPETITION, JOBS, JSON, SEED, print_table

if TYPE_CHECKING:
    import pandas as pd

    from stackkit.runs import Setup


@click.command()
@COMPETITION
@click.option(
    "--profile", metavar="P",
    help="quick, standard or best; default: that of the latest run, else [stack] preset.",
)  # fmt: skip
@JOBS
@CACHE_DIR
@SEED
@JSON
def blend(
    competition: str,
    profile: str | None,
    jobs: int | None,
    cache_dir: str | None,
    seed: int,
    as_json: bool,
) -> None:
    """Compare every meta-model and blend on the cached base models; fits no base model."""
    from stackkit.runs import set_up
    from stackkit.workflow import cached_base, like_latest_run

    setup = set_up(competition, profile, cache_dir, seed)
    setup = setup if profile else like_latest_run(setup)
    base = cached_base(setup)
    table = _compared(setup, jobs, alone=len(base) == 1)
    if as_json:
        print_table(table, as_json)
    else:
        _show(table)
    _tell_base(setup, base)


def _compared(setup: Setup, jobs: int | None, alone: bool) -> pd.DataFrame:
    """The table of all candidates; of one base model itself, which every candidate would be."""
    from stackkit.report.candidates import MEAN, candidate_table
    from stackkit.workflow import fit_candidates

    stack = fit_candidates(setup, jobs, names=[MEAN] if alone else ())
    for name, reason in stack.failures.items():
        click.echo(f"dropped: {name}: {reason}", err=True)
    table = candidate_table(setup, stack)
    return table[table.role == "base"].assign(rank=1) if alone else table


def _show(table: pd.DataFrame) -> None:
    from stackkit.report.candidates import candidates_text, reading_aid

    click.echo(candidates_text(table))
    if len(table) == 1:
        click.echo("one base model: every blend of it is that model; fit another one", err=True)
        return
    for line in reading_aid(table):
        click.echo(line, err=True)


def _tell_base(setup: Setup, base: list[str]) -> None:
    """How many base models of the profile were compared, and which were not there."""
    from stackkit.presets import PRIOR
    from stackkit.workflow import missing_base

    missing = [name for name in missing_base(setup) if name != PRIOR]
    there = f"{len(base)} of {len(base) + len(missing)} base models of profile {setup.profile}"
    lacking = f"; not there: {', '.join(missing)}" if missing else ""
    click.echo(f"{there} are in the cache{lacking}", err=True)
