"""submit: a CSV to Kaggle, and its score into the ledger. The last line is the score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stackkit.cli.options import COMPETITION
from stackkit.errors import ConfigError, SubmissionError

if TYPE_CHECKING:
    from stackkit.config import CompetitionConfig
    from stackkit.submission.kaggle import Scored


@click.command()
@COMPETITION
@click.option(
    "--file", metavar="CSV", type=click.Path(path_type=Path), help="Default: the ledger's latest."
)
@click.option("--message", metavar="M", help="Default: the file's name.")
@click.option("--slug", metavar="S", help="The competition's name on Kaggle, if it is another.")
@click.option(
    "--wait", type=click.FloatRange(0), default=60, show_default=True, metavar="SECONDS",
    help="For the score.",
)  # fmt: skip
@click.option("--output", metavar="FOLDER", help="Where submissions are, if elsewhere.")
def submit(
    competition: str,
    file: Path | None,
    message: str | None,
    slug: str | None,
    wait: float,
    output: str | None,
) -> None:
    """Submit to Kaggle and enter the public score into the ledger.

    Scores that were not there after the last --wait are entered with the next submission.
    """
    from stackkit.datasets import find_config
    from stackkit.datasets.load import named_in_cache
    from stackkit.places import submissions_folder
    from stackkit.submission.kaggle import submit as upload
    from stackkit.submission.kaggle import wait_for_score
    from stackkit.submission.ledger import Ledger
    from stackkit.submission.scores import enter_scores, existing, latest_file

    config = find_config(competition)
    slug = _slug(competition, config, slug)
    name = named_in_cache(competition)
    folder = Path(output or submissions_folder(config))
    path = latest_file(folder, name) if file is None else existing(file)
    ref = upload(slug, path, message or path.name)
    click.echo(f"submitted {path} to {slug}")
    listed = wait_for_score(slug, path.name, ref, wait)
    enter_scores(Ledger(folder), name, listed)
    click.echo(_told(listed[0]))


def _slug(competition: str, config: CompetitionConfig | None, given: str | None) -> str:
    """The name on Kaggle: given, of kaggle:<slug>, of its folder in competitions/, or our own."""
    from stackkit.datasets.kaggle import COMPETITIONS, is_kaggle, kaggle_slug
    from stackkit.kaggle_api import check_slug

    if given is not None:
        return check_slug(given)
    if is_kaggle(competition):
        return kaggle_slug(competition)
    if config is None:
        hint = "--slug names the one that takes it"
        raise ConfigError("a submission goes to a competition on Kaggle", repr(competition), hint)
    folder = config.folder.resolve()
    return check_slug(folder.name if folder.parent.name == COMPETITIONS else config.name)


def _told(mine: Scored) -> str:
    """The public score, or why there is none."""
    if mine.status == "error":
        raise SubmissionError("Kaggle can score the file", mine.error or "an error", "see its page")
    return f"public score {mine.public}" if mine.public else "no public score yet"
