"""run and predict: the verbs that make files. The last line of output is the path written."""

from __future__ import annotations

from pathlib import Path

import click

from stackkit.cli.options import CACHE_DIR, COMPETITION, JOBS, PROFILE, SEED, print_table


@click.command()
@COMPETITION
@PROFILE
@click.option("--time-limit", metavar="10m", help="For everything, from the start of the command.")
@JOBS
@CACHE_DIR
@click.option("--output", metavar="FOLDER", help="Where submissions go, if elsewhere.")
@SEED
def run(
    competition: str,
    profile: str | None,
    time_limit: str | None,
    jobs: int | None,
    cache_dir: str | None,
    output: str | None,
    seed: int,
) -> None:
    """Fit what is missing of the stack, choose, write the submission."""
    from stackkit.budget import Budget

    budget = Budget.of_process(time_limit)
    from stackkit.crossfit.progress import default_progress
    from stackkit.report.tables import plan_notes, run_text
    from stackkit.runs import run_setup, set_up

    setup = set_up(competition, profile, cache_dir, seed)
    for note in plan_notes(setup):
        click.echo(note, err=True)
    done = run_setup(setup, jobs, output, default_progress(), budget)
    click.echo(run_text(setup, done))
    if done.stack.interrupted:
        click.echo("interrupted: went on with what was finished", err=True)
    if done.submission is None:
        click.echo("no test set: nothing to submit, the report is", err=True)
    click.echo(done.submission or done.report)


@click.command()
@COMPETITION
@click.argument("new", metavar="NEW.CSV", type=click.Path(path_type=Path))
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write.",
)
@click.option("--raw", is_flag=True, help="Every record of the stack, before any decision.")
@CACHE_DIR
def predict(
    competition: str, new: Path, output: Path | None, raw: bool, cache_dir: str | None
) -> None:
    """Replay the latest run's stack on new rows; fits nothing."""
    from stackkit.cache.atomic import make_folder, write_file
    from stackkit.datasets import load_competition
    from stackkit.runs import predict as replay
    from stackkit.runs import read_new_rows

    loaded = load_competition(competition)
    rows = read_new_rows(new, loaded)
    frame = replay(loaded, rows, raw, cache_dir)
    kind = "raw" if raw else "predictions"
    path = output or Path(f"{loaded.name}_{new.name.split('.')[0]}_{kind}.csv")
    make_folder(path.parent)
    write_file(path, frame.to_csv(index=False, lineterminator="\n").encode())
    if loaded.id is not None and loaded.id not in rows.columns:
        note = f"{new.name} has no id column {loaded.id!r}: rows are written in its order, without"
        click.echo(note, err=True)
    click.echo(f"{len(frame)} rows, the first of them:")
    print_table(frame.head(), as_json=False)
    click.echo(path)
