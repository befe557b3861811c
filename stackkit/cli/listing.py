"""plan, leaderboard, models, metrics: the verbs that only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stackkit.cli.options import (
    CACHE_DIR,
    COMPETITION,
    JSON,
    PROFILE,
    SEED,
    print_rows,
    print_table,
)

if TYPE_CHECKING:
    from stackkit.predictions import Predictions
    from stackkit.runs import Setup


@click.command()
@COMPETITION
@PROFILE
@CACHE_DIR
@SEED
@JSON
def plan(
    competition: str, profile: str | None, cache_dir: str | None, seed: int, as_json: bool
) -> None:
    """Show what is cached and what would be fitted; fits nothing."""
    from stackkit.report.tables import plan_notes, plan_text
    from stackkit.runs import set_up
    from stackkit.stack import plan_nodes

    setup = set_up(competition, profile, cache_dir, seed)
    table = plan_nodes(setup.nodes, setup.bench)
    if as_json:
        print_table(table, as_json)
    else:
        click.echo(plan_text(table))
    for note in plan_notes(setup):
        click.echo(note, err=True)


@click.command()
@COMPETITION
@CACHE_DIR
@JSON
def leaderboard(competition: str, cache_dir: str | None, as_json: bool) -> None:
    """Rank every cached record of this data and these folds."""
    from stackkit.errors import ConfigError
    from stackkit.evaluation import leaderboard as ranked
    from stackkit.report.tables import leaderboard_text
    from stackkit.report.weights import last_weights
    from stackkit.runs import cached_records, set_up

    setup = set_up(competition, cache_dir=cache_dir)
    records = cached_records(setup)
    if not records:
        raise ConfigError("a leaderboard has records", "none", f"stackkit run {competition}")
    table = ranked(records, last_weights(setup, _stack_of(setup, records)))
    if as_json:
        print_table(table, as_json)
    else:
        click.echo(leaderboard_text(table))


def _stack_of(setup: Setup, records: list[Predictions]) -> list[Predictions]:
    """Those of the cached records that are of the competition's own stack."""
    from stackkit.stack import plan_nodes

    keys = set(plan_nodes(setup.nodes, setup.bench)["key8"])
    return [record for record in records if record.key[:8] in keys]


@click.command()
@JSON
def models(as_json: bool) -> None:
    """List the base models, meta-models and blends."""
    from stackkit.report.tables import model_rows

    print_rows(model_rows(), as_json)


@click.command()
@JSON
def metrics(as_json: bool) -> None:
    """List the metrics."""
    from stackkit.report.tables import metric_rows

    print_rows(metric_rows(), as_json)
