"""blend: every meta-model and blend on the cached base models, side by side."""

from __future__ import annotations

import click

from stackkit.cli.options import CACHE_DIR, COMPETITION, JOBS, JSON, PROFILE, SEED, print_table


@click.command()
@COMPETITION
@PROFILE
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
    from stackkit.report.candidates import candidate_table, candidates_text
    from stackkit.runs import set_up
    from stackkit.workflow import fit_candidates, missing_base

    setup = set_up(competition, profile, cache_dir, seed)
    for name in missing_base(setup):
        click.echo(f"not in the cache, left out: {name}", err=True)
    stack = fit_candidates(setup, jobs)
    for name, reason in stack.failures.items():
        click.echo(f"dropped: {name}: {reason}", err=True)
    table = candidate_table(setup, stack)
    if as_json:
        print_table(table, as_json)
    else:
        click.echo(candidates_text(table))
